"""Options that several commands share."""

from pathlib import Path
from typing import Annotated, Any

import typer

from binding_client.cli.texts import Language, Say

_LANGUAGE = "sferum.language"


def _remember(ctx: typer.Context, value: Language) -> Language:
    # Kept where the group finds it when it has to show what went wrong.
    ctx.meta[_LANGUAGE] = value
    return value


def say_of(ctx: Any) -> Say:
    """Returns the language that a command was asked for; Russian if it did not get as far."""
    return Say(ctx.meta.get(_LANGUAGE, "ru"))


Lang = Annotated[
    Language,
    typer.Option("--lang", envvar="SFERUM_LANG", help="Язык.", callback=_remember, is_eager=True),
]
Server = Annotated[
    str,
    typer.Option("--server", envvar="SFERUM_SERVER", help="Адрес службы привязки, host:port; grpcs://host:port - TLS."),
]
EsiaUrl = Annotated[str, typer.Option("--esia-url", envvar="SFERUM_ESIA_URL", help="Адрес ЕСИА.")]
Control = Annotated[
    str, typer.Option("--control", envvar="SFERUM_CONTROL", help="Управление симулятором, host:port (с --headless).")
]
StateDir = Annotated[
    Path | None, typer.Option("--state-dir", envvar="SFERUM_STATE_DIR", help="Папка для ключей и входа.")
]
Headless = Annotated[bool, typer.Option("--headless", help="Пройти страницы симулятора без браузера.")]
Login = Annotated[str, typer.Option("--login", help="Логин Госуслуг (с --headless).")]
Password = Annotated[str, typer.Option("--password", envvar="SFERUM_PASSWORD", help="Пароль Госуслуг (с --headless).")]
Account = Annotated[str, typer.Option("--account", help="Учетная запись, например vera-parent.")]
Timeout = Annotated[float, typer.Option("--timeout", min=1.0, help="Сколько секунд ждать браузер.")]
