"""Tokens of back ends that are not acceptable, and what stays of those that are: over the wire."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import grpc
import pytest
from binding_client import errors
from binding_client.service_credentials import ensure_service_key
from binding_client.testing import Stack
from joserfc import jws
from joserfc.jwk import ECKey, OctKey
from sferum.binding.v1.directory_service_pb2 import ListMyAccountsRequest

from .table import POLICY

pytestmark = pytest.mark.xdist_group("access")
SERVICE = "everywhere"
TIMES = ("iat", "exp", "nbf")
NO_BROWSERS = {"methods": ["BindingService/StartBinding"], "acts_for": ["EDIARY66"]}
REDIRECT = "http://127.0.0.1:8100/"


class Signer:
    """Signs what a test wants as the back end `everywhere`."""

    def __init__(self, pem: bytes, public_pem: bytes, now: datetime) -> None:
        self.key = ECKey.import_key(pem)
        self.public_pem = public_pem
        seconds = int(now.timestamp())
        self.claims: dict[str, Any] = {
            "iss": SERVICE,
            "aud": "sferum-binding",
            "iat": seconds,
            "exp": seconds + 60,
            "jti": "of-a-test",
        }

    def sign(self, **changes: Any) -> str:
        """A token; a change of None leaves a claim out; times are seconds from now."""
        now = self.claims["iat"]
        moved = {name: now + value if name in TIMES and value is not None else value for name, value in changes.items()}
        claims = {name: value for name, value in (self.claims | moved).items() if value is not None}
        return jws.serialize_compact({"alg": "ES256"}, json.dumps(claims), self.key, algorithms=["ES256"])

    def unsigned(self) -> str:
        """A token with `alg` none."""
        return ".".join((_base64url({"alg": "none"}), _base64url(self.claims), ""))

    def signed_with_the_public_key(self) -> str:
        """A token for those who take the public key for a shared secret."""
        secret = OctKey.import_key(base64.b64encode(self.public_pem))
        return jws.serialize_compact({"alg": "HS256"}, json.dumps(self.claims), secret, algorithms=["HS256"])

    def changed_after_signing(self) -> str:
        """A good token with another payload."""
        header, _, signature = self.sign().split(".")
        return f"{header}.{_base64url(self.claims | {'jti': 'another'})}.{signature}"


def _base64url(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.fixture(scope="module")
def file_stack() -> Iterator[Stack]:
    """A server with a database on disk, as in production."""
    with Stack(services={**POLICY, "no-browsers": NO_BROWSERS}) as running:
        yield running


@pytest.fixture
def signer(file_stack: Stack) -> Signer:
    pem = file_stack.programs.service_key_pem(SERVICE)
    public = ensure_service_key(file_stack.programs.keys_dir, SERVICE).public_key_path.read_bytes()
    return Signer(pem, public, datetime.now(UTC))


def ask(stack: Stack, token: str) -> object:
    """Reads an account."""
    return stack.client(token).get_account(name="accounts/vera-parent")


BAD: dict[str, Callable[[Signer], str]] = {
    "expired": lambda signer: signer.sign(iat=-120, exp=-60),
    "of the far future": lambda signer: signer.sign(iat=3600, exp=3660),
    "not valid yet": lambda signer: signer.sign(nbf=3600),
    "lives too long": lambda signer: signer.sign(exp=301),
    "without an end": lambda signer: signer.sign(exp=None),
    "for another audience": lambda signer: signer.sign(aud="another-service"),
    "without audience": lambda signer: signer.sign(aud=None),
    "without id": lambda signer: signer.sign(jti=None),
    "of an unknown back end": lambda signer: signer.sign(iss="stranger"),
    "of another back end": lambda signer: signer.sign(iss="here"),
    "alg none": Signer.unsigned,
    "public key as secret": Signer.signed_with_the_public_key,
    "changed after signing": Signer.changed_after_signing,
}


@pytest.mark.parametrize("make", BAD.values(), ids=list(BAD))
def test_token_that_is_not_acceptable_it_is_caller_unknown(
    file_stack: Stack, signer: Signer, make: Callable[[Signer], str]
) -> None:
    with pytest.raises(errors.CallerUnknown) as refused:
        ask(file_stack, make(signer))
    assert refused.value.code is grpc.StatusCode.UNAUTHENTICATED
    assert set(refused.value.metadata) == {"remedies"}


def test_token_that_was_used_it_is_refused_by_the_server_that_comes_after_too(
    file_stack: Stack, signer: Signer
) -> None:
    token = signer.sign(jti="once")
    assert ask(file_stack, token)
    for restart in (False, True):
        if restart:
            file_stack.kill_server()
            file_stack.restart_server()
        with pytest.raises(errors.CallerUnknown):
            ask(file_stack, token)
    assert ask(file_stack, signer.sign(jti="twice"))


def test_token_of_a_person_that_a_back_end_brings_along_it_is_never_stored(file_stack: Stack) -> None:
    vera = file_stack.person("vera")
    token = vera.sign_in().access_token
    client = file_stack.service_client("here", on_behalf_of=token)
    assert client.list_my_accounts().person == "persons/vera"
    attempt = client.start_binding(account=vera.account(), contact=vera.facts.contact, redirect_uri=REDIRECT)
    assert client.cancel_attempt(name=attempt.name)
    signature = token.rpartition(".")[2].encode()
    folder = file_stack.programs.state_dir
    kept = [path for part in ("server", "logs") for path in (folder / part).rglob("*") if path.is_file()]
    assert kept
    # The simulator keeps its own; its log names requests only.
    assert [path.name for path in kept if signature in path.read_bytes()] == []


@pytest.mark.rules("D1")
@pytest.mark.parametrize("given", ["", "nonsense", "a.b.c"])
def test_person_token_that_is_none_it_is_d1(file_stack: Stack, signer: Signer, given: str) -> None:
    stub = file_stack.client().stubs.directory
    metadata = [("authorization", f"Bearer {signer.sign(jti=f'with-{given}')}"), ("x-on-behalf-of", given)]
    with pytest.raises(grpc.RpcError) as refused:
        stub.ListMyAccounts(ListMyAccountsRequest(), metadata=metadata, timeout=10)
    assert isinstance(refused.value, grpc.Call)
    assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED


def test_session_that_ended_it_is_d1_for_the_back_end_too(file_stack: Stack) -> None:
    gleb = file_stack.person("gleb")
    token = gleb.sign_in().access_token
    gleb.sign_out()
    client = file_stack.service_client("here", on_behalf_of=token)
    with pytest.raises(errors.EsiaSessionRequired):
        client.start_binding(account="accounts/gleb-parent", contact=gleb.facts.contact, redirect_uri=REDIRECT)


def test_redirect_of_the_diary_it_is_not_the_back_ends(file_stack: Stack) -> None:
    vera = file_stack.person("vera")
    client = file_stack.service_client("no-browsers", on_behalf_of=vera.sign_in().access_token)
    with pytest.raises(errors.RedirectUriNotAllowed):
        client.start_binding(account=vera.account(), contact=vera.facts.contact, redirect_uri=REDIRECT)


def test_vk_id_number_it_is_masked_for_a_back_end_and_whole_for_the_holder(file_stack: Stack) -> None:
    boris = file_stack.person("boris")
    bound = boris.bind().binding
    itself = file_stack.service_client("here").get_binding(name=bound.name)
    behalf = file_stack.service_client("here", on_behalf_of=boris.sign_in().access_token).get_binding(name=bound.name)
    assert itself.vk_user_id == "*****" + bound.vk_user_id[-4:]
    assert behalf.vk_user_id == bound.vk_user_id
