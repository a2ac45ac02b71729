"""Rosters: what schools send changes the world while people act."""

import copy
from collections.abc import Callable
from typing import Any

from pytest_bdd import given, then, when

from binding_client.roster import import_roster, roster_records
from binding_client.testing.gherkin.stage import Document, Stage
from binding_client.testing.gherkin.words import Contact, Who, step


def send(stage: Stage, sentence: str, change: Callable[[Document], None]) -> None:
    """Changes the document and sends it as a full roster."""
    stage.settled()
    assert stage.world
    document = stage.document
    change(document)
    answer = import_roster(stage.world.service_client(), roster_records(document), full=True)
    stage.notes["roster"] = answer
    stage.tell(f"{sentence} (списки: {answer.created}/{answer.updated}/{answer.ended}, отменено {answer.unbound})")
    assert not answer.errors, answer.errors


def _person(document: Document, key: str) -> dict[str, Any]:
    return next(each for each in document["persons"] if each["id"] == key)


@given(step("политика становится {policy:Policy}"))
@when(step("политика становится {policy:Policy}"))
def new_policy(stage: Stage, policy: str) -> None:
    """Регион присылает новую политику; прежние привязки остаются.

    Пример: Дано политика становится STRICT
    """

    def change(document: Document) -> None:
        for municipality in document["municipalities"]:
            municipality["ownership_policy"] = policy

    send(stage, f"политика становится {policy}", change)


@when(step("школа переводит {who:Person} в {name:Class}"))
def moved(stage: Stage, who: Who, name: str) -> None:
    """По новым спискам ученик учится в другом классе.

    Пример: Когда школа переводит Аню в 5Б
    """
    school_class = stage.class_id(name)
    send(stage, f"{who.id} переходит в {name}", lambda d: _person(d, who.id).update(enrolments=[school_class]))


@when(step("школа отчисляет {who:Person}"))
def left(stage: Stage, who: Who) -> None:
    """По новым спискам ученик нигде больше не учится.

    Пример: Когда школа отчисляет Аню
    """
    send(stage, f"{who.id} отчислен", lambda d: _person(d, who.id).update(enrolments=[]))


@when(step("{guardian:Person} больше не представляет {pupil:Person}"))
def guardianship_ended(stage: Stage, guardian: Who, pupil: Who) -> None:
    """По новым спискам взрослый больше не родитель и не представитель этого ученика.

    Пример: Когда Вера больше не представляет Аню
    """
    pair = (guardian.id, pupil.id)

    def change(document: Document) -> None:
        held = document["guardianships"]
        document["guardianships"] = [each for each in held if (each["guardian"], each["pupil"]) != pair]

    send(stage, f"{guardian.id} больше не представляет {pupil.id}", change)


@when(step("школа записывает за {who:Person} {contact:Contact}"))
def recorded_for(stage: Stage, who: Who, contact: Contact) -> None:
    """Школы записали, что контактом пользуется теперь этот человек и никто другой.

    Пример: Когда школа записывает за Кирой телефон Веры
    """
    value = stage.value(contact, who.id)
    stage.notes["passed on"] = value

    def change(document: Document) -> None:
        for person in document["persons"]:
            person["recorded_contacts"] = [each for each in person.get("recorded_contacts", []) if each != value]
        _person(document, who.id)["recorded_contacts"].append(value)

    send(stage, f"{value} записан за {who.id}", change)


@when(step("начинается новый учебный год"))
def new_year(stage: Stage) -> None:
    """Регион присылает списки нового года: 5А становится 6А, все ученики переходят вместе со своим классом.

    Пример: Когда начинается новый учебный год
    """

    def change(document: Document) -> None:
        next_of: dict[str, str] = {}
        for old in copy.deepcopy(document["classes"]):
            digits = "".join(filter(str.isdigit, old["name"]))
            name = f"{int(digits) + 1}{old['name'].removeprefix(digits)}"
            new = {**old, "id": f"{old['organisation']}-{old['year'] + 1}-{old['id']}", "year": old["year"] + 1}
            next_of[old["id"]] = new["id"]
            document["classes"].append({**new, "name": name, "continues": old["id"]})
        for person in document["persons"]:
            person["enrolments"] = [next_of[each] for each in person.get("enrolments", ())]
            for duty in person.get("duties", ()):
                if "class" in duty:
                    duty["class"] = next_of[duty["class"]]

    send(stage, "начинается новый учебный год", change)


@when(step("школа присылает те же списки ещё раз"))
def again(stage: Stage) -> None:
    """Полные списки приходят ещё раз без изменений.

    Пример: Когда школа присылает те же списки ещё раз
    """
    send(stage, "те же списки ещё раз", lambda _: None)


@then(step("списки ничего не изменили"))
def nothing_changed(stage: Stage) -> None:
    """Последние списки не завели, не изменили и не закончили ничего.

    Пример: Тогда списки ничего не изменили
    """
    answer = stage.notes["roster"]
    assert (answer.created, answer.updated, answer.ended, answer.unbound) == (0, 0, 0, 0)
