"""How long a one-time code is good, how often it may be tried and sent."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from binding_server.domain.contact_codes import (
    CODE_LIFE,
    DIGITS,
    MAX_TRIES,
    MOST_BY_PERSON,
    MOST_TO_CONTACT,
    RESEND_AFTER,
    SEND_WINDOW,
    ContactCode,
    SendLimit,
    Trial,
    Verdict,
    Wait,
    judge,
    message,
    must_wait,
)
from hypothesis import given
from hypothesis import strategies as st

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
RIGHT, OTHER = b"right", b"other"


def code(
    *,
    person: str = "vera",
    contact: bytes = b"phone",
    digest: bytes = RIGHT,
    at: datetime = NOON,
    delivered: bool = True,
    tries: int = 0,
    void: bool = False,
) -> ContactCode:
    """A code of Vera's for her phone, sent at noon."""
    return ContactCode(person, contact, digest, at, delivered, tries, void)


def test_numbers_it_is_those_of_the_decision() -> None:
    assert (6, timedelta(minutes=10), 5) == (DIGITS, CODE_LIFE, MAX_TRIES)
    assert (timedelta(seconds=60), timedelta(hours=1)) == (RESEND_AFTER, SEND_WINDOW)
    assert (MOST_TO_CONTACT, MOST_BY_PERSON) == (5, 10)


@pytest.mark.parametrize(
    ("codes", "typed", "at", "trial"),
    [
        ([], RIGHT, NOON, Trial(Verdict.VOID)),
        ([code()], RIGHT, NOON, Trial(Verdict.RIGHT)),
        ([code()], RIGHT, NOON + CODE_LIFE - SECOND, Trial(Verdict.RIGHT)),
        ([code()], RIGHT, NOON + CODE_LIFE, Trial(Verdict.VOID)),
        ([code()], OTHER, NOON, Trial(Verdict.WRONG, 4)),
        ([code(tries=3)], OTHER, NOON, Trial(Verdict.WRONG, 1)),
        ([code(tries=4)], OTHER, NOON, Trial(Verdict.WRONG, 0)),
        ([code(tries=4)], RIGHT, NOON, Trial(Verdict.RIGHT)),
        ([code(tries=5)], RIGHT, NOON, Trial(Verdict.VOID)),
        ([code(tries=5)], OTHER, NOON, Trial(Verdict.VOID)),
        ([code(void=True)], RIGHT, NOON, Trial(Verdict.VOID)),
        # The second of two went out for all that is known; either is good then.
        ([code(), code(digest=OTHER, delivered=False)], RIGHT, NOON, Trial(Verdict.RIGHT)),
        ([code(), code(digest=OTHER, delivered=False)], OTHER, NOON, Trial(Verdict.RIGHT)),
        ([code(tries=5), code(digest=OTHER, tries=2)], RIGHT, NOON, Trial(Verdict.WRONG, 2)),
        ([code(void=True), code(digest=OTHER)], RIGHT, NOON, Trial(Verdict.WRONG, 4)),
    ],
)
def test_try_it_is_judged_by_the_codes_that_live(
    codes: list[ContactCode], typed: bytes, at: datetime, trial: Trial
) -> None:
    assert judge(codes, typed, at) == trial


@pytest.mark.parametrize(
    ("codes", "at", "wait"),
    [
        ([], NOON, None),
        ([code()], NOON, Wait(SendLimit.RESEND, NOON + RESEND_AFTER)),
        ([code()], NOON + RESEND_AFTER - SECOND, Wait(SendLimit.RESEND, NOON + RESEND_AFTER)),
        ([code()], NOON + RESEND_AFTER, None),
        # One that did not go out for certain is not waited for; another contact and another person neither.
        ([code(delivered=False)], NOON, None),
        ([code(contact=b"mail")], NOON, None),
        ([code(person="gleb")], NOON, None),
        # The oldest of five to the contact, whoever asked, frees a place.
        (
            [code(person=f"p{n}", at=NOON + n * SECOND) for n in range(5)],
            NOON + 5 * SECOND,
            Wait(SendLimit.CONTACT, NOON + SEND_WINDOW),
        ),
        ([code(person=f"p{n}", at=NOON + n * SECOND) for n in range(4)], NOON + 5 * SECOND, None),
        ([code(person=f"p{n}", at=NOON + n * SECOND) for n in range(5)], NOON + SEND_WINDOW, None),
        (
            [code(contact=bytes([n]), at=NOON + n * SECOND) for n in range(10)],
            NOON + 10 * SECOND,
            Wait(SendLimit.PERSON, NOON + SEND_WINDOW),
        ),
        ([code(contact=bytes([n]), at=NOON + n * SECOND) for n in range(9)], NOON + 10 * SECOND, None),
        # More than may be: it is the one that has to leave the window next for a place to be free.
        (
            [code(person=f"p{n}", at=NOON + n * SECOND) for n in range(7)],
            NOON + 10 * SECOND,
            Wait(SendLimit.CONTACT, NOON + 2 * SECOND + SEND_WINDOW),
        ),
        # Two limits at once: the one that lasts longer is told.
        (
            [code(person="vera", at=NOON + n * timedelta(minutes=1)) for n in range(5)],
            NOON + timedelta(minutes=4),
            Wait(SendLimit.CONTACT, NOON + SEND_WINDOW),
        ),
    ],
)
def test_another_code_it_waits_for_the_limit_that_lasts_longest(
    codes: list[ContactCode], at: datetime, wait: Wait | None
) -> None:
    assert must_wait(codes, "vera", b"phone", at) == wait


@given(st.lists(st.integers(0, 4000), max_size=60))
def test_codes_that_are_sent_whenever_it_is_allowed_it_is_never_more_than_the_limits(seconds: list[int]) -> None:
    sent: list[ContactCode] = []
    for second in sorted(seconds):
        now = NOON + second * SECOND
        wait = must_wait(sent, "vera", b"phone", now)
        if wait is None:
            sent.append(code(at=now))
        else:
            assert wait.until > now
            assert must_wait(sent, "vera", b"phone", wait.until) is None
    times = [each.made_at for each in sent]
    assert all(later - earlier >= RESEND_AFTER for earlier, later in itertools.pairwise(times))
    assert all(sum(t <= other < t + SEND_WINDOW for other in times) <= MOST_TO_CONTACT for t in times)


@pytest.mark.parametrize("language", ["ru", "en"])
def test_message_it_carries_the_code_in_both_languages(language: str) -> None:
    subject, text = message("042137", language)
    assert subject
    assert text.count("042137") == 1
    assert message("042137", "ru") != message("042137", "en")
