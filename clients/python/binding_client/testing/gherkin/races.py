"""Calls that meet."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pytest_bdd import given, then, when
from sferum.binding.v1.binding_service_pb2 import BindingEventKind, CompleteBindingResponse, UnbindResponse, WatchFilter

from binding_client.errors import BindingError
from binding_client.testing.gherkin.school import at_the_desk
from binding_client.testing.gherkin.stage import Stage
from binding_client.testing.gherkin.words import Profile, Who, step
from binding_client.watch import Event, SnapshotEnd


def at_once(stage: Stage, sentence: str, calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Lets all calls go at the same moment; keeps their answers or refusals, in order."""
    stage.settled()
    gate = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        gate.wait()
        try:
            return call()
        except BindingError as error:
            return error

    with ThreadPoolExecutor(len(calls)) as threads:
        answers = list(threads.map(run, calls))
    said = [f"{each.reason} {each.row}" if isinstance(each, BindingError) else "удалось" for each in answers]
    stage.tell(f"{sentence} -> {', '.join(said)}")
    stage.notes["answers"] = answers
    return answers


@given(step("{who:Person} и {other:Person} вошли во VK ID и выбрали {profile:Profile}"))
def both_ready(stage: Stage, who: Who, other: Who, profile: Profile) -> None:
    """У обоих начата привязка, и оба вошли во VK ID так, что получается один и тот же профиль.

    Пример: Дано Аня и Вера вошли во VK ID и выбрали профиль Веры
    """
    for each in (who, other):
        stage.start(each)
        stage.settled()
        stage.sign_in(each, profile)


@given(step("{who:Person} в двух вкладках: в одной свой профиль, в другой второй"))
def two_tabs(stage: Stage, who: Who) -> None:
    """Две попытки одной учётной записи, каждая вошла во VK ID со своим профилем.

    Пример: Дано Вера в двух вкладках: в одной свой профиль, в другой второй
    """
    ready = []
    for kind in ("own", "second"):
        stage.start(who)
        stage.settled()
        stage.sign_in(who, Profile(kind))
        ready.append((stage.run(who).attempt, stage.run(who).redirect))
    stage.notes["tabs"] = ready


@when(step("{who:Person} и {other:Person} завершают привязку одновременно"))
def both_finish(stage: Stage, who: Who, other: Who) -> None:
    """Оба вызова уходят в один миг.

    Пример: Когда Аня и Вера завершают привязку одновременно
    """
    stage.notes["racers"] = [who, other]
    at_once(stage, "оба завершают", [lambda each=each: stage.complete(each) for each in (who, other)])


@when(step("{who:Person} завершает привязку в обеих вкладках одновременно"))
def both_tabs_finish(stage: Stage, who: Who) -> None:
    """Оба вызова уходят в один миг.

    Пример: Когда Вера завершает привязку в обеих вкладках одновременно
    """
    actor = stage.actor(who)
    calls = [lambda tab=tab: actor.complete(*tab) for tab in stage.notes["tabs"]]
    at_once(stage, "в обеих вкладках", calls)


@when(step("{who:Person} дважды нажимает кнопку привязки"))
def double_start(stage: Stage, who: Who) -> None:
    """Одна и та же просьба начать привязку уходит дважды в один миг.

    Пример: Когда Вера дважды нажимает кнопку привязки
    """
    actor = stage.actor(who)
    actor.access_token()
    calls = [lambda: actor.start_binding(stage.account(who), request_id="double-click")] * 2
    stage.run(who).attempt = at_once(stage, "двойное нажатие", calls)[0]


@when(step("{who:Person} дважды завершает привязку одновременно"))
def double_finish(stage: Stage, who: Who) -> None:
    """Возвращение из VK ID отправлено службе дважды в один миг.

    Пример: Когда Вера дважды завершает привязку одновременно
    """
    at_once(stage, "завершает дважды", [lambda: stage.complete(who)] * 2)


@when(step("{who:Person} завершает привязку и отменяет её одновременно"))
def finish_and_unbind(stage: Stage, who: Who) -> None:
    """Привязка той же пары и отмена прежней привязки уходят в один миг.

    Пример: Когда Вера завершает привязку и отменяет её одновременно
    """
    actor, account = stage.actor(who), stage.account(who)
    at_once(stage, "завершает и отменяет", [lambda: stage.complete(who), lambda: actor.unbind(account)])


@given(step("за привязкой {who:Person} следят"))
def follow(stage: Stage, who: Who) -> None:
    """С этого места собираются события привязки, как их видит сам человек.

    Пример: Дано за привязкой Ани следят
    """
    account = stage.account(who)
    watch = stage.actor(who).client.watch_bindings(filter=WatchFilter(account=account))
    for said in watch:
        if isinstance(said, SnapshotEnd):
            break
    stage.notes["watch"] = watch


@when(step("{who:Person} и {operator:Person} на приёме отменяют привязку одновременно"))
def holder_and_school_unbind(stage: Stage, who: Who, operator: Who) -> None:
    """Человек у себя и сотрудник на приёме отменяют одну и ту же привязку в один миг.

    Пример: Когда Аня и Иван на приёме отменяют привязку одновременно
    """
    holder, name = stage.actor(who), f"{stage.account(who)}/binding"
    desk = at_the_desk(stage, operator, who)
    at_once(stage, "человек и школа", [lambda: holder.client.unbind(name=name), lambda: desk.unbind(name=name)])


@then(step("привязка {who:Person} отменена один раз, и причина одна"))
def ended_once(stage: Stage, who: Who) -> None:
    """Один вызов отменил, другой узнал, что уже отменено; причина и событие одни.

    Пример: Тогда привязка Ани отменена один раз, и причина одна
    """
    answers = stage.notes["answers"]
    assert sorted(each.already_unbound for each in answers) == [False, True]
    newest = stage.history(who)[0]
    assert {each.binding.end_reason for each in answers} == {newest.end_reason}
    # A binding made afterwards marks the end of what has to be read.
    stage.bind(who, Profile("own"))
    stage.settled()
    kinds: list[int] = []
    for said in stage.notes["watch"]:
        if isinstance(said, Event):
            kinds.append(said.event.kind)
            if kinds[-1] == BindingEventKind.BINDING_EVENT_KIND_CREATED:
                break
    stage.notes["watch"].close()
    assert kinds == [BindingEventKind.BINDING_EVENT_KIND_REMOVED, BindingEventKind.BINDING_EVENT_KIND_CREATED]


@when(step("все ученики и {who:Person} привязывают свои профили одновременно"))
def class_binds(stage: Stage, who: Who) -> None:
    """Все добавленные ученики класса и названный человек завершают привязку в один миг.

    Пример: Когда все ученики и Жанна как сотрудник привязывают свои профили одновременно
    """
    everybody = [*(Who(each) for each in stage.notes["pupils"]), who]
    for each in everybody:
        stage.start(each)
        stage.settled()
        stage.sign_in(each, Profile("own"))
    at_once(stage, "весь класс", [lambda each=each: stage.complete(each) for each in everybody])


@then(step("удалось ровно одному, другому отказано: {reason:Reason} ({row:w})"))
def one_won(stage: Stage, reason: str, row: str) -> None:
    """Один из двух вызовов удался, другой отклонён именно так.

    Пример: Тогда удалось ровно одному, другому отказано: НЕ удалось авторизоваться (D14)
    """
    answers = stage.notes["answers"]
    lost = [each for each in answers if isinstance(each, BindingError)]
    assert len(answers) - len(lost) == 1
    assert [(each.reason, each.row) for each in lost] == [(reason, row)]


@then(step("действует ровно одна из двух привязок"))
def one_binding(stage: Stage) -> None:
    """Из двоих, кто завершал одновременно, действующая привязка есть у одного.

    Пример: Тогда действует ровно одна из двух привязок
    """
    assert sum(len(stage.active(each)) for each in stage.notes["racers"]) == 1


@then(step("удалось всем"))
def all_won(stage: Stage) -> None:
    """Все вызовы, что ушли одновременно, удались.

    Пример: Тогда удалось всем
    """
    refused = [each for each in stage.notes["answers"] if isinstance(each, BindingError)]
    assert not refused, refused


@then(step("оба ответа одинаковы"))
def same_answers(stage: Stage) -> None:
    """Оба вызова получили одно и то же.

    Пример: Тогда оба ответа одинаковы
    """
    first, second = stage.notes["answers"]
    assert not isinstance(first, BindingError), first
    if isinstance(first, CompleteBindingResponse):
        assert (first.binding, first.decision, first.attempt.state) == (
            second.binding,
            second.decision,
            second.attempt.state,
        )
    else:
        assert first == second


@then(step("исход таков, будто у {who:Person} одно случилось после другого"))
def serial_order(stage: Stage, who: Who) -> None:
    """Привязка и отмена удались обе, и действует не больше одной привязки: та, что не отменена.

    Пример: Тогда исход таков, будто у Веры одно случилось после другого
    """
    bound, ended = stage.notes["answers"]
    assert isinstance(bound, CompleteBindingResponse), bound
    assert isinstance(ended, UnbindResponse), ended
    expected = [] if ended.binding.name == bound.binding.name else [bound.binding.name]
    assert [binding.name for binding in stage.active(who)] == expected
    assert bool(stage.chats(who)) == bool(expected)
