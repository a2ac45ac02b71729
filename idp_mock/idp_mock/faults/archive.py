"""Keys as they are published, with another one among them."""

import io
import json
import zipfile

from idp_mock.oauth.keys import SigningKeys


def zip_with(body: bytes, other: SigningKeys, *, instead: bool) -> bytes:
    """A zip of certificates with another's beside those in it, or instead of them."""
    result = io.BytesIO()
    with zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as archive:
        for source in [other.zip] if instead else [body, other.zip]:
            with zipfile.ZipFile(io.BytesIO(source)) as given:
                for name in given.namelist():
                    archive.writestr(name, given.read(name))
    return result.getvalue()


def pem_with(body: bytes, other: SigningKeys, *, instead: bool) -> bytes:
    """PEM blocks with another certificate and key beside those in it, or instead of them."""
    theirs = other.certificate_pem + other.public_key_pem
    return theirs if instead else body + theirs


def jwks_with(body: bytes, other: SigningKeys, *, instead: bool) -> bytes:
    """A JSON web key set with another key beside those in it, or instead of them."""
    document = json.loads(body)
    document["keys"] = [other.jwk] if instead else [*document["keys"], other.jwk]
    return json.dumps(document).encode()
