"""The tab «Чаты»: who sees which chats, and who is in them."""

from pytest_bdd import then

from binding_client.testing.gherkin.stage import Stage
from binding_client.testing.gherkin.words import Who, step


@then(step("{who:Person} видит чаты: {chats:Chats}"))
def sees(stage: Stage, who: Who, chats: list[tuple[str, str]]) -> None:
    """На вкладке «Чаты» именно эти чаты, каждый один раз.

    Пример: Тогда Вера видит чаты: родители 5А, родители 9Б
    """
    assert stage.tab(who) == chats


@then(step("{who:Person} не видит чатов"))
def sees_none(stage: Stage, who: Who) -> None:
    """Вкладка «Чаты» пуста.

    Пример: Тогда Аня не видит чатов
    """
    assert stage.tab(who) == []


@then(step("{who:Person} видит те же чаты, что и до отмены"))
def sees_the_same(stage: Stage, who: Who) -> None:
    """Чаты не похожие, а те самые, что были видны перед отменой привязки.

    Пример: Тогда Вера видит те же чаты, что и до отмены
    """
    before = stage.run(who).chats
    assert before
    assert [chat.name for chat in stage.chats(who)] == before


@then(step("{who:Person} и {other:Person} видят одни и те же чаты"))
def see_the_same(stage: Stage, who: Who, other: Who) -> None:
    """Оба видят одни и те же чаты, и хотя бы один чат есть.

    Пример: Тогда Вера и Глеб видят одни и те же чаты
    """
    seen = [chat.name for chat in stage.chats(who)]
    assert seen
    assert [chat.name for chat in stage.chats(other)] == seen


@then(step("{who:Person} состоит в каждом своём чате один раз"))
def member_once(stage: Stage, who: Who) -> None:
    """В списке участников каждого видимого чата человек стоит один раз.

    Пример: Тогда Вера состоит в каждом своём чате один раз
    """
    for chat in stage.chats(who):
        assert stage.members(who, chat.name).count(stage.account(who)) == 1


@then(step("в каждом чате {who:Person} участников: {count:d}"))
def number_of_members(stage: Stage, who: Who, count: int) -> None:
    """Столько участников в каждом чате, который человек видит.

    Пример: Тогда в каждом чате Веры участников: 2
    """
    chats = stage.chats(who)
    assert chats
    for chat in chats:
        assert len(stage.members(who, chat.name)) == chat.member_count == count


@then(step("для {name:Class} создано чатов: {count:d}, видит {who:Person}"))
def number_of_chats(stage: Stage, name: str, count: int, who: Who) -> None:
    """Человек, который состоит во всех чатах класса (классный руководитель), видит их столько, и все разного рода.

    Пример: Тогда для 5А создано чатов: 2, видит Жанна как сотрудник
    """
    tab = stage.tab(who)
    assert len(tab) == len(set(tab)) == count
    assert {school_class for school_class, _ in tab} == {name}
