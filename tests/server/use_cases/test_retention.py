"""How long requests, audit records and decisions are kept."""

from datetime import timedelta

import pytest
from binding_server.domain.model import EntryPoint
from binding_server.domain.reasons import Reason
from binding_server.use_cases.housekeeping import BATCH, forget_old_records
from binding_server.use_cases.read_bindings import BindingRef, Unbound, unbind

from .expect import refused
from .town import Town

WEEK, YEARS = timedelta(days=7), timedelta(days=1096)


async def end(town: Town, name: str, request: str) -> Unbound:
    """Unbinds a person's own account by a named request."""
    return await unbind(
        town.services, await town.caller(name), BindingRef(account_id=name), EntryPoint.CHATS_TAB, "", request
    )


async def count(town: Town, *tables: str) -> list[int]:
    return [(await town.rows(f"SELECT count(*) AS n FROM {table}"))[0]["n"] for table in tables]


@pytest.mark.rules("I6")
@pytest.mark.parametrize(("later", "ends_again"), [(timedelta(seconds=-1), False), (timedelta(seconds=1), True)])
async def test_a_repeat_it_gets_the_answer_of_the_first_for_a_week(
    town: Town, later: timedelta, ends_again: bool
) -> None:
    await town.bind("anya")
    first = await end(town, "anya", "r-1")
    await town.bind("anya")
    town.clock.advance(WEEK + later)

    await forget_old_records(town.services, WEEK, YEARS)

    assert (await end(town, "anya", "r-1") == first) is not ends_again
    assert await town.is_bound("anya") is not ends_again


async def test_records_past_their_time_it_is_they_and_no_younger_ones_that_go(town: Town) -> None:
    await town.bind("anya")
    town.clock.advance(YEARS)
    await town.bind("boris")
    before = await count(town, "audit", "decision", "audit_place")
    town.clock.advance(timedelta(seconds=1))

    await forget_old_records(town.services, WEEK, None)
    assert await count(town, "audit", "decision", "audit_place") == before
    await forget_old_records(town.services, WEEK, YEARS)

    audit, decisions, _ = await count(town, "audit", "decision", "audit_place")
    assert 0 < audit < before[0]
    assert 0 < decisions < before[1]
    assert {
        row["account_id"] for row in await town.rows("SELECT account_id FROM audit WHERE account_id IS NOT NULL")
    } == {"boris"}
    assert await count(town, "audit_place WHERE audit_id NOT IN (SELECT id FROM audit)") == [0]
    assert await town.is_bound("anya")


async def test_more_than_a_batch_it_is_all_of_it(town: Town) -> None:
    await town.bind("anya")
    for number in range(BATCH + 1):
        with refused(Reason.RESOURCE_NOT_ACCESSIBLE):
            await unbind(
                town.services,
                await town.caller("polina"),
                BindingRef(account_id="anya"),
                EntryPoint.CHATS_TAB,
                "",
                f"r-{number}",
            )
    town.clock.advance(YEARS + timedelta(seconds=1))

    await forget_old_records(town.services, WEEK, YEARS)

    assert await count(town, "audit", "decision", "request") == [0, 0, 0]
