"""What the use cases need from the outside, as interfaces. `store`, `identity` and `chats` implement them; tests
fake them.

Every writing method of `Store` is one transaction: all of it or nothing, conflicts included.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from binding_server.domain.model import (
    AccountContext,
    Attempt,
    AttemptState,
    Binding,
    BindingState,
    Chat,
    ChatKind,
    ChatMember,
    Contact,
    Diagnosis,
    Duty,
    EducationalRole,
    EndReason,
    EntryPoint,
    Person,
    RefusalRecord,
    VkEvidence,
)
from binding_server.domain.reconcile import Ground, Settled
from binding_server.use_cases.contact_ports import ContactStore
from binding_server.use_cases.event_ports import BatchStore, EventStore
from binding_server.use_cases.limit_ports import LimitStore, RetentionStore
from binding_server.use_cases.roster_ports import RosterStore
from binding_server.use_cases.ticket_ports import TicketStore
from binding_server.use_cases.visit_ports import VisitStore


class Clock(Protocol):
    """The world's time."""

    def now(self) -> datetime:
        """Returns the present as an aware UTC datetime."""
        ...


class Ids(Protocol):
    """Randomness, handed in so that rules stay free of it."""

    def new_id(self) -> str:
        """Returns a new ULID in lower case."""
        ...

    def new_secret(self) -> str:
        """Returns 43 url-safe characters with 256 bits of randomness: an OAuth state or a PKCE verifier."""
        ...

    def new_code(self) -> str:
        """Returns the digits of a one-time code, as many as `contact_codes.DIGITS`."""
        ...


class Vault(Protocol):
    """Keyed digests and sealing, so that personal data never stands in the store as it is."""

    def contact_digest(self, contact: Contact) -> bytes:
        """Returns the keyed digest under which a contact is known; equal for equal normal forms."""
        ...

    def vk_digest(self, vk_user_id: str) -> bytes:
        """Returns the keyed digest that carries I1."""
        ...

    def code_digest(self, code: str) -> bytes:
        """Returns the keyed digest of an authorization code."""
        ...

    def contact_code_digest(self, person_id: str, contact: bytes, code: str) -> bytes:
        """Returns the keyed digest of a one-time code for a person's contact, which is known by its digest."""
        ...

    def content_digest(self, content: str) -> bytes:
        """Returns the keyed digest of a request's content, for `request_id`."""
        ...

    def resume_digest(self, content: str) -> bytes:
        """Returns the keyed digest that makes a resume token ours."""
        ...


class Contacts(Protocol):
    """Normal forms of contacts."""

    def parse(self, text: str) -> Contact:
        """Returns the normal form of a phone number or an e-mail address as typed; raises ValueError if it is
        neither."""
        ...

    def mask(self, contact: Contact) -> str:
        """Returns `+7 *** *** ** 03` or `v***@example.org`."""
        ...


# --- identity providers ---


@dataclass(frozen=True, slots=True)
class EsiaIdentity:
    """What a verified ESIA access token says. `scopes` are names without their owner. `expires_at` is UTC."""

    oid: int
    client_id: str
    scopes: frozenset[str]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class EsiaContact:
    """A contact of the person's ESIA account, in its normal form."""

    contact: Contact
    verified: bool


class EsiaSessionEnded(Exception):
    """ESIA does not accept the token (any more). `cause` is MISSING, MALFORMED, NOT_ACCESS_TOKEN, SIGNATURE, ISSUER,
    CLIENT, EXPIRED or ENDED."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


class EsiaScopeMissing(Exception):
    """The token does not cover the person's contacts. `scopes` names what it must carry, separated by blanks."""

    def __init__(self, scopes: str) -> None:
        super().__init__(scopes)
        self.scopes = scopes


class ProviderUnavailable(Exception):
    """A provider is down, slow or answers nonsense. `provider` is ESIA or VK_ID; `sent` tells whether an
    authorization code may have
    reached it."""

    def __init__(self, provider: str, *, sent: bool = False) -> None:
        super().__init__(provider)
        self.provider = provider
        self.sent = sent


class VkRefused(Exception):
    """VK ID answered, and refused. `error` is its OAuth error name or a name of ours such as `user_mismatch`."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


class Esia(Protocol):
    """ESIA as a resource server sees it."""

    def verify(self, token: str, now: datetime) -> EsiaIdentity:
        """Checks an access token offline (signature, issuer, times, client id; cached until it expires). Raises
        EsiaSessionEnded."""
        ...

    async def contacts(self, token: str, identity: EsiaIdentity, timeout_s: float) -> Sequence[EsiaContact]:
        """Reads the person's contacts live. Raises EsiaSessionEnded, EsiaScopeMissing, ProviderUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class VkProfile:
    """What VK ID and its API say about the person who signed in. Contacts are normal forms, None if not returned.

    `roles` is empty and `learning` false if the user id of the token has no educational profile.
    """

    vk_user_id: str = field(repr=False)
    name: str = field(repr=False)
    phone: Contact | None
    email: Contact | None
    learning: bool
    roles: frozenset[EducationalRole]


class VkId(Protocol):
    """VK ID as an OAuth client sees it."""

    def authorization_uri(self, *, state: str, code_verifier: str, redirect_uri: str, ask_consent: bool = False) -> str:
        """Returns the address for the person's browser: PKCE S256, scopes, and a prompt that lets the person choose
        (H13). With `ask_consent` VK ID asks again what it may pass on, which it otherwise does only once."""
        ...

    async def read_profile(
        self, *, code: str, code_verifier: str, device_id: str, redirect_uri: str, state: str, timeout_s: float
    ) -> VkProfile:
        """Exchanges the code once and reads user_info and the learning profile; drops the tokens. Raises VkRefused,
        and
        ProviderUnavailable with `sent` false only if the code cannot have reached VK ID. `timeout_s` bounds all of
        it."""
        ...


# --- chats ---


class ChatProvider(Protocol):
    """Where class chats live."""

    @property
    def settles_inline(self) -> bool:
        """True if chats and memberships are real as soon as they are committed (the embedded provider)."""
        ...


@dataclass(frozen=True, slots=True)
class WantedChat:
    """A chat that a binding wants its account in. `chat_id` is used if the chat has to be made."""

    chat_id: str
    class_id: str
    kind: ChatKind
    educational_role: EducationalRole


# --- store ---


@dataclass(frozen=True, slots=True)
class ContactUser:
    """Who uses a contact now, where that is known from (a ContactSource), and whether the person has shown by a code
    that it works."""

    person_id: str
    source: str
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class RequestKey:
    """Names a repeatable request: who asked, which method, which `request_id`, and the digest of its content."""

    caller: str
    method: str
    request_id: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class RequestResult:
    """What a named request led to, for its repeat: an attempt, a binding or a ticket by id, or a refusal."""

    content: bytes = field(repr=False)
    attempt_id: str | None = None
    binding_id: str | None = None
    ticket_id: str | None = None
    already: bool = False
    decision: str | None = None
    refusal: RefusalRecord | None = None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what for whom. Ids only. `actor` is `person:ID` or `service:ID`; `action` such as `binding.create`.

    `on_behalf_of` is `person:ID` if the actor acted for that person, in the visit `visit_id`. `decision` is the short
    number of the decision that it follows from. `agent` is who of a back end's staff did it, by an id of its own.
    """

    actor: str
    action: str
    account_id: str | None
    at: datetime
    entry_point: EntryPoint = EntryPoint.UNSPECIFIED
    policy: str | None = None
    reason: str | None = None
    via_pupil: str | None = None
    client_id: str | None = None
    ticket_id: str | None = None
    agent: str | None = None
    on_behalf_of: str | None = None
    visit_id: str | None = None
    decision: str | None = None


@dataclass(frozen=True, slots=True)
class DecisionEntry:
    """One evaluation of the table, kept under a short number. `facts` are names to ids and categories, never a
    contact. `proof` is the digest of a profile that the decision shows to be the account's person's own."""

    account_id: str
    policy: str
    row: str
    accepted: bool
    reason: str | None
    facts: Mapping[str, str]
    at: datetime
    attempt_id: str | None = None
    proof: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ReleaseOther:
    """A binding in another account that ends with the claim: the profile's owner has proved it."""

    binding_id: str
    audit: AuditEntry


@dataclass(frozen=True, slots=True)
class Claim:
    """Everything that a successful decision writes at once. `release` ends another binding first. `ground` is what the
    account stood on when its chats were decided; if that is not so any more, there is a conflict."""

    binding: Binding
    attempt_id: str | None
    wanted: Sequence[WantedChat]
    settled: bool
    decision: DecisionEntry
    audit: AuditEntry
    request: RequestKey | None
    release: ReleaseOther | None = None
    ground: Ground | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """The claim's outcome: made it (or, `already`, found the very same pair ACTIVE), or the conflict that stood
    against it."""

    binding: Binding
    already: bool
    decision: str


@dataclass(frozen=True, slots=True)
class ClaimConflict:
    """The account or the profile is ACTIVE elsewhere, or what was to be released has ended: decide again with what
    holds now. Nothing was written."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """Everything that a refusal writes at once: decision, audit, event `binding.refused` if there is an attempt, the
    attempt's end if
    `attempt_state` is set (verifier and facts deleted then), the named request's result if `request` is set."""

    refusal: RefusalRecord
    decision: DecisionEntry | None
    audit: AuditEntry
    attempt_id: str | None = None
    attempt_state: AttemptState | None = None
    request: RequestKey | None = None


@dataclass(frozen=True, slots=True)
class Lease:
    """The answer to asking for an attempt: `granted` to the caller, else the attempt as it is (busy, ended or
    authorized by another)."""

    granted: bool
    attempt: Attempt


@dataclass(frozen=True, slots=True)
class AccountSearch:
    """Which accounts of an organisation are asked for; all that is set is to be met. `words` are beginnings of words of
    the name, in their searched form (`domain.names`); `bound` is whether there is an ACTIVE binding."""

    words: Sequence[str] = ()
    class_id: str | None = None
    bound: bool | None = None


ANY_ACCOUNT = AccountSearch()


@dataclass(frozen=True, slots=True)
class BindingFilter:
    """What ListBindings asks for. Exactly one of account, organisation and municipality. Newest first; `before` is the
    id after which to go on."""

    account_id: str | None
    organisation_id: str | None
    state: BindingState | None
    diagnosis: Diagnosis | None
    limit: int
    before: str | None
    municipality_id: str | None = None


class Store(
    EventStore, BatchStore, RosterStore, ContactStore, LimitStore, RetentionStore, TicketStore, VisitStore, Protocol
):
    """The database behind the use cases."""

    # Directory
    async def person_by_oid(self, oid: int) -> Person | None: ...
    async def birth_date_of(self, person_id: str) -> date | None:
        """A person's date of birth; None if no roster has told it."""
        ...

    async def account(self, account_id: str) -> AccountContext | None: ...
    async def accounts_of(self, person_id: str) -> Sequence[AccountContext]:
        """All accounts of a person, by id."""
        ...

    async def accounts_of_organisation(
        self, organisation_id: str, limit: int, after: str | None, wanted: AccountSearch = ANY_ACCOUNT
    ) -> Sequence[AccountContext]:
        """Accounts that the organisation's enrolments, guardianships of its pupils and duties give, by id, after
        that id; those that a search asks for."""
        ...

    async def duties_of(self, person_id: str) -> Sequence[Duty]: ...
    async def municipality_of(self, organisation_id: str) -> str | None:
        """The municipality in which an organisation lies; None if there is no such organisation."""
        ...

    # Trial
    async def copy(self) -> "Store":
        """A private copy of all that is committed, for trying things out; it is gone when it is closed."""
        ...

    # Tokens of back ends
    async def use_service_token(self, service_id: str, token_id: str, expires_at: datetime) -> bool:
        """Notes that a back end's token is used, for all servers on this database; False if it was used before."""
        ...

    async def forget_service_tokens(self, now: datetime, limit: int) -> int:
        """Forgets at most `limit` used tokens that have expired; returns how many."""
        ...

    # Contacts
    async def users_of(self, digests: Collection[bytes]) -> Mapping[bytes, ContactUser]:
        """Who uses each contact now; digests that nobody is known to use are absent."""
        ...

    async def record_esia_uses(self, person_id: str, digests: Collection[bytes], now: datetime) -> None:
        """Notes contacts verified at ESIA as the person's, except those that a school has recorded for somebody, and
        those that a code has taken from the person; ends another person's use of the others, and the person's own
        earlier ESIA uses that are not among `digests`. Diagnoses follow."""
        ...

    # Attempts
    async def request_result(self, key: RequestKey) -> RequestResult | None:
        """What an earlier request of that caller, method and request_id led to (its content may differ)."""
        ...

    async def add_attempt(
        self, attempt: Attempt, max_pending: int, audit: AuditEntry, request: RequestKey | None
    ) -> str:
        """Adds a PENDING attempt and returns its id, or the id of the one that the same named request made before.
        More than `max_pending`
        PENDING of the account: the oldest become EXPIRED."""
        ...

    async def attempt(self, attempt_id: str) -> Attempt | None: ...
    async def lease_attempt(
        self, attempt_id: str, code_digest: bytes | None, owner: str, until: datetime, now: datetime
    ) -> Lease:
        """Grants the attempt to one caller if it is PENDING or AUTHORIZED, not expired (else it becomes EXPIRED) and
        not under a lease that
        still runs, and stores the code's digest. Not granted, with the attempt as it is, if this code digest is
        already stored
        on a PENDING attempt: it was sent before and nothing came of it."""
        ...

    async def release_attempt(self, attempt_id: str, owner: str, *, forget_code: bool) -> None:
        """Ends the lease; `forget_code` if the code cannot have reached VK ID."""
        ...

    async def renew_attempt(
        self, attempt_id: str, owner: str | None, *, oauth_state: str, code_verifier: str, authorization_uri: str
    ) -> Attempt:
        """Gives a PENDING attempt a fresh authorization and ends the lease; digests of sent codes are kept so that
        none is sent twice.
        With `owner` None only if no lease runs; returns the attempt as it is then."""
        ...

    async def authorize_attempt(self, attempt_id: str, owner: str, vk: VkEvidence, audit: AuditEntry) -> Attempt:
        """PENDING to AUTHORIZED: stores the facts sealed, deletes the verifier."""
        ...

    async def cancel_attempt(self, attempt_id: str, audit: AuditEntry) -> Attempt:
        """PENDING or AUTHORIZED to CANCELLED; an ended one is returned as it is."""
        ...

    async def expire_overdue(self, now: datetime, limit: int) -> int:
        """Ends at most `limit` overdue attempts (verifier and facts deleted); returns how many."""
        ...

    async def newest_refusal(self, account_id: str) -> tuple[RefusalRecord, datetime] | None:
        """The refusal of the account's newest ended attempt, if that attempt was refused and no binding was made
        after it."""
        ...

    # Bindings
    async def claim(self, claim: Claim) -> Claimed | ClaimConflict:
        """Inserts the binding first and lets the unique indexes judge (I1, I2); then chats (made once, I3),
        memberships, job unless settled,
        events, audit, decision, the attempt's COMPLETED, the request's result."""
        ...

    async def refuse(self, refuse: Refuse) -> str | None:
        """Writes a refusal; returns the decision's number."""
        ...

    async def binding(self, binding_id: str) -> Binding | None: ...
    async def active_binding(self, account_id: str) -> Binding | None: ...
    async def active_binding_of_profile(self, vk_digest: bytes) -> Binding | None: ...
    async def any_active_binding(self, account_ids: Collection[str]) -> bool: ...
    async def accounts_of_persons(self, person_ids: Collection[str]) -> Sequence[str]:
        """Ids of all accounts of these persons."""
        ...

    async def guardians_of(self, pupil_ids: Collection[str]) -> Sequence[str]:
        """Ids of the persons who represent any of these pupils."""
        ...

    async def list_bindings(self, wanted: BindingFilter) -> Sequence[Binding]: ...
    async def count_diagnoses(
        self, account_id: str | None, organisation_id: str | None, municipality_id: str | None = None
    ) -> Mapping[Diagnosis, int]:
        """ACTIVE bindings of the account, organisation or municipality by diagnosis."""
        ...

    async def unbind(
        self,
        binding_id: str,
        *,
        reason: EndReason,
        entry_point: EntryPoint,
        expected_version: int | None,
        now: datetime,
        audit: AuditEntry,
        request: RequestKey | None,
    ) -> tuple[Binding, bool] | None:
        """Ends an ACTIVE binding: members removed, event, audit. Returns the binding and whether it had ended
        before; None if the version is
        not the expected one."""
        ...

    async def set_memberships(
        self,
        binding_id: str,
        wanted: Sequence[WantedChat],
        settled: bool,
        now: datetime,
        audit: AuditEntry,
        ground: Ground | None = None,
    ) -> Settled | None:
        """Makes an ACTIVE binding's memberships exactly `wanted` (I12), with an event and an audit record if that
        changes anything. None, and nothing has changed, if the account does not stand on `ground` any more."""
        ...

    # Chats
    async def chats_of_account(self, account_id: str) -> Sequence[Chat]:
        """Chats visible now through the account's ACTIVE binding, by class year, name and kind."""
        ...

    async def chat(self, chat_id: str) -> Chat | None: ...
    async def chat_members(self, chat_id: str, limit: int, after: str | None) -> Sequence[ChatMember]:
        """Members through ACTIVE bindings, by account id."""
        ...

    async def close(self) -> None:
        """Finishes what is under way and closes the database."""
        ...
