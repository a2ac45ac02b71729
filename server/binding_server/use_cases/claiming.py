"""Makes a binding of a decision that accepts, or shows what it would be."""

from binding_server.domain.decision import RowResult
from binding_server.domain.diagnosis import examine
from binding_server.domain.model import (
    AccountContext,
    Attempt,
    Binding,
    BindingState,
    ChatsState,
    EndReason,
    VkEvidence,
)
from binding_server.domain.options import releases_other
from binding_server.domain.reconcile import ground_of
from binding_server.domain.texts import chat_title
from binding_server.use_cases.evidence import Found
from binding_server.use_cases.outcomes import (
    BindingView,
    Completion,
    Preview,
    audit,
    decision_entry,
    wanted_chats,
)
from binding_server.use_cases.records import Claim, ClaimConflict, ReleaseOther, RequestKey
from binding_server.use_cases.services import Caller, Services


async def claim_binding(
    services: Services,
    caller: Caller,
    context: AccountContext,
    attempt: Attempt,
    found: Found,
    row: RowResult,
    *,
    key: RequestKey | None,
) -> Completion | None:
    """Claims account and profile in one transaction, with chats, event and audit. None if somebody else was first."""
    vk = _vk(attempt)
    policy = found.facts.policy
    claimed = await services.store.claim(
        Claim(
            binding=_binding(services, context, attempt, vk, found),
            attempt_id=attempt.id,
            wanted=wanted_chats(services, context, vk.roles, policy),
            settled=services.chats.settles_inline,
            decision=decision_entry(services, context, found, row.row, None, attempt.id),
            audit=audit(
                services, caller, "binding.create", context.account.id, policy=policy, via_pupil=attempt.via_pupil
            ),
            request=key,
            release=await _release(services, caller, found),
            ground=ground_of(context),
        )
    )
    if isinstance(claimed, ClaimConflict):
        return None
    return Completion(BindingView(claimed.binding, in_full=True), claimed.already, decision=claimed.decision)


async def _release(services: Services, caller: Caller, found: Found) -> ReleaseOther | None:
    """Returns which other binding ends with the claim (A7)."""
    if not releases_other(found.facts):
        return None
    binding_id = found.ids["profile.binding"]
    other = await services.store.binding(binding_id)
    account_id = other.account_id if other else None
    policy = other.policy if other else None
    reason = EndReason.RELEASED_BY_OWNER
    return ReleaseOther(
        binding_id, audit(services, caller, "binding.release", account_id, policy=policy, reason=reason)
    )


def preview_binding(services: Services, context: AccountContext, attempt: Attempt, found: Found) -> Completion:
    """Returns what would be bound, for a person to confirm."""
    vk = _vk(attempt)
    names = {school_class.id: school_class.display_name for school_class in context.classes}
    wanted = wanted_chats(services, context, vk.roles, found.facts.policy)
    diagnosis, _ = examine(found.facts, services.clock.now())
    return Completion(
        preview=Preview(
            profile_name=vk.profile_name,
            vk_user_id=vk.vk_user_id,
            phone_mask=vk.phone_mask,
            email_mask=vk.email_mask,
            roles=vk.roles,
            chat_titles=[chat_title(names[chat.class_id], chat.kind) for chat in wanted],
            diagnosis=diagnosis,
        ),
        attempt=attempt,
    )


def _binding(services: Services, context: AccountContext, attempt: Attempt, vk: VkEvidence, found: Found) -> Binding:
    now = services.clock.now()
    diagnosis, evidence = examine(found.facts, now)
    return Binding(
        id=services.ids.new_id(),
        account_id=context.account.id,
        person_id=context.person.id,
        vk_user_id=vk.vk_user_id,
        vk_digest=services.vault.vk_digest(vk.vk_user_id),
        state=BindingState.ACTIVE,
        diagnosis=diagnosis,
        evidence=evidence,
        chats=ChatsState.READY if services.chats.settles_inline else ChatsState.PENDING,
        roles=vk.roles,
        policy=found.facts.policy,
        contact_digest=attempt.contact_digest,
        contact_mask=attempt.contact_mask,
        via_pupil=attempt.via_pupil,
        created_at=now,
    )


def _vk(attempt: Attempt) -> VkEvidence:
    if attempt.vk is None:
        raise ValueError(f"attempt {attempt.id} is not AUTHORIZED")
    return attempt.vk
