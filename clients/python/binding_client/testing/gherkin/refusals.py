"""Refusals and the ways out that they offer."""

from typing import Any

from pytest_bdd import then

from binding_client import errors
from binding_client.testing.gherkin.stage import Stage
from binding_client.testing.gherkin.words import Who, step


def asks_for_refusal(function: Any) -> Any:
    """Marks a step that asks for the refusal of the step before."""
    function.asks_for_refusal = True
    return function


@then(step("{who:Person} отказано: {reason:Reason} ({row:w})"))
@asks_for_refusal
def refused_by_row(stage: Stage, who: Who, reason: str, row: str) -> None:
    """Последнее действие отклонено по строке таблицы решений, с выходом из положения.

    Пример: Тогда Ане отказано: контакт другого человека (D5)
    """
    error = stage.take_refusal()
    assert (error.reason, error.row) == (reason, row), error
    assert type(error) is errors.error_class(reason)
    assert error.message
    assert error.remedies
    assert len(error.ways_out) == len(error.remedies)


@then(step("{who:Person} отказано: {reason:Reason}"))
@asks_for_refusal
def refused(stage: Stage, who: Who, reason: str) -> None:
    """Последнее действие отклонено, но не таблицей решений.

    Пример: Тогда Вере отказано: попытка уже закончена
    """
    error = stage.take_refusal()
    assert (error.reason, error.row) == (reason, ""), error
    assert error.message


@then(step("предложено: {actions:Remedies}"))
def offered(stage: Stage, actions: list[str]) -> None:
    """Отказ назвал именно эти выходы, лучший первым.

    Пример: Тогда предложено: прийти в школу, написать в поддержку
    """
    assert stage.last_refusal is not None
    assert stage.last_refusal.remedies == actions


@then(step("в отказе {key:w} = {value}"))
def fact_of_refusal(stage: Stage, key: str, value: str) -> None:
    """Отказ несёт этот факт.

    Пример: Тогда в отказе same_person = true
    """
    assert stage.last_refusal is not None
    assert stage.last_refusal.metadata.get(key) == value, stage.last_refusal.metadata


@then(step("повторить предложено не раньше, чем через некоторое время"))
def retry_later(stage: Stage) -> None:
    """Отказ говорит, через сколько секунд имеет смысл повторить.

    Пример: Тогда повторить предложено не раньше, чем через некоторое время
    """
    assert stage.last_refusal is not None
    assert stage.last_refusal.retry_after_s


@then(step("отказ ничего не говорит о {who:Person}"))
def refusal_tells_nothing_of(stage: Stage, who: Who) -> None:
    """Ни имени, ни контактов, ни школы человека в отказе нет.

    Пример: Тогда отказ ничего не говорит о Кире
    """
    error = stage.last_refusal
    assert error is not None
    said = " ".join([error.message, *error.ways_out, *error.metadata.values()]).lower()
    person = stage.in_document(who.id)
    names = [name.lower()[:4] for name in person["name"].values()]
    secrets = [who.id, *names, *(contact.lstrip("+") for contact in person["recorded_contacts"])]
    schools = [each["organisations"] for login in person["vk_id"] for each in login["profiles"]]
    for secret in [*secrets, *(name for school in schools for name in school)]:
        assert secret.lower() not in said


@then(step("поддержке отказано: {reason:Reason}"))
@asks_for_refusal
def support_refused(stage: Stage, reason: str) -> None:
    """Последнее действие поддержки отклонено.

    Пример: Тогда поддержке отказано: в заявке другой номер
    """
    error = stage.take_refusal()
    assert error.reason == reason, error


@then(step("отказ называет поле {field:w}"))
def field_named(stage: Stage, field: str) -> None:
    """Отказ называет именно это поле запроса и никакого другого.

    Пример: Тогда отказ называет поле screenshot
    """
    assert stage.last_refusal is not None
    assert {name for name, _ in stage.last_refusal.field_violations} == {field}


@then(step("отказ называет поле {field:w}: {problem:w}"))
def problem_named(stage: Stage, field: str, problem: str) -> None:
    """Отказ называет это поле запроса и что в нём не так.

    Пример: Тогда отказ называет поле screenshot: NOT_AN_IMAGE
    """
    assert stage.last_refusal is not None
    assert stage.last_refusal.field_violations == [(field, problem)]
