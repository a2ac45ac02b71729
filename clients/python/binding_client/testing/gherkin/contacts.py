"""Whose phone number and e-mail address it is, and confirming one by a code."""

from typing import Any

from pytest_bdd import given, then, when

from binding_client.testing.gherkin.stage import Stage, StoryError
from binding_client.testing.gherkin.words import Contact, Who, step


@given(step("на Госуслугах у {who:Person} указан и {contact:Contact}"))
def also_at_esia(stage: Stage, who: Who, contact: Contact) -> None:
    """Контакт подтверждён на Госуслугах и у этого человека.

    Пример: Дано на Госуслугах у Ани указан и телефон Веры
    """
    stage.early()
    value = stage.value(contact, who.id)
    kind = "EML" if "@" in value else "MBT"
    stage.in_document(who.id)["esia"]["contacts"].append({"type": kind, "value": value, "verified": True})


@given(step("школа записала за {who:Person} {contact:Contact}"))
def recorded(stage: Stage, who: Who, contact: Contact) -> None:
    """Школа записала, что этим контактом пользуется этот человек.

    Пример: Дано школа записала за Аней номер "+79000000120"
    """
    stage.early()
    stage.in_document(who.id).setdefault("recorded_contacts", []).append(stage.value(contact, who.id))


@given(step("{contact:Contact} никем не подтверждается"))
def confirmed_by_nobody(stage: Stage, contact: Contact) -> None:
    """Школа контакт не записала, на Госуслугах он не подтверждён.

    Пример: Дано почта Ани никем не подтверждается
    """
    stage.early()
    if contact.owner is None:
        raise StoryError("say whose contact it is")
    value = stage.value(contact, contact.owner)
    person = stage.in_document(contact.owner)
    person["recorded_contacts"] = [each for each in person.get("recorded_contacts", []) if each != value]
    for each in person["esia"]["contacts"]:
        if each["value"] == value:
            each["verified"] = False


@when(step("Госуслуги отзывают подтверждение: {contact:Contact}"))
def revoked(stage: Stage, contact: Contact) -> None:
    """Контакт остаётся на Госуслугах, но больше не подтверждён.

    Пример: Когда Госуслуги отзывают подтверждение: телефон Бориса
    """
    owner = str(contact.owner)
    value = stage.value(contact, owner)
    contacts = [
        {**each, "verified": each["verified"] and each["value"] != value}
        for each in stage.in_document(owner)["esia"]["contacts"]
    ]
    stage.world.control.update_person(owner, {"esia": {"contacts": contacts}})
    stage.tell(f"Госуслуги отзывают подтверждение контакта {owner}")


@when(step("{who:Person} просит код на {contact:Contact}"))
def ask_for_code(stage: Stage, who: Who, contact: Contact) -> None:
    """Просит прислать одноразовый код, чтобы подтвердить контакт.

    Пример: Когда Аня просит код на свою почту
    """
    value = stage.value(contact, who.id)
    stage.act(
        f"{stage.name_of(who)} просит код на {value}",
        lambda: stage.actor(who).client.send_contact_code(contact=value),
    )
    stage.notes["contact"] = value


@when(step("{who:Person} вводит присланный код"))
def enter_code(stage: Stage, who: Who) -> None:
    """Вводит код, который пришёл последним.

    Пример: Когда Аня вводит присланный код
    """
    value = stage.notes["contact"]
    code = stage.world.control.last_code(value)
    confirm(stage, who, value, code)


@when(step('{who:Person} вводит код "{code}"'))
def enter_other_code(stage: Stage, who: Who, code: str) -> None:
    """Вводит код, который назван.

    Пример: Когда Аня вводит код "000000"
    """
    confirm(stage, who, stage.notes["contact"], code)


def confirm(stage: Stage, who: Who, value: str, code: str) -> None:
    """Confirms a contact by a code."""
    stage.act(
        f"{stage.name_of(who)} вводит код для {value}",
        lambda: stage.actor(who).client.confirm_contact(contact=value, code=code),
    )


@then(step("контакт привязки {who:Person} - {contact:Contact}"))
def contact_of_binding(stage: Stage, who: Who, contact: Contact) -> None:
    """Привязка хранит этот контакт, как бы он ни был написан.

    Пример: Тогда контакт привязки Веры - телефон Веры
    """
    value = stage.value(contact, who.id)
    attempt: Any = stage.actor(who).start_binding(stage.account(who), contact=value)
    [binding] = stage.active(who)
    assert binding.contact_masked == attempt.contact_masked
