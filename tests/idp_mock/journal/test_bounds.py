"""A journal stays small, and survives what clients send."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from idp_mock.faults.gate import pairs_of
from idp_mock.journal.entry import entry_of
from idp_mock.journal.journal import Exchange, Journal
from idp_mock.journal.redaction import Redactor

NOW = datetime(2026, 9, 1, tzinfo=UTC)


def exchange(number: int, **given: object) -> Exchange:
    fields: dict[str, object] = {
        "number": number,
        "provider": "vk_id",
        "time": NOW,
        "real_time": NOW,
        "duration_s": 0.0,
        "method": "POST",
        "path": "/oauth2/auth",
        "query": b"",
        "content_type": "application/x-www-form-urlencoded",
        "body": b"",
        "user_agent": "",
        "status": 200,
        "answer_type": "application/json",
        "location": "",
        "answer_body": b"",
        "client": "",
        "person": "",
        "refusals": (),
        "faults": (),
    }
    return Exchange(**{**fields, **given})  # type: ignore[arg-type]


def test_it_forgets_the_oldest_by_number_and_by_size() -> None:
    many, big = Journal(), Journal()
    for number in range(1, 2_501):
        many.add(exchange(number))
    for number in range(1, 101):
        big.add(exchange(number, body=b"x" * 65_000))

    assert [kept.number for kept in many.after(2_498)] == [2_499, 2_500]
    assert len(many.after(0)) == 2_000
    assert len(big.after(0)) * 65_000 <= 4_000_000
    assert big.after(0)[-1].number == 100


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_it_shows_whatever_came(query: bytes, body: bytes) -> None:
    shown = entry_of(exchange(1, query=query, body=body, answer_body=body), Redactor())

    assert all(isinstance(value, str) for value in [*shown.parameters.values(), *shown.answer.values()])


def test_it_reads_no_thousand_parameters() -> None:
    assert pairs_of(b"&".join(b"a=1" for _ in range(5_000))) == []


@pytest.mark.parametrize("name", ["code", "client_secret", "access_token", "password", "user.phone", "login", "flow"])
def test_it_marks_equal_secrets_equally_and_shows_none(name: str) -> None:
    redactor = Redactor()

    first, again, other = (redactor.value(name, text) for text in ("s3cret", "s3cret", "s3creT"))

    assert first == again != other
    assert "s3cret" not in first
