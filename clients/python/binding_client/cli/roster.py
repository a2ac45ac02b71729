"""`sferum roster`: rosters from files and from a running simulator."""

from pathlib import Path
from time import monotonic
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from binding_client.cli import render
from binding_client.cli.options import Control, Lang, Server, StateDir
from binding_client.cli.state import State
from binding_client.cli.texts import Language, Say
from binding_client.client import BindingClient
from binding_client.control import SimulatorControl
from binding_client.roster import (
    Roster,
    WorldSource,
    import_roster,
    open_roster,
    reconcile,
    roster_effects,
    roster_errors,
)
from binding_client.service_credentials import ServiceCredentials, ensure_service_key

app = typer.Typer(no_args_is_help=True, help="Списки классов и людей.")


@app.callback()
def _about() -> None:
    """Списки классов и людей."""


@app.command("import")
def import_(
    file: Annotated[
        Path | None, typer.Argument(help="Файл мира: YAML или JSON Lines (.jsonl).", exists=True, dir_okay=False)
    ] = None,
    from_simulator: Annotated[
        str, typer.Option("--from-simulator", metavar="WORLD", help="Взять мир у работающего симулятора.")
    ] = "",
    full: Annotated[bool, typer.Option("--full", help="Это полный список: чего в нем нет, то закончилось.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Только показать, что изменится.")] = False,
    atomic: Annotated[bool, typer.Option("--atomic", help="Все или ничего: с ошибками не менять ничего.")] = False,
    lang: Lang = Language.RU,
    service: Annotated[str, typer.Option(help="Имя системы, от которой идет список.")] = "roster-feed",
    server: Server = "127.0.0.1:50051",
    control: Control = "127.0.0.1:50052",
    state_dir: StateDir = None,
) -> None:
    """Передать службе список классов и людей."""
    say, console = Say(lang), Console()
    if (file is None) is not bool(from_simulator):
        raise typer.BadParameter(
            say("нужно одно из двух", "exactly one is needed"), param_hint="FILE, --from-simulator"
        )
    roster = open_roster(file) if file is not None else _of_simulator(control, from_simulator)
    credentials = ServiceCredentials(service, ensure_service_key(State.of(state_dir).directory, service).key_pem)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    begun = monotonic()
    with (
        BindingClient.connect(server, token=credentials, language=lang) as client,
        Progress(*columns, console=console) as progress,
    ):
        task = progress.add_task("", total=1.0)

        def tell(sent: int) -> None:
            said = say(f"Передано записей: {sent}", f"Records sent: {sent}")
            progress.update(task, description=said, completed=roster.share)

        tell(0)
        answer = import_roster(client, roster, tell, full=full, dry_run=dry_run, atomic=atomic)
        # Listed page by page: an answer holds the first ones only.
        errors = roster_errors(client, answer.name) if answer.failed > len(answer.errors) else answer.errors
        effects = roster_effects(client, answer.name) if answer.effect_count > len(answer.effects) else answer.effects
        summary = render.imported(answer, say, monotonic() - begun, list(errors))
        listed = render.effects(list(effects), say) if dry_run else None
    console.print(summary)
    if listed is not None:
        console.print(listed)
    if answer.failed:
        raise typer.Exit(1)


@app.command("reconcile")
def reconcile_(
    organisation: Annotated[str, typer.Option(help="Только эта организация.")] = "",
    municipality: Annotated[str, typer.Option(help="Только этот муниципалитет.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Только показать, что разошлось.")] = False,
    lang: Lang = Language.RU,
    service: Annotated[str, typer.Option(help="Имя системы, от которой идет запрос.")] = "roster-feed",
    server: Server = "127.0.0.1:50051",
    state_dir: StateDir = None,
) -> None:
    """Сверить, кто в каких чатах, со списками и привязками, и исправить."""
    say, console = Say(lang), Console()
    if organisation and municipality:
        raise typer.BadParameter(say("нужно одно из двух", "only one"), param_hint="--organisation, --municipality")
    parent = (
        f"organisations/{organisation}" if organisation else f"municipalities/{municipality}" if municipality else ""
    )
    credentials = ServiceCredentials(service, ensure_service_key(State.of(state_dir).directory, service).key_pem)
    checked = [0]

    def tell(count: int) -> None:
        checked[0] = count

    with BindingClient.connect(server, token=credentials, language=lang) as client:
        changes = list(reconcile(client, parent, tell, dry_run=dry_run))
    console.print(say(f"Проверено привязок: {checked[0]}", f"Bindings checked: {checked[0]}"))
    console.print(render.effects(changes, say))


def _of_simulator(control: str, world: str) -> Roster:
    simulator = SimulatorControl(control, world)
    try:
        return Roster(WorldSource(simulator.get_world_document(), {}))
    finally:
        simulator.close()
