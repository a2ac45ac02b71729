"""Tickets: the last way out. Support unbinds against a complete ticket, and binds nothing."""

import struct
import zlib
from typing import Any

from pytest_bdd import given, then, when
from sferum.binding.v1.support_service_pb2 import ResolveTicketRequest
from sferum.binding.v1.ticket_pb2 import SupportTicket

from binding_client.testing.gherkin.stage import Stage
from binding_client.testing.gherkin.words import Profile, Who, step

_ITEMS = {
    "без муниципалитета": {"municipality": ""},
    "без школы": {"school_name": ""},
    "без имени": {"full_name": ""},
    "без номера VK ID": {"vk_user_id": ""},
    "без снимка": {"screenshot": b""},
    "со снимком, который не картинка": {"screenshot": b"<html>\x89PNG</html>"},
    "с обрезанной картинкой": {"screenshot": b"\x89PNG\r\n\x1a\n\x00\x00"},
    "со слишком большим снимком": {"screenshot": b"\x89PNG\r\n\x1a\n" + bytes(3 * 1024 * 1024 + 1)},
}
_STATES = {
    "ждёт": SupportTicket.STATE_OPEN,
    "выполнена": SupportTicket.STATE_UNBOUND,
    "закрыта без изменений": SupportTicket.STATE_CLOSED,
}


def picture() -> bytes:
    """Returns a small PNG image, such as a screenshot of an error could be."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + bytes((number * 30, 60, 90)) * 8 for number in range(8)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def file_ticket(stage: Stage, who: Who, number: str, **changed: Any) -> None:
    """Files a ticket about the own account with all five items, less what is changed."""
    actor = stage.actor(who)
    name = actor.facts.document["name"]
    place = actor.client.get_account(name=stage.account(who)).classes
    organisation = place[0].organisation.removeprefix("organisations/") if place else ""
    schools = {each["id"]: each for each in stage.document["organisations"]}
    school = schools.get(organisation) or next(iter(schools.values()))
    towns = {each["id"]: each["name"] for each in stage.document["municipalities"]}
    items: dict[str, Any] = {
        "municipality": towns[school["municipality"]],
        "school_name": school["name"],
        "full_name": f"{name['last']} {name['first']} {name.get('middle', '')}".strip(),
        "vk_user_id": number,
        "screenshot": picture(),
        "school_steps": "Отменяли и привязывали заново, не помогло.",
        "decision": stage.last_refusal.decision if stage.last_refusal else "",
        **changed,
    }
    stage.notes["ticket"] = stage.act(
        f"{stage.name_of(who)} подаёт заявку",
        lambda: actor.client.create_ticket(account=stage.account(who), **items),
    )


@given(step("{who:Person} подаёт заявку о профиле: {profile:Profile}"))
@when(step("{who:Person} подаёт заявку о профиле: {profile:Profile}"))
def file_about(stage: Stage, who: Who, profile: Profile) -> None:
    """Подаёт заявку в техническую поддержку: все пять сведений, номер VK ID - названного профиля.

    Пример: Когда Аня подаёт заявку о профиле: профиль Веры
    """
    file_ticket(stage, who, stage.vk_number(profile, stage.actor(who)))


@when(step("{who:Person} подаёт заявку {fault:Item}", Item=_ITEMS))
def file_incomplete(stage: Stage, who: Who, fault: dict[str, Any]) -> None:
    """Подаёт заявку, в которой одного из пяти сведений нет или снимок не годится.

    Пример: Когда Аня подаёт заявку без снимка
    """
    file_ticket(stage, who, stage.vk_number(Profile("own"), stage.actor(who)), **fault)


def resolve(stage: Stage, account: str) -> None:
    """Lets support end a binding for the ticket."""
    ticket = stage.notes["ticket"]
    client = stage.world.service_client("support")
    answer = stage.act(
        "поддержка отменяет привязку по заявке",
        lambda: client.resolve_ticket(
            name=ticket.name, action=ResolveTicketRequest.ACTION_UNBIND, agent="agent-7", account=account
        ),
    )
    if answer is not None:
        stage.notes["ticket"] = answer


@when(step("поддержка отменяет привязку по заявке"))
def resolve_own(stage: Stage) -> None:
    """Поддержка отменяет привязку той учётной записи, о которой заявка.

    Пример: Когда поддержка отменяет привязку по заявке
    """
    resolve(stage, "")


@when(step("поддержка отменяет по заявке привязку {who:Person}"))
def resolve_of(stage: Stage, who: Who) -> None:
    """Поддержка отменяет привязку другой учётной записи, которая держит профиль из заявки.

    Пример: Когда поддержка отменяет по заявке привязку Ани
    """
    resolve(stage, stage.account(who))


@then(step("заявка {state:State}", State=_STATES))
def ticket_state(stage: Stage, state: SupportTicket.State) -> None:
    """Так обстоит дело с заявкой.

    Пример: Тогда заявка закрыта без изменений
    """
    ticket = stage.notes["ticket"]
    assert stage.world.service_client("support").get_ticket(name=ticket.name).state == state


@then(step("поддержка ничего не привязала"))
def support_bound_nothing(stage: Stage) -> None:
    """В журнале действий поддержки нет ни одной привязки.

    Пример: Тогда поддержка ничего не привязала
    """
    records = stage.world.service_client("support").list_audit_records(page_size=500).records
    by_support = [each.action for each in records if each.actor.startswith("services/support")]
    assert "ticket.resolve" in by_support
    assert not [action for action in by_support if action in ("binding.create", "binding.complete", "binding.start")]


@then(step("записано, что поддержка по заявке отменила привязку {who:Person}"))
def support_recorded(stage: Stage, who: Who) -> None:
    """В журнале действий учётной записи стоит отмена, и при ней номер заявки.

    Пример: Тогда записано, что поддержка по заявке отменила привязку Ани
    """
    records = stage.actor(who).client.list_audit_records(parent=stage.account(who), action="binding.unbind").records
    assert stage.notes["ticket"].name in [each.ticket for each in records]
