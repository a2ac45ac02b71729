"""What use cases answer, and how refusals are written down."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from binding_server.domain.chats import memberships
from binding_server.domain.model import (
    AccountContext,
    Attempt,
    AttemptState,
    Binding,
    Diagnosis,
    EducationalRole,
    EntryPoint,
    Policy,
    VkEvidence,
)
from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal
from binding_server.domain.tickets import proves_owner
from binding_server.use_cases.evidence import Found
from binding_server.use_cases.records import AuditEntry, DecisionEntry, Refuse, RequestKey, RequestResult, WantedChat
from binding_server.use_cases.services import Caller, Services


@dataclass(frozen=True, slots=True)
class AuthorizationResult:
    """What VK ID's redirect brought: a code, or an error."""

    state: str = field(repr=False)
    code: str = field(default="", repr=False)
    device_id: str = field(default="", repr=False)
    error: str = ""


@dataclass(frozen=True, slots=True)
class BindingView:
    """A binding as its reader may see it: `in_full` for the holder, who sees the own VK ID number."""

    binding: Binding
    in_full: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be bound."""

    profile_name: str = field(repr=False)
    vk_user_id: str = field(repr=False)
    phone_mask: str
    email_mask: str
    roles: frozenset[EducationalRole]
    chat_titles: Sequence[str]
    diagnosis: Diagnosis


@dataclass(frozen=True, slots=True)
class Completion:
    """The end, or the preview, of an attempt. `decision` is the short number."""

    binding: BindingView | None = None
    already: bool = False
    preview: Preview | None = None
    attempt: Attempt | None = None
    decision: str = ""


def request_key(services: Services, caller: Caller, method: str, request_id: str, *content: str) -> RequestKey | None:
    """Names a repeatable request; None without a `request_id`."""
    if not request_id:
        return None
    digest = services.vault.content_digest("\x00".join(content))
    return RequestKey(caller.actor, method, request_id, digest)


async def earlier_result(services: Services, key: RequestKey | None) -> RequestResult | None:
    """Returns what the same request led to before.

    Raises:
        Refusal: REQUEST_ID_REUSED if its content was another one, or the very refusal that it led to.
    """
    result = await services.store.request_result(key) if key else None
    if key is None or result is None:
        return None
    if result.content != key.content:
        raise Refusal(Reason.REQUEST_ID_REUSED)
    if result.refusal:
        raise numbered(Refusal.of(result.refusal), result.decision)
    return result


def numbered(refusal: Refusal, decision: str | None) -> Refusal:
    """Adds the decision's short number to a refusal."""
    if decision:
        refusal.metadata["decision"] = decision
    return refusal


def audit(
    services: Services,
    caller: Caller,
    action: str,
    account_id: str | None,
    *,
    policy: Policy | None = None,
    reason: str | None = None,
    via_pupil: str | None = None,
    entry_point: EntryPoint = EntryPoint.UNSPECIFIED,
) -> AuditEntry:
    """Returns an audit record of the caller's doing, timed by the service's clock (I9)."""
    return AuditEntry(
        actor=caller.actor,
        action=action,
        account_id=account_id,
        at=services.clock.now(),
        entry_point=entry_point,
        policy=policy,
        reason=reason,
        via_pupil=via_pupil,
        client_id=caller.client_id,
        on_behalf_of=caller.on_behalf_of,
        visit_id=caller.visit.id if caller.visit else None,
    )


def decision_entry(
    services: Services,
    context: AccountContext,
    found: Found,
    row: str,
    reason: str | None,
    attempt_id: str | None,
    vk: VkEvidence | None = None,
) -> DecisionEntry:
    """Returns a decision to be kept, with its facts by category and id; `vk` is what the facts of VK ID come from."""
    proves = proves_owner(row, found.facts)
    return DecisionEntry(
        account_id=context.account.id,
        policy=found.facts.policy,
        row=row,
        accepted=reason is None,
        reason=reason,
        facts=found.as_text(),
        at=services.clock.now(),
        attempt_id=attempt_id,
        proof=services.vault.vk_digest(vk.vk_user_id) if vk and proves else None,
    )


async def refuse(
    services: Services,
    caller: Caller,
    context: AccountContext,
    found: Found | None,
    refusal: Refusal,
    *,
    action: str,
    attempt: Attempt | None = None,
    end_as: AttemptState | None = None,
    request: RequestKey | None = None,
) -> Refusal:
    """Writes a refusal down (decision, audit, the attempt's end) and returns it with its number, to be raised.

    Without `end_as` the attempt stays as it is and the request may be repeated.
    """
    attempt_id = attempt.id if attempt else None
    decision = None
    if found and refusal.row:
        row, vk = refusal.row, attempt.vk if attempt else None
        decision = decision_entry(services, context, found, row, refusal.reason, attempt_id, vk)
    policy = found.facts.policy if found else None
    number = await services.store.refuse(
        Refuse(
            refusal=refusal.record(),
            decision=decision,
            audit=audit(services, caller, action, context.account.id, policy=policy, reason=refusal.reason),
            attempt_id=attempt_id if end_as else None,
            attempt_state=end_as,
            request=request,
        )
    )
    return numbered(refusal, number)


def wanted_chats(
    services: Services, context: AccountContext, roles: frozenset[EducationalRole], policy: Policy
) -> list[WantedChat]:
    """Returns the chats that a binding with these roles gives, each with an id in case it has to be made."""
    wanted = memberships(context.account.role, roles, policy, context.classes)
    return [WantedChat(services.ids.new_id(), class_id, kind, role) for (class_id, kind), role in wanted.items()]
