"""Finishes an attempt: exchanges the VK code once, decides, claims."""

import hmac
from collections.abc import Sequence
from dataclasses import replace

from binding_server.domain.decision import Outcome, RowResult, decide
from binding_server.domain.facts import ContactStated, VkFacts, VkOutcome
from binding_server.domain.model import AccountContext, Attempt, AttemptState, VkEvidence
from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal
from binding_server.use_cases.attempts import Held, hold_attempt, own_attempt, renew
from binding_server.use_cases.claiming import claim_binding, preview_binding
from binding_server.use_cases.evidence import (
    Found,
    StatedContact,
    account_facts,
    claim_facts,
    live_contacts,
    vk_facts,
)
from binding_server.use_cases.outcomes import (
    AuthorizationResult,
    BindingView,
    Completion,
    earlier_result,
    refuse,
    request_key,
)
from binding_server.use_cases.ports import EsiaContact, ProviderUnavailable, RequestKey, VkProfile, VkRefused
from binding_server.use_cases.services import Caller, Services

ACTION = "binding.complete"

UNAVAILABLE_ERRORS = frozenset({"server_error", "temporarily_unavailable"})
"""OAuth errors in VK ID's redirect that mean D22; any other but `access_denied` means D21."""


async def complete_binding(
    services: Services,
    caller: Caller,
    attempt_id: str,
    result: AuthorizationResult | None,
    preview: bool,
    request_id: str,
) -> Completion:
    """Finishes an attempt, or with `preview` stops when all is known and says what would be bound.

    The code is sent to VK ID at most once, whatever happens: after a crash or a time-out the answer carries a fresh
    authorization.

    Args:
        attempt_id: an attempt of the caller's own.
        result: what VK ID's redirect brought; None to go on from AUTHORIZED.
        preview: stop at AUTHORIZED.
        request_id: names the request; a repeat returns the same answer. Empty for none.

    Raises:
        Refusal: any row of the decision table, ATTEMPT_NOT_PENDING, REQUEST_ID_REUSED, RESOURCE_NOT_ACCESSIBLE.
    """
    attempt = await own_attempt(services, caller, attempt_id)
    content = (result.code, result.state, result.error) if result else ()
    key = request_key(services, caller, "CompleteBinding", request_id, attempt_id, str(preview), *content)
    earlier = await earlier_result(services, key)
    if earlier and earlier.binding_id:
        return await _completed(services, attempt, earlier.binding_id, earlier.decision or "", already=earlier.already)
    return await finish(services, caller, attempt, result, preview=preview, key=key)


async def finish(
    services: Services,
    caller: Caller,
    attempt: Attempt,
    result: AuthorizationResult | None,
    *,
    preview: bool,
    key: RequestKey | None,
) -> Completion:
    """Leads an attempt from where it stands to its end (or preview)."""
    held = await hold_attempt(services, caller, attempt, result.code if result else "")
    if isinstance(held, Attempt):
        return await _completed(services, held, held.binding_id or "", held.decision or "", already=False)
    context = await services.store.account(held.attempt.account_id)
    if context is None:
        raise Refusal(Reason.RESOURCE_NOT_ACCESSIBLE)
    run = _Run(services, caller, context, held, key)
    try:
        live = await live_contacts(services, caller)
    except Refusal as refusal:
        await services.store.release_attempt(held.attempt.id, held.owner, forget_code=True)
        raise await refuse(services, caller, context, None, refusal, action=ACTION, attempt=attempt) from refusal
    if held.attempt.state is AttemptState.PENDING:
        held = await run.authorize(result, live)
    return await run.conclude(held, live, preview=preview)


class _Run:
    """One call's way through an attempt that it holds."""

    def __init__(
        self, services: Services, caller: Caller, context: AccountContext, held: Held, key: RequestKey | None
    ) -> None:
        self._services = services
        self._caller = caller
        self._context = context
        self._held = held
        self._key = key

    async def authorize(self, result: AuthorizationResult | None, live: Sequence[EsiaContact]) -> Held:
        """PENDING to AUTHORIZED. D4 to D7 are asked before the code is spent."""
        services, held = self._services, self._held
        if result is None:
            await services.store.release_attempt(held.attempt.id, held.owner, forget_code=True)
            raise Refusal(Reason.REQUEST_INVALID, fields=[("result", "required while the attempt is PENDING")])
        found = await self._account(live)
        if not hmac.compare_digest(result.state.encode(), held.attempt.oauth_state.encode()):
            raise await self._provider_says(found, VkOutcome.FAILED)
        if result.error:
            raise await self._provider_says(found, _outcome_of(result.error))
        row = decide(found.facts)
        if row:
            raise await self._refused(found, row.refusal())
        return Held(await self._exchange(result, found), held.owner)

    async def _exchange(self, result: AuthorizationResult, found: Found) -> Attempt:
        services, held = self._services, self._held
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
        return await services.store.authorize_attempt(held.attempt.id, held.owner, _evidence(services, profile))

    async def conclude(self, held: Held, live: Sequence[EsiaContact], *, preview: bool) -> Completion:
        """AUTHORIZED to its end. A race lost to another claim is decided again with what holds then."""
        services = self._services
        vk = held.attempt.vk
        if vk is None:
            raise Refusal(Reason.RESOURCE_NOT_ACCESSIBLE)
        while True:
            found, row = await self._decide(held.attempt, vk, live)
            if row.outcome is Outcome.REFUSES:
                raise await self._refused(found, row.refusal())
            if preview and row.row != "D12":
                await services.store.release_attempt(held.attempt.id, held.owner, forget_code=False)
                return preview_binding(services, self._context, replace(held.attempt, lease_until=None), found)
            done = await claim_binding(services, self._caller, self._context, held.attempt, found, row, key=self._key)
            if done:
                ended = await services.store.attempt(held.attempt.id)
                return replace(done, attempt=ended)

    async def _decide(self, attempt: Attempt, vk: VkEvidence, live: Sequence[EsiaContact]) -> tuple[Found, RowResult]:
        account = await self._account(live)
        profile, profile_ids = await vk_facts(self._services, self._context, vk)
        claims, claim_ids = await claim_facts(self._services, self._context, vk)
        facts = replace(account.facts, vk=profile, claims=claims)
        row = decide(facts)
        if row is None:
            raise RuntimeError(f"attempt {attempt.id}: all facts are known and no row decides")
        return Found(facts, {**account.ids, **profile_ids, **claim_ids}), row

    async def _account(self, live: Sequence[EsiaContact]) -> Found:
        attempt = self._held.attempt
        stated = StatedContact(ContactStated.VALID, None, attempt.contact_digest, attempt.contact_mask)
        # The policy is the one that the attempt began under, so that an import in between does not change the rules.
        return await account_facts(self._services, self._context, stated, live, policy=attempt.policy)

    async def _provider_says(self, found: Found, outcome: VkOutcome) -> Refusal:
        """Returns D9, D21 or D22, written down. D22 leaves the attempt and its code as they were."""
        if outcome is VkOutcome.UNAVAILABLE:
            held = self._held
            await self._services.store.release_attempt(held.attempt.id, held.owner, forget_code=True)
            return await self._noted(_unavailable(found), None)
        facts = replace(found.facts, vk=VkFacts(outcome))
        # D4 to D7 are tested before the provider's own failures, so the contact's refusal goes first.
        row = decide(facts)
        if row is None:
            raise RuntimeError("a provider's failure decides nothing")
        cancelled = row.reason is Reason.USER_CANCELLED
        end_as = AttemptState.CANCELLED if cancelled else AttemptState.FAILED
        return await self._refused(Found(facts, found.ids), row.refusal(), end_as)

    async def _noted(self, found: Found, refusal: Refusal | None) -> Refusal:
        row = decide(found.facts)
        refusal = refusal or (row.refusal() if row else Refusal(Reason.PROVIDER_UNAVAILABLE, row="D22"))
        refusal.retry_after_s = refusal.retry_after_s or 5.0
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


async def _completed(
    services: Services, attempt: Attempt, binding_id: str, decision: str, *, already: bool
) -> Completion:
    binding = await services.store.binding(binding_id)
    if binding is None:
        raise Refusal(Reason.RESOURCE_NOT_ACCESSIBLE)
    newest = await services.store.attempt(attempt.id) or attempt
    return Completion(BindingView(binding, in_full=True), already, attempt=newest, decision=decision)
