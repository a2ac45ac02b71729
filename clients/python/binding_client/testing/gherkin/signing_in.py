"""Signing in at Gosuslugi and at VK ID, step by step."""

from typing import Any

from pytest_bdd import given, then, when

from binding_client.testing.gherkin.stage import Stage, StoryError
from binding_client.testing.gherkin.words import Profile, Who, step


@given(step("{who:Person} заходит через Госуслуги"))
@when(step("{who:Person} заходит через Госуслуги"))
def sign_in_at_esia(stage: Stage, who: Who) -> None:
    """Входит в дневник через Госуслуги. Обычно говорить этого не надо: вход делается сам, когда он нужен.

    Пример: Когда Вера заходит через Госуслуги
    """
    stage.settled()
    stage.actor(who).sign_in()
    stage.tell(f"{stage.name_of(who)} заходит через Госуслуги")


@when(step("{who:Person} выходит из Госуслуг"))
def sign_out_of_esia(stage: Stage, who: Who) -> None:
    """Завершает сеанс Госуслуг; прежний токен человека больше не действует, но остаётся в дневнике.

    Пример: Когда Вера выходит из Госуслуг
    """
    actor = stage.actor(who)
    tokens = actor.tokens
    actor.sign_out()
    # The diary does not know of it yet: the next call still carries the old token.
    actor.tokens = tokens
    stage.tell(f"{stage.name_of(who)} выходит из Госуслуг")


@given(step("в браузере {who:Person} открыт вход во VK ID {other:Person}"))
def foreign_vk_session(stage: Stage, who: Who, other: Who) -> None:
    """Кто-то уже вошёл во VK ID в этом браузере, и его сеанс ещё жив.

    Пример: Дано в браузере Ани открыт вход во VK ID Веры
    """
    actor, owner = stage.actor(who), stage.actor(other)
    actor.vk_sign_in(owner.start_binding(stage.account(other)), owner.facts.vk_login)
    stage.tell(f"{stage.name_of(other)} входит во VK ID в браузере {who.id}")


@when(step("{who:Person} входит во VK ID"))
def sign_in_at_vk(stage: Stage, who: Who) -> None:
    """Входит во VK ID со своим телефоном или почтой для начатой привязки.

    Пример: Когда Вера входит во VK ID
    """
    stage.sign_in(who, Profile("own"))


@when(step("{who:Person} входит во VK ID и выбирает {profile:Profile}"))
def sign_in_at_vk_as(stage: Stage, who: Who, profile: Profile) -> None:
    """Входит во VK ID так, что получается названный профиль.

    Пример: Когда Аня входит во VK ID и выбирает профиль Веры
    """
    stage.sign_in(who, profile)


@when(step("{who:Person} отказывается на странице VK ID"))
def refuse_at_vk(stage: Stage, who: Who) -> None:
    """Нажимает на странице VK ID «Отмена».

    Пример: Когда Вера отказывается на странице VK ID
    """
    stage.sign_in(who, Profile("own"), decision="deny")


@when(step("{who:Person} снова входит во VK ID по новому адресу"))
def sign_in_at_fresh_address(stage: Stage, who: Who) -> None:
    """После отказа «сервис временно недоступен» служба дала новый адрес VK ID для той же попытки: входит по нему.

    Пример: Когда Вера снова входит во VK ID по новому адресу
    """
    stage.settled()
    error = stage.last_refusal
    fresh = error.metadata.get("authorization_uri", "") if error else ""
    run = stage.run(who)
    if not fresh or run.attempt is None:
        raise StoryError("the last refusal gave no address")
    assert fresh != run.attempt.authorization_uri
    run.redirect = stage.actor(who).vk_sign_in(fresh)
    stage.tell(f"{stage.name_of(who)} входит во VK ID по новому адресу")


@then(step("VK ID спрашивает {who:Person}, кто входит"))
def vk_asks_who(stage: Stage, who: Who) -> None:
    """Страница VK ID предлагает выбрать, кто входит, и не берёт чужой открытый сеанс молча.

    Пример: Тогда VK ID спрашивает Аню, кто входит
    """
    attempt: Any = stage.run(who).attempt
    page = stage.actor(who).browser.http.get(attempt.authorization_uri)
    assert page.status_code == 200
    assert 'data-step="account"' in page.text
