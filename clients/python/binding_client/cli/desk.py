"""Commands for those who look after a school or support: who is here, who did what, why it was decided so."""

from typing import Annotated, Any

import typer
from google.protobuf import json_format
from rich.console import Console
from rich.table import Table
from sferum.binding.v1.audit_pb2 import AuditRecord, Decision
from sferum.binding.v1.error_reason_pb2 import ErrorReason
from sferum.binding.v1.resources_pb2 import Binding, DiaryAccount

from binding_client.cli import render
from binding_client.cli.back_end import Account, Organisation, Service, client_of, named
from binding_client.cli.options import Lang, Server, StateDir
from binding_client.cli.state import State
from binding_client.cli.texts import Language, Say

_PAGE = 500

Limit = Annotated[int, typer.Option("--limit", min=1, help="Показать не больше стольких.")]
AsJson = Annotated[bool, typer.Option("--json", help="По объекту JSON на строку.")]


def search(
    organisation: Annotated[str, typer.Argument(help="Школа, например shkola-5.")],
    query: Annotated[str, typer.Argument(help="Начало фамилии, имени, отчества.")] = "",
    lang: Lang = Language.RU,
    school_class: Annotated[str, typer.Option("--class", help="Класс, например s5-2026-5a.")] = "",
    bound: Annotated[bool | None, typer.Option("--bound/--unbound", help="Только с привязкой или без нее.")] = None,
    limit: Limit = 100,
    as_json: AsJson = False,
    service: Service = "",
    server: Server = "127.0.0.1:50051",
    state_dir: StateDir = None,
) -> None:
    """Найти учетные записи своей школы."""
    say = Say(lang)
    state: Any = {None: 0, True: Binding.STATE_ACTIVE, False: Binding.STATE_UNBOUND}[bound]
    found: list[DiaryAccount] = []
    token = ""
    with client_of(server, lang, State.of(state_dir), service, say) as client:
        while True:
            page = client.list_accounts(
                parent=named("organisations", organisation),
                query=query,
                school_class=named("classes", school_class),
                binding_state=state,
                page_size=min(limit, _PAGE),
                page_token=token,
            )
            found += page.accounts
            token = page.next_page_token
            if not token or len(found) >= limit:
                break
    if as_json:
        _print_json(found[:limit])
    else:
        Console().print(_accounts(found[:limit], say))
    _tell_more(bool(token) or len(found) > limit, limit, say)


def audit(
    lang: Lang = Language.RU,
    account: Account = "",
    organisation: Organisation = "",
    visit: Annotated[str, typer.Option("--visit", help="Номер приема.")] = "",
    ticket: Annotated[str, typer.Option("--ticket", help="Номер заявки.")] = "",
    action: Annotated[str, typer.Option("--action", help="Только это действие, например binding.unbind.")] = "",
    limit: Limit = 100,
    as_json: AsJson = False,
    service: Service = "",
    server: Server = "127.0.0.1:50051",
    state_dir: StateDir = None,
) -> None:
    """Показать, кто, что и для кого сделал, новое первым."""
    say = Say(lang)
    given = [
        named(collection, name)
        for collection, name in (
            ("accounts", account),
            ("organisations", organisation),
            ("visits", visit),
            ("tickets", ticket),
        )
        if name
    ]
    if len(given) > 1:
        problem = say("нужно указать одно", "name one")
        raise typer.BadParameter(problem, param_hint="--account, --organisation, --visit, --ticket")
    found: list[AuditRecord] = []
    token = ""
    with client_of(server, lang, State.of(state_dir), service, say) as client:
        parents = given or ([""] if service else [each.name for each in client.list_my_accounts().accounts])
        for parent in parents:
            while True:
                page = client.list_audit_records(
                    parent=parent, action=action, page_size=min(limit, _PAGE), page_token=token
                )
                found += page.records
                token = page.next_page_token
                if not token or len(found) >= limit * len(parents):
                    break
    # What concerns a person and no account is told of each account.
    shown = sorted({record.name: record for record in found}.values(), key=_number, reverse=True)
    if as_json:
        _print_json(shown[:limit])
    else:
        Console().print(_records(shown[:limit], say))
    _tell_more(bool(token) or len(shown) > limit, limit, say)


def decision(
    number: Annotated[str, typer.Argument(help="Короткий номер решения из отказа.")],
    lang: Lang = Language.RU,
    as_json: AsJson = False,
    service: Service = "",
    server: Server = "127.0.0.1:50051",
    state_dir: StateDir = None,
) -> None:
    """Открыть решение по его короткому номеру."""
    say = Say(lang)
    with client_of(server, lang, State.of(state_dir), service, say) as client:
        found = client.get_decision(name=named("decisions", number))
    if as_json:
        _print_json([found])
    else:
        Console().print(_decision(found, say))


def _print_json(messages: list[Any]) -> None:
    for message in messages:
        typer.echo(json_format.MessageToJson(message, indent=None, ensure_ascii=False))


def _tell_more(more: bool, limit: int, say: Say) -> None:
    if more:
        typer.echo(say(f"Показаны первые {limit}.", f"The first {limit} are shown."), err=True)


def _number(record: AuditRecord) -> int:
    return int(render.short(record.name))


def _accounts(found: list[DiaryAccount], say: Say) -> Table:
    table = Table()
    for title in (
        say("Учетная запись", "Account"),
        say("Имя", "Name"),
        say("Роль", "Role"),
        say("Классы", "Classes"),
        say("Привязка", "Binding"),
    ):
        table.add_column(title)
    for account in found:
        classes = ", ".join(each.display_name for each in account.classes)
        bound = render.short(account.binding) or say("нет", "none")
        name, shown = render.short(account.name), render.plain(account.display_name)
        table.add_row(name, shown, say.role(account.role), render.plain(classes), bound)
    return table


def _records(found: list[AuditRecord], say: Say) -> Table:
    table = Table()
    for title in (
        say("Когда", "When"),
        say("Действие", "Action"),
        say("Кто", "Who"),
        say("За кого", "For whom"),
        say("Учетная запись", "Account"),
        say("Почему", "Why"),
        say("Решение №", "Decision no."),
        say("Прием или заявка", "Visit or ticket"),
    ):
        table.add_column(title, overflow="fold")
    for record in found:
        who = render.short(record.actor) + (f" ({record.agent})" if record.agent else "")
        why = ErrorReason.Name(record.reason).removeprefix("ERROR_REASON_") if record.reason else ""
        if record.end_reason:
            why = Binding.EndReason.Name(record.end_reason).removeprefix("END_REASON_")
        table.add_row(
            f"{record.time.ToDatetime().isoformat(sep=' ', timespec='seconds')}Z",
            record.action,
            render.plain(who),
            render.short(record.on_behalf_of),
            render.short(record.account),
            why,
            record.decision,
            record.visit or record.ticket,
        )
    return table


def _decision(found: Decision, say: Say) -> Table:
    table = Table(title=render.plain(found.message), title_justify="left", show_header=False)
    rows = [
        (say("Решение №", "Decision no."), render.short(found.name)),
        (say("Когда", "When"), f"{found.time.ToDatetime().isoformat(sep=' ', timespec='seconds')}Z"),
        (say("Учетная запись", "Account"), render.short(found.account)),
        (say("Политика", "Policy"), say.policy(found.policy)),
        (say("Строка таблицы", "Table row"), found.row),
        (say("Решено", "Decided"), say("привязать", "to bind") if found.accepted else say("отказать", "to refuse")),
        (
            say("Причина", "Reason"),
            ErrorReason.Name(found.reason).removeprefix("ERROR_REASON_") if found.reason else "",
        ),
    ]
    for name, value in [*rows, *((fact.name, fact.value) for fact in found.facts)]:
        if value:
            table.add_row(name, render.plain(value))
    return table
