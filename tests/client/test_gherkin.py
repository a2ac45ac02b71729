"""The Gherkin kit: its reference, its words, and what it tells of a failed scenario."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from binding_client.testing import demo_world_file
from binding_client.testing.gherkin import reference, words
from binding_client.testing.gherkin.words import Contact, Profile, Who
from pytest_bdd.steps import step_function_context_registry

ROOT = Path(__file__).parents[2]
KEYWORDS = {"Дано": "given", "Когда": "when", "Тогда": "then"}
FEATURE = """# language: ru
Функция: Проба

  @H99
  Сценарий: Удаётся
    Когда Вера привязывает свой профиль
    Тогда Вера видит чаты: родители 5А, родители 9Б

  Сценарий: Ошибся автор
    Когда Борис привязывает свой профиль
    Тогда Борис видит чаты: ученики 5А

  Сценарий: Отказа никто не ждал
    Когда Аня начинает привязку, указав телефон Веры
    И Аня начинает привязку

  Сценарий: Отказ в конце
    Когда Аня начинает привязку, указав телефон Веры

  Сценарий: Опечатка
    Когда Вера привязвает свой профиль

  Сценарий: Незнакомый отказ
    Когда Аня начинает привязку, указав телефон Веры
    Тогда Ане отказано: что-то не так (D5)

  Структура сценария: Отказ провайдера объяснён
    Когда Вера начинает привязку
    И Вера входит во VK ID
    И у Веры подменён device_id
    И Вера завершает привязку
    Тогда <кто> есть действующая привязка

    Примеры:
      | кто     |
      | у Веры  |
"""


def test_reference_it_is_current() -> None:
    assert (ROOT / "docs" / "gherkin.md").read_text("utf-8") == reference.render()


def examples() -> list[str]:
    """The examples of all steps."""
    reference.render()
    known = list(step_function_context_registry.values())
    steps = {each.step_func for each in known if "testing.gherkin." in each.step_func.__module__}
    return sorted((step.__doc__ or "").partition("Пример:")[2].strip() for step in steps)


@pytest.mark.parametrize("example", examples())
def test_example_of_a_step_it_is_read_by_that_step_alone(example: str) -> None:
    keyword, _, text = example.partition(" ")
    found = {
        context.step_func
        for context in step_function_context_registry.values()
        if context.type == KEYWORDS[keyword] and context.parser.is_matching(text)
    }
    [step] = found
    assert example in (step.__doc__ or "")


@pytest.mark.parametrize(("key", "forms"), words.CAST.items())
def test_name_in_any_case_it_is_the_person(key: str, forms: str) -> None:
    for form in forms.split():
        assert words.who(form) == Who(key)
    assert words.who("Жанны как сотрудника") == Who("zhanna", "STAFF")
    assert words.who(f'человеку "{key}"') == Who(key)
    assert words.persons("Веру и Глеба") == ["vera", "gleb"]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("свой телефон", Contact("phone")),
        ("свою почту", Contact("email")),
        ("телефон Веры", Contact("phone", "vera")),
        ("почта Ани", Contact("email", "anya")),
        ('номер "+79000000120"', Contact("literal", literal="+79000000120")),
        ('"8 (900) 000-01-03"', Contact("literal", literal="8 (900) 000-01-03")),
    ],
)
def test_contact_it_is_somebodys_or_literal(said: str, meant: Contact) -> None:
    assert words.contact(said) == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("свой профиль", Profile("own")),
        ("профиль Веры", Profile("person", "vera")),
        ('профиль с логином "+79000000103"', Profile("login", "+79000000103")),
        ("новый учебный профиль", Profile("new")),
    ],
)
def test_profile_it_is_somebodys_or_new(said: str, meant: Profile) -> None:
    assert words.profile(said) == meant


def test_folder_with_a_feature_and_no_python_it_is_played_and_failures_are_told(tmp_path: Path) -> None:
    world = f"Path({str(demo_world_file())!r})"
    (tmp_path / "conftest.py").write_text(
        'import pytest\nfrom pathlib import Path\npytest_plugins = ["binding_client.testing.gherkin"]\n'
        f'@pytest.fixture(scope="session")\ndef gherkin_options(): return {{"world": {world}}}\n',
        "utf-8",
    )
    (tmp_path / "proba.feature").write_text(FEATURE, "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100)
    said = done.stdout
    assert "6 failed, 1 passed" in said, said + done.stderr
    assert "test_H99" not in said.partition("FAILURES")[2]
    for told in (
        "Борис завершает привязку",
        "! Тогда Борис видит чаты: ученики 5А",
        "Борис Воронов (boris), Госуслуги: boris, VK ID: +79000000102",
        "отказ CONTACT_NOT_OWNED (D5), решение ",
        "nobody expected this refusal",
        "отказ VK_AUTH_FAILED (D21)",
        "Отказы провайдеров:",
        "? Когда Вера привязвает свой профиль\nТакого шага нет",
        "    ‹кто› привязывает ‹профиль›",
        "    ‹кто› отказано: ‹отказ› (‹слово›)",
        "Мир: w-",
        "Повторить: pytest 'proba.feature::test_Ошибся_автор'",
        "Повторить: pytest 'proba.feature::test_Отказ_провайдера_объяснён[1]'",
    ):
        assert told in said, said
