"""The reference of the steps, docs/gherkin.md, from their docstrings."""

import importlib
import re
from collections.abc import Iterator
from typing import Any

from pytest_bdd.steps import StepFunctionContext, step_function_context_registry

from binding_client.testing.gherkin import words

TOPICS = {
    "people": "Кто действует и что было до начала",
    "signing_in": "Вход через Госуслуги и во VK ID",
    "contacts": "Контакты",
    "binding": "Привязка и отмена",
    "refusals": "Отказы и выходы",
    "chats": "Чаты",
    "problems": "Три проблемы и диагностика",
    "school": "Приём в школе",
    "support": "Поддержка",
    "roster": "Списки школы",
    "faults": "Сбои и подмены",
    "clock": "Время",
    "races": "Одновременно",
    "privacy": "Личное и тайное",
}
"""Modules of steps, in the order of the reference."""

_KEYWORDS = {"given": "Дано", "when": "Когда", "then": "Тогда"}
_PLACES = {
    "Person": "кто",
    "Contact": "контакт",
    "Profile": "профиль",
    "Chats": "чаты",
    "Reason": "отказ",
    "Remedies": "выходы",
    "Fault": "сбой",
    "Endpoint": "где",
    "Policy": "политика",
    "Class": "класс",
    "Minutes": "минут",
    "Times": "раз",
    "Pupils": "учеников",
    "d": "число",
    "g": "число",
    "w": "слово",
    "S": "слово",
    "": "слова",
}
_HEAD = """# Сценарии на русском языке: все шаги

Сценарии пишутся в файлах `*.feature`, без единой строки на Python. Каждый играется в собственном мире на настоящем
стенде: служба привязки и симулятор Госуслуг и VK ID, разговор по gRPC и HTTP. Файл собран из описаний самих шагов
командой `python -m binding_client.testing.gherkin > docs/gherkin.md`.

## Как начать

Нужен пакет `sferum-binding[testing]`. Рядом с файлами сценариев лежит один `conftest.py`:

```python
pytest_plugins = ["binding_client.testing.gherkin"]
```

и файл `privet.feature`:

```gherkin
# language: ru
Функция: Первый сценарий

  Сценарий: Мать привязывает свой профиль
    Когда Вера привязывает свой профиль
    Тогда Вера видит чаты: родители 5А, родители 9Б
```

`pytest privet.feature` его сыграет, `pytest privet.feature -k Мать` выберет по названию. Тег вида `@H01` даёт сценарию
номер: тест зовётся `test_H01`, и `make scenarios` показывает его под этим номером. Строки таблицы «Примеры» - отдельные
тесты `[1]`, `[2]` и так далее. Действующие лица и школы берутся из файла мира; другой файл называет фикстура
`gherkin_options`, как в `tests/scenarios/conftest.py`.

Если действие отклонено, следующий шаг должен спросить об отказе («Тогда Ане отказано: …»): отказ, которого никто не
ждал, проваливает сценарий. Проваленный сценарий рассказывает, что успело произойти, кто действовал, чем провайдеры
объяснили свои отказы, и какой строкой его повторить.
"""


def render() -> str:
    """Returns the reference as Markdown."""
    parts = [_HEAD, "\n".join(_words())]
    for module, title in TOPICS.items():
        parts.append("\n".join([f"## {title}", "", *_steps(module)]))
    return "\n".join(parts).rstrip() + "\n"


def _words() -> Iterator[str]:
    yield "## Слова\n"
    yield "В шагах ниже в скобках ‹› стоит то, что можно заменить.\n"
    yield "**кто** - " + "; ".join(forms.split()[0] for forms in words.CAST.values()) + " в любом падеже;"
    yield 'человек другого мира - по ключу: `человек "anya"`. Если учётных записей несколько, добавляется роль:'
    yield "`Жанна как сотрудник`, `Жанны как родителя`.\n"
    yield '**контакт** - `свой телефон`, `свою почту`, `телефон Веры`, `почту Ани`, `номер "+79000000120"`, любой'
    yield "текст в кавычках.\n"
    yield "**профиль** - `свой профиль`, `профиль Веры`, `второй профиль`, `новый учебный профиль`,"
    yield '`профиль с логином "+79000000103"`.\n'
    yield "**чаты** - `ученики 5А, родители 9Б`. **политика** - `STRICT`, `LENIENT`, `ROLE_ONLY`.\n"
    for title, table in (
        ("отказ", words.REASONS),
        ("выходы", words.REMEDIES),
    ):
        yield f"**{title}** (можно и кодом):\n"
        yield "| слова | код |"
        yield "|---|---|"
        yield from (f"| {text} | `{code}` |" for text, code in table.items())
        yield ""
    yield "**сбой** - " + ", ".join(f"`{each}`" for each in words.FAULTS) + ".\n"
    yield "**где** - " + ", ".join(f"`{each}`" for each in words.ENDPOINTS) + ".\n"


def _steps(module: str) -> Iterator[str]:
    name = f"binding_client.testing.gherkin.{module}"
    importlib.import_module(name)
    found = [each for each in step_function_context_registry.values() if each.step_func.__module__ == name]
    by_function: dict[Any, list[StepFunctionContext]] = {}
    for context in sorted(found, key=lambda each: each.step_func.__code__.co_firstlineno):  # type: ignore[attr-defined]
        by_function.setdefault(context.step_func, []).append(context)
    for function, contexts in by_function.items():
        said: dict[str, list[str]] = {}
        for context in reversed(contexts):
            said.setdefault(text_of(context), []).append(_KEYWORDS[str(context.type)])
        for text, keywords in said.items():
            order = [each for each in _KEYWORDS.values() if each in keywords]
            yield f"**{' / '.join(order)}** {text}<br>"
        meaning, example = _told(function)
        yield f"{meaning}"
        yield f"`{example}`\n"


def text_of(context: StepFunctionContext) -> str:
    """Returns a step's text as a person reads it."""
    choices: dict[str, list[str]] = getattr(context.parser, "choices", {})

    def place(match: re.Match[str]) -> str:
        kind = match["kind"] or ""
        named = _PLACES.get(kind) or " \\| ".join(choices[kind])
        return f"‹{named}›"

    return re.sub(r"\{\w+(?::(?P<kind>\w+))?\}", place, context.parser.name)


def _told(function: Any) -> tuple[str, str]:
    meaning, _, example = (function.__doc__ or "").partition("Пример:")
    if not example.strip():
        raise ValueError(f"the step {function.__name__} has no example")
    return " ".join(meaning.split()), " ".join(example.split())
