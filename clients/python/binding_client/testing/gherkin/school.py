"""The school-assisted path: a visit of the holder with staff, both signed in, and what is recorded of it."""

from typing import Any

from pytest_bdd import given, then, when
from sferum.binding.v1.resources_pb2 import EntryPoint
from sferum.binding.v1.visit_pb2 import Visit

from binding_client.client import BindingClient
from binding_client.testing._programs import LOOPBACK_REDIRECT
from binding_client.testing.gherkin.stage import Stage
from binding_client.testing.gherkin.words import Profile, Who, step

_ACTIONS = {
    "отмена привязки": "binding.unbind",
    "привязка": "binding.create",
    "начало привязки": "binding.start",
    "освобождение профиля владельцем": "binding.release",
    "приём": "visit.open",
}
_STATES = {
    "открыт": Visit.STATE_OPEN,
    "закрыт": Visit.STATE_CLOSED,
    "закончился по времени": Visit.STATE_EXPIRED,
    "закрыт, потому что человек вышел из Госуслуг": Visit.STATE_SIGNED_OUT,
}


def at_the_desk(stage: Stage, operator: Who, holder: Who) -> BindingClient:
    """Returns the client of staff with both sign-ins."""
    return stage.actor(operator).client.using(on_behalf_of=stage.actor(holder).access_token)


@given(step("{operator:Person} открывает приём для {holder:Person}"))
@when(step("{operator:Person} открывает приём для {holder:Person}"))
def open_visit(stage: Stage, operator: Who, holder: Who) -> None:
    """Сотрудник принимает человека, который пришёл в школу и вошёл через Госуслуги.

    Пример: Когда Иван открывает приём для Ани
    """
    stage.notes["visit"] = stage.act(
        f"{stage.name_of(operator)} открывает приём для {holder.id}",
        lambda: at_the_desk(stage, operator, holder).open_visit(),
    )


@when(step("{operator:Person} закрывает приём"))
def close_visit(stage: Stage, operator: Who) -> None:
    """Сотрудник закрывает приём.

    Пример: Когда Иван закрывает приём
    """
    visit = stage.notes["visit"]
    client = stage.actor(operator).client
    stage.act(f"{stage.name_of(operator)} закрывает приём", lambda: client.close_visit(name=visit.name))


@when(step("{operator:Person} на приёме отменяет привязку {holder:Person}"))
def unbind_in_visit(stage: Stage, operator: Who, holder: Who) -> None:
    """Сотрудник отменяет привязку в присутствии человека.

    Пример: Когда Иван на приёме отменяет привязку Ани
    """
    name = f"{stage.account(holder)}/binding"
    stage.act(
        f"{stage.name_of(operator)} на приёме отменяет привязку {holder.id}",
        lambda: at_the_desk(stage, operator, holder).unbind(name=name, entry_point=EntryPoint.ENTRY_POINT_PROFILE_PAGE),
    )


@when(step("{operator:Person} на приёме начинает привязку {holder:Person}"))
def start_in_visit(stage: Stage, operator: Who, holder: Who) -> None:
    """Сотрудник начинает привязку за человека, который рядом.

    Пример: Когда Иван на приёме начинает привязку Ани
    """
    actor = stage.actor(holder)
    stage.run(holder).redirect = None
    stage.run(holder).attempt = stage.act(
        f"{stage.name_of(operator)} на приёме начинает привязку {holder.id}",
        lambda: at_the_desk(stage, operator, holder).start_binding(
            account=stage.account(holder), contact=actor.facts.contact, redirect_uri=LOOPBACK_REDIRECT
        ),
    )


@when(step("{operator:Person} на приёме завершает привязку {holder:Person}"))
def finish_in_visit(stage: Stage, operator: Who, holder: Who) -> None:
    """Сотрудник завершает привязку тем, с чем человека вернул VK ID; если человек туда не входил, то ничем.

    Пример: Когда Иван на приёме завершает привязку Ани
    """
    run = stage.run(holder)
    attempt: Any = run.attempt
    result = None if run.redirect is None else run.redirect.authorization_result()
    answer = stage.act(
        f"{stage.name_of(operator)} на приёме завершает привязку {holder.id}",
        lambda: at_the_desk(stage, operator, holder).complete_binding(name=attempt.name, result=result),
    )
    if answer is not None:
        stage.note_binding(run, answer)


@when(step("{operator:Person} на приёме привязывает дневник {holder:Person}"))
def bind_in_visit(stage: Stage, operator: Who, holder: Who) -> None:
    """Весь путь за столом: сотрудник начинает, человек сам входит во VK ID, сотрудник завершает.

    Пример: Когда Иван на приёме привязывает дневник Ани
    """
    start_in_visit(stage, operator, holder)
    stage.settled()
    stage.sign_in(holder, Profile("own"))
    finish_in_visit(stage, operator, holder)


@then(step("приём {state:State}", State=_STATES))
def visit_state(stage: Stage, state: Visit.State) -> None:
    """Так обстоит дело с последним приёмом; закрытие закрытого ничего не меняет, и ответ это показывает.

    Пример: Тогда приём закрыт, потому что человек вышел из Госуслуг
    """
    visit = stage.notes["visit"]
    operator = stage.actor(visit.operator.removeprefix("persons/"))
    if state == Visit.STATE_OPEN:
        assert visit.state == state
    else:
        assert operator.client.close_visit(name=visit.name).state == state


@then(step("записано, что {actor:Person} за {holder:Person}: {action:Action}", Action=_ACTIONS))
def recorded_for_holder(stage: Stage, actor: Who, holder: Who, action: str) -> None:
    """В журнале действий стоит, кто это сделал, за кого и на каком приёме.

    Пример: Тогда записано, что Иван за Аню: отмена привязки
    """
    records = stage.actor(holder).client.list_audit_records(parent=stage.account(holder), action=action).records
    visit = stage.notes["visit"].name
    expected = (f"persons/{actor.id}", f"persons/{holder.id}", visit)
    assert expected in [(each.actor, each.on_behalf_of, each.visit) for each in records]


@then(step("у {holder:Person} записано, что сделано «{action:Action}»", Action=_ACTIONS))
def recorded(stage: Stage, holder: Who, action: str) -> None:
    """В журнале действий этой учётной записи последним стоит такое действие, и оно удалось.

    Пример: Тогда у Киры записано, что сделано «отмена привязки»
    """
    records = stage.actor(holder).client.list_audit_records(parent=stage.account(holder), action=action).records
    assert records
    assert records[0].account == stage.account(holder)
    assert not records[0].reason
