"""What is never written down: contacts, names, tokens, codes, numbers of VK ID."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from binding_client import errors
from binding_client.errors import BindingError
from binding_client.roster import load_world
from binding_client.testing import Actor, Stack
from sferum.binding.v1.binding_service_pb2 import AuthorizationResult

from .acting import outcome, signed_in
from .documents import Document, copy_of, with_policy

DEMO = Path(__file__).parents[2] / "worlds" / "demo.yaml"
TYPED_PHONE = "+79000000177"
TYPED_EMAIL = "canary@example.org"
pytestmark = pytest.mark.xdist_group("privacy")

TYPED_TEXT = "канарейка-в-поле-контакта"


class Canaries:
    """What must not be found, by kind."""

    def __init__(self, document: Document) -> None:
        self.contacts = {TYPED_PHONE[2:], TYPED_EMAIL, TYPED_TEXT}
        self.names: set[str] = set()
        self.secrets: set[str] = set()
        self.states: set[str] = set()
        self.vk_numbers: set[str] = set()
        self.oids: set[str] = set()
        for person in document["persons"]:
            self.names |= set(person["name"].values())
            esia = person.get("esia") or {}
            for contact in [*person.get("recorded_contacts", []), *(c["value"] for c in esia.get("contacts", []))]:
                self.contacts.add(contact.removeprefix("+7"))
            if esia:
                self.secrets.add(esia["password"])
                self.oids.add(str(esia["oid"]))
            self.add_vk(person)

    @property
    def all(self) -> set[str]:
        """Everything."""
        return self.contacts | self.names | self.secrets | self.states | self.vk_numbers | self.oids

    def add_vk(self, person: dict[str, Any]) -> None:
        """The VK logins of a person, who may have registered on the way."""
        for login in person.get("vk_id") or ():
            self.contacts |= {login[key].removeprefix("+7") for key in ("phone", "email") if login.get(key)}
            self.vk_numbers |= {str(profile["user_id"]) for profile in login["profiles"]}

    def add_tokens(self, actor: Actor) -> None:
        """The tokens that a person has now."""
        if actor.tokens:
            tokens = (actor.tokens.access_token, actor.tokens.id_token, actor.tokens.refresh_token)
            self.secrets |= {token for token in tokens if token}


def found_in(text: str, canaries: set[str]) -> list[str]:
    """The canaries that a text holds, whatever their case."""
    lower = text.lower()
    return sorted(canary for canary in canaries if canary.lower() in lower)


class Flows:
    """Acts out many flows, good and bad, and collects what was told and what must stay secret."""

    def __init__(self, stack: Stack, canaries: Canaries) -> None:
        self.stack = stack
        self.world = stack.default
        self.canaries = canaries
        self.told: list[BindingError] = []

    def refused(self, kind: type[BindingError], call: Callable[[], object]) -> None:
        """Expects a refusal and keeps it."""
        answer = outcome(call)
        assert isinstance(answer, kind), answer
        self.told.append(answer)

    def ready(self, actor: Actor, **sign_in: Any) -> tuple[Any, Any]:
        """An attempt with its redirect, whose secrets are canaries."""
        attempt, redirect = signed_in(actor, **sign_in)
        self.canaries.secrets |= {redirect.code, redirect.device_id}
        self.canaries.states.add(redirect.state)
        self.canaries.add_tokens(actor)
        return attempt, redirect

    def bind(self, actor: Actor, **sign_in: Any) -> None:
        """Binds."""
        actor.complete(*self.ready(actor, **sign_in))

    def run(self) -> None:
        """All of them."""
        self.happy()
        self.bad_contacts()
        self.wrong_profiles()
        self.broken_providers()
        self.bad_tokens()

    def happy(self) -> None:
        """Bind, register, preview, read, unbind, bind again."""
        vera, mark = self.world.person("vera"), self.world.person("mark")
        self.bind(mark)
        self.canaries.add_vk(self.world.control.get_person("mark")["document"])
        attempt, redirect = self.ready(vera)
        vera.complete(attempt, redirect, preview=True)
        vera.complete(attempt)
        vera.explain(contact=TYPED_PHONE)
        vera.diagnose()
        vera.client.list_my_accounts()
        vera.unbind()
        self.bind(vera)

    def bad_contacts(self) -> None:
        """Contacts that are foreign, none, or far too long."""
        anya = self.world.person("anya")
        self.refused(errors.ContactNotOwned, lambda: anya.start_binding(contact="+79000000103"))
        self.refused(errors.ContactNotVerified, lambda: anya.start_binding(contact=TYPED_PHONE))
        self.refused(errors.ContactNotVerified, lambda: anya.start_binding(contact=TYPED_EMAIL))
        self.refused(errors.ContactInvalid, lambda: anya.start_binding(contact=TYPED_TEXT))
        self.refused(errors.RequestInvalid, lambda: anya.start_binding(contact=TYPED_PHONE * 40))
        self.refused(errors.RequestInvalid, lambda: anya.client.get_account(name=f"accounts/{TYPED_EMAIL}"))
        self.refused(errors.AccountNotAccessible, lambda: anya.start_binding("accounts/vera-parent"))

    def wrong_profiles(self) -> None:
        """Problem 1, which needs a lenient past, and sign-ins that end badly."""
        self.world.import_roster(with_policy(copy_of(self.world.document), "LENIENT"))
        anya, dina, kira = self.world.person("anya"), self.world.person("dina"), self.world.person("kira")
        self.bind(anya, vk="+79000000106")
        self.refused(errors.VkProfileAlreadyBound, lambda: dina.complete(*self.ready(dina)))
        anya.unbind()
        self.refused(errors.UserCancelled, lambda: self.world.person("gleb").bind(decision="deny"))
        self.bind(dina)
        attempt, redirect = self.ready(kira)
        stale = AuthorizationResult(code=redirect.code, state="other", device_id=redirect.device_id)
        self.refused(errors.VkAuthFailed, lambda: kira.client.complete_binding(name=attempt.name, result=stale))

    def broken_providers(self) -> None:
        """ESIA and VK ID that drop, lie and hang; faults quote in their texts what was sent."""
        gleb, control = self.world.person("gleb"), self.world.control
        for endpoint in ("/oauth2/auth", "/oauth2/user_info", "/method/users.get"):
            for kind in ("DROP", "MALFORMED_JSON", "STATUS"):
                attempt, redirect = self.ready(gleb)
                control.create_fault(provider="VK_ID", endpoint=endpoint, kind=kind, status=503)
                self.refused(errors.ProviderUnavailable, lambda ready=(attempt, redirect): gleb.complete(*ready))
        attempt, redirect = self.ready(gleb)
        for kind in ("DROP", "MALFORMED_JSON", "STATUS"):
            control.create_fault(provider="ESIA", endpoint="/ctts", kind=kind, status=500)
            self.refused(errors.ProviderUnavailable, lambda ready=(attempt, redirect): gleb.complete(*ready))
        control.create_fault(provider="VK_ID", endpoint="/oauth2/auth", kind="LATENCY", latency=timedelta(seconds=30))
        hurried = gleb.client.using(timeout_s=1.5)
        result = redirect.authorization_result()
        self.refused(errors.ProviderUnavailable, lambda: hurried.complete_binding(name=attempt.name, result=result))
        control.delete_faults()

    def bad_tokens(self) -> None:
        """Tokens of all kinds where they do not belong."""
        vera = self.world.person("vera")
        tokens = vera.tokens or vera.sign_in()
        self.canaries.add_tokens(vera)
        for token in (tokens.id_token, tokens.access_token[:-9], f"{tokens.access_token}x", "garbage"):
            self.refused(errors.EsiaSessionRequired, self.world.client(token).list_my_accounts)
        self.refused(errors.CallerUnknown, lambda: vera.client.import_roster(requests=iter(())))
        vera.sign_out()
        self.refused(
            errors.EsiaSessionRequired,
            lambda: self.world.client(tokens.access_token).explain_binding(account=vera.account()),
        )


@pytest.fixture(scope="module")
def flows() -> Iterator[Flows]:
    """The flows, acted out on a stack of its own with a database file."""
    document = copy_of(load_world(DEMO).document)
    with Stack(world=document) as stack:
        acted = Flows(stack, Canaries(document))
        acted.run()
        # The journal of the database is written out, and the last log lines with it.
        stack.stop_server()
        yield acted


def test_logs_of_the_service_they_hold_calls_and_no_personal_data(flows: Flows) -> None:
    log = (flows.stack.programs.state_dir / "logs" / "server.log").read_text(encoding="utf-8")
    calls = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    methods = {str(call.get("method")) for call in calls}
    assert {"BindingService/CompleteBinding", "DirectoryService/ImportRoster"} <= methods
    assert len(calls) > 50
    assert found_in(log, flows.canaries.all) == []


@pytest.mark.rules("I10")
def test_refusals_they_name_nobodys_contact_name_or_number(flows: Flows) -> None:
    assert len(flows.told) > 20
    for error in flows.told:
        facts = {key: value for key, value in error.metadata.items() if key != "authorization_uri"}
        text = json.dumps([str(error), facts, error.ways_out, error.field_violations], ensure_ascii=False)
        assert found_in(text, flows.canaries.all) == []


def test_files_of_the_service_they_hold_no_contact_token_code_or_vk_number(flows: Flows) -> None:
    files = [path for path in (flows.stack.programs.state_dir / "server").rglob("*") if path.is_file()]
    assert any(path.name.startswith("binding.db") for path in files)
    canaries = flows.canaries
    # Names and oids are the directory's; the state of a sign-in opens nothing.
    for path in files:
        text = path.read_bytes().decode("utf-8", "ignore")
        assert found_in(text, canaries.contacts | canaries.secrets | canaries.vk_numbers) == [], path.name
