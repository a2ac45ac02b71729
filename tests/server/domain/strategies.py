"""Any facts at all, for property tests."""

from collections.abc import Callable
from typing import Any

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
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

educational_roles = st.frozensets(st.sampled_from(EducationalRole))

contacts = st.builds(
    ContactFacts,
    # Mostly valid, so that the rows behind D3 are reached.
    stated=st.sampled_from([ContactStated.VALID] * 4 + list(ContactStated)),
    used_by=st.sampled_from(Relation),
    verified=st.booleans(),
)
vk_answers = st.builds(
    VkFacts,
    outcome=st.sampled_from([VkOutcome.OK] * 6 + list(VkOutcome)),
    learning=st.sampled_from([True, True, True, False]),
    owner=st.sampled_from(Relation),
    contact_returned=st.booleans(),
    roles=educational_roles,
)
claims = st.builds(
    ClaimFacts,
    account_holds=st.sampled_from([AccountHolds.NOTHING] * 4 + list(AccountHolds)),
    profile_held_by=st.sampled_from([ProfileHeldBy.NOBODY] * 3 + list(ProfileHeldBy)),
    holder_role=st.sampled_from(["FAMILY", "STAFF"]),
    holder_organisation_kind=st.sampled_from(["SCHOOL", "COLLEGE", ""]),
    other_guardian_bound=st.booleans(),
)
likely = st.sampled_from([True] * 5 + [False])


def known_facts(policy: Policy | None = None) -> st.SearchStrategy[Facts]:
    """Returns complete facts, under one policy if it is given."""
    return st.builds(
        Facts,
        policy=st.just(policy) if policy else st.sampled_from(Policy),
        session=likely,
        role=st.sampled_from(Role),
        eligible=likely,
        contact=contacts,
        vk=vk_answers,
        claims=claims,
    )


some_facts = st.builds(
    Facts,
    policy=st.sampled_from(Policy),
    session=likely,
    role=st.sampled_from(Role),
    eligible=likely,
    contact=st.none() | contacts,
    vk=st.none() | vk_answers,
    claims=st.none() | claims,
)


def for_any(*values: st.SearchStrategy[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Runs a test for any values; without a deadline, since the machine may be busy with other tests."""

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        steady = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
        return steady(given(*values)(test))

    return decorate
