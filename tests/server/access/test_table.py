"""Every method, every kind of caller: what comes of it, asked of the running service cell by cell."""

from __future__ import annotations

import grpc
import pytest

from .calls import REQUESTS
from .conftest import Town
from .render import TARGET, page
from .table import CALLERS, ROWS, THROUGH, Caller, Row, expected, methods

pytestmark = pytest.mark.xdist_group("access")
CELLS = [pytest.param(row, caller, id=f"{row.id}-{caller.title}") for row in ROWS for caller in CALLERS]
STATUS = {
    "ESIA_SESSION_REQUIRED": grpc.StatusCode.UNAUTHENTICATED,
    "CALLER_UNKNOWN": grpc.StatusCode.UNAUTHENTICATED,
    "CALLER_NOT_ALLOWED": grpc.StatusCode.PERMISSION_DENIED,
    "ACCOUNT_NOT_ACCESSIBLE": grpc.StatusCode.PERMISSION_DENIED,
    "RESOURCE_NOT_ACCESSIBLE": grpc.StatusCode.PERMISSION_DENIED,
}
HIDES = {reason for reason, status in STATUS.items() if status is grpc.StatusCode.PERMISSION_DENIED}
SAID = {"ESIA_SESSION_REQUIRED": ("row", "cause")}
"""Facts that go with a reason; with PERMISSION_DENIED none."""
IN_RESULTS = ("BindingService/BatchGetBindings", "ChatService/BatchListChats")


def test_every_method_of_every_service_it_is_in_the_table() -> None:
    assert {row.method for row in ROWS} == methods()
    assert {row.id for row in ROWS} == set(REQUESTS)


@pytest.mark.parametrize(("row", "caller"), CELLS)
def test_cell_it_is_as_the_policy_says(town: Town, row: Row, caller: Caller) -> None:
    wanted = expected(row, caller)
    answer = town.ask(row, caller)
    if wanted == THROUGH:
        assert answer.reason == (row.reached or THROUGH)
        return
    assert answer.reason == wanted
    if answer.code is not grpc.StatusCode.OK:
        assert answer.code is STATUS[wanted]
        # `whose` tells an operator that it is the holder's sign-in.
        assert set(answer.metadata or {}) - {"whose"} == {"remedies", *SAID.get(wanted, ())}
    else:
        assert row.method in IN_RESULTS
    if wanted in HIDES and caller.person not in (row.said or {}):
        # Of what is not there the very same is said.
        assert town.ask(row, caller, town.places.absent()) == answer


def test_all_those_calls_it_is_still_bound(town: Town) -> None:
    for row in ROWS:
        if row.method in ("BindingService/GetBinding", "ChatService/ListChatMembers"):
            assert town.ask(row, CALLERS[0]).reason == THROUGH


def test_the_page_in_the_docs_it_is_up_to_date() -> None:
    assert TARGET.read_text(encoding="utf-8") == page(), "run `python -m server.access.render` in `tests/`"
