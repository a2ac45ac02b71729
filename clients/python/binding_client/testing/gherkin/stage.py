"""What a scenario plays on: a world of its own, made when somebody first acts, and what was said in it."""

import copy
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sferum.binding.v1.binding_service_pb2 import CompleteBindingResponse
from sferum.binding.v1.resources_pb2 import Binding, BindingAttempt, Chat, ChatKind

from binding_client.errors import BindingError
from binding_client.headless import Redirect
from binding_client.testing.actor import Actor
from binding_client.testing.gherkin.words import Contact, Profile, Who
from binding_client.testing.stack import Stack
from binding_client.testing.world import World

Answer = TypeVar("Answer")
Document = dict[str, Any]
_KINDS = {"phone": ("MBT", re.compile(r"^\+?\d")), "email": ("EML", re.compile("@"))}


class StoryError(AssertionError):
    """A scenario says what makes no sense here, such as a fact about the world after somebody has acted."""


@dataclass
class Run:
    """How far a person's attempt in one account is."""

    attempt: BindingAttempt | None = None
    redirect: Redirect | None = None
    bound: Binding | None = None
    already_bound: bool = False
    chats: list[str] = field(default_factory=list)


class Stage:
    """The world of one scenario with its persons.

    Actions note what they were answered. A refusal that no step asks for fails the scenario at the next action.

    Attributes:
        document: The world in the world file's schema; steps of «Дано» change it before the world is made.
        actors: Who has acted, by key.
        story: What was done and answered so far, in sentences.
        refusal: The refusal that no step has asked for yet.
        last_refusal: The last refusal.
        refusals: All refusals of the scenario.
        notes: What steps of one topic remember for each other.
    """

    def __init__(self, stacks: Callable[[Mapping[str, str]], Stack]) -> None:
        self._stacks = stacks
        self._settings: dict[str, str] = {}
        self._world: World | None = None
        self._runs: dict[Who, Run] = {}
        self._document: Document | None = None
        self.actors: dict[str, Actor] = {}
        self.story: list[str] = []
        self.refusal: BindingError | None = None
        self.last_refusal: BindingError | None = None
        self.refusals: list[BindingError] = []
        self.notes: dict[str, Any] = {}

    @property
    def stack(self) -> Stack:
        """The stack with the settings of this scenario."""
        return self._stacks(self._settings)

    def need_setting(self, name: str, value: str) -> None:
        """Asks for a stack with another setting; before anybody acts."""
        self._must_be_early()
        self._settings[name] = value

    @property
    def document(self) -> Document:
        """The world's document, to be changed before anybody acts, or for a roster."""
        if self._document is None:
            self._document = copy.deepcopy(dict(self.stack.default.document))
        return self._document

    def early(self) -> Document:
        """Returns the document to be changed; fails if the world is already made of it."""
        self._must_be_early()
        return self.document

    def _must_be_early(self) -> None:
        if self._world is not None:
            raise StoryError("this must be said before anybody acts")

    @property
    def world(self) -> World:
        """The world; made when it is first asked for."""
        if self._world is None:
            self._world = self.stack.world(self._document)
        return self._world

    @property
    def world_name(self) -> str:
        """Its name, "" if it was not made."""
        return self._world.name if self._world else ""

    def close(self) -> None:
        """Drops the world."""
        if self._world is not None:
            for actor in self.actors.values():
                actor.browser.http.close()
            self._world.drop()

    def actor(self, who: Who | str) -> Actor:
        """Returns a person."""
        key = who if isinstance(who, str) else who.id
        return self.actors.setdefault(key, self.world.person(key))

    def account(self, who: Who) -> str:
        """Returns the name of a person's account."""
        return self.actor(who).account(who.role)

    def run(self, who: Who) -> Run:
        """Returns how far a person's attempt is."""
        return self._runs.setdefault(who, Run())

    def runs(self) -> list[Run]:
        """Returns everybody's attempts."""
        return list(self._runs.values())

    def in_document(self, person: str) -> dict[str, Any]:
        """Returns a person of the document."""
        found = next((each for each in self.document["persons"] if each["id"] == person), None)
        if found is None:
            raise StoryError(f"the world has no person {person!r}")
        return found

    def name_of(self, who: Who | str) -> str:
        """Returns the given name of a person."""
        return str(self.in_document(who if isinstance(who, str) else who.id)["name"]["first"])

    def class_id(self, name: str) -> str:
        """Returns the key of a class by its name; the newest of several years."""
        found = [each for each in self.document["classes"] if each["name"] == name]
        if not found:
            raise StoryError(f"the world has no class {name!r}")
        return str(max(found, key=lambda each: each["year"])["id"])

    def value(self, contact: Contact, actor: str) -> str:
        """Returns what is typed for a contact; `actor` is whose «свой» is meant."""
        if contact.kind == "literal":
            return contact.literal
        type_, looks = _KINDS[contact.kind]
        owner = self.in_document(contact.owner or actor)
        at_esia = [each["value"] for each in (owner.get("esia") or {}).get("contacts", []) if each["type"] == type_]
        for each in [*owner.get("recorded_contacts", []), *at_esia]:
            if looks.search(each):
                return str(each)
        raise StoryError(f"{contact.owner or actor} has no {contact.kind}")

    def sign_in_as(self, profile: Profile, actor: Actor) -> dict[str, Any]:
        """Returns what `Actor.vk_sign_in` needs to come to a profile."""
        if profile.kind == "new":
            return {"profile": "create"}
        if profile.kind == "login":
            return {"vk": profile.owner}
        owner = actor if profile.kind in ("own", "second") else self.actor(profile.owner)
        if profile.kind == "second":
            login = owner.facts.document["vk_id"][1]
            return {"vk": login.get("phone") or login.get("email")}
        return {"vk": owner.facts.vk_login}

    def vk_number(self, profile: Profile, actor: Actor) -> str:
        """Returns the VK ID number of a profile, as the simulator knows it now."""
        owner = actor.id if profile.kind != "person" else profile.owner
        logins = self.world.control.get_person(owner)["document"]["vk_id"]
        login = logins[1 if profile.kind == "second" else 0]
        numbers = [each["user_id"] for each in login["profiles"] if each["kind"] == "LEARNING"]
        return str(int(numbers[-1]))

    def tell(self, sentence: str) -> None:
        """Notes what happened."""
        self.story.append(sentence)

    def act(self, sentence: str, call: Callable[[], Answer]) -> Answer | None:
        """Does something; returns the answer, or None if it was refused, which the next step must ask for."""
        self.settled()
        try:
            answer = call()
        except BindingError as error:
            self.refuse(sentence, error)
            return None
        self.tell(sentence)
        return answer

    def refuse(self, sentence: str, error: BindingError) -> None:
        """Notes a refusal."""
        self.refusal = self.last_refusal = error
        self.refusals.append(error)
        row = f" ({error.row})" if error.row else ""
        number = f", решение {error.decision}" if error.decision else ""
        ways = "; выход: " + " / ".join(error.ways_out) if error.ways_out else ""
        self.tell(f"{sentence} -> отказ {error.reason or error.code.name}{row}{number}: {error.message}{ways}")

    def settled(self) -> None:
        """Fails if there is a refusal that no step has asked for."""
        if self.refusal is not None:
            raise StoryError(f"nobody expected this refusal: {self.refusal}") from self.refusal

    def take_refusal(self) -> BindingError:
        """Returns the refusal of the last action, which is thereby asked for."""
        refusal, self.refusal = self.refusal, None
        if refusal is None:
            raise StoryError("nothing was refused")
        return refusal

    def start(self, who: Who, contact: str | None = None, via: str = "") -> None:
        """Starts an attempt."""
        actor, run = self.actor(who), self.run(who)
        run.redirect = None
        said = f"{self.name_of(who)} начинает привязку" + ("" if contact is None else f", указав {contact}")
        run.attempt = self.act(said, lambda: actor.start_binding(self.account(who), contact=contact, via_pupil=via))

    def sign_in(self, who: Who, profile: Profile, **how: Any) -> None:
        """Signs in at VK ID for the attempt."""
        self.settled()
        actor, run = self.actor(who), self.run(who)
        if run.attempt is None:
            raise StoryError("there is no attempt to sign in for")
        run.redirect = actor.vk_sign_in(run.attempt, **{**self.sign_in_as(profile, actor), **how})
        self.tell(f"{self.name_of(who)} входит во VK ID (профиль: {profile.owner or profile.kind})")

    def finish(self, who: Who, *, preview: bool = False, timeout_s: float | None = None, release: bool = False) -> Any:
        """Completes the attempt with what VK ID's redirect brought."""
        run = self.run(who)
        answer = self.act(
            f"{self.name_of(who)} {'смотрит, что будет привязано' if preview else 'завершает привязку'}",
            lambda: self.complete(who, preview=preview, timeout_s=timeout_s, release=release),
        )
        if answer is not None and not preview:
            self.note_binding(run, answer)
        return answer

    def complete(
        self,
        who: Who,
        *,
        preview: bool = False,
        timeout_s: float | None = None,
        request_id: str = "",
        release: bool = False,
    ) -> CompleteBindingResponse:
        """Calls CompleteBinding; without a redirect's result once the attempt is AUTHORIZED."""
        run = self.run(who)
        if run.attempt is None:
            raise StoryError("there is no attempt to complete")
        return self.actor(who).client.complete_binding(
            name=run.attempt.name,
            result=None if run.redirect is None else run.redirect.authorization_result(),
            preview=preview,
            request_id=request_id,
            timeout_s=timeout_s,
            release_other=release,
        )

    def note_binding(self, run: Run, answer: CompleteBindingResponse) -> None:
        """Remembers what was bound."""
        self.notes["before"] = run.bound
        run.bound, run.already_bound = answer.binding, answer.already_bound

    def bind(
        self, who: Who, profile: Profile, contact: str | None = None, via: str = "", release: bool = False, **how: Any
    ) -> None:
        """Goes the whole way: start, sign-in at VK ID, completion."""
        self.start(who, contact, via)
        if self.refusal is None:
            self.sign_in(who, profile, **how)
            self.finish(who, release=release)

    def active(self, who: Who) -> list[Binding]:
        """Returns the ACTIVE bindings of an account: never more than one."""
        return [binding for binding in self.history(who) if binding.state == Binding.STATE_ACTIVE]

    def history(self, who: Who) -> list[Binding]:
        """Returns all bindings that an account ever had, newest first."""
        return list(self.actor(who).client.list_bindings(parent=self.account(who)).bindings)

    def chats(self, who: Who) -> list[Chat]:
        """Returns the chats that an account sees."""
        return self.actor(who).chats(self.account(who))

    def tab(self, who: Who) -> list[tuple[str, str]]:
        """Returns class and kind of every chat that an account sees, doubles included."""
        classes = {each["id"]: each["name"] for each in self.document["classes"]}
        return sorted(
            (
                classes[chat.school_class.removeprefix("classes/")],
                ChatKind.Name(chat.kind).removeprefix("CHAT_KIND_"),
            )
            for chat in self.chats(who)
        )

    def members(self, who: Who, chat: str) -> list[str]:
        """Returns the accounts in a chat that the person may read, doubles included."""
        return [
            member.account for member in self.actor(who).client.list_chat_members(parent=chat, page_size=500).members
        ]
