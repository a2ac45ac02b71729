"""Keys that are replaced while the simulator runs: by the call and on the wire."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from idp_mock.esia.gost.keys import ALGORITHM, GostSigningKeys
from idp_mock.oauth.keys import SigningKeys

from .conftest import Stand
from .parties import refused
from .test_data_api import PERSON, a_token

HEADER = {"alg": "RS256"}


@pytest.fixture
async def own(stand: Stand, keys: SigningKeys) -> Any:
    """The stand's keys; the other tests of this session go on with what this one leaves."""
    yield keys
    keys.rotate(withdraw=True)


def both(folder: Path | None) -> tuple[SigningKeys, GostSigningKeys]:
    rsa, gost = SigningKeys(folder, "esia"), GostSigningKeys(folder, "esia")
    rsa.accompany("GOST", gost)
    return rsa, gost


@pytest.mark.parametrize("on_disk", [True, False])
def test_the_old_key_stays_good_until_the_next_rotation_of_it(tmp_path: Path, on_disk: bool) -> None:
    rsa, gost = both(tmp_path if on_disk else None)
    old = rsa.sign(HEADER, {"a": 1}), gost.sign({"alg": ALGORITHM}, {"a": 1})
    rsa.rotate()
    new = rsa.sign(HEADER, {"a": 2}), gost.sign({"alg": ALGORITHM}, {"a": 2})
    assert all([rsa.verify(old[0]), gost.verify(old[1]), rsa.verify(new[0]), gost.verify(new[1])])
    rsa.rotate()
    assert (rsa.verify(old[0]), gost.verify(old[1])) == (None, None)
    assert all([rsa.verify(new[0]), gost.verify(new[1])])


@pytest.mark.parametrize("on_disk", [True, False])
def test_a_withdrawn_key_is_good_for_nothing_at_once_after_it(tmp_path: Path, on_disk: bool) -> None:
    rsa, gost = both(tmp_path if on_disk else None)
    old = rsa.sign(HEADER, {"a": 1}), gost.sign({"alg": ALGORITHM}, {"a": 1})
    rsa.rotate()
    rsa.rotate(withdraw=True)
    assert (rsa.verify(old[0]), gost.verify(old[1])) == (None, None)
    assert len(rsa.jwks) == 1
    assert rsa.previous is None
    assert not list(tmp_path.glob("*previous*"))


def test_a_rotation_is_published_and_survives_a_restart_with_all_of_it(tmp_path: Path) -> None:
    rsa, _ = both(tmp_path)
    rsa.export()
    before = rsa.certificate
    token = rsa.sign(HEADER, {"a": 1})
    rsa.rotate()
    again, gost = both(tmp_path)
    assert again.published
    assert again.certificate == rsa.certificate != before
    assert again.verify(token)
    assert gost.previous_der is not None
    archive = zipfile.ZipFile(tmp_path / "esia.zip")
    names = ["RSA_ESIA.cer", "RSA_ESIA.jwk", "GOST_ESIA.cer", "RSA_ESIA_PREVIOUS.cer", "GOST_ESIA_PREVIOUS.cer"]
    assert archive.namelist() == names
    assert x509.load_der_x509_certificate(archive.read(names[3])) == before
    assert x509.load_pem_x509_certificates((tmp_path / "esia.pem").read_bytes()) == [again.certificate, before]
    assert stat.S_IMODE((tmp_path / "esia.key").stat().st_mode) == 0o600


def test_two_simulators_on_one_new_folder_agree_about_the_key_in_it(tmp_path: Path) -> None:
    first, second = SigningKeys(tmp_path, "esia"), SigningKeys(tmp_path, "esia")
    assert second.verify(first.sign(HEADER, {"a": 1}))
    # Whoever comes second to an empty folder takes what the first has written.
    (tmp_path / "esia.key").rename(tmp_path / "kept")
    third = SigningKeys(tmp_path, "esia")
    (tmp_path / "kept").rename(tmp_path / "esia.key")
    assert third.verify(first.sign(HEADER, {"a": 1}))


async def test_tokens_of_the_old_key_open_the_data_until_it_is_withdrawn_and_new_ones_go_on_after_it(
    stand: Stand, own: SigningKeys
) -> None:
    old = await a_token(stand)
    own.rotate()
    archive = zipfile.ZipFile(io.BytesIO((await stand.system.http.get("/public/esia.zip")).content))
    assert "RSA_ESIA_PREVIOUS.cer" in archive.namelist()
    pem = (await stand.system.http.get("/public/esia.pem")).content
    assert x509.load_pem_x509_certificates(pem)[0] == own.certificate
    assert (await stand.system.get(PERSON, old)).status_code == 200
    own.rotate(withdraw=True)
    refusal = await stand.system.get(PERSON, old)
    assert (refusal.status_code, refusal.json()["code"]) == (401, "ESIA-005011")
    assert refused(stand.world)[0] == "ESIA-005011"
    assert stand.world.refusals.list()[-1].details["expected"] == "a token of a key in force"
    assert (await stand.system.get(PERSON, await a_token(stand))).status_code == 200
