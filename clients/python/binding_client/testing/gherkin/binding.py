"""Binding and unbinding, refusals and ways out, and what is bound afterwards."""

import re

from pytest_bdd import given, then, when
from sferum.binding.v1.resources_pb2 import Binding, EntryPoint, Role

from binding_client.testing.gherkin.stage import Stage
from binding_client.testing.gherkin.words import Contact, Profile, Who, step

_ENTRY_POINTS = {
    "на вкладке «Чаты»": EntryPoint.ENTRY_POINT_CHATS_TAB,
    "на странице профиля": EntryPoint.ENTRY_POINT_PROFILE_PAGE,
}
_ROLES = {
    "ученик": Role.ROLE_PUPIL,
    "родитель": Role.ROLE_PARENT,
    "законный представитель": Role.ROLE_LEGAL_REPRESENTATIVE,
    "сотрудник": Role.ROLE_STAFF,
}
_ENDS = {
    "отменена самим человеком": Binding.END_REASON_USER,
    "отменена школой на приёме": Binding.END_REASON_SCHOOL_ASSISTED,
    "отменена поддержкой": Binding.END_REASON_SUPPORT,
    "отменена по спискам школы": Binding.END_REASON_ROSTER,
    "отменена владельцем профиля": Binding.END_REASON_RELEASED_BY_OWNER,
}
_SCOPES = ["vkid.personal_info", "phone", "email"]


@given(step("у {who:Person} привязан {profile:Profile}"))
def bound(stage: Stage, who: Who, profile: Profile) -> None:
    """Профиль уже привязан: привязка проходит от начала до конца и удаётся.

    Пример: Дано у Ани привязан профиль Веры
    """
    stage.bind(who, profile)
    stage.settled()


@when(step("{who:Person} привязывает {profile:Profile}"))
def bind(stage: Stage, who: Who, profile: Profile) -> None:
    """Весь путь: кнопка «Привязать учебный профиль Сферума», вход во VK ID, завершение.

    Пример: Когда Вера привязывает свой профиль
    """
    stage.bind(who, profile)


@when(step("{who:Person} привязывает {profile:Profile}, указав {contact:Contact}"))
def bind_with_contact(stage: Stage, who: Who, profile: Profile, contact: Contact) -> None:
    """То же, но контакт указан не первый записанный, а названный.

    Пример: Когда Аня привязывает свой профиль, указав свою почту
    """
    stage.bind(who, profile, stage.value(contact, who.id))


@when(step("{who:Person} на странице {child:Person} привязывает {profile:Profile}"))
def bind_via_child(stage: Stage, who: Who, child: Who, profile: Profile) -> None:
    """То же, но родитель пришёл на страницу с кнопкой, нажав на имя ребёнка.

    Пример: Когда Вера на странице Бориса привязывает свой профиль
    """
    stage.bind(who, profile, via=stage.actor(child).account("PUPIL"))


@when(step("{who:Person} привязывает {profile:Profile}, не разрешив передать телефон и почту"))
def bind_with_few_scopes(stage: Stage, who: Who, profile: Profile) -> None:
    """То же, но на странице VK ID снимает галочки с телефона и почты.

    Пример: Когда Борис привязывает свой профиль, не разрешив передать телефон и почту
    """
    stage.bind(who, profile, scopes=_SCOPES[:1])


@when(step("{who:Person} привязывает {profile:Profile}, разрешив передать телефон и почту"))
def bind_with_all_scopes(stage: Stage, who: Who, profile: Profile) -> None:
    """То же, и на странице VK ID ставит галочки на телефон и почту.

    Пример: Когда Борис привязывает свой профиль, разрешив передать телефон и почту
    """
    stage.bind(who, profile, scopes=_SCOPES)


@when(step("{who:Person} привязывает {profile:Profile} и освобождает его от другой привязки"))
def bind_and_release(stage: Stage, who: Who, profile: Profile) -> None:
    """То же, и человек согласен, что другая привязка его профиля закончится (если эта возможность включена).

    Пример: Когда Борис привязывает свой профиль и освобождает его от другой привязки
    """
    stage.bind(who, profile, release=True)


@when(step("{who:Person} начинает привязку"))
def start(stage: Stage, who: Who) -> None:
    """Нажимает кнопку «Привязать учебный профиль Сферума» со своим контактом.

    Пример: Когда Вера начинает привязку
    """
    stage.start(who)


@when(step("{who:Person} начинает привязку, указав {contact:Contact}"))
def start_with_contact(stage: Stage, who: Who, contact: Contact) -> None:
    """Нажимает кнопку, указав названный контакт.

    Пример: Когда Аня начинает привязку, указав телефон Веры
    """
    stage.start(who, stage.value(contact, who.id))


@when(step("{who:Person} завершает привязку"))
def finish(stage: Stage, who: Who) -> None:
    """Дневник передаёт службе то, с чем VK ID вернул браузер.

    Пример: Когда Вера завершает привязку
    """
    stage.finish(who)


@when(step("{who:Person} ждёт завершения привязки не дольше {seconds:g} с"))
def finish_in_time(stage: Stage, who: Who, seconds: float) -> None:
    """Завершает привязку, но не ждёт ответа дольше названного.

    Пример: Когда Вера ждёт завершения привязки не дольше 1.5 с
    """
    stage.finish(who, timeout_s=seconds)


@when(step("{who:Person} смотрит, что будет привязано"))
def preview(stage: Stage, who: Who) -> None:
    """Завершает вход во VK ID и смотрит, что получится; не привязано ещё ничего.

    Пример: Когда Вера смотрит, что будет привязано
    """
    if stage.finish(who, preview=True) is not None:
        stage.run(who).redirect = None


@when(step("{who:Person} отменяет привязку {place:Place}", Place=_ENTRY_POINTS))
def unbind(stage: Stage, who: Who, place: EntryPoint) -> None:
    """Нажимает «Отменить привязку Сферума» на странице профиля или «Отменить привязку профиля» на вкладке «Чаты».

    Пример: Когда Аня отменяет привязку на вкладке «Чаты»
    """
    actor, account = stage.actor(who), stage.account(who)
    stage.run(who).chats = [chat.name for chat in stage.chats(who)]
    stage.act(f"{stage.name_of(who)} отменяет привязку", lambda: actor.unbind(account, entry_point=place))


@then(step("у {who:Person} есть действующая привязка"))
def has_active(stage: Stage, who: Who) -> None:
    """Привязка действует, чаты готовы.

    Пример: Тогда у Веры есть действующая привязка
    """
    [binding] = stage.active(who)
    assert binding.account == stage.account(who)
    assert binding.chats == Binding.CHATS_STATE_READY


@then(step("у {who:Person} нет действующей привязки"))
def has_none(stage: Stage, who: Who) -> None:
    """Действующей привязки у учётной записи нет.

    Пример: Тогда у Ани нет действующей привязки
    """
    assert stage.active(who) == []


@then(step("привязка {who:Person} {end:End}", End=_ENDS))
def ended_by(stage: Stage, who: Who, end: Binding.EndReason) -> None:
    """Последняя привязка закончилась именно так.

    Пример: Тогда привязка Ани отменена по спискам школы
    """
    newest = stage.history(who)[0]
    assert (newest.state, newest.end_reason) == (Binding.STATE_UNBOUND, end)


@then(step("привязка {who:Person} отменена {place:Place}", Place=_ENTRY_POINTS))
def ended_at(stage: Stage, who: Who, place: EntryPoint) -> None:
    """Последняя привязка отменена нажатием именно этой кнопки.

    Пример: Тогда привязка Веры отменена на странице профиля
    """
    newest = stage.history(who)[0]
    assert (newest.state, newest.end_entry_point) == (Binding.STATE_UNBOUND, place)


@then(step("у {who:Person} ничего не привязано и не было"))
def nothing_claimed(stage: Stage, who: Who) -> None:
    """Ни привязки, ни чатов у учётной записи нет и не было.

    Пример: Тогда у Ани ничего не привязано и не было
    """
    assert stage.history(who) == []
    assert stage.chats(who) == []


@then(step("у {who:Person} за всё время привязок: {count:d}"))
def bindings_ever(stage: Stage, who: Who, count: int) -> None:
    """Столько привязок было у учётной записи вместе с действующей.

    Пример: Тогда у Веры за всё время привязок: 1
    """
    assert len(stage.history(who)) == count


@then(step("привязка {who:Person} осталась прежней"))
def same_binding(stage: Stage, who: Who) -> None:
    """Действует та же привязка, что и до последнего действия.

    Пример: Тогда привязка Веры осталась прежней
    """
    run = stage.run(who)
    [binding] = stage.active(who)
    assert run.bound is not None
    assert binding.name == run.bound.name
    before = stage.notes.get("before")
    if before is not None:
        assert binding.name == before.name
        assert run.already_bound


@then(step("привязка {who:Person} новая"))
def new_binding(stage: Stage, who: Who) -> None:
    """Действует не та привязка, что была прежде.

    Пример: Тогда привязка Веры новая
    """
    history = stage.history(who)
    assert history[0].state == Binding.STATE_ACTIVE
    assert len({binding.name for binding in history}) == len(history) > 1


@then(step("у {who:Person} теперь привязан {profile:Profile}"))
def holds(stage: Stage, who: Who, profile: Profile) -> None:
    """В учётной записи привязан именно этот профиль.

    Пример: Тогда у Ани теперь привязан свой профиль
    """
    [binding] = stage.active(who)
    reader = stage.actor(who).client.get_binding(name=binding.name)
    assert reader.vk_user_id == stage.vk_number(profile, stage.actor(who))


@then(step("привязка {who:Person} сделана в роли «{role:Role}»", Role=_ROLES))
def bound_in_role(stage: Stage, who: Who, role: Role) -> None:
    """Учётная запись привязки имеет эту роль.

    Пример: Тогда привязка Дины сделана в роли «законный представитель»
    """
    [binding] = stage.active(who)
    assert stage.actor(who).client.get_account(name=binding.account).role == role


@then(step("{reader:Person} видит номер VK ID {who:Person} полностью"))
def sees_number(stage: Stage, reader: Who, who: Who) -> None:
    """Номер VK ID привязки прочитан целиком: его надо назвать поддержке.

    Пример: Тогда Аня видит номер VK ID Ани полностью
    """
    [binding] = stage.active(who)
    seen = stage.actor(reader).client.get_binding(name=binding.name).vk_user_id
    assert seen == stage.vk_number(Profile("own"), stage.actor(who))


@then(step("{reader:Person} видит номер VK ID {who:Person} под маской"))
def sees_mask(stage: Stage, reader: Who, who: Who) -> None:
    """Читающий видит лишь последние цифры номера.

    Пример: Тогда Иван видит номер VK ID Ани под маской
    """
    [binding] = stage.active(who)
    _masked(stage, who, stage.actor(reader).client.get_binding(name=binding.name).vk_user_id)


@then(step("другая служба видит номер VK ID {who:Person} под маской"))
def service_sees_mask(stage: Stage, who: Who) -> None:
    """Служба, которой разрешено читать привязки, видит лишь последние цифры номера.

    Пример: Тогда другая служба видит номер VK ID Ани под маской
    """
    [binding] = stage.active(who)
    _masked(stage, who, stage.world.service_client("reader").get_binding(name=binding.name).vk_user_id)


def _masked(stage: Stage, who: Who, seen: str) -> None:
    number = stage.vk_number(Profile("own"), stage.actor(who))
    assert re.fullmatch(rf"\*+{number[-4:]}", seen)


@when(step("{reader:Person} читает привязку {who:Person}"))
def read(stage: Stage, reader: Who, who: Who) -> None:
    """Пробует прочитать чужую действующую привязку.

    Пример: Когда Кира читает привязку Ани
    """
    [binding] = stage.active(who)
    client = stage.actor(reader).client
    stage.act(f"{stage.name_of(reader)} читает привязку", lambda: client.get_binding(name=binding.name))
