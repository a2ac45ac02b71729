"""`sferum visit`: an operator of the school helps a person who is there with both sign-ins."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from sferum.binding.v1.resources_pb2 import DiaryAccount, EntryPoint
from sferum.binding.v1.visit_pb2 import Visit

from binding_client.cli import render
from binding_client.cli.back_end import Organisation, named
from binding_client.cli.options import Account, Control, EsiaUrl, Headless, Lang, Server, StateDir, Timeout
from binding_client.cli.sign_in import SignIn
from binding_client.cli.state import State
from binding_client.cli.texts import Language, Say
from binding_client.client import BindingClient
from binding_client.headless import Registration

_PAGE = 500

app = typer.Typer(no_args_is_help=True, help="Прием в школе: помочь посетителю с его двумя входами.")

Login = Annotated[str, typer.Option("--login", help="Логин посетителя на Госуслугах (с --headless).")]
Password = Annotated[
    str, typer.Option("--password", envvar="SFERUM_VISITOR_PASSWORD", help="Пароль посетителя (с --headless).")
]


@app.callback()
def _about() -> None:
    """Прием в школе: помочь посетителю с его двумя входами."""


@app.command("open")
def open_(
    lang: Lang = Language.RU,
    organisation: Organisation = "",
    headless: Headless = False,
    login: Login = "",
    password: Password = "",
    server: Server = "127.0.0.1:50051",
    esia_url: EsiaUrl = "http://127.0.0.1:8101",
    state_dir: StateDir = None,
    timeout: Timeout = 300.0,
) -> None:
    """Открыть прием: посетитель входит через Госуслуги здесь же."""
    say, console, state = Say(lang), Console(), State.of(state_dir)
    own = _own_token(state, say)
    if headless and not (login and password):
        raise typer.BadParameter(say("нужно указать", "is needed"), param_hint="--login, --password")
    if not headless:
        console.print(
            say(
                "Входит посетитель: откройте адрес в приватном окне, чтобы не войти под собой.",
                "The visitor signs in: open the address in a private window, so that it is not you.",
            )
        )
    sign_in = SignIn(state, esia_url, "", headless, timeout, console, say, keep_in=state.visitor())
    session = sign_in.esia(login, password)
    kept = state.session()
    if kept is not None and kept.oid == session.oid:
        state.forget_visit()
        problem = say("вошли вы сами, а не посетитель", "you signed in yourself, and not the visitor")
        raise typer.BadParameter(problem, param_hint="--login")
    with BindingClient.connect(server, token=own, on_behalf_of=session.access_token, language=lang) as client:
        visit = client.open_visit(organisation=named("organisations", organisation))
    state.keep_visit(visit.name)
    console.print(_shown(visit, say))
    with BindingClient.connect(server, token=own, language=lang) as client:
        for account in _accounts(client, visit):
            console.print(render.plain(f"  {render.short(account.name)}  {account.display_name}"))


@app.command()
def diagnose(
    lang: Lang = Language.RU, account: Account = "", server: Server = "127.0.0.1:50051", state_dir: StateDir = None
) -> None:
    """Узнать, что не так с привязкой посетителя."""
    say = Say(lang)
    with _desk(server, lang, State.of(state_dir), say) as client:
        name = _account(server, lang, state_dir, account, say)
        Console().print(render.diagnosis(client.diagnose_account(name=name), say))


@app.command()
def unbind(
    lang: Lang = Language.RU, account: Account = "", server: Server = "127.0.0.1:50051", state_dir: StateDir = None
) -> None:
    """Отменить привязку посетителя."""
    say = Say(lang)
    with _desk(server, lang, State.of(state_dir), say) as client:
        name = _account(server, lang, state_dir, account, say)
        answer = client.unbind(name=f"{name}/binding", entry_point=EntryPoint.ENTRY_POINT_API)
        Console().print(answer.message)


@app.command()
def bind(
    lang: Lang = Language.RU,
    account: Account = "",
    contact: Annotated[str, typer.Option(help="Действующий телефон или почта посетителя.")] = "",
    headless: Headless = False,
    phone: Annotated[str, typer.Option(help="Телефон или почта для VK ID (с --headless).")] = "",
    profile: Annotated[str, typer.Option(help="Номер профиля VK ID или create (с --headless).")] = "",
    first_name: Annotated[str, typer.Option(help="Имя для регистрации в VK ID (с --headless).")] = "",
    last_name: Annotated[str, typer.Option(help="Фамилия для регистрации в VK ID (с --headless).")] = "",
    birthday: Annotated[str, typer.Option(help="Дата рождения ДД.ММ.ГГГГ (с --headless).")] = "",
    sex: Annotated[str, typer.Option(help="female или male (с --headless).")] = "female",
    role: Annotated[str, typer.Option(help="Роль нового профиля: PUPIL, PARENT, TEACHER.")] = "PUPIL",
    server: Server = "127.0.0.1:50051",
    esia_url: EsiaUrl = "http://127.0.0.1:8101",
    control: Control = "127.0.0.1:50052",
    state_dir: StateDir = None,
    timeout: Timeout = 300.0,
) -> None:
    """Привязать учебный профиль посетителя: во VK ID он входит сам."""
    say, console, state = Say(lang), Console(), State.of(state_dir)
    if headless and not phone:
        raise typer.BadParameter(say("нужно указать", "is needed"), param_hint="--phone")
    stated = contact or phone or str(typer.prompt(say("Телефон или почта посетителя", "Visitor's phone or e-mail")))
    register = Registration(first_name, last_name, birthday, sex, role) if first_name else None
    sign_in = SignIn(state, esia_url, control, headless, timeout, console, say)
    with _desk(server, lang, state, say) as client:
        name = _account(server, lang, state_dir, account, say)
        attempts: list[str] = []

        def start(redirect_uri: str) -> str:
            attempt = client.start_binding(account=name, contact=stated, redirect_uri=redirect_uri)
            attempts.append(attempt.name)
            return attempt.authorization_uri

        redirect = sign_in.vk(start, login=phone, profile=profile or None, register=register)
        answer = client.complete_binding(name=attempts[0], result=redirect.authorization_result())
        console.print(render.bound(answer, say))
        console.print(render.chats(client.list_chats(parent=name).chats, say))


@app.command()
def close(lang: Lang = Language.RU, server: Server = "127.0.0.1:50051", state_dir: StateDir = None) -> None:
    """Закрыть прием и забыть вход посетителя."""
    say, state = Say(lang), State.of(state_dir)
    with BindingClient.connect(server, token=_own_token(state, say), language=lang) as client:
        visit = client.close_visit(name=_visit_name(state, say))
    state.forget_visit()
    Console().print(_shown(visit, say))


def _desk(server: str, lang: str, state: State, say: Say) -> BindingClient:
    """Returns a client with both sign-ins."""
    visitor = state.visitor().session()
    if visitor is None:
        raise typer.BadParameter(say("прием не открыт: sferum visit open", "no visit: sferum visit open"))
    return BindingClient.connect(server, token=_own_token(state, say), on_behalf_of=visitor.access_token, language=lang)


def _own_token(state: State, say: Say) -> str:
    session = state.session()
    if session is None:
        raise typer.BadParameter(say("сначала войдите сами: sferum login", "sign in yourself first: sferum login"))
    return session.access_token


def _visit_name(state: State, say: Say) -> str:
    name = state.visit()
    if not name:
        raise typer.BadParameter(say("прием не открыт: sferum visit open", "no visit: sferum visit open"))
    return name


def _account(server: str, lang: str, state_dir: Path | None, stated: str, say: Say) -> str:
    """Returns the account that is meant: the stated one, or the visitor's only one at this school."""
    if stated:
        return named("accounts", stated)
    state = State.of(state_dir)
    with _desk(server, lang, state, say) as desk:
        visit = desk.open_visit()
    with BindingClient.connect(server, token=_own_token(state, say), language=lang) as client:
        found = [account.name for account in _accounts(client, visit)]
    if len(found) != 1:
        names = ", ".join(render.short(name) for name in found) or say("нет ни одной", "there is none")
        raise typer.BadParameter(say(f"укажите учетную запись: {names}", f"name one: {names}"), param_hint="--account")
    return found[0]


def _accounts(client: BindingClient, visit: Visit) -> list[DiaryAccount]:
    """Returns the visitor's accounts at the school."""
    found: list[DiaryAccount] = []
    token = ""
    while True:
        page = client.list_accounts(parent=visit.organisation, page_size=_PAGE, page_token=token)
        found += [account for account in page.accounts if account.person == visit.holder]
        token = page.next_page_token
        if not token:
            return found


_STATES = {
    Visit.STATE_OPEN: ("открыт", "open"),
    Visit.STATE_CLOSED: ("закрыт", "closed"),
    Visit.STATE_EXPIRED: ("время вышло", "its time is over"),
    Visit.STATE_SIGNED_OUT: ("посетитель вышел с Госуслуг", "the visitor has signed out of Gosuslugi"),
}


def _shown(visit: Visit, say: Say) -> Table:
    table = Table.grid(padding=(0, 2))
    state = say(*_STATES[visit.state]) if visit.state in _STATES else Visit.State.Name(visit.state)
    until = visit.expire_time.ToDatetime().isoformat(sep=" ", timespec="seconds")
    rows = [
        (say("Прием", "Visit"), render.short(visit.name)),
        (say("Школа", "School"), render.short(visit.organisation)),
        (say("Посетитель", "Visitor"), render.short(visit.holder)),
        (say("Состояние", "State"), state),
        (say("До", "Until"), f"{until}Z" if visit.state == Visit.STATE_OPEN else ""),
    ]
    for name, value in rows:
        if value:
            table.add_row(name, render.plain(value))
    return table
