"""Finishes an attempt: exchanges the VK code once, decides, claims."""

import hmac
from collections.abc import Sequence
from dataclasses import replace

from binding_server.domain.decision import Outcome, RowResult, decide
from binding_server.domain.facts import ContactStated, VkFacts, VkOutcome
from binding_server.domain.model import Attempt, AttemptState, VkEvidence
from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal
from binding_server.use_cases.attempts import Held, hold_attempt, not_pending, own_attempt, renew
from binding_server.use_cases.claiming import claim_binding, preview_binding
from binding_server.use_cases.evidence import (
    Found,
    StatedContact,
    account_facts,
    claim_facts,
    live_contacts,
    provider_unavailable,
    vk_facts,
)
from binding_server.use_cases.identity_ports import EsiaContact, ProviderUnavailable, VkProfile, VkRefused
from binding_server.use_cases.outcomes import (
    AuthorizationResult,
    BindingView,
    Completion,
    audit,
    earlier_result,
    refuse,
    request_key,
)
from binding_server.use_cases.records import RequestKey, RequestResult
from binding_server.use_cases.services import Caller, Services

ACTION = "binding.complete"

UNAVAILABLE_ERRORS = frozenset({"server_error", "temporarily_unavailable"})
"""OAuth errors in VK ID's redirect that mean D22; any other but `access_denied` means D21."""

CLAIM_TRIES = 10
"""How often a claim that lost a race is decided again; each time somebody else has bound or unbound in between."""


async def complete_binding(
    services: Services,
    caller: Caller,
    attempt_id: str,
    result: AuthorizationResult | None,
    preview: bool,
    request_id: str,
    release_other: bool = False,
) -> Completion:
    """Finishes an attempt, or with `preview` stops when all is known and says what would be bound.

    The code is sent to VK ID at most once, whatever happens: after a crash or a time-out the answer carries a fresh
    authorization.

    Args:
        attempt_id: an attempt of the caller's own.
        result: what VK ID's redirect brought; None to go on from AUTHORIZED.
        preview: stop at AUTHORIZED.
        request_id: names the request; a repeat returns the same answer. Empty for none.
        release_other: end the own profile's binding in another account, where the service allows that (A7).

    Raises:
        Refusal: any row of the decision table, ATTEMPT_NOT_PENDING, REQUEST_ID_REUSED, RESOURCE_NOT_ACCESSIBLE.
    """
    attempt = await own_attempt(services, caller, attempt_id)
    content = (result.code, result.state, result.device_id, result.error) if result else ()
    # What a call without the newer field was named by stays as it was.
    asked = ("release",) if release_other else ()
    key = request_key(services, caller, "CompleteBinding", request_id, attempt_id, str(preview), *content, *asked)
    earlier = await earlier_result(services, key)
    if earlier and earlier.binding_id:
        return await completed(services, attempt, earlier)
    return await finish(services, caller, attempt, result, preview=preview, key=key, release_other=release_other)


async def finish(
    services: Services,
    caller: Caller,
    attempt: Attempt,
    result: AuthorizationResult | None,
    *,
    preview: bool,
    key: RequestKey | None,
    release_other: bool = False,
) -> Completion:
    """Leads an attempt from where it stands to its end (or preview)."""
    held = await hold_attempt(services, caller, attempt, result)
    if isinstance(held, Attempt):
        return await completed(services, held, await earlier_result(services, key))
    run = _Run(services, caller, held, key, release_other=release_other)
    try:
        return await run.to_the_end(result, preview=preview)
    except Refusal:
        raise
    except BaseException:
        # A caller who went away, or a fault: who comes next shall not wait for this call's deadline.
        await services.store.release_attempt(attempt.id, held.owner, forget_code=not run.code_sent)
        raise


async def completed(services: Services, attempt: Attempt, kept: RequestResult | None) -> Completion:
    """Returns how an attempt was completed before: as the named request kept it, else as the attempt tells."""
    named = kept if kept and kept.binding_id else None
    binding = await services.store.binding(named.binding_id or "" if named else attempt.binding_id or "")
    if binding is None:
        raise Refusal(Reason.RESOURCE_NOT_ACCESSIBLE)
    already = named.already if named else binding.created_at < attempt.created_at
    decision = named.decision if named else attempt.decision
    newest = await services.store.attempt(attempt.id)
    return Completion(BindingView(binding, in_full=True), already, attempt=newest, decision=decision or "")


class _Run:
    """One call's way through an attempt that it holds. `code_sent` tells whether the code may have reached VK ID."""

    def __init__(
        self, services: Services, caller: Caller, held: Held, key: RequestKey | None, *, release_other: bool
    ) -> None:
        self._release_other = release_other
        self._services = services
        self._caller = caller
        self._held = held
        self._key = key
        self.code_sent = False

    async def to_the_end(self, result: AuthorizationResult | None, *, preview: bool) -> Completion:
        """Reads ESIA live, authorizes if that is to be done, and concludes."""
        services, attempt = self._services, self._held.attempt
        context = await services.store.account(attempt.account_id)
        if context is None:
            raise RuntimeError(f"attempt {attempt.id}: no account {attempt.account_id}")
        self._context = context
        try:
            live = await live_contacts(services, self._caller)
        except Refusal as refusal:
            await self._release(forget_code=True)
            raise await self._noted(None, refusal) from refusal
        if attempt.state is AttemptState.PENDING:
            attempt = await self._authorize(result, live)
            self._held = replace(self._held, attempt=attempt)
        return await self._conclude(attempt, live, preview=preview)

    async def _authorize(self, result: AuthorizationResult | None, live: Sequence[EsiaContact]) -> Attempt:
        """PENDING to AUTHORIZED. D2 and D4 to D7 are asked before the code is spent."""
        if result is None:
            await self._release(forget_code=True)
            raise Refusal(Reason.REQUEST_INVALID, fields=[("result", "required while the attempt is PENDING")])
        found = await self._account(live)
        row = decide(found.facts)
        if row:
            raise await self._refused(found, row.refusal())
        if not hmac.compare_digest(result.state.encode(), self._held.attempt.oauth_state.encode()):
            raise await self._provider_says(found, VkOutcome.FAILED)
        if result.error:
            # There is no code to repeat with: the way on is VK ID's own page once more.
            raise await self._provider_says(found, _outcome_of(result.error), self._held.attempt.authorization_uri)
        return await self._exchange(result, found)

    async def _exchange(self, result: AuthorizationResult, found: Found) -> Attempt:
        services, held = self._services, self._held
        self.code_sent = True
        try:
            profile = await services.vk.read_profile(
                code=result.code,
                code_verifier=held.attempt.code_verifier,
                device_id=result.device_id,
                redirect_uri=held.attempt.redirect_uri,
                state=held.attempt.oauth_state,
                timeout_s=self._caller.time_left_s(),
            )
        except VkRefused as refused:
            raise await self._provider_says(found, VkOutcome.FAILED) from refused
        except ProviderUnavailable as unavailable:
            if unavailable.sent:
                fresh = await renew(services, held)
                raise await self._noted(_unavailable(found), fresh) from unavailable
            raise await self._provider_says(found, VkOutcome.UNAVAILABLE) from unavailable
        policy = held.attempt.policy
        record = audit(services, self._caller, "binding.authorize", held.attempt.account_id, policy=policy)
        vk = _evidence(services, profile)
        attempt = await services.store.authorize_attempt(held.attempt.id, held.owner, vk, record)
        if attempt.lease_owner == held.owner and attempt.state is AttemptState.AUTHORIZED:
            return attempt
        # The answer came too late: the lease has ended, and the attempt with it or for somebody else's turn.
        if attempt.state is AttemptState.PENDING:
            late = provider_unavailable("VK_ID", attempt.authorization_uri)
            raise await self._noted(_unavailable(found), late)
        raise not_pending(attempt)

    async def _conclude(self, attempt: Attempt, live: Sequence[EsiaContact], *, preview: bool) -> Completion:
        """AUTHORIZED to its end. A race lost to another claim is decided again with what holds then."""
        services, vk = self._services, attempt.vk
        if vk is None:
            raise RuntimeError(f"attempt {attempt.id} is held without its facts")
        for _ in range(CLAIM_TRIES):
            found, row = await self._decide(attempt, vk, live)
            if row.outcome is Outcome.REFUSES:
                raise await self._refused(found, row.refusal())
            if preview and row.row != "D12":
                await self._release(forget_code=False)
                released = replace(attempt, lease_owner=None, lease_until=None)
                return preview_binding(services, self._context, released, found)
            done = await self._claim(attempt, found, row)
            if done:
                return replace(done, attempt=await services.store.attempt(attempt.id))
            # A roster may have moved the account to other classes.
            self._context = await services.store.account(attempt.account_id) or self._context
        await self._release(forget_code=False)
        raise Refusal(Reason.PROVIDER_UNAVAILABLE, row="D22", retry_after_s=1.0)

    async def _claim(self, attempt: Attempt, found: Found, row: RowResult) -> Completion | None:
        try:
            return await claim_binding(self._services, self._caller, self._context, attempt, found, row, key=self._key)
        except Refusal as refusal:
            ended = await self._services.store.attempt(attempt.id)
            if refusal.reason is Reason.ATTEMPT_NOT_PENDING and ended:
                raise not_pending(ended) from refusal
            raise

    async def _decide(self, attempt: Attempt, vk: VkEvidence, live: Sequence[EsiaContact]) -> tuple[Found, RowResult]:
        account = await self._account(live)
        profile, profile_ids = await vk_facts(self._services, self._context, vk)
        claims, claim_ids = await claim_facts(self._services, self._context, vk, release_other=self._release_other)
        assisted = self._caller.operator is not None
        facts = replace(account.facts, vk=profile, claims=claims, assisted=assisted)
        row = decide(facts)
        if row is None:
            raise RuntimeError(f"attempt {attempt.id}: all facts are known and no row decides")
        return Found(facts, {**account.ids, **profile_ids, **claim_ids}), row

    async def _account(self, live: Sequence[EsiaContact]) -> Found:
        attempt = self._held.attempt
        stated = StatedContact(ContactStated.VALID, None, attempt.contact_digest, attempt.contact_mask)
        # The policy is the one that the attempt began under, so that an import in between does not change the rules.
        return await account_facts(self._services, self._context, stated, live, policy=attempt.policy)

    async def _provider_says(self, found: Found, outcome: VkOutcome, authorization_uri: str = "") -> Refusal:
        """Returns D9, D21 or D22, written down. D22 leaves the attempt and its code as they were."""
        if outcome is VkOutcome.UNAVAILABLE:
            await self._release(forget_code=True)
            return await self._noted(_unavailable(found), provider_unavailable("VK_ID", authorization_uri))
        told = Found(replace(found.facts, vk=VkFacts(outcome)), found.ids)
        row = decide(told.facts)
        if row is None:
            raise RuntimeError("a provider's failure decides nothing")
        end_as = AttemptState.CANCELLED if outcome is VkOutcome.CANCELLED else AttemptState.FAILED
        return await self._refused(told, row.refusal(), end_as)

    async def _release(self, *, forget_code: bool) -> None:
        await self._services.store.release_attempt(self._held.attempt.id, self._held.owner, forget_code=forget_code)

    async def _noted(self, found: Found | None, refusal: Refusal) -> Refusal:
        """Returns a refusal that may be repeated as it was: written down, and the attempt goes on."""
        return await refuse(
            self._services, self._caller, self._context, found, refusal, action=ACTION, attempt=self._held.attempt
        )

    async def _refused(self, found: Found, refusal: Refusal, end_as: AttemptState = AttemptState.FAILED) -> Refusal:
        return await refuse(
            self._services,
            self._caller,
            self._context,
            found,
            refusal,
            action=ACTION,
            attempt=self._held.attempt,
            end_as=end_as,
            request=self._key,
        )


def _outcome_of(error: str) -> VkOutcome:
    if error == "access_denied":
        return VkOutcome.CANCELLED
    return VkOutcome.UNAVAILABLE if error in UNAVAILABLE_ERRORS else VkOutcome.FAILED


def _unavailable(found: Found) -> Found:
    return Found(replace(found.facts, vk=VkFacts(VkOutcome.UNAVAILABLE)), found.ids)


def _evidence(services: Services, profile: VkProfile) -> VkEvidence:
    phone, email = profile.phone, profile.email
    return VkEvidence(
        vk_user_id=profile.vk_user_id,
        profile_name=profile.name,
        learning=profile.learning,
        roles=profile.roles,
        phone_digest=services.vault.contact_digest(phone) if phone else None,
        email_digest=services.vault.contact_digest(email) if email else None,
        phone_mask=services.contacts.mask(phone) if phone else "",
        email_mask=services.contacts.mask(email) if email else "",
    )
