"""GOST signatures: those of openssl's engine are taken, by the engine and without it."""

from __future__ import annotations

import random
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import gostcrypto
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from idp_mock.esia import suites
from idp_mock.esia.client_secret import Mode, Registration, Verdict, check_client_secret
from idp_mock.esia.gost import engine as engine_module
from idp_mock.esia.gost.certificate import load_private, private_pem, public_info, self_signed
from idp_mock.esia.gost.curves import curve
from idp_mock.esia.gost.engine import engine
from idp_mock.esia.gost.signature import PrivateKey, PublicKey, public_key, streebog
from idp_mock.esia.signed_string import V1, V2_AC, V3_TE_CODE, V3_TE_REFRESH, V3_TE_SYSTEM, Order, build

from . import gost_signers, signers
from .gost_data import make
from .gost_signers import certificate, container, fingerprint, made, raw

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
VALUES: dict[str, str] = made()["values"]
ORDERS: dict[str, Order] = {
    "v1": V1,
    "v2/ac": V2_AC,
    "v3/te code": V3_TE_CODE,
    "v3/te refresh": V2_AC,
    "v3/te refresh with the token": V3_TE_REFRESH,
    "v3/te system": V3_TE_SYSTEM,
}
KEYS = list(made()["keys"])


@pytest.fixture(params=["engine", "no engine"])
def both_ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With openssl's engine, which on a machine without it is the same as without."""
    if request.param == "no engine":
        monkeypatch.setattr(suites, "engine", lambda: None)


def check(
    secret: bytes,
    order: Order = V2_AC,
    *,
    key: str = "testsys",
    mode: Mode = "strict",
    is_raw: bool = True,
    **given: Any,
) -> Verdict:
    owners = {certificate("other").public_bytes(Encoding.DER): "OTHERSYS"}
    registration = Registration("TESTSYS", certificate(key), mode, owners.get)
    return check_client_secret(
        signers.url_safe(secret), VALUES, order=order, registration=registration, now=NOW, raw=is_raw, **given
    )


def test_the_orders_that_openssl_signed_are_those_of_the_simulator_and_nothing_has_drifted_from_it() -> None:
    assert made()["values"] == make.VALUES
    assert {name: build(order, VALUES).encode() for name, order in ORDERS.items()} == {
        name: make.message(name) for name in make.ORDERS
    }


@pytest.mark.usefixtures("both_ways")
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("key", KEYS)
def test_a_bare_signature_of_openssl_is_taken_on_every_curve_for_it(key: str, order: str) -> None:
    verdict = check(raw(key, order), ORDERS[order], key=key)
    assert verdict.accepted, verdict.explanation


@pytest.mark.usefixtures("both_ways")
@pytest.mark.parametrize("name", make.CONTAINERS)
@pytest.mark.parametrize("key", ["testsys", "512-a"])
def test_every_container_of_openssl_is_taken_at_the_first_version_for_it(key: str, name: str) -> None:
    verdict = check(container(key, name), V1, key=key, is_raw=False)
    assert verdict.accepted, verdict.explanation


@pytest.mark.usefixtures("both_ways")
@pytest.mark.parametrize("name", make.CONTAINERS)
def test_a_container_over_another_string_is_refused_and_explained_by_it(name: str) -> None:
    verdict = check(container("testsys", name), ("client_id", "scope"), is_raw=False)
    assert verdict.code == "ESIA-007053"
    assert "scope+timestamp+client_id+state" in verdict.explanation


@pytest.mark.parametrize("name", make.CONTAINERS)
def test_a_container_of_another_systems_certificate_is_refused_with_the_code_for_it(name: str) -> None:
    verdict = check(container("other", name), V1, is_raw=False)
    assert verdict.code in {"ESIA-007002", "ESIA-007005", "ESIA-007053"}
    assert not verdict.accepted


@pytest.mark.parametrize(
    ("made_of", "expected", "hint"),
    [
        ("v1", V2_AC, "scope+timestamp+client_id+state"),
        ("v2/ac", V3_TE_CODE, "client_id+scope+scope_org+timestamp+state+redirect_uri"),
        ("v3/te system", V2_AC, "без scope_org"),
        ("v3/te code", V2_AC, "redirect_uri+code"),
    ],
)
def test_the_string_that_a_bare_signature_fits_is_named_if_it_is_another_ones(
    made_of: str, expected: Order, hint: str
) -> None:
    verdict = check(raw("testsys", made_of), expected)
    assert verdict.code == "ESIA-007053"
    assert hint in verdict.explanation
    assert VALUES["code"] not in verdict.explanation


@pytest.mark.parametrize(
    ("twist", "hint"),
    [
        (lambda made: made[::-1], "КриптоПро"),
        (lambda made: made[32:] + made[:32], "половины"),
        (lambda made: made[:32][::-1] + made[32:][::-1], "каждой половины"),
    ],
    ids=["reversed", "halves swapped", "halves reversed"],
)
def test_another_order_of_bytes_is_refused_and_recognised_in_it(twist: Any, hint: str) -> None:
    verdict = check(twist(raw("testsys", "v2/ac")))
    assert verdict.code == "ESIA-007053"
    assert hint in verdict.explanation


@pytest.mark.usefixtures("both_ways")
def test_another_key_is_refused_and_no_string_is_named_for_it() -> None:
    verdict = check(raw("other", "v2/ac"))
    assert verdict.code == "ESIA-007053"
    assert "ни с одной" in verdict.explanation


@pytest.mark.usefixtures("both_ways")
def test_any_flipped_bit_of_a_bare_signature_is_refused_and_nothing_breaks_over_it() -> None:
    good, chance = raw("testsys", "v2/ac"), random.Random(3)
    key = public_key(certificate("testsys"))
    assert key is not None
    for _ in range(20):
        place, bit = chance.randrange(64), 1 << chance.randrange(8)
        bad = good[:place] + bytes([good[place] ^ bit]) + good[place + 1 :]
        assert not key.verify(bad, make.message("v2/ac"))


@pytest.mark.parametrize("signature", [b"", b"\0" * 64, b"\xff" * 64, b"\0" * 128, b"\1" * 63])
def test_numbers_outside_of_the_curves_order_are_no_signature_to_it(signature: bytes) -> None:
    key = public_key(certificate("testsys"))
    assert key is not None
    assert not key.verify(signature, b"message")
    assert check(signature or b"\0").code == "ESIA-007053"


def test_strict_takes_a_container_only_at_the_first_version_and_tolerant_anywhere_for_it() -> None:
    boxed, bare = container("testsys", "smime -binary"), raw("testsys", "v1")
    assert check(boxed, V2_AC).code == "ESIA-007053"
    assert check(bare, V1, is_raw=False).code == "ESIA-007053"
    assert check(boxed, V2_AC, mode="tolerant").accepted
    assert check(bare, V2_AC, mode="tolerant").accepted


def test_a_bare_rsa_signature_is_refused_when_strict_and_the_key_is_named_in_it() -> None:
    pair = signers.key_pair("testsys")
    registration = Registration("TESTSYS", pair.certificate, "strict", lambda _: None)
    secret = signers.url_safe(signers.raw(pair, build(V2_AC, VALUES).encode()))
    verdict = check_client_secret(secret, VALUES, order=V2_AC, registration=registration, now=NOW, raw=True)
    assert verdict.code == "ESIA-007053"
    assert "ГОСТ" in verdict.explanation


def test_either_order_of_a_refresh_is_taken_because_clients_disagree_about_it() -> None:
    for order in ("v3/te refresh", "v3/te refresh with the token"):
        assert check(raw("testsys", order), V2_AC, alternatives=(V3_TE_REFRESH,)).accepted


@pytest.mark.parametrize("key", KEYS)
def test_the_digest_of_a_certificate_is_that_of_openssl_for_it(key: str) -> None:
    assert streebog(certificate(key).public_bytes(Encoding.DER), 256).hex().upper() == fingerprint(key)


@pytest.mark.parametrize("key", KEYS)
def test_keys_are_read_from_openssls_files_and_their_signatures_fit_the_certificate_of_it(key: str) -> None:
    private, parameters = load_private(made()["keys"][key]["key"])
    public = public_key(certificate(key))
    assert public is not None
    assert private.point == (public.x, public.y)
    assert public_info(private, parameters) == public.info
    assert private_pem(private, parameters).split() == made()["keys"][key]["key"].split()
    assert public.verify(private.sign(b"new"), b"new")
    assert not public.verify(private.sign(b"new"), b"old")


def test_gostcrypto_agrees_with_the_arithmetic_of_this_package_about_it() -> None:
    private, _ = load_private(made()["keys"]["testsys"]["key"])
    table = gostcrypto.gostsignature.CURVES_R_1323565_1_024_2019["id-tc26-gost-3410-2012-256-paramSetB"]
    other = gostcrypto.gostsignature.new(gostcrypto.gostsignature.MODE_256, table)
    x, y = private.point
    made_here = private.sign(b"message")
    digest = bytearray(streebog(b"message", 256)[::-1])
    point = bytearray(x.to_bytes(32, "big") + y.to_bytes(32, "big"))
    assert other.verify(point, digest, bytearray(made_here[32:] + made_here[:32]))
    made_there = bytes(other.sign(bytearray(private.number.to_bytes(32, "big")), digest))
    assert PublicKey(private.curve, x, y, b"").verify(made_there[32:] + made_there[:32], b"message")


def test_an_unknown_curve_and_a_point_off_the_curve_are_no_key_to_it() -> None:
    assert curve("1.2.3") is None
    key = PrivateKey.make("1.2.643.2.2.35.1")
    forged = PrivateKey(key.number, curve("1.2.643.2.2.35.2"))  # type: ignore[arg-type]
    der = self_signed(forged, "1.2.643.2.2.35.1", "x", 1, (NOW, NOW))
    from cryptography import x509

    assert public_key(x509.load_der_x509_certificate(der)) is None
    with pytest.raises(ValueError):
        load_private("-----BEGIN PRIVATE KEY-----\nMIIA\n-----END PRIVATE KEY-----")


def test_the_engine_is_used_where_openssl_has_it_and_its_verdict_is_the_same_as_ours() -> None:
    has_engine = b"gost" in _output("openssl", "engine", "gost") if shutil.which("openssl") else False
    assert (engine() is not None) is has_engine
    program, key = engine(), public_key(certificate("testsys"))
    assert key is not None
    for order in ORDERS:
        for message in (make.message(order), b"another"):
            ours = key.verify(raw("testsys", order), message)
            theirs = engine_module.verify(program or "/nonexistent", 256, key.info, raw("testsys", order), message)
            assert theirs == (ours if has_engine else None)


def test_signatures_of_the_openssl_of_this_machine_are_taken_or_it_has_no_engine_for_it(tmp_path: Path) -> None:
    if engine() is None:
        # Without an engine openssl cannot make one: the committed signatures stand for it.
        assert b"gost" not in _output("openssl", "engine", "gost")
        return
    tmp_path.joinpath("openssl.cnf").write_text(make.CONFIGURATION)
    for key in ("testsys", "512-a"):
        tmp_path.joinpath(f"{key}.key").write_text(made()["keys"][key]["key"])
        tmp_path.joinpath(f"{key}.crt").write_text(made()["keys"][key]["certificate"])
        assert check(make.raw(tmp_path, key, "v2/ac"), key=key).accepted
        for options in make.CONTAINERS.values():
            assert check(make.container(tmp_path, key, options), V1, key=key, is_raw=False).accepted


def _output(*words: str) -> bytes:
    if not shutil.which(words[0]):
        return b""
    return subprocess.run(words, capture_output=True, check=False).stdout


def test_a_signer_of_the_flow_tests_is_taken_like_openssl_by_it() -> None:
    sign = gost_signers.signer("testsys")
    assert check(sign(None, build(V2_AC, VALUES).encode())).accepted
