"""What lies within what is followed."""

import pytest
from binding_server.domain.watching import Move, Place, Reach, scope_text, sight
from hypothesis import given
from hypothesis import strategies as st

S5, C7 = Place("s5", "ekb"), Place("c7", "tagil")
EKB, TAGIL = Reach(municipalities=frozenset({"ekb"})), Reach(municipalities=frozenset({"tagil"}))
VERA, IN_S5 = Reach(accounts=frozenset({"vera"})), Reach(organisations=frozenset({"s5"}))
LEFT_S5, ENTERED_C7 = Place("s5", "ekb", Move.LEFT), Place("c7", "tagil", Move.ENTERED)
ENTERED_S9 = Place("s9", "ekb", Move.ENTERED)


@pytest.mark.parametrize(
    ("scope", "places", "expected"),
    [
        ([], (), Move.WITHIN),
        ([], (LEFT_S5, ENTERED_C7), Move.WITHIN),
        ([EKB], (S5,), Move.WITHIN),
        ([EKB], (C7,), None),
        ([EKB], (), None),
        ([Reach()], (S5,), None),
        ([VERA], (), Move.WITHIN),
        ([EKB, VERA], (S5,), Move.WITHIN),
        ([EKB, VERA], (C7,), None),
        ([EKB], (LEFT_S5, ENTERED_C7), Move.LEFT),
        ([TAGIL], (LEFT_S5, ENTERED_C7), Move.ENTERED),
        ([EKB, VERA], (LEFT_S5, ENTERED_C7), Move.LEFT),
        ([EKB, TAGIL], (LEFT_S5, ENTERED_C7), None),
        # From one school of the municipality to another one of it.
        ([EKB], (LEFT_S5, ENTERED_S9), Move.WITHIN),
        ([IN_S5], (LEFT_S5, ENTERED_S9), Move.LEFT),
        ([EKB, IN_S5], (LEFT_S5, ENTERED_S9), Move.LEFT),
    ],
)
def test_it_sees_what_lies_within_every_reach(
    scope: list[Reach], places: tuple[Place, ...], expected: Move | None
) -> None:
    assert sight(scope, "vera", places) is expected
    assert sight(list(reversed(scope)), "vera", places) is expected


IDS = st.frozensets(st.sampled_from(["a", "b", "a,b", "|", "&"]), max_size=2)
SCOPES = st.lists(st.builds(Reach, IDS, IDS, IDS), max_size=3)


@given(SCOPES, SCOPES)
def test_it_writes_different_scopes_differently(one: list[Reach], other: list[Reach]) -> None:
    same = sorted(map(repr, map(_plain, one))) == sorted(map(repr, map(_plain, other)))
    assert (scope_text(one) == scope_text(other)) is same


def _plain(reach: Reach) -> list[list[str]]:
    return [sorted(ids) for ids in (reach.accounts, reach.organisations, reach.municipalities)]
