"""Facts for tests of the decision table: everything fits unless a test says otherwise."""

from dataclasses import replace

from binding_server.domain.decision import Outcome, RowResult, decide, play
from binding_server.domain.facts import (
    AccountHolds,
    ClaimFacts,
    ContactFacts,
    ContactStated,
    Facts,
    ProfileHeldBy,
    Relation,
    VkFacts,
    VkOutcome,
)
from binding_server.domain.model import EducationalRole, Policy, Role
from binding_server.domain.ownership import FITTING

HOLDS_OF = {
    ProfileHeldBy.THIS_ACCOUNT: AccountHolds.THIS_PROFILE,
}


def facts(
    role: Role = Role.PARENT,
    policy: Policy = Policy.STRICT,
    *,
    session: bool = True,
    eligible: bool = True,
    stated: ContactStated = ContactStated.VALID,
    contact: Relation = Relation.OWN,
    verified: bool = True,
    vk: VkOutcome = VkOutcome.OK,
    learning: bool = True,
    owner: Relation = Relation.OWN,
    contact_returned: bool = True,
    roles: frozenset[EducationalRole] | None = None,
    holds: AccountHolds = AccountHolds.NOTHING,
    held_by: ProfileHeldBy = ProfileHeldBy.NOBODY,
    other_guardian_bound: bool = False,
) -> Facts:
    """Returns complete facts of a binding that fits, with what a test changes about it."""
    return Facts(
        policy=policy,
        session=session,
        role=role,
        eligible=eligible,
        contact=ContactFacts(stated, contact, verified),
        vk=VkFacts(vk, learning, owner, contact_returned, FITTING[role] if roles is None else roles),
        claims=ClaimFacts(HOLDS_OF.get(held_by, holds), held_by, "FAMILY", "SCHOOL", other_guardian_bound),
    )


def deciding(of: Facts) -> RowResult:
    """Returns the row that decides; there must be one."""
    row = decide(of)
    assert row is not None
    return row


def outcomes(of: Facts) -> dict[str, Outcome]:
    """Returns what every row did, in order."""
    return {result.row: result.outcome for result in play(of)}


def assisted(of: Facts) -> Facts:
    """Returns the same facts in a visit."""
    return replace(of, assisted=True)
