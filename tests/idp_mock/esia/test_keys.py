"""The published keys: RSA and GOST, stable over restarts, replaced when their files are gone."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from cryptography import x509
from idp_mock.esia.gost.keys import ALGORITHM, GostSigningKeys
from idp_mock.esia.gost.signature import public_key
from idp_mock.oauth.keys import SigningKeys

from .conftest import Stand


async def test_the_archive_holds_both_certificates_and_the_key_of_it(stand: Stand) -> None:
    archive = zipfile.ZipFile(io.BytesIO((await stand.system.http.get("/public/esia.zip")).content))
    assert archive.namelist() == ["RSA_ESIA.cer", "RSA_ESIA.jwk", "GOST_ESIA.cer"]
    certificate = x509.load_der_x509_certificate(archive.read("GOST_ESIA.cer"))
    assert public_key(certificate) is not None
    pem = (await stand.system.http.get("/public/esia-gost.pem")).content
    assert x509.load_pem_x509_certificate(pem) == certificate
    assert b"BEGIN PUBLIC KEY" in pem


@pytest.mark.parametrize("path", ["/aas/oauth2/v2/te", "/aas/oauth2/v3/ac", "/aas/oauth2/v3/revoke"])
async def test_addresses_that_no_working_client_uses_are_not_found_in_it(stand: Stand, path: str) -> None:
    assert (await stand.system.http.post(path)).status_code == 404
    assert (await stand.system.http.get(path)).status_code == 404


def test_keys_stay_over_restarts_and_are_new_when_their_files_are_gone_from_it(tmp_path: Path) -> None:
    first = GostSigningKeys(tmp_path, "esia")
    token = first.sign({"alg": ALGORITHM}, {"a": 1})
    again = GostSigningKeys(tmp_path, "esia")
    assert again.certificate_der == first.certificate_der
    assert again.verify(token) == ({"alg": ALGORITHM}, {"a": 1})
    assert again.verify(token[:-8] + "AAAAAAAA") is None
    assert again.verify("a.b") is None
    assert (tmp_path / "esia-gost.key").stat().st_mode & 0o077 == 0
    rsa = SigningKeys(tmp_path, "esia")
    rsa.export()
    for file in ("esia.key", "esia-gost.key"):
        (tmp_path / file).unlink()
    renewed = GostSigningKeys(tmp_path, "esia")
    assert renewed.certificate_der != first.certificate_der
    assert renewed.verify(token) is None
    other = SigningKeys(tmp_path, "esia")
    other.export()
    assert other.certificate_pem != rsa.certificate_pem
    assert (tmp_path / "esia.pem").read_bytes().startswith(other.certificate_pem)
