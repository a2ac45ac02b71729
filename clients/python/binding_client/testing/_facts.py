"""What a world document says of a person, and the time of a world: shared by the blocking and the asyncio stack."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from binding_client._clock import Clock, system_clock
from binding_client.headless import Registration
from binding_client.roster import account_id, derived_roles

_SEXES = {"F": "female", "M": "male"}
_VK_ROLES = {"PUPIL": "PUPIL", "PARENT": "PARENT", "LEGAL_REPRESENTATIVE": "PARENT", "STAFF": "TEACHER"}


@dataclass(frozen=True)
class PersonFacts:
    """A person of a world document.

    Attributes:
        id: Key of the person.
        document: The person in the world file's schema.
        accounts: Account names by role, such as {"PARENT": "accounts/vera-parent"}.
    """

    id: str
    document: Mapping[str, Any]
    accounts: Mapping[str, str]

    @property
    def display_name(self) -> str:
        """Given name and family name."""
        return f"{self.document['name']['first']} {self.document['name']['last']}"

    @property
    def esia_login(self) -> str:
        """Login name at ESIA."""
        return self._esia["login"]

    @property
    def esia_password(self) -> str:
        """Password at ESIA."""
        return self._esia["password"]

    @property
    def contact(self) -> str:
        """The first contact that the school has recorded; else the first at ESIA."""
        recorded = self.document.get("recorded_contacts") or []
        return str(recorded[0]) if recorded else str(self._esia["contacts"][0]["value"])

    @property
    def vk_login(self) -> str:
        """What the person types at VK ID: the phone or e-mail address of the first login, else the own contact."""
        logins = self.document.get("vk_id") or []
        return str(logins[0].get("phone") or logins[0].get("email")) if logins else self.contact

    @property
    def registration(self) -> Registration:
        """What the person says when VK ID makes an account."""
        name = self.document["name"]
        return Registration(
            first_name=name["first"],
            last_name=name["last"],
            birthday=_birthday(self.document.get("birth_date")),
            sex=_SEXES.get(str(self.document.get("gender")), "female"),
            role=_VK_ROLES[next(iter(self.accounts), "PARENT")],
        )

    def account(self, role: str | None = None) -> str:
        """Returns the name of the person's account.

        Args:
            role: "PUPIL", "PARENT", "LEGAL_REPRESENTATIVE" or "STAFF"; may be None if there is one account.

        Raises:
            LookupError: There is no such account, or several and no role.
        """
        if role is None and len(self.accounts) == 1:
            return next(iter(self.accounts.values()))
        if role is None or role not in self.accounts:
            raise LookupError(f"{self.id} has accounts in the roles {sorted(self.accounts)}, asked for {role}")
        return self.accounts[role]

    @property
    def _esia(self) -> Mapping[str, Any]:
        esia = self.document.get("esia")
        if not esia:
            raise LookupError(f"{self.id} has no ESIA account")
        return esia


def person_facts(document: Mapping[str, Any], person_id: str) -> PersonFacts:
    """Returns a person of a world document.

    Raises:
        LookupError: There is no such person.
    """
    for person in document.get("persons") or ():
        if person["id"] == person_id:
            return PersonFacts(person_id, person, _accounts(document, person))
    raise LookupError(f"the world has no person {person_id!r}")


def _accounts(document: Mapping[str, Any], person: Mapping[str, Any]) -> dict[str, str]:
    owner = person["id"]
    stated = person.get("accounts")
    if stated is None:
        held = document.get("guardianships") or ()
        roles = derived_roles(person, [item["kind"] for item in held if item["guardian"] == owner])
        stated = [{"role": role} for role in roles]
    return {item["role"]: f"accounts/{item.get('id') or account_id(owner, item['role'])}" for item in stated}


def _birthday(value: Any) -> str:
    born = date.fromisoformat(value) if isinstance(value, str) else value
    return born.strftime("%d.%m.%Y") if isinstance(born, date) else ""


@dataclass(frozen=True)
class ClockState:
    """How a clock stands: how far it is ahead of the real one, or where it is frozen."""

    ahead: timedelta = timedelta()
    frozen: datetime | None = None


class WorldClock:
    """The time of a world, as both products have it after the same calls."""

    def __init__(self, real: Clock = system_clock, state: ClockState | None = None) -> None:
        self._real = real
        self.state = state or ClockState()

    def __call__(self) -> datetime:
        """Returns the world's time."""
        return self.state.frozen or self._real() + self.state.ahead

    def freeze(self, at: datetime | None) -> None:
        """Stops the clock at an instant, or lets it run with the real one again."""
        self.state = ClockState(frozen=at.astimezone(UTC) if at else None)

    def advance(self, by: timedelta) -> None:
        """Moves the clock forward; one that stands goes on standing."""
        frozen = self.state.frozen
        self.state = ClockState(self.state.ahead + by) if frozen is None else ClockState(frozen=frozen + by)
