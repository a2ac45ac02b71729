"""Two languages that say the same things."""

from __future__ import annotations

import re
from pathlib import Path

import diary_web
import pytest
from diary_web.texts import CATALOGUES
from sferum.binding.v1 import resources_pb2

from .conftest import Stand

VALUES = {
    "role": resources_pb2.Role,
    "educational": resources_pb2.EducationalRole,
    "diagnosis": resources_pb2.Diagnosis,
    "chats_state": resources_pb2.Binding.ChatsState,
    "remedy": resources_pb2.RemedyAction,
}


def test_catalogues_it_has_the_same_keys_and_places_in_both_languages() -> None:
    russian, english = CATALOGUES["ru"], CATALOGUES["en"]
    assert russian.keys() == english.keys()
    places = re.compile(r"\{\w+\}")
    assert {key: places.findall(text) for key, text in russian.items()} == {
        key: places.findall(text) for key, text in english.items()
    }


@pytest.mark.parametrize("kind", VALUES)
def test_every_value_of_the_services_enums_it_has_a_name(kind: str) -> None:
    names = VALUES[kind].keys()
    prefix = names[0].removesuffix("UNSPECIFIED")
    assert {f"{kind}.{name.removeprefix(prefix)}" for name in names} <= CATALOGUES["ru"].keys()


def test_english_it_holds_no_cyrillic() -> None:
    assert [key for key, text in CATALOGUES["en"].items() if re.search("[а-яё]", text, re.IGNORECASE)] == []


def test_every_sentence_it_is_used_by_a_page() -> None:
    root = Path(diary_web.__file__).parent
    sources = "".join(p.read_text() for p in [*root.rglob("*.html"), *root.rglob("*.py")] if p.parent.name != "texts")
    built = ("role.", "educational.", "diagnosis.", "chats_state.", "remedy", "error.", "refusal.title.")
    unused = [key for key in CATALOGUES["ru"] if f'"{key}"' not in sources and f"'{key}'" not in sources]
    assert [key for key in unused if not key.startswith(built)] == []


async def test_language_switch_it_is_kept_in_the_session_and_passed_on(stand: Stand) -> None:
    page = await stand.browser.open("/")
    assert '<html lang="ru">' in page.html
    await stand.browser.open("/?lang=en")
    page = await stand.sign_in()
    assert '<html lang="en">' in page.html
    assert stand.service.calls[-1].metadata["accept-language"] == "en"


async def test_language_switch_it_keeps_the_child(stand: Stand) -> None:
    await stand.sign_in()
    page = await stand.browser.open("/accounts/vera-parent?via=anya-pupil")
    assert 'href="/accounts/vera-parent?via=anya-pupil&amp;lang=en"' in page.html or (
        'href="/accounts/vera-parent?via=anya-pupil&lang=en"' in page.html
    )


async def test_unknown_language_it_changes_nothing(stand: Stand) -> None:
    page = await stand.browser.open("/?lang=xx")
    assert '<html lang="ru">' in page.html
