"""Says what is wrong with an account's binding, and plays the decision table without changing anything."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from binding_server.domain.catalogue import entry
from binding_server.domain.decision import Outcome, RowResult, play
from binding_server.domain.diagnosis import PROBLEMS, REMEDIES
from binding_server.domain.facts import ContactStated, Relation
from binding_server.domain.limits import PROBES
from binding_server.domain.model import Attempt, Diagnosis, Evidence, Policy
from binding_server.domain.reasons import Reason, Remedy
from binding_server.domain.refusal import Refusal
from binding_server.use_cases.attempts import own_attempt
from binding_server.use_cases.callers import is_holder, own_account, readable_account
from binding_server.use_cases.evidence import (
    StatedContact,
    account_facts,
    claim_facts,
    live_contacts,
    state_contact,
    vk_facts,
)
from binding_server.use_cases.limits import count_probes
from binding_server.use_cases.outcomes import BindingView
from binding_server.use_cases.services import Caller, Services


@dataclass(frozen=True, slots=True)
class AccountDiagnosis:
    """What is wrong; `diagnosis` None if nothing is bound. `problem` is 1, 2 or 3 of the known problems, else 0."""

    diagnosis: Diagnosis | None
    problem: int
    evidence: Sequence[Evidence]
    remedies: Sequence[Remedy]
    binding: BindingView | None
    last_refusal: Reason | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """The table as played. `reason` is the deciding refusal's; `deciding_row` None if facts are missing."""

    rows: Sequence[RowResult]
    deciding_row: str | None
    policy: Policy
    reason: Reason | None
    remedies: Sequence[Remedy]


async def diagnose_account(services: Services, caller: Caller, account_id: str) -> AccountDiagnosis:
    """Returns what is wrong with an account and the ways out. Raises Refusal: ACCOUNT_NOT_ACCESSIBLE."""
    context = await readable_account(services, caller, account_id)
    refused = await services.store.newest_refusal(account_id)
    last = Reason(refused[0].reason) if refused else None
    binding = await services.store.active_binding(account_id)
    if binding is None:
        problem = 1 if last is Reason.VK_PROFILE_ALREADY_BOUND else 0
        remedies: Sequence[Remedy] = ()
        if refused:
            remedies = Refusal.of(refused[0]).remedies or entry(Reason(refused[0].reason), refused[0].row).remedies
        return AccountDiagnosis(None, problem, (), remedies, None, last)
    diagnosis = binding.diagnosis
    view = BindingView(binding, in_full=is_holder(caller, context.person.id))
    return AccountDiagnosis(diagnosis, PROBLEMS.get(diagnosis, 0), binding.evidence, REMEDIES[diagnosis], view, last)


async def explain_binding(
    services: Services, caller: Caller, account_id: str, contact: str, attempt_id: str | None
) -> Explanation:
    """Plays every row of the decision table with what is known now; nothing is written.

    Args:
        account_id: the caller's own account.
        contact: the contact that would be stated; empty leaves the contact open, unless the attempt has one.
        attempt_id: an AUTHORIZED attempt of the account, whose VK facts are used; None leaves them open.

    Raises:
        Refusal: D1, ACCOUNT_NOT_ACCESSIBLE, RESOURCE_NOT_ACCESSIBLE, ESIA_SCOPE_REQUIRED, D22 (ESIA).
    """
    context = await own_account(services, caller, account_id)
    attempt = await own_attempt(services, caller, attempt_id) if attempt_id else None
    if attempt and attempt.account_id != account_id:
        raise Refusal(Reason.RESOURCE_NOT_ACCESSIBLE)
    live = await live_contacts(services, caller)
    stated = _stated(services, contact, attempt)
    # An attempt keeps the policy that it began under.
    policy = attempt.policy if attempt else None
    found = await account_facts(services, context, stated, live, policy=policy, remember=False)
    facts = replace(found.facts, assisted=caller.operator is not None)
    if attempt and attempt.vk:
        profile, _ = await vk_facts(services, context, attempt.vk)
        claims, _ = await claim_facts(services, context, attempt.vk)
        facts = replace(facts, vk=profile, claims=claims)
    rows = play(facts)
    deciding = next((row for row in rows if row.outcome in (Outcome.REFUSES, Outcome.ACCEPTS)), None)
    remedies: Sequence[Remedy] = ()
    if deciding and deciding.reason:
        remedies = deciding.remedies or entry(deciding.reason, deciding.row).remedies
    reason = deciding.reason if deciding else None
    # A policy may let a foreign contact pass; that it is foreign is told all the same.
    foreign = facts.contact is not None and facts.contact.used_by not in (Relation.OWN, Relation.NOBODY)
    await count_probes(services, caller, int(foreign or reason in PROBES))
    return Explanation(rows, deciding.row if deciding else None, facts.policy, reason, remedies)


def _stated(services: Services, contact: str, attempt: Attempt | None) -> StatedContact | None:
    if contact:
        return state_contact(services, contact)
    if attempt and attempt.contact_digest:
        return StatedContact(ContactStated.VALID, None, attempt.contact_digest, attempt.contact_mask)
    return None
