"""What is never written down, and what nobody may find out by trying."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pytest_bdd import then, when

from binding_client.errors import BindingError
from binding_client.testing.gherkin.stage import Stage
from binding_client.testing.gherkin.words import Who, step
from binding_client.testing.stack import Stack


def personal(document: Mapping[str, Any]) -> set[str]:
    """Returns what a world's document says that must be in no log: contacts, names, passwords, numbers."""
    found: set[str] = set()
    for person in document["persons"]:
        esia: dict[str, Any] = person.get("esia") or {}
        contacts = [*person.get("recorded_contacts", []), *(each["value"] for each in esia.get("contacts", []))]
        found |= {each.removeprefix("+7") for each in contacts}
        found |= {person["name"][part] for part in ("last", "middle") if part in person["name"]}
        if esia:
            found |= {esia["password"], str(esia["oid"])}
        for login in person.get("vk_id") or ():
            found |= {str(profile["user_id"]) for profile in login["profiles"]}
    return found


def secrets_of(stage: Stage) -> set[str]:
    """Returns what must be in no log of a scenario: what its document says, tokens, codes, messages."""
    found = personal(stage.document)
    for actor in stage.actors.values():
        if actor.tokens:
            found |= {actor.tokens.access_token, actor.tokens.id_token}
    for message in stage.world.control.list_inbox_messages():
        found |= {message["text"]}
    for run in stage.runs():
        if run.redirect is not None:
            found |= {run.redirect.code, run.redirect.device_id}
    return found - {""}


def logged(stack: Stack, secrets: Iterable[str]) -> list[str]:
    """Returns which of the secrets stand in the log of the binding service."""
    log = (stack.programs.state_dir / "logs" / "server.log").read_text(encoding="utf-8").lower()
    assert "completebinding" in log
    return sorted(secret for secret in secrets if secret.lower() in log)


@then(step("в журнале службы нет ни контактов, ни имён, ни кодов, ни токенов"))
def nothing_in_log(stage: Stage) -> None:
    """В журнале службы со времени её запуска нет ничего личного и ничего секретного из этого мира.

    Пример: Тогда в журнале службы нет ни контактов, ни имён, ни кодов, ни токенов
    """
    assert logged(stage.stack, secrets_of(stage)) == []


@then(step("в отказах нет ничего личного"))
def nothing_in_refusals(stage: Stage) -> None:
    """Ни один отказ этого сценария не называет ничьих контактов, имён и номеров.

    Пример: Тогда в отказах нет ничего личного
    """
    assert stage.refusals
    for error in stage.refusals:
        facts = {key: value for key, value in error.metadata.items() if key != "authorization_uri"}
        text = json.dumps([str(error), facts, error.ways_out, error.field_violations], ensure_ascii=False).lower()
        assert sorted(secret for secret in secrets_of(stage) if secret.lower() in text) == []


@when(step("{who:Person} спрашивает о чужих и о выдуманных учётных записях, {times:d} {unit:Times}"))
def probe_accounts(stage: Stage, who: Who, times: int) -> None:
    """Перебирает учётные записи: половина есть в мире, половина выдумана.

    Пример: Когда Кира спрашивает о чужих и о выдуманных учётных записях, 40 раз
    """
    client = stage.actor(who).client
    told: list[BindingError] = []
    for number in range(times):
        name = "accounts/boris-pupil" if number % 2 else f"accounts/nobody-{number}"
        try:
            client.list_bindings(parent=name)
        except BindingError as error:
            told.append(error)
    stage.notes["told"] = told
    stage.tell(f"{stage.name_of(who)} перебирает учётные записи -> {sorted({each.reason for each in told})}")


@then(step("ответы не отличить друг от друга, пока не сказано: слишком часто"))
def equal_answers(stage: Stage) -> None:
    """Чужое и выдуманное отвечают одинаково, а после предела любой вопрос отклоняется как слишком частый.

    Пример: Тогда ответы не отличить друг от друга, пока не сказано: слишком часто
    """
    told: list[BindingError] = stage.notes["told"]
    reasons = [each.reason for each in told]
    limited = reasons.index("RATE_LIMITED")
    assert limited > 1
    assert set(reasons[limited:]) == {"RATE_LIMITED"}
    assert told[-1].retry_after_s
    same = {(each.code, each.reason, each.message, tuple(sorted(each.metadata.items()))) for each in told[:limited]}
    assert len(same) == 1
