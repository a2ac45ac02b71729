"""A world that belongs to one test."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from types import TracebackType
from typing import Any

from idp_mock.testing.clients import sign_in_esia, sign_in_vk
from idp_mock.testing.control import Control
from idp_mock.testing.person import Person
from idp_mock.testing.providers import Providers


@dataclass(frozen=True)
class FamilyOf:
    """A family that nobody has seen before. `seed` makes the same one again."""

    seed: int
    parents: Sequence[Person]
    guardians: Sequence[Person]
    children: Sequence[Person]

    @property
    def everybody(self) -> list[Person]:
        """All of them, the grown-ups first."""
        return [*self.parents, *self.guardians, *self.children]


class World:
    """Persons, clients, clock, faults, inbox and journal of one test; dropped at its end.

    Args:
        providers: where it lives.
        name: its name.
        seed: families are made from it and its successors, so that a run can be repeated; 0 for any.

    Attributes:
        name: its name.
        esia_url, vk_id_url: what a client takes as base URLs of the providers.
        clock, faults, journal: its own.
    """

    def __init__(self, providers: Providers, name: str, seed: int = 0) -> None:
        self._control: Control = providers.control
        self.name = name
        self.seed = seed
        self.esia_url = f"{providers.esia_url}/w/{name}"
        self.vk_id_url = f"{providers.vk_id_url}/w/{name}"
        self.clock = Clock(self)
        self.faults = Faults(self)
        self.journal = Journal(self)

    @classmethod
    def create(
        cls, providers: Providers, name: str, document: Mapping[str, Any] | None = None, seed: int = 0
    ) -> "World":
        """Makes a world from a document, or as a copy of the simulator's world file.

        Raises:
            ControlFailed: the name is taken, or the document has faults.
        """
        given = {} if document is None else {"document": document}
        providers.control.call("CreateWorld", world=name, **given)
        return cls(providers, name, seed)

    def call(self, method: str, **fields: Any) -> dict[str, Any]:
        """Calls any method of the control API for this world."""
        return self._control.call(method, world=self.name, **fields)

    @cached_property
    def _families(self) -> list[int]:
        return []

    def family(self, children: int = 1, *, seed: int | None = None, **wishes: Any) -> FamilyOf:
        """Makes a family with school, ESIA accounts and VK profiles.

        Args:
            children: how many.
            seed: makes the same family again; the world's next one if None.
            wishes: other fields of `CreateFamilyRequest`, such as `parents=2`, `teacher=True`.
        """
        if seed is None:
            seed = self.seed + len(self._families) if self.seed else 0
        made = self.call("CreateFamily", seed=seed, children=[{}] * children, **wishes)
        self._families.append(made["seed"])
        people = {document["id"]: document for document in made["document"]["persons"]}

        def persons(role: str) -> list[Person]:
            return [Person(key, people[key], self.last_code) for key in made[role]]

        return FamilyOf(made["seed"], persons("parents"), persons("guardians"), persons("children"))

    def person(self, person_id: str) -> Person:
        """A person of the world file, with a browser of its own each time. Raises ControlFailed."""
        return Person(person_id, self.call("GetPerson", id=person_id)["document"], self.last_code)

    def last_code(self, recipient: str) -> str:
        """The newest one-time code that was sent to a phone (`+79…`) or an e-mail address.

        Raises:
            LookupError: none was sent.
        """
        messages = self.call("ListInboxMessages", recipient=recipient)["messages"]
        codes = [message["code"] for message in messages if message["code"]]
        if not codes:
            raise LookupError(f"no code was sent to {recipient}")
        return codes[-1]

    def sign_in_esia(self, person: Person, scope: str = "openid fullname", client: str = "TEST") -> dict[str, Any]:
        """Signs a person in on ESIA's pages, as a system whose signature is not looked at; returns the tokens."""
        timestamp = self.clock.now("ESIA").strftime("%Y.%m.%d %H:%M:%S %z")
        return sign_in_esia(self.esia_url, person, timestamp, scope, client)

    def sign_in_vk(
        self, person: Person, scope: str = "vkid.personal_info", app_id: int = 51000001, **answers: str
    ) -> dict[str, Any]:
        """Signs a person in on VK ID's pages, with PKCE; returns the tokens. `answers` are as at `Person.sign_in`."""
        return sign_in_vk(self.vk_id_url, person, scope, app_id, **answers)

    def esia_tokens(self, person: Person | str, client: str = "TEST", scopes: Sequence[str] = ()) -> dict[str, Any]:
        """What ESIA's token endpoint would answer after the person's sign-in, without pages."""
        return self.call("MintEsiaToken", person=_key(person), client=client, scopes=list(scopes))

    def vk_tokens(self, person: Person | str, app_id: int = 51000001, scopes: Sequence[str] = ()) -> dict[str, Any]:
        """What VK ID's token endpoint would answer after the person's sign-in, without pages."""
        return self.call("MintVkTokens", person=_key(person), app_id=app_id, scopes=list(scopes))

    def drop(self) -> None:
        """Forgets all of it."""
        self.call("DropWorld")

    def __enter__(self) -> "World":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.drop()


class Clock:
    """The time of a world, by which everything is issued and checked there. `party` is `ESIA` or `VK_ID`; "" both."""

    def __init__(self, world: World) -> None:
        self._world = world

    def now(self, party: str = "") -> datetime:
        """The time, aware, in UTC."""
        return datetime.fromisoformat(self._world.call("GetClock", **_party(party))["time"]).astimezone(UTC)

    def freeze(self, at: datetime, party: str = "") -> None:
        """Stops it at an aware instant."""
        self._world.call("SetClock", time=at.astimezone(UTC).isoformat(), **_party(party))

    def resume(self, party: str = "") -> None:
        """Lets it run with the real one again."""
        self._world.call("SetClock", allow_backwards=True, **_party(party))

    def advance(self, by: timedelta, party: str = "") -> None:
        """Moves it forward."""
        self._world.call("AdvanceClock", duration=f"{by.total_seconds():f}s", **_party(party))


class Faults:
    """What goes wrong in a world; docs/faults.md tells of each kind."""

    def __init__(self, world: World) -> None:
        self._world = world

    def arm(self, kind: str, provider: str = "", endpoint: str = "", **rule: Any) -> str:
        """Arms a fault and returns its id, such as `arm("STATUS", "VK_ID", "/oauth2/auth", status=503)`."""
        fault = {"kind": f"FAULT_KIND_{kind}", "endpoint": endpoint, **rule}
        if provider:
            fault["provider"] = f"PROVIDER_{provider}"
        return self._world.call("CreateFault", fault=fault)["id"]

    def struck(self, fault_id: str) -> int:
        """How often it has struck."""
        return next(fault["struck"] for fault in self._world.call("ListFaults")["faults"] if fault["id"] == fault_id)

    def clear(self) -> None:
        """Disarms all; what hangs because of one goes on."""
        self._world.call("DeleteFaults")


class Journal:
    """What came to the providers of a world, and what they answered; no secret in it."""

    def __init__(self, world: World) -> None:
        self._world = world

    def entries(self, **matcher: Any) -> list[dict[str, Any]]:
        """All entries that fit, such as `entries(endpoint="/oauth2/auth", status=200)`."""
        return self._world.call("ListEntries", matcher=_matcher(matcher))["entries"]

    def take(self, timeout_s: float = 10.0, **matcher: Any) -> dict[str, Any]:
        """Waits for an entry that fits. Raises ControlFailed: DEADLINE_EXCEEDED, with what came instead."""
        return self._world.call("TakeEntry", timeout=f"{timeout_s:f}s", matcher=_matcher(matcher))

    def verify(self, count: int, **matcher: Any) -> None:
        """Asserts how many entries fit, and shows the nearest others if there are too few."""
        found = self._world.call("VerifyEntries", count=count, matcher=_matcher(matcher))
        misses = [
            f"\n  {miss['entry']['method']} {miss['entry']['path']}: {'; '.join(miss['differences'])}"
            for miss in found["near_misses"]
        ]
        assert found["fulfilled"], f"{found['found']} entries fit {matcher}, not {count}{''.join(misses)}"

    def refusals(self) -> list[str]:
        """Why something was refused: error and explanation, oldest first."""
        return [
            f"{refusal['error']}: {refusal['explanation']}" for refusal in self._world.call("ListRefusals")["refusals"]
        ]

    def export(self, format: str = "MERMAID") -> str:
        """The journal as `JSON`, `HAR`, `MERMAID` or `SVG`."""
        return self._world.call("ExportJournal", format=f"JOURNAL_FORMAT_{format}")["content"]

    def lines(self) -> list[str]:
        """A line for each entry, refusals with their explanation."""
        return [
            f"{entry['real_time'][11:23]} {entry['sender']:>8} → {entry['provider'].removeprefix('PROVIDER_'):<6} "
            f"{entry['method']} {entry['path']} {entry['status']} "
            + " | ".join(part for part in (entry["error"], *entry["explanations"], *entry["faults"]) if part)
            for entry in self.entries()
        ]


def _matcher(fields: Mapping[str, Any]) -> dict[str, Any]:
    provider = fields.get("provider")
    return {**fields, "provider": f"PROVIDER_{provider}"} if provider else dict(fields)


def _party(party: str) -> dict[str, str]:
    return {"party": f"PROVIDER_{party}"} if party else {}


def _key(person: Person | str) -> str:
    return person if isinstance(person, str) else person.id
