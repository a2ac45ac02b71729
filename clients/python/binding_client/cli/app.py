"""Commands of `sferum`: each reads its options, calls the service once or twice and shows the answer."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from sferum.binding.v1.resources_pb2 import EntryPoint

from binding_client.cli import back_end, contact, desk, render, roster, ticket, visit
from binding_client.cli.failures import Refusals
from binding_client.cli.options import (
    Account,
    Control,
    EsiaUrl,
    Headless,
    Lang,
    Login,
    Password,
    Server,
    StateDir,
    Timeout,
)
from binding_client.cli.sign_in import SignIn
from binding_client.cli.state import State
from binding_client.cli.texts import Language, Say
from binding_client.client import BindingClient
from binding_client.demo import run_demo
from binding_client.headless import Registration
from binding_client.reflection import ReflectedServer, UnknownMethod

app = typer.Typer(cls=Refusals, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(roster.app, name="roster")
app.add_typer(contact.app, name="contact")
app.add_typer(ticket.app, name="ticket")
app.add_typer(visit.app, name="visit")
for command in (back_end.bindings, back_end.watch, back_end.key, desk.search, desk.audit, desk.decision):
    app.command()(command)


@app.callback()
def _about() -> None:
    """Привязка учебного профиля Сферума к электронному дневнику."""


@app.command()
def login(
    lang: Lang = Language.RU,
    headless: Headless = False,
    login: Login = "",
    password: Password = "",
    esia_url: EsiaUrl = "http://127.0.0.1:8101",
    state_dir: StateDir = None,
    timeout: Timeout = 300.0,
) -> None:
    """Войти через Госуслуги."""
    say, console = Say(lang), Console()
    _need(not headless or bool(login and password), "--login, --password", say)
    sign_in = SignIn(State.of(state_dir), esia_url, "", headless, timeout, console, say)
    session = sign_in.esia(login, password)
    console.print(say(f"Вы вошли, номер ЕСИА {session.oid}.", f"Signed in, ESIA number {session.oid}."))


@app.command()
def accounts(lang: Lang = Language.RU, server: Server = "127.0.0.1:50051", state_dir: StateDir = None) -> None:
    """Показать свои учетные записи и детей."""
    with _client(server, lang, State.of(state_dir)) as client:
        Console().print(render.accounts(client.list_my_accounts(), Say(lang)))


@app.command()
def bind(
    lang: Lang = Language.RU,
    account: Account = "",
    contact: Annotated[str, typer.Option(help="Действующий телефон или почта этого человека.")] = "",
    via_pupil: Annotated[str, typer.Option(help="Учетная запись ребенка, через которую пришел родитель.")] = "",
    preview: Annotated[bool, typer.Option("--preview", help="Сначала показать, что будет привязано.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Не спрашивать подтверждения после --preview.")] = False,
    release_other: Annotated[
        bool, typer.Option("--release-other", help="Отменить привязку этого профиля в другой учетной записи.")
    ] = False,
    headless: Headless = False,
    login: Login = "",
    password: Password = "",
    phone: Annotated[str, typer.Option(help="Телефон или почта для VK ID (с --headless).")] = "",
    profile: Annotated[str, typer.Option(help="Номер профиля VK ID или create (с --headless).")] = "",
    first_name: Annotated[str, typer.Option(help="Имя для регистрации в VK ID (с --headless).")] = "",
    last_name: Annotated[str, typer.Option(help="Фамилия для регистрации в VK ID (с --headless).")] = "",
    birthday: Annotated[str, typer.Option(help="Дата рождения ДД.ММ.ГГГГ (с --headless).")] = "",
    sex: Annotated[str, typer.Option(help="female или male (с --headless).")] = "female",
    role: Annotated[str, typer.Option(help="Роль нового профиля: PUPIL, PARENT, TEACHER.")] = "PARENT",
    server: Server = "127.0.0.1:50051",
    esia_url: EsiaUrl = "http://127.0.0.1:8101",
    control: Control = "127.0.0.1:50052",
    state_dir: StateDir = None,
    timeout: Timeout = 300.0,
) -> None:
    """Привязать учебный профиль Сферума."""
    say, console, state = Say(lang), Console(), State.of(state_dir)
    _need(not headless or bool(phone), "--phone", say)
    _need(bool(contact or phone) or sys.stdin.isatty(), "--contact", say)
    sign_in = SignIn(state, esia_url, control, headless, timeout, console, say)
    if login:
        _need(headless and bool(password), "--headless, --password", say)
        sign_in.esia(login, password)
    stated = contact or phone or str(typer.prompt(say("Телефон или почта", "Phone or e-mail")))
    register = Registration(first_name, last_name, birthday, sex, role) if first_name else None
    with _client(server, lang, state) as client:
        name = _account(client, account, say)
        attempts: list[str] = []

        def start(redirect_uri: str) -> str:
            attempt = client.start_binding(
                account=name,
                contact=stated,
                redirect_uri=redirect_uri,
                via_pupil=_full(via_pupil) if via_pupil else "",
            )
            attempts.append(attempt.name)
            return attempt.authorization_uri

        redirect = sign_in.vk(start, login=phone, profile=profile or None, register=register)
        result = redirect.authorization_result()
        answer = client.complete_binding(name=attempts[0], result=result, preview=preview, release_other=release_other)
        if preview and answer.HasField("preview"):
            console.print(render.preview(answer.preview, say))
            if not yes and not (sys.stdin.isatty() and typer.confirm(say("Привязать?", "Bind?"))):
                client.cancel_attempt(name=attempts[0])
                console.print(say("Ничего не привязано.", "Nothing was bound."))
                return
            answer = client.complete_binding(name=attempts[0], release_other=release_other)
        console.print(render.bound(answer, say))
        console.print(render.chats(client.list_chats(parent=name).chats, say))


@app.command()
def unbind(
    lang: Lang = Language.RU, account: Account = "", server: Server = "127.0.0.1:50051", state_dir: StateDir = None
) -> None:
    """Отменить привязку."""
    say = Say(lang)
    with _client(server, lang, State.of(state_dir)) as client:
        name = _account(client, account, say)
        answer = client.unbind(name=f"{name}/binding", entry_point=EntryPoint.ENTRY_POINT_API)
        Console().print(answer.message)


@app.command()
def chats(
    lang: Lang = Language.RU, account: Account = "", server: Server = "127.0.0.1:50051", state_dir: StateDir = None
) -> None:
    """Показать чаты."""
    say = Say(lang)
    with _client(server, lang, State.of(state_dir)) as client:
        Console().print(render.chats(client.list_chats(parent=_account(client, account, say)).chats, say))


@app.command()
def diagnose(
    lang: Lang = Language.RU, account: Account = "", server: Server = "127.0.0.1:50051", state_dir: StateDir = None
) -> None:
    """Узнать, что не так с привязкой."""
    say = Say(lang)
    with _client(server, lang, State.of(state_dir)) as client:
        Console().print(render.diagnosis(client.diagnose_account(name=_account(client, account, say)), say))


@app.command()
def explain(
    lang: Lang = Language.RU,
    account: Account = "",
    contact: Annotated[str, typer.Option(help="Контакт, который был бы указан.")] = "",
    attempt: Annotated[str, typer.Option(help="Попытка, чьи данные VK ID уже известны.")] = "",
    server: Server = "127.0.0.1:50051",
    state_dir: StateDir = None,
) -> None:
    """Проиграть таблицу решений, ничего не меняя."""
    say = Say(lang)
    with _client(server, lang, State.of(state_dir)) as client:
        name = _account(client, account, say)
        answer = client.explain_binding(account=name, contact=contact, attempt=attempt)
        Console().print(render.explanation(answer, say))


@app.command()
def demo(
    lang: Lang = Language.RU,
    world: Annotated[Path | None, typer.Option(help="Файл мира вместо worlds/demo.yaml.", exists=True)] = None,
) -> None:
    """Показать всю историю на своем стенде: привязки, три проблемы и их решения."""
    if not run_demo(Console(), lang, world):
        raise typer.Exit(1)


@app.command()
def call(
    method: Annotated[
        str, typer.Argument(help="Служба/Метод, например ChatService/ListChats; без него - список.")
    ] = "",
    body: Annotated[str, typer.Argument(help="Запрос в JSON.")] = "",
    lang: Lang = Language.RU,
    server: Server = "127.0.0.1:50051",
    state_dir: StateDir = None,
) -> None:
    """Вызвать любой метод по имени (сервер сам рассказывает о своих методах)."""
    say, session = Say(lang), State.of(state_dir).session()
    token = session.access_token if session else None
    with ReflectedServer(server, token=token, language=lang) as reflected:
        if not method:
            typer.echo("\n".join(reflected.methods()))
            return
        try:
            typer.echo(reflected.call(method, body))
        except UnknownMethod as unknown:
            message = say(
                "такого метода нет; `sferum call` покажет все", "no such method; `sferum call` lists them all"
            )
            raise typer.BadParameter(f"{unknown.name}: {message}", param_hint="METHOD") from None
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="BODY") from None


def _client(server: str, lang: str, state: State) -> BindingClient:
    session = state.session()
    return BindingClient.connect(server, token=session.access_token if session else None, language=lang)


def _account(client: BindingClient, stated: str, say: Say) -> str:
    """Returns the account that is meant: the stated one, or the person's only one."""
    if stated:
        return _full(stated)
    own = [account.name for account in client.list_my_accounts().accounts]
    if len(own) != 1:
        names = ", ".join(render.short(name) for name in own) or say("нет ни одной", "there is none")
        raise typer.BadParameter(say(f"укажите учетную запись: {names}", f"name one: {names}"), param_hint="--account")
    return own[0]


def _full(account: str) -> str:
    return account if "/" in account else f"accounts/{account}"


def _need(given: bool, options: str, say: Say) -> None:
    if not given:
        raise typer.BadParameter(say("нужно указать", "must be given"), param_hint=options)
