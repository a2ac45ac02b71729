"""The nouns of the domain. Times are aware UTC datetimes; ids are strings without a collection prefix."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """What a person is in the e-diary; an account is one pair of a person and a role."""

    PUPIL = "PUPIL"
    PARENT = "PARENT"
    LEGAL_REPRESENTATIVE = "LEGAL_REPRESENTATIVE"
    STAFF = "STAFF"

    @property
    def is_family_adult(self) -> bool:
        """Parents and legal representatives have the same rights."""
        return self in (Role.PARENT, Role.LEGAL_REPRESENTATIVE)


class EducationalRole(StrEnum):
    """A role inside Sferum, as the learning profile carries it."""

    PUPIL = "PUPIL"
    PARENT = "PARENT"
    STAFF = "STAFF"


class Policy(StrEnum):
    """How strictly ownership is demanded, per municipality."""

    STRICT = "STRICT"
    LENIENT = "LENIENT"
    ROLE_ONLY = "ROLE_ONLY"


class ContactKind(StrEnum):
    """Phone number or e-mail address."""

    PHONE = "PHONE"
    EMAIL = "EMAIL"


class ContactSource(StrEnum):
    """Where a contact use is known from. A school's record wins over ESIA's."""

    SCHOOL = "SCHOOL"
    ESIA = "ESIA"
    CODE = "CODE"


class Diagnosis(StrEnum):
    """What is wrong with a binding (the first false part of owner, role and contact)."""

    OK = "OK"
    PARENT_PROFILE_IN_PUPIL_ACCOUNT = "PARENT_PROFILE_IN_PUPIL_ACCOUNT"
    PUPIL_PROFILE_IN_PARENT_ACCOUNT = "PUPIL_PROFILE_IN_PARENT_ACCOUNT"
    FOREIGN_PROFILE = "FOREIGN_PROFILE"
    STAFF_PROFILE_IN_FAMILY_ACCOUNT = "STAFF_PROFILE_IN_FAMILY_ACCOUNT"
    FAMILY_PROFILE_IN_STAFF_ACCOUNT = "FAMILY_PROFILE_IN_STAFF_ACCOUNT"
    CONTACT_NOT_OWNED = "CONTACT_NOT_OWNED"
    CONTACT_STALE = "CONTACT_STALE"
    UNKNOWN = "UNKNOWN"


class AttemptState(StrEnum):
    """Where a binding attempt stands; all but PENDING and AUTHORIZED are final."""

    PENDING = "PENDING"
    AUTHORIZED = "AUTHORIZED"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"
    EXPIRED = "EXPIRED"

    @property
    def is_final(self) -> bool:
        """Nothing more can come of the attempt."""
        return self not in (AttemptState.PENDING, AttemptState.AUTHORIZED)


class BindingState(StrEnum):
    """Whether a link holds; UNBOUND is final."""

    ACTIVE = "ACTIVE"
    UNBOUND = "UNBOUND"


class ChatsState(StrEnum):
    """Whether the class chats follow a binding yet."""

    PENDING = "PENDING"
    READY = "READY"
    FAILED = "FAILED"


class EndReason(StrEnum):
    """Why a binding ended."""

    USER = "USER"
    SCHOOL_ASSISTED = "SCHOOL_ASSISTED"
    SUPPORT = "SUPPORT"
    ROSTER = "ROSTER"
    RELEASED_BY_OWNER = "RELEASED_BY_OWNER"
    GUARDIAN = "GUARDIAN"


class EntryPoint(StrEnum):
    """Where an operation was asked for; the two buttons of the seed are one operation."""

    UNSPECIFIED = "UNSPECIFIED"
    PROFILE_PAGE = "PROFILE_PAGE"
    CHATS_TAB = "CHATS_TAB"
    API = "API"


class ChatKind(StrEnum):
    """The two chats of a class."""

    PUPILS = "PUPILS"
    PARENTS = "PARENTS"


class MemberState(StrEnum):
    """How far the chat provider has followed."""

    PENDING = "PENDING"
    MEMBER = "MEMBER"
    INVITED = "INVITED"


class DutyKind(StrEnum):
    """What a member of staff does."""

    TEACHER = "TEACHER"
    CLASS_TEACHER = "CLASS_TEACHER"
    OPERATOR = "OPERATOR"


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact in its normal form: `+79000000103`, or a lower-case e-mail address. Never stored or logged as it
    is."""

    kind: ContactKind
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Person:
    """A human; `esia_oid` is None for one who has no Gosuslugi account."""

    id: str
    esia_oid: int | None
    display_name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Account:
    """A sign-in identity of the e-diary."""

    id: str
    person_id: str
    role: Role
    closed: bool = False


@dataclass(frozen=True, slots=True)
class SchoolClass:
    """A class of one school year."""

    id: str
    organisation_id: str
    year: int
    display_name: str


@dataclass(frozen=True, slots=True)
class Duty:
    """What a member of staff does and where; `class_id` is set for a class teacher."""

    person_id: str
    organisation_id: str
    kind: DutyKind
    class_id: str | None = None


@dataclass(frozen=True, slots=True)
class AccountContext:
    """An account with what the directory says around it.

    `classes` are those whose chats the account gives: a pupil's own, all of a parent's children's, a class teacher's.
    `organisations` are those of the classes and duties, `municipalities` theirs, `policies` of those. `guardians` are
    the persons who represent the account's person; `pupils` the persons whom the account's person represents,
    `pupil_accounts` their PUPIL accounts.
    """

    account: Account
    person: Person
    classes: tuple[SchoolClass, ...] = ()
    organisations: frozenset[str] = frozenset()
    organisation_kinds: frozenset[str] = frozenset()
    municipalities: frozenset[str] = frozenset()
    policies: frozenset[Policy] = frozenset()
    duties: tuple[Duty, ...] = ()
    guardians: frozenset[str] = frozenset()
    pupils: frozenset[str] = frozenset()
    pupil_accounts: tuple[str, ...] = ()
    active_binding_id: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """One false part of «contact, owner and role are the account's own», and when it was seen."""

    diagnosis: Diagnosis
    observed_at: datetime


@dataclass(frozen=True, slots=True)
class VkEvidence:
    """What VK ID said about the person who signed in: kept from AUTHORIZED to the end of the attempt, sealed in the
    store.

    `vk_user_id` is decimal digits. Contacts are digests and masks only. `learning` is false if the id has no
    educational profile.
    """

    vk_user_id: str = field(repr=False)
    profile_name: str = field(repr=False)
    learning: bool
    roles: frozenset[EducationalRole]
    phone_digest: bytes | None = field(default=None, repr=False)
    email_digest: bytes | None = field(default=None, repr=False)
    phone_mask: str = ""
    email_mask: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One run of the flow. `oauth_state` and `code_verifier` stay in the service; `vk` is set from AUTHORIZED on."""

    id: str
    account_id: str
    person_id: str
    state: AttemptState
    contact_digest: bytes = field(repr=False)
    contact_mask: str
    redirect_uri: str
    oauth_state: str = field(repr=False)
    code_verifier: str = field(repr=False)
    authorization_uri: str = field(repr=False)
    policy: Policy
    via_pupil: str | None
    created_at: datetime
    expires_at: datetime
    code_digest: bytes | None = field(default=None, repr=False)
    lease_owner: str | None = None
    lease_until: datetime | None = None
    vk: VkEvidence | None = field(default=None, repr=False)
    refusal: "RefusalRecord | None" = None
    binding_id: str | None = None
    decision: str | None = None


@dataclass(frozen=True, slots=True)
class RefusalRecord:
    """A refusal as it is kept: enough to answer a repeat with the very same error."""

    reason: str
    row: str | None
    metadata: tuple[tuple[str, str], ...] = ()
    remedies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Binding:
    """The link of an account with a learning profile. `vk_user_id` is readable by the service only; others get the
    mask."""

    id: str
    account_id: str
    person_id: str
    vk_user_id: str = field(repr=False)
    vk_digest: bytes = field(repr=False)
    state: BindingState
    diagnosis: Diagnosis
    evidence: tuple[Evidence, ...]
    chats: ChatsState
    roles: frozenset[EducationalRole]
    policy: Policy
    contact_digest: bytes = field(repr=False)
    contact_mask: str
    via_pupil: str | None
    created_at: datetime
    ended_at: datetime | None = None
    end_reason: EndReason | None = None
    end_entry_point: EntryPoint = EntryPoint.UNSPECIFIED
    version: int = 1


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat of a class, once per class and kind for ever."""

    id: str
    school_class: SchoolClass
    kind: ChatKind
    ready: bool
    created_at: datetime
    member_count: int = 0


@dataclass(frozen=True, slots=True)
class ChatMember:
    """An account in a chat, through its ACTIVE binding."""

    chat_id: str
    account_id: str
    display_name: str = field(repr=False)
    educational_role: EducationalRole
    state: MemberState
    joined_at: datetime
