"""The conformance document is what its table makes, and the table speaks of code and tests that are there."""

from __future__ import annotations

from pathlib import Path

import idp_mock.esia
import pytest

from .conformance import DOCUMENT, FACTS, MARKS, Fact, render

ALL = [fact for facts in FACTS.values() for fact in facts]


def test_the_document_is_made_of_the_table_and_nobody_edits_it() -> None:
    assert DOCUMENT.read_text() == render()


@pytest.mark.parametrize("fact", ALL, ids=lambda fact: fact.text[:40])
def test_each_fact_names_code_and_a_test_that_exist_for_it(fact: Fact) -> None:
    assert fact.mark in MARKS
    module, _, symbol = fact.where.partition(":")
    code = (Path(idp_mock.esia.__file__).parent / module).read_text()
    assert any(f"{kind}{symbol}" in code for kind in ("def ", "class ", "\n")), fact.where
    file, name = fact.test.split("::")
    assert f"def {name}(" in Path(__file__).with_name(f"{file}.py").read_text(), fact.test
