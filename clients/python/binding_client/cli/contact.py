"""`sferum contact`: confirms a phone number or an e-mail address by a one-time code."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from binding_client.cli.options import Lang, Server, StateDir
from binding_client.cli.state import State
from binding_client.cli.texts import Language, Say
from binding_client.client import BindingClient

app = typer.Typer(no_args_is_help=True, help="Подтверждение телефона или почты.")

Contact = Annotated[str, typer.Argument(help="Свой телефон или почта.")]


@app.callback()
def _about() -> None:
    """Подтверждение телефона или почты."""


@app.command()
def send(
    contact: Contact, lang: Lang = Language.RU, server: Server = "127.0.0.1:50051", state_dir: StateDir = None
) -> None:
    """Получить код на телефон или почту."""
    say = Say(lang)
    with _client(server, lang, state_dir) as client:
        answer = client.send_contact_code(contact=contact)
    until = answer.expire_time.ToDatetime().strftime("%H:%M:%S")
    Console().print(
        say(
            f"Код отправлен: {answer.contact_masked}. Он действует до {until} UTC.",
            f"A code was sent to {answer.contact_masked}. It is good until {until} UTC.",
        ),
        markup=False,
    )


@app.command()
def confirm(
    contact: Contact,
    code: Annotated[str, typer.Argument(help="Код из сообщения.")],
    lang: Lang = Language.RU,
    server: Server = "127.0.0.1:50051",
    state_dir: StateDir = None,
) -> None:
    """Подтвердить телефон или почту кодом."""
    say = Say(lang)
    with _client(server, lang, state_dir) as client:
        answer = client.confirm_contact(contact=contact, code=code)
    Console().print(
        say(f"Подтверждено: {answer.contact_masked}.", f"Confirmed: {answer.contact_masked}."), markup=False
    )


def _client(server: str, lang: str, state_dir: Path | None) -> BindingClient:
    session = State.of(state_dir).session()
    return BindingClient.connect(server, token=session.access_token if session else None, language=lang)
