"""What a failed scenario tells: its steps, what was done and answered, who plays, and how to replay it."""

import difflib
import shlex
from collections.abc import Generator
from typing import Any

import pytest
from pytest_bdd.parser import Feature, Scenario, Step
from pytest_bdd.steps import step_function_context_registry

from binding_client.control import ControlError
from binding_client.testing.gherkin.reference import text_of
from binding_client.testing.gherkin.stacks import STAGE
from binding_client.testing.gherkin.stage import Stage, StoryError

_STEPS = pytest.StashKey[list[str]]()


def _note(request: pytest.FixtureRequest, step: Step, mark: str) -> None:
    request.node.stash.setdefault(_STEPS, []).append(f"  {mark} {step.keyword.strip()} {step.name}")


def _stage(request: pytest.FixtureRequest) -> Stage:
    return request.getfixturevalue("stage")


def pytest_bdd_before_step_call(
    request: pytest.FixtureRequest, feature: Feature, scenario: Scenario, step: Step, step_func: Any
) -> None:
    """Fails a fact that is looked at while a refusal waits, unless the step asks for it."""
    if not getattr(step_func, "asks_for_refusal", False):
        _stage(request).settled()


def pytest_bdd_after_step(
    request: pytest.FixtureRequest, feature: Feature, scenario: Scenario, step: Step, step_func: Any
) -> None:
    """Notes a step that passed."""
    _note(request, step, "+")


def pytest_bdd_step_error(
    request: pytest.FixtureRequest, feature: Feature, scenario: Scenario, step: Step, exception: Exception
) -> None:
    """Notes the step that failed."""
    _note(request, step, "!")


def pytest_bdd_step_func_lookup_error(
    request: pytest.FixtureRequest, feature: Feature, scenario: Scenario, step: Step, exception: Exception
) -> None:
    """Notes a step that nobody has defined, and those that are written alike."""
    _note(request, step, "?")
    known = {text_of(each) for each in step_function_context_registry.values() if each.type == step.type}
    near = difflib.get_close_matches(step.name, known, n=3, cutoff=0.4)
    request.node.stash[_STEPS] += [
        "Такого шага нет (или слова в нём незнакомы). Похожие:",
        *(f"    {each}" for each in near),
    ]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fails a scenario that ends with a refusal which nobody asked for."""
    result = yield
    if STAGE in item.stash:
        item.stash[STAGE].settled()
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Adds the story to the report of a failed scenario."""
    report = yield
    if report.when == "call" and report.failed and _STEPS in item.stash:
        if call.excinfo is not None and isinstance(call.excinfo.value, StoryError):
            # It is the story that explains it, not our own frames.
            report.longrepr = str(call.excinfo.value)
        report.sections.append(("Сценарий", _story(item, item.stash.get(STAGE, None))))
    return report


def _story(item: pytest.Item, stage: Stage | None) -> str:
    title = getattr(getattr(item, "function", None), "title", item.name)
    lines = [str(title), *item.stash[_STEPS]]
    if stage is not None:
        lines += ["", f"Мир: {stage.world_name or 'ещё не создан'}"]
        lines += ["Что произошло:", *(f"  {number}. {said}" for number, said in enumerate(stage.story, 1))]
        if stage.last_refusal is not None:
            lines.append(f"Последний отказ: {stage.last_refusal} {stage.last_refusal.metadata}")
        lines += _people(stage) + _explained(stage)
    return "\n".join([*lines, "", f"Повторить: pytest {shlex.quote(item.nodeid)}"])


def _people(stage: Stage) -> list[str]:
    if not stage.world_name:
        return []
    return ["Кто действовал:"] + [
        f"  {actor.facts.display_name} ({key}), Госуслуги: {actor.facts.esia_login}, VK ID: {actor.facts.vk_login}"
        for key, actor in sorted(stage.actors.items())
    ]


def _explained(stage: Stage) -> list[str]:
    if not stage.world_name:
        return []
    try:
        refusals = stage.world.control.list_refusals()
    except ControlError as error:
        return [f"Симулятор не отвечает: {error}"]
    told = [
        f"  {each['provider'].removeprefix('PROVIDER_')} {each['endpoint']}: {each['error']}: {each['explanation']}"
        for each in refusals
    ]
    return ["Отказы провайдеров:", *told] if told else []
