"""The database and the chats as the use cases need them, as interfaces; what they need of providers and of the machine
stands in `identity_ports` and `system_ports`.

Every writing method of `Store` is one transaction: all of it or nothing, conflicts included.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from binding_server.domain.model import (
    AccountContext,
    Attempt,
    Binding,
    Chat,
    ChatMember,
    Diagnosis,
    Duty,
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
from binding_server.use_cases.records import (
    AccountSearch,
    AuditEntry,
    BindingFilter,
    Claim,
    ClaimConflict,
    Claimed,
    ContactUser,
    Lease,
    Refuse,
    RequestKey,
    RequestResult,
    WantedChat,
)
from binding_server.use_cases.roster_ports import RosterStore
from binding_server.use_cases.ticket_ports import TicketStore
from binding_server.use_cases.visit_ports import VisitStore


class ChatProvider(Protocol):
    """Where class chats live."""

    @property
    def settles_inline(self) -> bool:
        """True if chats and memberships are real as soon as they are committed (the embedded provider)."""
        ...


ANY_ACCOUNT = AccountSearch()


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
        not under a lease that still runs, and stores the code's digest. Not granted, with the attempt as it is, if this
        code digest is already stored on a PENDING attempt: it was sent before and nothing came of it."""
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
        memberships, job unless settled, events, audit, decision, the attempt's COMPLETED, the request's result."""
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
        before; None if the version is not the expected one."""
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
