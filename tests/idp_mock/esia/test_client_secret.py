"""What ESIA takes for a client_secret, and how it explains what it does not take."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options
from idp_mock.esia.client_secret import Mode, Registration, Verdict, check_client_secret
from idp_mock.esia.signed_string import V1, V2_AC, build

from . import signers
from .signers import KeyPair, key_pair, library, openssl

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
VALUES = {
    "scope": "openid fullname",
    "timestamp": "2026.11.23 15:00:00 +0300",
    "client_id": "TESTSYS",
    "state": "5f9a8a5e-2f0e-4d0a-9a53-0a2b6a4d7c11",
    "redirect_uri": "https://diary.example/back?x=1",
}
RIGHT = build(V1, VALUES).encode()
PAIR = key_pair("testsys")

Signer = Callable[[KeyPair, bytes], bytes]

CONTAINERS = {
    "openssl smime": openssl("smime"),
    "openssl smime -binary": openssl("smime", "-binary"),
    "openssl smime -binary -noattr": openssl("smime", "-binary", "-noattr"),
    "openssl smime -nodetach": openssl("smime", "-binary", "-nodetach"),
    "openssl smime -nodetach -noattr": openssl("smime", "-binary", "-nodetach", "-noattr"),
    "openssl smime -md sha256 -nosmimecap": openssl("smime", "-binary", "-md", "sha256", "-nosmimecap"),
    "openssl smime -nocerts": openssl("smime", "-binary", "-nocerts"),
    "openssl cms": openssl("cms", "-binary"),
    "openssl cms -noattr": openssl("cms", "-binary", "-noattr"),
    "openssl cms -nodetach": openssl("cms", "-binary", "-nodetach"),
    "openssl cms -nodetach -stream": openssl("cms", "-binary", "-nodetach", "-stream"),
    "openssl cms -keyid": openssl("cms", "-binary", "-keyid"),
    "openssl cms -cades": openssl("cms", "-binary", "-cades"),
    "library detached": library(PKCS7Options.DetachedSignature),
    "library detached, no attributes": library(PKCS7Options.DetachedSignature, PKCS7Options.NoAttributes),
    "library attached": library(),
    "library attached, no attributes": library(PKCS7Options.NoAttributes),
    "attached as node-forge does": signers.by_hand,
}
SPELLINGS = [
    signers.url_safe,
    signers.unpadded,
    signers.first_padding_cut,
    signers.standard,
    signers.plus_as_space,
    signers.wrapped,
]


def check(secret: str, *, mode: Mode = "strict", pair: KeyPair | None = PAIR, **given: Any) -> Verdict:
    owners = {key_pair("other").certificate.public_bytes(Encoding.DER): "OTHERSYS"}
    registration = Registration("TESTSYS", pair.certificate if pair else None, mode, owners.get)
    return check_client_secret(
        secret, given.pop("values", VALUES), order=V1, registration=registration, now=NOW, **given
    )


@pytest.mark.parametrize("name", CONTAINERS)
def test_every_rsa_container_of_real_clients_is_taken_when_strict_so_they_do_not_notice_it(name: str) -> None:
    verdict = check(signers.url_safe(CONTAINERS[name](PAIR, RIGHT)))
    assert verdict.accepted, verdict.explanation


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("tail", ["", "a", "ab"], ids=["pad A", "pad B", "pad C"])
def test_every_spelling_of_base64_is_taken_and_the_bytes_survive_it(
    spelling: Callable[[bytes], str], tail: str
) -> None:
    values = {**VALUES, "client_id": "TESTSYS" + tail}
    secret = spelling(signers.by_hand(PAIR, build(V1, values).encode()))
    verdict = check(secret, values=values)
    assert verdict.accepted, verdict.explanation


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_string_in_another_order_is_refused_and_the_order_is_named_in_it(name: str) -> None:
    wrong = build(("client_id", "scope", "timestamp", "state"), VALUES).encode()
    verdict = check(signers.url_safe(CONTAINERS[name](PAIR, wrong)))
    assert verdict.code == "ESIA-007053"
    assert "client_id+scope+timestamp+state" in verdict.explanation
    assert RIGHT.decode() in verdict.explanation


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (build(V2_AC, VALUES), "client_id+scope+scope_org+timestamp+state+redirect_uri"),
        (RIGHT.decode() + "\n", "\\n"),
        ("openid+fullname2026.11.23+15%3A00%3A00+%2B0300TESTSYS" + VALUES["state"], "URL"),
        ("openid fullname&2026.11.23 15:00:00 +0300&TESTSYS&" + VALUES["state"], "'&'"),
    ],
    ids=["v2 order", "line break", "encoded", "separators"],
)
def test_the_usual_mistakes_in_the_string_are_recognised_so_a_developer_sees_it(wrong: str, hint: str) -> None:
    verdict = check(signers.url_safe(openssl("smime", "-binary")(PAIR, wrong.encode())))
    assert verdict.code == "ESIA-007053"
    assert hint in verdict.explanation


# openssl itself refuses a key that does not belong to the certificate.
@pytest.mark.parametrize("name", [name for name in CONTAINERS if not name.startswith("openssl")])
def test_another_key_behind_the_registered_certificate_is_refused_when_it_signs_it(name: str) -> None:
    forged = KeyPair(key_pair("stranger").key, PAIR.certificate)
    assert check(signers.url_safe(CONTAINERS[name](forged, RIGHT))).code == "ESIA-007053"


def test_an_unknown_certificate_is_refused_and_both_fingerprints_are_in_it() -> None:
    verdict = check(signers.url_safe(openssl("smime", "-binary")(key_pair("stranger"), RIGHT)))
    assert verdict.code == "ESIA-007005"


def test_a_signer_named_by_an_unknown_serial_number_is_refused_without_a_certificate_in_it() -> None:
    verdict = check(signers.url_safe(openssl("smime", "-binary", "-nocerts")(key_pair("stranger"), RIGHT)))
    assert verdict.code == "ESIA-007005"


def test_a_certificate_of_another_system_is_refused_and_the_system_is_named_in_it() -> None:
    verdict = check(signers.url_safe(library()(key_pair("other"), RIGHT)))
    assert verdict.code == "ESIA-007002"
    assert "OTHERSYS" in verdict.explanation


def test_a_system_without_a_certificate_is_refused_whatever_signs_it() -> None:
    assert check(signers.url_safe(library()(PAIR, RIGHT)), pair=None).code == "ESIA-007002"


def test_an_expired_certificate_is_refused_by_the_worlds_time_when_it_signs_it() -> None:
    pair = PAIR.again(not_after=NOW - timedelta(days=1))
    assert check(signers.url_safe(library()(pair, RIGHT)), pair=pair).code == "ESIA-007053"


@pytest.mark.parametrize("name", ["openssl smime", "openssl smime -binary -noattr", "attached as node-forge does"])
def test_any_flipped_bit_is_refused_and_nothing_breaks_over_it(name: str) -> None:
    good = CONTAINERS[name](PAIR, RIGHT)
    chance = random.Random(7)
    taken = 0
    for _ in range(300):
        place, bit = chance.randrange(len(good)), 1 << chance.randrange(8)
        bad = good[:place] + bytes([good[place] ^ bit]) + good[place + 1 :]
        verdict = check(signers.url_safe(bad))
        assert verdict.accepted or verdict.code in {"ESIA-007053", "ESIA-007005"}
        taken += verdict.accepted
    # Bytes outside of what is signed or compared, such as version numbers and unsigned algorithm fields.
    assert taken < 10


@pytest.mark.parametrize("cut", [1, 10, 100, 700])
def test_a_truncated_container_is_refused_as_malformed_when_a_client_cuts_it(cut: int) -> None:
    good = openssl("smime", "-binary")(PAIR, RIGHT)
    assert check(signers.url_safe(good[:-cut])).code == "ESIA-007053"


@pytest.mark.parametrize(
    "secret", ["", "=", "secret", "ключ", "MIIA", "-----BEGIN PKCS7-----\nMIIA", "MA==", "\0", "A" * 5000]
)
def test_garbage_is_refused_as_a_wrong_secret_whatever_is_in_it(secret: str) -> None:
    assert check(secret).code == "ESIA-007053"


@pytest.mark.parametrize("options", [("-keyopt", "rsa_padding_mode:pss"), ("-md", "sha1"), ("-md", "sha512")])
def test_other_signature_algorithms_are_refused_when_strict_and_named_in_it(options: tuple[str, ...]) -> None:
    verdict = check(signers.url_safe(openssl("cms", "-binary", *options)(PAIR, RIGHT)))
    assert verdict.code == "ESIA-007053"


@pytest.mark.parametrize(
    ("signer", "message"),
    [
        (library(algorithm=hashes.SHA512()), RIGHT),
        (signers.raw, RIGHT),
        (signers.raw, build(V2_AC, VALUES).encode()),
        (library(), build(V2_AC, VALUES).encode()),
    ],
    ids=["other digest", "raw", "raw v2 string", "v2 string"],
)
def test_tolerant_takes_strings_and_containers_of_every_version_where_strict_refuses_it(
    signer: Signer, message: bytes
) -> None:
    secret = signers.url_safe(signer(PAIR, message))
    assert check(secret, mode="tolerant").accepted
    assert check(secret).code == "ESIA-007053"


def test_tolerant_takes_a_renewed_certificate_of_the_same_key_where_strict_refuses_it() -> None:
    secret = signers.url_safe(library()(PAIR.again(), RIGHT))
    assert check(secret, mode="tolerant").accepted
    assert check(secret).code == "ESIA-007005"


def test_tolerant_is_not_off_so_another_string_is_refused_by_it() -> None:
    assert check(signers.url_safe(library()(PAIR, b"anything")), mode="tolerant").code == "ESIA-007053"


def test_off_takes_anything_that_is_sent_as_it() -> None:
    assert check("whatever", mode="off").accepted


def test_an_attached_content_other_than_the_string_is_refused_and_shown_in_it() -> None:
    verdict = check(signers.url_safe(library()(PAIR, b"something else entirely")))
    assert verdict.code == "ESIA-007053"
    assert "something else entirely" in verdict.explanation


def test_codes_and_tokens_never_stand_in_an_explanation_so_no_secret_leaks_through_it() -> None:
    values = {**VALUES, "code": "eyJ.secret.code", "refresh_token": "11111111-2222-4333-8444-555555555555"}
    signed = build((*V2_AC, "code"), values).encode()
    verdict = check(signers.url_safe(openssl("smime", "-binary")(PAIR, signed)), values=values)
    assert verdict.code == "ESIA-007053"
    assert "secret" not in verdict.explanation
    assert "11111111" not in verdict.explanation
