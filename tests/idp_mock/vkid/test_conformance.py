"""The conformance document is what its table makes, and the table speaks of code and tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

import idp_mock.vkid
import pytest
from idp_mock.world import Settings, VkClient

from .conformance import DOCUMENT, FACTS, GRADES, Fact, render

ALL = [fact for facts in FACTS.values() for fact in facts]


def test_the_document_is_made_of_the_table_and_nobody_edits_it() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == render()


@pytest.mark.parametrize("fact", ALL, ids=lambda fact: fact.text[:40])
def test_each_fact_names_code_a_test_and_a_setting_that_exist(fact: Fact) -> None:
    assert fact.grade in GRADES
    module, symbol = fact.where.split(":")
    code = (Path(idp_mock.vkid.__file__).parent / module).read_text(encoding="utf-8")
    assert re.search(rf"^(async def |def |class )?{symbol}\b", code, re.MULTILINE), fact.where
    file, name = fact.test.split("::")
    assert f"def {name}(" in (Path(__file__).parent / f"{file}.py").read_text(encoding="utf-8"), fact.test
    for setting in filter(None, fact.setting.split(", ")):
        model = VkClient if setting.startswith("clients.vk_id[].") else Settings
        assert setting.rpartition(".")[2] in model.model_fields


def test_each_setting_of_vk_id_stands_in_the_table() -> None:
    told = {setting for fact in ALL for setting in fact.setting.split(", ")}
    assert {name for name in Settings.model_fields if name.startswith("vk_")} <= told
