"""`sferum ticket`: support tickets, for who files them and for support."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sferum.binding.v1.support_service_pb2 import ResolveTicketRequest
from sferum.binding.v1.ticket_pb2 import SupportTicket

from binding_client.cli.back_end import Account, Organisation, Service, client_of, named
from binding_client.cli.options import Lang, Server, StateDir
from binding_client.cli.state import State
from binding_client.cli.texts import Language, Say

MAX_SCREENSHOT_BYTES = 3 * 1024 * 1024
"""What the service takes; more than 4 MiB would not even reach it."""

app = typer.Typer(no_args_is_help=True, help="Заявки в техническую поддержку.")


class StateName(StrEnum):
    """States of a ticket, as they are typed."""

    OPEN = "OPEN"
    UNBOUND = "UNBOUND"
    CLOSED = "CLOSED"


class Action(StrEnum):
    """What support does, as it is typed."""

    UNBIND = "unbind"
    CLOSE = "close"


Name = Annotated[str, typer.Argument(help="Номер заявки.")]


@app.callback()
def _about() -> None:
    """Заявки в техническую поддержку."""


@app.command()
def create(
    account: Annotated[str, typer.Option("--account", help="Учетная запись, о которой заявка.")],
    municipality: Annotated[str, typer.Option("--municipality", help="1. Муниципалитет.")],
    school: Annotated[str, typer.Option("--school", help="2. Наименование школы.")],
    full_name: Annotated[str, typer.Option("--full-name", help="3. Ф.И.О. сотрудника, родителя, ученика.")],
    vk_id: Annotated[str, typer.Option("--vk-id", help="4. Идентификационный номер (VK ID).")],
    screenshot: Annotated[
        Path, typer.Option("--screenshot", help="5. Скриншот ошибки: PNG, JPEG, WebP.", exists=True, dir_okay=False)
    ],
    steps: Annotated[str, typer.Option("--steps", help="Что сделала школа.")] = "",
    decision: Annotated[str, typer.Option("--decision", help="Номер решения из отказа.")] = "",
    lang: Lang = Language.RU,
    service: Service = "",
    server: Server = "127.0.0.1:50051",
    state_dir: StateDir = None,
) -> None:
    """Подать заявку: пять пунктов обязательны."""
    say = Say(lang)
    if screenshot.stat().st_size > MAX_SCREENSHOT_BYTES:
        raise typer.BadParameter(say("больше 3 МБ", "more than 3 MiB"), param_hint="--screenshot")
    with client_of(server, lang, State.of(state_dir), service, say) as client:
        made = client.create_ticket(
            account=named("accounts", account),
            municipality=municipality,
            school_name=school,
            full_name=full_name,
            vk_user_id=vk_id,
            screenshot=screenshot.read_bytes(),
            school_steps=steps,
            decision=decision,
        )
    Console().print(say("Заявка принята:", "The ticket is filed:"), _short(made.name), markup=False)


@app.command()
def show(
    name: Name,
    save: Annotated[Path | None, typer.Option("--save", help="Куда записать скриншот (PNG).")] = None,
    lang: Lang = Language.RU,
    service: Service = "",
    server: Server = "127.0.0.1:50051",
    state_dir: StateDir = None,
) -> None:
    """Показать заявку."""
    say = Say(lang)
    with client_of(server, lang, State.of(state_dir), service, say) as client:
        found = client.get_ticket(name=named("tickets", name))
    Console().print(_details(found, say))
    if save is not None and found.screenshot.content:
        save.write_bytes(found.screenshot.content)


@app.command("list")
def list_(
    account: Account = "",
    organisation: Organisation = "",
    state: Annotated[
        StateName | None, typer.Option("--state", help="Только в этом состоянии.", case_sensitive=False)
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=500, help="Показать не больше стольких.")] = 50,
    lang: Lang = Language.RU,
    service: Service = "",
    server: Server = "127.0.0.1:50051",
    state_dir: StateDir = None,
) -> None:
    """Показать заявки, новые первыми: свои, учетной записи, школы или своих муниципалитетов."""
    say = Say(lang)
    if account and organisation:
        raise typer.BadParameter(say("нужно одно из двух", "one of the two"), param_hint="--account, --organisation")
    parent = named("accounts", account) or named("organisations", organisation)
    wanted: Any = f"STATE_{state.name}" if state else 0
    with client_of(server, lang, State.of(state_dir), service, say) as client:
        page = client.list_tickets(parent=parent, state=wanted, page_size=limit)
    table = Table()
    for heading in (
        say("Заявка", "Ticket"),
        say("Состояние", "State"),
        say("Учетная запись", "Account"),
        "VK ID",
        say("Подана", "Filed"),
    ):
        table.add_column(heading, overflow="fold")
    for found in page.tickets:
        filed = found.create_time.ToDatetime().strftime("%Y-%m-%d %H:%M")
        table.add_row(_short(found.name), _state(found, say), _short(found.account), found.vk_user_id, filed)
    Console().print(table)
    if page.next_page_token:
        typer.echo(say(f"Показаны первые {limit}.", f"The first {limit} are shown."), err=True)


@app.command()
def resolve(
    name: Name,
    action: Annotated[Action, typer.Argument(help="unbind - отменить привязку, close - закрыть без этого.")],
    agent: Annotated[str, typer.Option("--agent", help="Кто из сотрудников поддержки, по ее собственному номеру.")],
    service: Service,
    account: Annotated[str, typer.Option("--account", help="Чью привязку отменить, если не самой заявки.")] = "",
    resolution: Annotated[str, typer.Option("--resolution", help="Что сказать тому, кто подал заявку.")] = "",
    lang: Lang = Language.RU,
    server: Server = "127.0.0.1:50051",
    state_dir: StateDir = None,
) -> None:
    """Выполнить заявку (поддержка): отменить привязку или закрыть заявку. Привязать поддержка не может."""
    say = Say(lang)
    wanted = {
        Action.UNBIND: ResolveTicketRequest.ACTION_UNBIND,
        Action.CLOSE: ResolveTicketRequest.ACTION_CLOSE,
    }[action]
    with client_of(server, lang, State.of(state_dir), service, say) as client:
        ended = client.resolve_ticket(
            name=named("tickets", name),
            action=wanted,
            agent=agent,
            account=named("accounts", account),
            resolution=resolution,
        )
    Console().print(f"{_short(ended.name)}: {_state(ended, say)}", markup=False)


def _details(found: SupportTicket, say: Say) -> Table:
    picture = found.screenshot
    seen = f"{picture.width} x {picture.height}"
    if picture.HasField("delete_time"):
        seen += say(", удален", ", deleted")
    rows = (
        (say("Заявка", "Ticket"), _short(found.name)),
        (say("Состояние", "State"), _state(found, say)),
        (say("Учетная запись", "Account"), _short(found.account)),
        (say("Муниципалитет", "Municipality"), found.municipality),
        (say("Школа", "School"), found.school_name),
        (say("Ф.И.О.", "Full name"), found.full_name),
        ("VK ID", found.vk_user_id),
        (say("Скриншот", "Screenshot"), seen),
        (say("Что сделала школа", "What the school tried"), found.school_steps),
        (say("Решение", "Decision"), found.decision),
        (say("Ответ поддержки", "Support's answer"), found.resolution),
    )
    table = Table(show_header=False)
    for heading, text in rows:
        if text:
            # What people wrote is no markup.
            table.add_row(heading, Text(text))
    return table


def _state(found: SupportTicket, say: Say) -> str:
    return {
        SupportTicket.STATE_OPEN: say("ждет поддержки", "waits for support"),
        SupportTicket.STATE_UNBOUND: say("привязка отменена, привяжите свой профиль", "unbound: bind your own profile"),
        SupportTicket.STATE_CLOSED: say("закрыта без изменений", "closed, nothing was changed"),
    }.get(found.state, "")


def _short(name: str) -> str:
    return name.rpartition("/")[2]
