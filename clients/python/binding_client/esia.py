"""Sign-in through ESIA (Gosuslugi) as a client system: code flow with a signed `client_secret`.

The v1 dialect: a detached CMS (PKCS#7) signature, RSA with SHA-256, over scope + timestamp + client_id + state.
"""

import base64
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs7

from binding_client._clock import Clock, system_clock
from binding_client._keys import write_private

DEFAULT_SCOPES = ("openid", "fullname", "email", "mobile")
TIMEOUT_S = 10.0


class EsiaError(Exception):
    """ESIA refused a request or could not be reached.

    Attributes:
        error: OAuth name of the error, such as "invalid_grant"; "unreachable" if no answer came.
        description: What ESIA said, beginning with its own number such as "ESIA-007053".
    """

    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description


@dataclass(frozen=True)
class KeyPair:
    """A client system's RSA key and its self-signed certificate.

    Attributes:
        key_path: PEM file of the key, readable by its owner only.
        certificate_path: PEM file of the certificate, to be registered at ESIA.
    """

    key_path: Path
    certificate_path: Path

    @property
    def key_pem(self) -> bytes:
        """The private key in PEM."""
        return self.key_path.read_bytes()

    @property
    def certificate_pem(self) -> bytes:
        """The certificate in PEM."""
        return self.certificate_path.read_bytes()


def ensure_key(directory: Path, name: str, *, clock: Clock = system_clock) -> KeyPair:
    """Returns the key DIRECTORY/NAME.key with certificate DIRECTORY/NAME.crt, and makes both if one is missing.

    Args:
        directory: Where the files are; made if missing.
        name: Mnemonic of the client system; also the certificate's common name.
        clock: Begin of the certificate's ten years.
    """
    pair = KeyPair(directory / f"{name}.key", directory / f"{name}.crt")
    if pair.key_path.exists() and pair.certificate_path.exists():
        return pair
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = clock()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    write_private(pair.key_path, pem)
    pair.certificate_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return pair


@dataclass(frozen=True)
class EsiaTokens:
    """What a code was exchanged for.

    Attributes:
        access_token: Bearer token for the binding service and for ESIA's data.
        id_token: Who signed in.
        refresh_token: Empty if ESIA gave none.
        expires_in: Life of the access token in seconds.
        oid: The person's ESIA number, read from the access token without verifying it.
    """

    access_token: str
    id_token: str
    refresh_token: str
    expires_in: int
    oid: int


def new_state() -> str:
    """Returns a fresh state: ESIA wants a UUID in its canonical form."""
    return str(uuid.uuid4())


class _Requests:
    """Makes the signed requests and reads the answers; the transport is left to the subclasses."""

    def __init__(
        self,
        base_url: str,
        client_id: str,
        key_pem: bytes,
        certificate_pem: bytes,
        redirect_uri: str,
        scopes: Sequence[str] = DEFAULT_SCOPES,
        *,
        clock: Clock = system_clock,
    ) -> None:
        """Takes the client system's registration.

        Args:
            base_url: ESIA's address, such as "http://127.0.0.1:8101".
            client_id: The system's mnemonic.
            key_pem: RSA private key in PEM.
            certificate_pem: The registered certificate in PEM.
            redirect_uri: Where ESIA sends the browser back to.
            scopes: What is asked for.
            clock: Time of the signed requests; ESIA tolerates a few minutes.
        """
        self.base_url = base_url.rstrip("/")
        self.client_id = client_id
        self.redirect_uri = redirect_uri
        self.scope = " ".join(scopes)
        self._key: Any = serialization.load_pem_private_key(key_pem, password=None)
        self._certificate = x509.load_pem_x509_certificate(certificate_pem)
        self._clock = clock

    def authorization_url(self, state: str | None = None) -> str:
        """Returns where to send the browser.

        Args:
            state: A UUID that comes back with the code; a fresh one if None.
        """
        fields = self._signed(state or new_state())
        fields |= {"redirect_uri": self.redirect_uri, "response_type": "code", "access_type": "online"}
        return f"{self.base_url}/aas/oauth2/ac?{urlencode(fields)}"

    def logout_url(self, redirect_url: str = "") -> str:
        """Returns where to send the browser to end its ESIA session.

        Args:
            redirect_url: Where ESIA sends the browser afterwards.
        """
        fields = {"client_id": self.client_id}
        if redirect_url:
            fields["redirect_url"] = redirect_url
        return f"{self.base_url}/idp/ext/Logout?{urlencode(fields)}"

    @property
    def _token_url(self) -> str:
        return f"{self.base_url}/aas/oauth2/te"

    def _token_request(self, code: str, state: str) -> dict[str, str]:
        fields = {"grant_type": "authorization_code", "token_type": "Bearer", "code": code}
        return self._signed(state) | fields | {"redirect_uri": self.redirect_uri}

    def _signed(self, state: str) -> dict[str, str]:
        timestamp = self._clock().strftime("%Y.%m.%d %H:%M:%S %z")
        text = f"{self.scope}{timestamp}{self.client_id}{state}".encode()
        signature = (
            pkcs7.PKCS7SignatureBuilder()
            .set_data(text)
            .add_signer(self._certificate, self._key, hashes.SHA256())
            .sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary])
        )
        return {
            "client_id": self.client_id,
            "client_secret": base64.urlsafe_b64encode(signature).decode(),
            "scope": self.scope,
            "state": state,
            "timestamp": timestamp,
        }

    def _tokens(self, response: httpx.Response, state: str) -> EsiaTokens:
        try:
            answer = response.json()
        except ValueError:
            raise EsiaError("server_error", f"HTTP {response.status_code} without JSON") from None
        if not isinstance(answer, dict) or response.status_code != httpx.codes.OK or "access_token" not in answer:
            answer = answer if isinstance(answer, dict) else {}
            raise EsiaError(str(answer.get("error", "server_error")), str(answer.get("error_description", "")))
        if answer.get("state") != state:
            raise EsiaError("server_error", "the answer's state is not the request's")
        access_token = str(answer["access_token"])
        return EsiaTokens(
            access_token=access_token,
            id_token=str(answer.get("id_token", "")),
            refresh_token=str(answer.get("refresh_token") or ""),
            expires_in=int(answer.get("expires_in", 0)),
            oid=int(_claims(access_token).get("urn:esia:sbj_id", 0)),
        )


def _claims(token: str) -> dict[str, Any]:
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        raise EsiaError("server_error", "the access token is not a JWT") from None
    if not isinstance(claims, dict):
        raise EsiaError("server_error", "the access token is not a JWT")
    return claims


class EsiaClient(_Requests):
    """A client system of ESIA that waits for answers."""

    def exchange(self, code: str, *, http: httpx.Client | None = None) -> EsiaTokens:
        """Exchanges an authorization code, once.

        Args:
            code: What the redirect brought.
            http: HTTP client to use; one for this call if None.

        Raises:
            EsiaError: ESIA refused, answered nonsense or could not be reached.
        """
        state = new_state()
        request = self._token_request(code, state)
        try:
            if http is not None:
                return self._tokens(http.post(self._token_url, data=request), state)
            with httpx.Client(timeout=TIMEOUT_S) as own:
                return self._tokens(own.post(self._token_url, data=request), state)
        except httpx.HTTPError as error:
            raise EsiaError("unreachable", type(error).__name__) from None


class AsyncEsiaClient(_Requests):
    """A client system of ESIA for an event loop."""

    async def exchange(self, code: str, *, http: httpx.AsyncClient | None = None) -> EsiaTokens:
        """Exchanges an authorization code, once.

        Args:
            code: What the redirect brought.
            http: HTTP client to use; one for this call if None.

        Raises:
            EsiaError: ESIA refused, answered nonsense or could not be reached.
        """
        state = new_state()
        request = self._token_request(code, state)
        try:
            if http is not None:
                return self._tokens(await http.post(self._token_url, data=request), state)
            async with httpx.AsyncClient(timeout=TIMEOUT_S) as own:
                return self._tokens(await own.post(self._token_url, data=request), state)
        except httpx.HTTPError as error:
            raise EsiaError("unreachable", type(error).__name__) from None
