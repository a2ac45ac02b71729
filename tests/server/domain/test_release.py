"""An owner has the profile's binding elsewhere ended by binding it anew (A7), where that is allowed."""

from dataclasses import replace

import pytest
from binding_server.domain.decision import Outcome, decide, play
from binding_server.domain.facts import Facts, ProfileHeldBy, Relation, Release
from binding_server.domain.model import EducationalRole, Policy
from binding_server.domain.reasons import Reason, Remedy

from .facts import facts

ELSEWHERE = (ProfileHeldBy.SAME_PERSON, ProfileHeldBy.OTHER_PERSON)
ROW_OF = {ProfileHeldBy.SAME_PERSON: "D13", ProfileHeldBy.OTHER_PERSON: "D14"}

pytestmark = pytest.mark.rules("A7")


def held(by: ProfileHeldBy, release: Release, policy: Policy = Policy.STRICT, owner: Relation = Relation.OWN) -> Facts:
    known = facts(held_by=by, policy=policy, owner=owner)
    assert known.claims is not None
    return replace(known, claims=replace(known.claims, release=release))


@pytest.mark.parametrize("policy", Policy)
@pytest.mark.parametrize("by", ELSEWHERE)
class TestRows:
    def test_asked_by_the_owner_it_lets_pass(self, by: ProfileHeldBy, policy: Policy) -> None:
        known = held(by, Release.ASKED, policy)
        decided = decide(known)
        assert decided is not None
        assert (decided.row, decided.outcome) == ("D19", Outcome.ACCEPTS)
        assert {row.row: row.outcome for row in play(known)}[ROW_OF[by]] is Outcome.NOTED

    def test_offered_it_comes_first_among_the_ways_out(self, by: ProfileHeldBy, policy: Policy) -> None:
        decided, plain = decide(held(by, Release.OFFERED, policy)), decide(held(by, Release.OFF, policy))
        assert decided is not None
        assert plain is not None
        assert decided.row == plain.row == ROW_OF[by]
        assert decided.remedies == (Remedy.RELEASE_BY_VK_PROOF, *(plain.remedies or ()))
        assert decided.metadata == plain.metadata

    @pytest.mark.parametrize("owner", [Relation.OTHER, Relation.GUARDIAN, Relation.PUPIL, Relation.NOBODY])
    def test_for_others_it_changes_nothing(self, by: ProfileHeldBy, policy: Policy, owner: Relation) -> None:
        off = decide(held(by, Release.OFF, policy, owner))
        for release in Release:
            assert decide(held(by, release, policy, owner)) == off


def test_a_later_row_it_still_refuses() -> None:
    known = held(ProfileHeldBy.OTHER_PERSON, Release.ASKED)
    assert known.vk is not None
    decided = decide(replace(known, vk=replace(known.vk, roles=frozenset({EducationalRole.STAFF}))))
    assert decided is not None
    assert decided.reason is Reason.VK_ROLE_MISMATCH


@pytest.mark.parametrize("release", Release)
def test_nothing_bound_elsewhere_it_is_the_same_under_all(release: Release) -> None:
    decided = decide(held(ProfileHeldBy.NOBODY, release))
    assert decided is not None
    assert decided.row == "D19"


@pytest.mark.parametrize(
    ("release", "told"), [(Release.OFF, None), (Release.OFFERED, "OFFERED"), (Release.ASKED, "ASKED")]
)
def test_the_trace_it_tells_what_was_asked(release: Release, told: str | None) -> None:
    known = held(ProfileHeldBy.OTHER_PERSON, release)
    assert known.as_text().get("profile.release") == told
    shown = dict(next(row for row in play(known) if row.row == "D14").facts)
    assert shown.get("profile.release") == told
