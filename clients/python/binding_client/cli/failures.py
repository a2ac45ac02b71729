"""What can go wrong, as a panel: nobody at a terminal wants a traceback."""

from typing import Any

import httpx
import typer
from rich.console import Console
from typer.core import TyperGroup

from binding_client.cli import render
from binding_client.cli.options import say_of
from binding_client.cli.texts import Say
from binding_client.control import ControlError
from binding_client.errors import BindingError
from binding_client.esia import EsiaError
from binding_client.headless import SignInError, SignInRefused, StepUnexpected
from binding_client.loopback import RedirectTimeout
from binding_client.roster import WorldFileError
from binding_client.testing import StackError

_STEP_OPTIONS = {
    "register": "--first-name --last-name --birthday --sex --role",
    "learning": "--role",
    "profile": "--profile",
}


class Refusals(TyperGroup):
    """A group of commands that shows refusals and failures as a panel."""

    def invoke(self, ctx: Any) -> Any:
        """Runs a command; exit code 1 for a refusal."""
        try:
            return super().invoke(ctx)
        except (
            BindingError,
            EsiaError,
            SignInError,
            ControlError,
            RedirectTimeout,
            WorldFileError,
            StackError,
            httpx.HTTPError,
            OSError,
        ) as error:
            console = Console(stderr=True)
            # Notes are the last log lines of a stack that the command ran itself.
            for note in getattr(error, "__notes__", ()):
                console.print(note, style="dim", markup=False, highlight=False)
            console.print(_panel(error, say_of(ctx)))
            raise typer.Exit(1) from None


def _panel(error: Exception, say: Say) -> Any:
    match error:
        case BindingError():
            return render.refusal(error, say)
        case EsiaError():
            return render.failure(
                say(f"Госуслуги не пустили: {error.error}", f"Gosuslugi refused: {error.error}"),
                say,
                [error.description] if error.description else [],
            )
        case RedirectTimeout():
            return render.failure(say("Вход не завершен вовремя.", "The sign-in was not finished in time."), say)
        case SignInRefused():
            return render.failure(error.text or error.error, say, [f"{error.step}: {error.error}".lstrip(": ")])
        case StepUnexpected():
            return render.failure(
                say(f"Страница «{error.step}» ждет ответа.", f"The page “{error.step}” needs an answer."),
                say,
                [", ".join(error.choices)] if error.choices else [_STEP_OPTIONS.get(error.step, error.step)],
            )
        case httpx.HTTPError():
            return render.failure(say("Страница входа недоступна.", "The sign-in page cannot be reached."), say)
        case _:
            return render.failure(str(error), say)
