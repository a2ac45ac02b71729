"""Each fault harms a naive client that is well without it, and is answered by the service with a reason of its own."""

from __future__ import annotations

import base64
import io
import threading
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from binding_client.errors import BindingError
from binding_client.headless import Redirect
from binding_client.testing import Actor, World
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from sferum.binding.v1.resources_pb2 import Binding

from .naive import NaiveVkClient, SignIn, claims_of

TOKENS, USER_INFO, ESIA_TOKENS = "/oauth2/auth", "/oauth2/user_info", "/aas/oauth2/te"
VK, ESIA = "VK_ID", "ESIA"
VERA, VERA_ID = "Вера Воронова", 700300103
Harm = Callable[[World], bool]
"""Lets a naive client work, and tells whether it came to harm: failed, or believed what is not so."""


def attempt(work: Callable[[], SignIn], right: Callable[[SignIn], bool]) -> bool:
    """Whether the naive client failed, or believes what is not so."""
    try:
        return not right(work())
    except (KeyError, TypeError, ValueError, httpx.HTTPError):
        return True


def vk(right: Callable[[SignIn], bool] = lambda it: it.name == VERA, **client: Any) -> Harm:
    return lambda world: attempt(lambda: NaiveVkClient(world, **client).sign_in(world.person("vera")), right)


def believes_the_token(bad: Callable[[dict[str, Any], World], bool]) -> Harm:
    """An ESIA client that decodes tokens: harmed if the one that it goes on with is bad."""

    def harm(world: World) -> bool:
        token = world.person("vera").sign_in().access_token
        return claims_of(token)["urn:esia:sbj_id"] != 1000300103 or bad(claims_of(token), world)

    return harm


def published(world: World) -> list[Any]:
    archive = zipfile.ZipFile(io.BytesIO(httpx.get(f"{world.esia_url}/public/esia.zip").content))
    names = [name for name in archive.namelist() if name.startswith("RSA") and name.endswith(".cer")]
    return [x509.load_der_x509_certificate(archive.read(name)).public_key() for name in names]


def fits(token: str, keys: list[Any]) -> bool:
    signed, _, signature = token.rpartition(".")
    for key in keys:
        try:
            key.verify(base64.urlsafe_b64decode(f"{signature}=="), signed.encode(), PKCS1v15(), SHA256())
        except InvalidSignature:
            continue
        return True
    return False


def does_not_verify(world: World) -> bool:
    """An ESIA client that takes a token whatever its signature: harmed if no published key made it."""
    return not fits(world.person("vera").sign_in().access_token, published(world))


def reads_keys_once(world: World) -> bool:
    """An ESIA client that read the keys at its start: harmed if it cannot take a new token."""
    world_keys = KEYS.setdefault(world.name, published(world))
    return not fits(world.person("vera").sign_in().access_token, world_keys)


def forgets_keys(world: World) -> bool:
    """An ESIA client that knows the published keys only: harmed if a token that still lives is refused."""
    token = world.person("vera").tokens or world.person("vera").sign_in()
    return not fits(token.access_token, published(world))


KEYS: dict[str, list[Any]] = {}


def takes_any_state(world: World) -> bool:
    """A client that does not compare states: harmed if the sign-in that it goes on with was another's."""
    redirect = NaiveVkClient(world).leave(world.person("vera"))
    return bool(redirect.code) and redirect.state != "state-of-this-sign-in-0123456789-abcdef"


def comes_twice(world: World) -> bool:
    """A client that exchanges a code each time a browser brings it: harmed if the first tokens die of the second."""
    client = NaiveVkClient(world)
    redirect = client.leave(world.person("vera"))
    calls = world.control.list_faults()
    first = client.enter(redirect)
    if any(fault["kind"] == "FAULT_KIND_DUPLICATE_CALLBACK" and int(fault["struck"]) for fault in calls):
        client.exchange(redirect)
    return "user" not in client.read(first.access_token)


def has_known_since_before(world: World) -> bool:
    """A client that looked up whose phone it is before the call: harmed if it is somebody else's afterwards."""
    directory = {"+79000000103": "vera"}
    client, found = NaiveVkClient(world), []
    redirect = client.leave(world.person("vera"))
    worker = threading.Thread(target=lambda: found.append(client.enter(redirect)))
    worker.start()
    paused = [fault for fault in world.control.list_faults() if fault["kind"] == "FAULT_KIND_PAUSE"]
    for fault in paused:
        struck(world, fault["id"])
        world.control.update_person("gleb", {"recorded_contacts": ["+79000000103"]})
        world.control.update_person("vera", {"recorded_contacts": []})
        world.control.delete_faults(fault["id"])
    worker.join()
    now_used_by = [
        person["id"]
        for person in world.control.get_world_document()["persons"]
        if "+79000000103" in person.get("recorded_contacts", [])
    ]
    return directory["+79000000103"] not in now_used_by


def struck(world: World, fault_id: str) -> None:
    until = time.monotonic() + 20
    while not any(f["id"] == fault_id and int(f["struck"]) for f in world.control.list_faults()):
        assert time.monotonic() < until


def takes_phone_for_person(world: World) -> bool:
    """A client that knows people by phone: harmed if the phone it was told of is another person's by now."""
    told = "+79000000103"
    client = NaiveVkClient(world)
    client.exchange(client.leave(world.person("vera")))
    owner = world.control.get_person("vera")["document"]
    return told not in [login.get("phone") for login in owner.get("vk_id", [])]


def keeps_its_token(world: World) -> bool:
    """A client that keeps a token for later: harmed if it is of no use then."""
    client = NaiveVkClient(world)
    token = client.exchange(client.leave(world.person("vera")))["access_token"]
    return "user" not in client.read(token)


def binds_whoever_comes_back(world: World) -> bool:
    """A client at which Anya is signed in, and which takes who comes back for Anya."""
    return NaiveVkClient(world).sign_in(world.person("anya")).user_id != 700300101


@dataclass(frozen=True)
class Case:
    """A fault as it is armed, whom it harms, and what the service says (``""``: it goes on and binds)."""

    fault: Mapping[str, Any]
    harm: Harm
    reasons: frozenset[str]
    who: str = "vera"


def at(endpoint: str, harm: Harm, *reasons: str, provider: str = VK, who: str = "vera", **fault: Any) -> Case:
    return Case({"provider": provider, "endpoint": endpoint, **fault}, harm, frozenset(reasons), who)


DOWN, FAILED, NO_SESSION = "PROVIDER_UNAVAILABLE", "VK_AUTH_FAILED", "ESIA_SESSION_REQUIRED"
HANGING = ("HANG", "HANG_AFTER", "PAUSE")


def real_now() -> float:
    return datetime.now(UTC).timestamp()


CASES: Mapping[str, Case] = {
    "LATENCY": at(TOKENS, vk(timeout_s=0.3), "", latency=timedelta(seconds=0.6)),
    "HANG": at(TOKENS, vk(timeout_s=0.3), DOWN),
    "HANG_AFTER": at(TOKENS, vk(timeout_s=0.3, retries=1), DOWN),
    "PAUSE": at(TOKENS, has_known_since_before, DOWN),
    "DROP": at(TOKENS, vk(), DOWN),
    "DROP_AFTER": at(TOKENS, vk(retries=1), DOWN),
    "STATUS": at(TOKENS, vk(), DOWN, status=503),
    "ERROR_WITH_200": at(TOKENS, vk(), DOWN, error="server_error"),
    "MALFORMED_JSON": at(TOKENS, vk(), DOWN),
    "TRUNCATED_BODY": at(TOKENS, vk(), DOWN),
    "WRONG_CONTENT_TYPE": at(TOKENS, vk(), "", DOWN),
    "WRONG_FIELD": at(
        USER_INFO,
        vk(lambda it: it.phone.endswith("9000000103")),
        "OWNERSHIP_UNVERIFIED",
        field="user.phone",
        value="79990000000",
    ),
    "MISSING_FIELD": at(TOKENS, vk(), FAILED, DOWN, field="access_token"),
    "MISTYPED_FIELD": at(TOKENS, vk(lambda it: it.user_id == VERA_ID), "", field="user_id"),
    "OTHER_USER": at(USER_INFO, vk(lambda it: it.told_id == str(VERA_ID)), FAILED),
    "TOKEN_OF_ANOTHER": at(TOKENS, vk(), "VK_PROFILE_NOT_OWNED", other="gleb"),
    "WRONG_SIGNATURE": at(ESIA_TOKENS, does_not_verify, NO_SESSION, provider=ESIA),
    "UNKNOWN_KEY": at(ESIA_TOKENS, does_not_verify, NO_SESSION, provider=ESIA),
    "EXPIRED_TOKEN": at(ESIA_TOKENS, believes_the_token(lambda c, w: c["exp"] < real_now()), NO_SESSION, provider=ESIA),
    "FUTURE_TOKEN": at(ESIA_TOKENS, believes_the_token(lambda c, w: c["nbf"] > real_now()), NO_SESSION, provider=ESIA),
    "WRONG_ISSUER": at(
        ESIA_TOKENS, believes_the_token(lambda c, w: c["iss"] != "http://esia.gosuslugi.ru/"), NO_SESSION, provider=ESIA
    ),
    "WRONG_AUDIENCE": at(
        ESIA_TOKENS, believes_the_token(lambda c, w: c["client_id"] != "EDIARY66"), NO_SESSION, provider=ESIA
    ),
    "ROTATED_KEY": at("", reads_keys_once, NO_SESSION, provider=ESIA),
    "WITHDRAWN_KEY": at("/public/esia.zip", forgets_keys, "", provider=ESIA),
    "WRONG_STATE": at("", takes_any_state, FAILED),
    "MISSING_STATE": at("", takes_any_state, FAILED),
    "DUPLICATE_CALLBACK": at("", comes_twice, ""),
    "PROFILE_OF_ANOTHER": at("", binds_whoever_comes_back, "VK_PROFILE_NOT_OWNED", who="anya"),
    "PHONE_REASSIGNED": at(TOKENS, takes_phone_for_person, FAILED, "OWNERSHIP_UNVERIFIED", person="vera", other="kira"),
    "CONSENT_WITHDRAWN": at(USER_INFO, keeps_its_token, FAILED, person="vera"),
}


def arm(world: World, kind: str) -> None:
    world.control.create_fault(kind=kind, **CASES[kind].fault)


@pytest.mark.parametrize("kind", CASES)
def test_it_leaves_the_naive_client_well_when_it_is_not_armed(world: World, kind: str) -> None:
    assert CASES[kind].harm(world) is False


@pytest.mark.parametrize("kind", CASES)
def test_it_harms_the_naive_client(world: World, kind: str) -> None:
    KEYS[world.name] = published(world)
    if kind == "WITHDRAWN_KEY":
        world.person("vera").sign_in()
    arm(world, kind)
    assert CASES[kind].harm(world) is True


def bound(actor: Actor) -> str:
    """Binds as the service's clients do; "" if it came to a binding, else the reason. A repeat shows the same."""
    try:
        attempt = actor.start_binding()
        redirect: Redirect = actor.vk_sign_in(attempt)
        done = actor.complete(attempt, redirect)
    except BindingError as error:
        return error.reason
    assert actor.complete(attempt, redirect).binding.name == done.binding.name
    return "" if done.binding.state == Binding.STATE_ACTIVE else "not active"


@pytest.mark.parametrize("kind", [kind for kind in CASES if kind not in HANGING])
def test_it_is_answered_by_the_service_with_a_reason(world: World, kind: str) -> None:
    case = CASES[kind]
    arm(world, kind)
    reason = bound(world.person(case.who))
    assert reason in case.reasons
    assert nobody_bound(world) is bool(reason)


@pytest.mark.parametrize("kind", HANGING)
def test_it_is_answered_by_the_service_within_the_callers_deadline(world: World, kind: str) -> None:
    arm(world, kind)
    vera = world.person("vera")
    attempt = vera.start_binding()
    redirect = vera.vk_sign_in(attempt)
    with pytest.raises(BindingError) as refused, vera.client.using(timeout_s=1.5) as hurried:
        hurried.complete_binding(name=attempt.name, result=redirect.authorization_result())
    assert refused.value.reason == DOWN
    assert nobody_bound(world)


def nobody_bound(world: World) -> bool:
    """Whether the school sees no binding of its pupils and parents."""
    ivan = world.person("ivan").client
    return not ivan.list_bindings(parent="organisations/shkola-5").bindings


def test_it_knows_all_kinds() -> None:
    from sferum.simulator.v1 import control_service_pb2 as pb

    assert set(CASES) == {name.removeprefix("FAULT_KIND_") for name, _ in pb.FaultKind.items()} - {"UNSPECIFIED"}
