"""`ports.Store` over an engine: each method is one unit of work; the statements stand in the file of its topic."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

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
from binding_server.store import (
    attempts,
    bindings,
    chats,
    claims,
    directory,
    following,
    requests,
    searching,
    service_tokens,
)
from binding_server.store.confirming import ConfirmingStore
from binding_server.store.rosters import RosterStore
from binding_server.store.ticket_store import TicketStore
from binding_server.store.visit_store import VisitStore
from binding_server.use_cases.ports import ANY_ACCOUNT
from binding_server.use_cases.records import (
    AccountSearch,
    AuditEntry,
    BindingFilter,
    Claim,
    ClaimConflict,
    Claimed,
    Lease,
    Refuse,
    RequestKey,
    RequestResult,
    WantedChat,
)


class SqlStore(RosterStore, ConfirmingStore, TicketStore, VisitStore):
    """The database behind the use cases. What each method means is said in `ports.Store`.

    Any method may raise StoreError if the database fails. A write whose named request was made before with other
    content raises Refusal(REQUEST_ID_REUSED).

    Args:
        engine: where units of work run.
        vault: seals and opens what only the service may read.
    """

    # Directory

    async def person_by_oid(self, oid: int) -> Person | None:
        """Returns the person who has that ESIA account."""
        return await self._engine.read(lambda c: directory.person_by_oid(c, oid))

    async def birth_date_of(self, person_id: str) -> date | None:
        """Returns a person's date of birth, if a roster has told it."""
        return await self._engine.read(lambda c: directory.birth_date_of(c, person_id))

    async def account(self, account_id: str) -> AccountContext | None:
        """Returns an account with what stands around it."""
        return await self._engine.read(lambda c: directory.account(c, account_id))

    async def accounts_of(self, person_id: str) -> Sequence[AccountContext]:
        """Returns all accounts of a person, by id."""
        return await self._engine.read(lambda c: directory.accounts_of(c, person_id))

    async def accounts_of_organisation(
        self, organisation_id: str, limit: int, after: str | None, wanted: AccountSearch = ANY_ACCOUNT
    ) -> Sequence[AccountContext]:
        """Returns the accounts that an organisation gives, by id, after an id."""
        return await self._engine.read(
            lambda c: searching.accounts_of_organisation(c, organisation_id, limit, after, wanted)
        )

    async def accounts_of_persons(self, person_ids: Collection[str]) -> Sequence[str]:
        """Returns ids of all accounts of these persons."""
        return await self._engine.read(lambda c: directory.accounts_of_persons(c, person_ids))

    async def guardians_of(self, pupil_ids: Collection[str]) -> Sequence[str]:
        """Returns the ids of all persons who represent any of these pupils."""
        return await self._engine.read(lambda c: directory.guardians_of(c, pupil_ids))

    async def duties_of(self, person_id: str) -> Sequence[Duty]:
        """Returns what a person does as a member of staff now."""
        return await self._engine.read(lambda c: directory.duties_of(c, person_id))

    async def municipality_of(self, organisation_id: str) -> str | None:
        """Returns the municipality in which an organisation lies."""
        return await self._engine.read(lambda c: directory.municipality_of(c, organisation_id))

    # Trial

    async def copy(self) -> "SqlStore":
        """Returns a private copy of all that is committed; it is gone when it is closed."""
        return SqlStore(await self._engine.copy(), self._vault)

    # Tokens of back ends

    async def use_service_token(self, service_id: str, token_id: str, expires_at: datetime) -> bool:
        """Notes that a back end's token is used; False if it was used before."""
        return await self._engine.write(lambda c: service_tokens.use(c, service_id, token_id, expires_at))

    async def forget_service_tokens(self, now: datetime, limit: int) -> int:
        """Forgets used tokens that have expired. Returns how many."""
        return await self._engine.write(lambda c: service_tokens.forget(c, now, limit))

    # Attempts

    async def request_result(self, key: RequestKey) -> RequestResult | None:
        """Returns what an earlier request of that name led to."""
        return await self._engine.read(lambda c: requests.request_result(c, key))

    async def add_attempt(
        self, attempt: Attempt, max_pending: int, audit: AuditEntry, request: RequestKey | None
    ) -> str:
        """Adds a PENDING attempt and returns its id, or that of the one the named request made before."""
        return await self._engine.write(
            lambda c: attempts.add_attempt(c, self._vault, attempt, max_pending, audit, request)
        )

    async def attempt(self, attempt_id: str) -> Attempt | None:
        """Returns an attempt."""
        return await self._engine.read(lambda c: attempts.attempt(c, self._vault, attempt_id))

    async def lease_attempt(
        self, attempt_id: str, code_digest: bytes | None, owner: str, until: datetime, now: datetime
    ) -> Lease:
        """Grants an attempt to one caller at a time. LookupError for an unknown id, as in all that follow."""
        return await self._engine.write(
            lambda c: attempts.lease_attempt(c, self._vault, attempt_id, code_digest, owner, until, now)
        )

    async def release_attempt(self, attempt_id: str, owner: str, *, forget_code: bool) -> None:
        """Ends the caller's lease."""
        await self._engine.write(
            lambda c: attempts.release_attempt(c, self._vault, attempt_id, owner, forget_code=forget_code)
        )

    async def clear_leases(self) -> int:
        """Ends all leases: at the start of the only server on this database. Returns how many there were."""
        return await self._engine.write(attempts.clear_leases)

    async def expire_overdue(self, now: datetime, limit: int) -> int:
        """Makes overdue attempts EXPIRED, so that their facts are deleted though nobody asks. Returns how many."""
        return await self._engine.write(lambda c: attempts.expire_overdue(c, now, limit))

    async def renew_attempt(
        self, attempt_id: str, owner: str | None, *, oauth_state: str, code_verifier: str, authorization_uri: str
    ) -> Attempt:
        """Gives a PENDING attempt a fresh authorization and ends the lease."""
        return await self._engine.write(
            lambda c: attempts.renew_attempt(
                c,
                self._vault,
                attempt_id,
                owner,
                oauth_state=oauth_state,
                code_verifier=code_verifier,
                authorization_uri=authorization_uri,
            )
        )

    async def authorize_attempt(self, attempt_id: str, owner: str, vk: VkEvidence, audit: AuditEntry) -> Attempt:
        """PENDING to AUTHORIZED, for the lease's owner; otherwise the attempt as it is."""
        return await self._engine.write(
            lambda c: attempts.authorize_attempt(c, self._vault, attempt_id, owner, vk, audit)
        )

    async def cancel_attempt(self, attempt_id: str, audit: AuditEntry) -> Attempt:
        """Cancels an attempt that has not ended."""
        return await self._engine.write(lambda c: attempts.cancel_attempt(c, self._vault, attempt_id, audit))

    async def newest_refusal(self, account_id: str) -> tuple[RefusalRecord, datetime] | None:
        """Returns the refusal of the account's newest ended attempt, if nothing was bound since."""
        return await self._engine.read(lambda c: attempts.newest_refusal(c, account_id))

    # Bindings

    async def claim(self, claim: Claim) -> Claimed | ClaimConflict:
        """Claims a learning profile. Refusal(ATTEMPT_NOT_PENDING) if the attempt was cancelled meanwhile."""
        try:
            return await self._engine.write(lambda c: claims.claim(c, self._vault, claim))
        except claims.Conflict:
            return ClaimConflict()

    async def refuse(self, refuse: Refuse) -> str | None:
        """Writes a refusal; returns the decision's number."""
        return await self._engine.write(lambda c: claims.refuse(c, refuse))

    async def binding(self, binding_id: str) -> Binding | None:
        """Returns a binding."""
        return await self._engine.read(lambda c: bindings.binding(c, self._vault, binding_id))

    async def active_binding(self, account_id: str) -> Binding | None:
        """Returns the account's ACTIVE binding."""
        return await self._engine.read(lambda c: bindings.active_binding(c, self._vault, account_id))

    async def active_binding_of_profile(self, vk_digest: bytes) -> Binding | None:
        """Returns the ACTIVE binding of a learning profile."""
        return await self._engine.read(lambda c: bindings.active_binding_of_profile(c, self._vault, vk_digest))

    async def any_active_binding(self, account_ids: Collection[str]) -> bool:
        """Tells whether any of these accounts is bound."""
        return await self._engine.read(lambda c: bindings.any_active_binding(c, account_ids))

    async def list_bindings(self, wanted: BindingFilter) -> Sequence[Binding]:
        """Returns the bindings that a filter asks for, newest first."""
        if wanted.municipality_id is not None:
            return await self._engine.read(lambda c: following.list_of_municipality(c, self._vault, wanted))
        return await self._engine.read(lambda c: bindings.list_bindings(c, self._vault, wanted))

    async def count_diagnoses(
        self, account_id: str | None, organisation_id: str | None, municipality_id: str | None = None
    ) -> Mapping[Diagnosis, int]:
        """Returns ACTIVE bindings of the account, organisation or municipality by diagnosis."""
        if municipality_id is not None:
            return await self._engine.read(lambda c: following.count_of_municipality(c, municipality_id))
        return await self._engine.read(lambda c: bindings.count_diagnoses(c, account_id, organisation_id))

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
        """Ends an ACTIVE binding; None if its version is not the expected one."""
        return await self._engine.write(
            lambda c: bindings.unbind(
                c,
                self._vault,
                binding_id,
                reason=reason,
                entry_point=entry_point,
                expected_version=expected_version,
                now=now,
                audit=audit,
                request=request,
            )
        )

    async def set_memberships(
        self,
        binding_id: str,
        wanted: Sequence[WantedChat],
        settled: bool,
        now: datetime,
        audit: AuditEntry,
        ground: Ground | None = None,
    ) -> Settled | None:
        """Makes an ACTIVE binding's memberships exactly `wanted`; None if its account stands on other ground."""
        return await self._engine.write(
            lambda c: chats.set_memberships(c, binding_id, wanted, settled, now, audit, ground)
        )

    # Chats

    async def chats_of_account(self, account_id: str) -> Sequence[Chat]:
        """Returns the chats visible through the account's ACTIVE binding."""
        return await self._engine.read(lambda c: chats.chats_of_account(c, account_id))

    async def chat(self, chat_id: str) -> Chat | None:
        """Returns a chat."""
        return await self._engine.read(lambda c: chats.chat(c, chat_id))

    async def chat_members(self, chat_id: str, limit: int, after: str | None) -> Sequence[ChatMember]:
        """Returns members through ACTIVE bindings, by account id."""
        return await self._engine.read(lambda c: chats.chat_members(c, chat_id, limit, after))

    async def close(self) -> None:
        """Finishes what is under way and closes the database."""
        await self._engine.close()
