"""Bearers that are no live access token of the e-diary: D1 with the cause, and nothing happens."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from binding_client import errors
from binding_client.testing import Actor, World
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from .acting import active, nothing_claimed, refusal

REDIRECT = "http://127.0.0.1:8100/"


def encoded(value: Any) -> str:
    """A part of a JWT."""
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def decoded(part: str) -> dict[str, Any]:
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def access_token(vera: Actor) -> str:
    return (vera.tokens or vera.sign_in()).access_token


def expired(vera: Actor) -> str:
    token = access_token(vera)
    vera.world.advance(timedelta(hours=1, seconds=1))
    return token


def ended(vera: Actor) -> str:
    token = access_token(vera)
    vera.sign_out()
    return token


def signed_by_somebody_else(vera: Actor) -> str:
    header, payload, _ = access_token(vera).split(".")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    signature = key.sign(f"{header}.{payload}".encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{header}.{payload}.{encoded(signature)}"


def changed_after_signing(vera: Actor) -> str:
    header, payload, signature = access_token(vera).split(".")
    claims = decoded(payload) | {"urn:esia:sbj_id": 1000300104}
    return f"{header}.{encoded(claims)}.{signature}"


def not_signed(vera: Actor) -> str:
    header, payload, _ = access_token(vera).split(".")
    return f"{encoded(decoded(header) | {'alg': 'none'})}.{payload}."


def of_another_system(vera: Actor) -> str:
    system = vera.world.esia_client("OTHERSYS")
    came = vera.browser.sign_in_esia(system.authorization_url(), vera.facts.esia_login, vera.facts.esia_password)
    return system.exchange(came.code).access_token


def authorization_code(vera: Actor) -> str:
    system = vera.world.esia_client()
    url = system.authorization_url()
    return vera.browser.sign_in_esia(url, vera.facts.esia_login, vera.facts.esia_password).code


def id_token(vera: Actor) -> str:
    return (vera.tokens or vera.sign_in()).id_token


TOKENS: list[tuple[Callable[[Actor], str], str]] = [
    (lambda vera: "", "MISSING"),
    (lambda vera: "not-a-token", "MALFORMED"),
    (lambda vera: "a.b.c", "MALFORMED"),
    (lambda vera: access_token(vera)[:-200], "SIGNATURE"),
    (expired, "EXPIRED"),
    (ended, "ENDED"),
    (signed_by_somebody_else, "SIGNATURE"),
    (changed_after_signing, "SIGNATURE"),
    (not_signed, "SIGNATURE"),
    (of_another_system, "CLIENT"),
    (id_token, "NOT_ACCESS_TOKEN"),
    (authorization_code, "NOT_ACCESS_TOKEN"),
]


@pytest.mark.rules("D1")
@pytest.mark.parametrize(("make", "cause"), TOKENS)
def test_token_that_is_no_live_access_token_of_the_diary_it_is_d1_and_nothing_happens(
    world: World, make: Callable[[Actor], str], cause: str
) -> None:
    vera = world.person("vera")
    client = world.client(make(vera))
    with refusal(errors.EsiaSessionRequired, "D1") as refused:
        client.start_binding(account=vera.account(), contact=vera.facts.contact, redirect_uri=REDIRECT)
    assert refused.value.metadata["cause"] == cause
    vera.sign_in()
    assert nothing_claimed(vera)


@pytest.mark.rules("D1")
@pytest.mark.parametrize(("make", "cause"), [(signed_by_somebody_else, "SIGNATURE"), (of_another_system, "CLIENT")])
def test_foreign_token_at_a_bound_account_it_reads_and_ends_nothing(
    world: World, make: Callable[[Actor], str], cause: str
) -> None:
    vera = world.person("vera")
    binding = vera.bind().binding
    client = world.client(make(vera))
    calls: list[Callable[[], object]] = [
        lambda: client.get_binding(name=binding.name),
        lambda: client.list_bindings(parent=vera.account()),
        lambda: client.list_chats(parent=vera.account()),
        lambda: client.diagnose_account(name=vera.account()),
        lambda: client.explain_binding(account=vera.account()),
        lambda: client.complete_binding(name="attempts/any"),
        lambda: client.cancel_attempt(name="attempts/any"),
        lambda: client.unbind(name=binding.name),
        client.list_my_accounts,
    ]
    for call in calls:
        with refusal(errors.EsiaSessionRequired, "D1") as refused:
            call()
        assert refused.value.metadata["cause"] == cause
    assert [each.name for each in active(vera)] == [binding.name]
