"""Visits, and the audit as it is read."""

import asyncio
from dataclasses import replace

import pytest
from binding_server.domain.roster import EnrolmentItem
from binding_server.domain.visits import Visit, VisitState
from binding_server.store.store import SqlStore
from binding_server.use_cases.visit_ports import AuditFilter, AuditScope

from .samples import NOON, Records, after, audit, refuse

EVERYTHING = AuditScope(everything=True)
LASTS_S = 1800


def visit(name: str, *, at_s: float = 0, organisation: str = "s5", holder: str = "anya") -> Visit:
    return Visit(name, organisation, "zhanna", holder, VisitState.OPEN, after(at_s), after(at_s + LASTS_S))


async def opened(store: SqlStore, wanted: Visit) -> Visit:
    entry = audit(action="visit.open", at=wanted.created_at)
    return await store.open_visit(wanted, replace(entry, visit_id=wanted.id))


async def listed(store: SqlStore, scope: AuditScope = EVERYTHING, limit: int = 100, **more: object) -> list[str]:
    return [record.action for record in await store.list_audit(AuditFilter(scope, limit, **more))]  # type: ignore[arg-type]


class TestVisits:
    async def test_it_gives_back_what_was_opened(self, store: SqlStore) -> None:
        assert await opened(store, visit("v1")) == visit("v1")
        assert await store.visit("v1") == visit("v1")
        assert await store.newest_visit("zhanna", "anya") == visit("v1")
        assert await store.newest_visit("zhanna", "boris") is None
        assert await store.visit("v2") is None

    async def test_it_opens_one_for_a_pair_also_at_once(self, store: SqlStore) -> None:
        found = await asyncio.gather(*(opened(store, visit(f"v{number}")) for number in range(5)))
        assert len({each.id for each in found}) == 1
        assert await listed(store) == ["visit.open"]
        other = await opened(store, visit("v9", holder="boris"))
        assert other.id == "v9"

    async def test_it_ends_once(self, store: SqlStore) -> None:
        await opened(store, visit("v1"))
        closing = audit(action="visit.close", at=after(60))
        ended = await store.end_visit("v1", VisitState.CLOSED, closing)
        assert (ended.state, ended.ended_at) == (VisitState.CLOSED, after(60))
        assert await store.end_visit("v1", VisitState.SIGNED_OUT, closing) == ended
        assert await listed(store) == ["visit.close", "visit.open"]
        with pytest.raises(LookupError):
            await store.end_visit("v2", VisitState.CLOSED, closing)

    async def test_it_closes_no_visit_whose_time_is_over(self, store: SqlStore) -> None:
        await opened(store, visit("v1"))
        ended = await store.end_visit("v1", VisitState.CLOSED, audit(action="visit.close", at=after(LASTS_S)))
        assert (ended.state, ended.ended_at) == (VisitState.EXPIRED, after(LASTS_S))
        assert await listed(store) == ["visit.expire", "visit.open"]

    async def test_it_opens_anew_after_its_time(self, store: SqlStore) -> None:
        await opened(store, visit("v1"))
        assert (await opened(store, visit("v2", at_s=LASTS_S))).id == "v2"
        assert await listed(store) == ["visit.open", "visit.expire", "visit.open"]
        newest = await store.newest_visit("zhanna", "anya")
        assert newest is not None
        assert newest.id == "v2"

    async def test_it_closes_the_one_at_another_school(self, store: SqlStore) -> None:
        await opened(store, visit("v1"))
        assert (await opened(store, visit("v2", at_s=60, organisation="c7"))).id == "v2"
        assert [(record.action, record.visit_id) for record in await store.list_audit(AuditFilter(EVERYTHING, 9))] == [
            ("visit.open", "v2"),
            ("visit.close", "v1"),
            ("visit.open", "v1"),
        ]

    async def test_it_notes_of_all_whose_time_is_over(self, store: SqlStore) -> None:
        await opened(store, visit("v1"))
        await opened(store, visit("v2", at_s=1, holder="boris"))
        assert await store.expire_visits(after(LASTS_S), 10) == 1
        assert await store.expire_visits(after(LASTS_S), 10) == 0
        assert await store.expire_visits(after(LASTS_S + 1), 10) == 1
        assert await listed(store, visit_id="v2") == ["visit.expire", "visit.open"]


class TestAudit:
    @pytest.fixture(autouse=True)
    async def done(self, store: SqlStore) -> None:
        for number, account in enumerate(["anya-pupil", "zhanna-parent", "zhanna-staff", "anya-pupil"]):
            entry = replace(refuse(account), audit=audit(account, action=f"a{number}", at=after(number)))
            await store.refuse(entry)

    @pytest.mark.parametrize(
        ("scope", "found"),
        [
            (EVERYTHING, ["a3", "a2", "a1", "a0"]),
            (AuditScope(municipalities=frozenset({"ekaterinburg"})), ["a3", "a2", "a0"]),
            (AuditScope(municipalities=frozenset({"tagil"})), ["a1"]),
            (AuditScope(municipalities=frozenset({"tagil", "ekaterinburg", "none"})), ["a3", "a2", "a1", "a0"]),
            (AuditScope(), []),
        ],
    )
    async def test_it_lists_what_support_may_read_page_by_page(
        self, store: SqlStore, scope: AuditScope, found: list[str]
    ) -> None:
        assert await listed(store, scope) == found
        assert await listed(store, scope, limit=1) == found[:1]
        assert await listed(store, scope, action="a1") == [action for action in found if action == "a1"]
        assert await listed(store, scope, before=1) == []
        second = [action for action in found if action != "a3"]
        assert await listed(store, scope, before=4) == second

    async def test_it_lists_what_was_done_at_a_school_page_by_page(self, store: SqlStore) -> None:
        assert await listed(store, organisation_id="s5") == ["a3", "a2", "a0"]
        assert await listed(store, organisation_id="s5", before=4, limit=1) == ["a2"]
        assert await listed(store, organisation_id="s5", action="a0") == ["a0"]
        assert await listed(store, organisation_id="c7") == ["a1"]

    async def test_it_lists_an_account_within_what_may_be_read(self, store: SqlStore) -> None:
        assert await listed(store, account_id="anya-pupil", person="person:anya") == ["a3", "a0"]
        for scope, found in (
            (AuditScope(organisations=frozenset({"s5"})), ["a3", "a0"]),
            (AuditScope(organisations=frozenset({"c7"})), []),
            (AuditScope(accounts=frozenset({"anya-pupil"})), ["a3", "a0"]),
            (AuditScope(persons=frozenset({"person:vera"})), ["a3", "a0"]),
            (AuditScope(persons=frozenset({"person:anya"})), []),
        ):
            assert await listed(store, scope, account_id="anya-pupil", person="person:anya") == found

    async def test_it_keeps_the_place_of_then(self, store: SqlStore) -> None:
        await store.apply_roster([EnrolmentItem("anya", "s5-5a", True), EnrolmentItem("anya", "c7-1", False)], NOON)
        await store.refuse(replace(refuse("anya-pupil"), audit=audit("anya-pupil", action="a4", at=after(9))))
        assert await listed(store, organisation_id="c7") == ["a4", "a1"]
        assert await listed(store, organisation_id="s5") == ["a3", "a2", "a0"]

    async def test_it_names_the_decision(self, store: SqlStore, records: Records) -> None:
        found = await store.list_audit(AuditFilter(EVERYTHING, 1))
        decision = await store.decision(int(found[0].decision or 0))
        assert decision is not None
        assert (decision.account_id, decision.row, decision.accepted) == ("anya-pupil", "D14", False)
        assert decision.facts
        assert await store.decision(999) is None
