"""Items of a roster as the directory takes them, and what became of each."""

from dataclasses import dataclass, field
from enum import StrEnum

from binding_server.domain.model import DutyKind, Policy, Role


@dataclass(frozen=True, slots=True)
class MunicipalityItem:
    """A municipality with its ownership policy. Key: id."""

    id: str
    display_name: str
    policy: Policy


@dataclass(frozen=True, slots=True)
class OrganisationItem:
    """An organisation; `kind` is SCHOOL, COLLEGE or OTHER. Key: id."""

    id: str
    municipality_id: str
    display_name: str
    kind: str


@dataclass(frozen=True, slots=True)
class SchoolClassItem:
    """A class of one school year. Key: id. `continues` is the class of an earlier year that goes on as this one."""

    id: str
    organisation_id: str
    year: int
    display_name: str
    continues: str | None = None


@dataclass(frozen=True, slots=True)
class PersonItem:
    """A person. Key: id; one person per oid."""

    id: str
    esia_oid: int | None
    display_name: str = field(repr=False)
    birth_date: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class AccountItem:
    """A diary account. Key: id; a person has at most one per role."""

    id: str
    person_id: str
    role: Role
    closed: bool


@dataclass(frozen=True, slots=True)
class EnrolmentItem:
    """A pupil's place in a class. Key: person and class."""

    person_id: str
    class_id: str
    ended: bool


@dataclass(frozen=True, slots=True)
class GuardianshipItem:
    """Who represents a pupil; `kind` is PARENT or LEGAL_REPRESENTATIVE. Key: guardian and pupil."""

    guardian_id: str
    pupil_id: str
    kind: str
    ended: bool


@dataclass(frozen=True, slots=True)
class DutyItem:
    """What a member of staff does. Key: person, organisation, kind and class."""

    person_id: str
    organisation_id: str
    kind: DutyKind
    class_id: str | None
    ended: bool


@dataclass(frozen=True, slots=True)
class ContactItem:
    """A contact that a school recorded, already as a keyed digest. Key: digest; it moves to the newest person
    named."""

    person_id: str
    digest: bytes = field(repr=False)
    ended: bool


RosterItem = (
    MunicipalityItem
    | OrganisationItem
    | SchoolClassItem
    | PersonItem
    | AccountItem
    | EnrolmentItem
    | GuardianshipItem
    | DutyItem
    | ContactItem
)


class RosterMode(StrEnum):
    """How a roster is meant. FULL is the whole truth about the municipalities that it names: what is missing ends."""

    INCREMENTAL = "INCREMENTAL"
    FULL = "FULL"


@dataclass(frozen=True, slots=True)
class RosterRun:
    """An import under way. Later ones have greater numbers."""

    number: int
    mode: RosterMode


class RosterChange(StrEnum):
    """What an item did to the directory."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    UNCHANGED = "UNCHANGED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class RosterOutcome:
    """What became of an item. `field` names the offending field of a FAILED one, such as `pupil_id`; `problem` is
    `unknown` (a reference to nothing), `taken` (a key or oid that another record holds), `foreign` (it belongs to a
    municipality that the caller may not change), or a rule that it breaks: `self` and `cycle` (who represents whom),
    `second_teacher`, `second_class`, `gone_on` (the class goes on as another one), `not_earlier` (it can only go on as
    a class of a later year) or `has_chats` (a class that has chats of its own cannot be another's continuation)."""

    change: RosterChange
    field: str = ""
    problem: str = ""
