"""Visits: who may help whom, until when, and what it reaches."""

from datetime import UTC, datetime, timedelta

import pytest
from binding_server.domain.decision import Outcome
from binding_server.domain.facts import Relation
from binding_server.domain.model import Account, AccountContext, Duty, DutyKind, Person, Policy, Role
from binding_server.domain.names import meets, name_words
from binding_server.domain.visits import Visit, VisitState, as_of, in_common, operated_by, reaches

from .facts import assisted, deciding, facts, outcomes

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
VISIT = Visit("v", "s5", "ivan", "anya", VisitState.OPEN, NOON, NOON + timedelta(minutes=30))


def account(person: str, *organisations: str) -> AccountContext:
    return AccountContext(
        Account(person, person, Role.PUPIL), Person(person, None, ""), organisations=frozenset(organisations)
    )


def duty(kind: DutyKind, organisation: str = "s5") -> Duty:
    return Duty("ivan", organisation, kind)


class TestWhoHelps:
    def test_it_is_an_operator_and_no_other_staff(self) -> None:
        duties = [duty(DutyKind.OPERATOR), duty(DutyKind.TEACHER, "s6"), duty(DutyKind.CLASS_TEACHER, "s7")]
        assert operated_by(duties) == {"s5"}

    def test_it_is_at_a_school_of_any_account_of_the_holder(self) -> None:
        accounts = [account("anya", "s5", "s6"), account("anya", "s7")]
        assert in_common({"s5", "s7", "s8"}, accounts) == {"s5", "s7"}
        assert in_common({"s8"}, accounts) == frozenset()
        assert in_common({"s5"}, []) == frozenset()


class TestReach:
    @pytest.mark.parametrize(
        ("context", "reached"),
        [
            (account("anya", "s5"), True),
            (account("anya", "s6", "s5"), True),
            (account("anya", "s6"), False),
            (account("anya"), False),
            (account("boris", "s5"), False),
        ],
    )
    def test_it_is_the_holders_accounts_at_the_school(self, context: AccountContext, reached: bool) -> None:
        assert reaches(VISIT, context) is reached


class TestTime:
    def test_it_is_open_until_its_time_is_over(self) -> None:
        last = VISIT.expires_at - timedelta(microseconds=1)
        assert as_of(VISIT, last) == VISIT
        over = as_of(VISIT, VISIT.expires_at)
        assert (over.state, over.ended_at) == (VisitState.EXPIRED, VISIT.expires_at)

    def test_it_stays_as_it_ended(self) -> None:
        closed = Visit("v", "s5", "ivan", "anya", VisitState.CLOSED, NOON, NOON, NOON)
        assert as_of(closed, NOON + timedelta(days=1)) == closed


class TestAssisted:
    @pytest.mark.rules("I11")
    @pytest.mark.parametrize("policy", list(Policy))
    @pytest.mark.parametrize(
        ("role", "owner", "row"),
        [
            (Role.PUPIL, Relation.GUARDIAN, "D15"),
            (Role.PARENT, Relation.PUPIL, "D16"),
            (Role.PUPIL, Relation.OTHER, "D17"),
            (Role.STAFF, Relation.OTHER, "D17"),
        ],
    )
    def test_it_refuses_a_foreign_profile_under_every_policy(
        self, policy: Policy, role: Role, owner: Relation, row: str
    ) -> None:
        found = deciding(assisted(facts(role, policy, owner=owner)))
        assert (found.row, found.outcome) == (row, Outcome.REFUSES)

    @pytest.mark.parametrize("policy", list(Policy))
    def test_it_changes_nothing_else(self, policy: Policy) -> None:
        own = facts(Role.PUPIL, policy)
        assert outcomes(assisted(own)) == outcomes(own)
        unknown = facts(Role.PUPIL, policy, owner=Relation.NOBODY)
        assert outcomes(assisted(unknown)) == outcomes(unknown)

    def test_it_is_told_among_the_facts(self) -> None:
        assert assisted(facts()).as_text()["assisted"] == "true"
        assert "assisted" not in facts().as_text()


class TestNames:
    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("", True),
            ("петр", True),
            ("ПЕТРОВ", True),
            ("петров семен", True),
            ("семен петров", True),
            ("семён", True),
            ("етров", False),
            ("петров анна", False),
            ("салтыков щедрин", True),
            ("%", True),
        ],
    )
    def test_it_meets_beginnings_of_words(self, query: str, found: bool) -> None:
        assert meets("Петров-Салтыков Щедрин Семён", name_words(query)) is found
