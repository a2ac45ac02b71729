"""Commands for those who write other back ends: keys, lists, what happens from now on."""

import json
import re
from enum import StrEnum
from typing import Annotated, Any

import typer
from google.protobuf import json_format
from rich.console import Console
from sferum.binding.v1.binding_service_pb2 import WatchFilter
from sferum.binding.v1.resources_pb2 import Binding

from binding_client.cli import render, steps
from binding_client.cli.options import Lang, Server, StateDir
from binding_client.cli.state import State
from binding_client.cli.texts import Language, Say
from binding_client.client import BindingClient
from binding_client.service_credentials import ServiceCredentials, ServiceKey, ensure_service_key

_PAGE = 500


class Kind(StrEnum):
    """Kinds of events, as they are typed."""

    CREATED = "created"
    REMOVED = "removed"
    REFUSED = "refused"
    DIAGNOSED = "diagnosed"


class DiagnosisName(StrEnum):
    """Diagnoses, as they are typed."""

    OK = "OK"
    PARENT_PROFILE_IN_PUPIL_ACCOUNT = "PARENT_PROFILE_IN_PUPIL_ACCOUNT"
    PUPIL_PROFILE_IN_PARENT_ACCOUNT = "PUPIL_PROFILE_IN_PARENT_ACCOUNT"
    FOREIGN_PROFILE = "FOREIGN_PROFILE"
    STAFF_PROFILE_IN_FAMILY_ACCOUNT = "STAFF_PROFILE_IN_FAMILY_ACCOUNT"
    FAMILY_PROFILE_IN_STAFF_ACCOUNT = "FAMILY_PROFILE_IN_STAFF_ACCOUNT"
    CONTACT_NOT_OWNED = "CONTACT_NOT_OWNED"
    CONTACT_STALE = "CONTACT_STALE"
    UNKNOWN = "UNKNOWN"


Service = Annotated[str, typer.Option("--service", help="Имя своей системы: запрос с ее ключом вместо входа человека.")]
Municipality = Annotated[str, typer.Option("--municipality", help="Муниципалитет, например ekaterinburg.")]
Organisation = Annotated[str, typer.Option("--organisation", help="Организация, например shkola-5.")]
Account = Annotated[str, typer.Option("--account", help="Учетная запись, например vera-parent.")]


def key(
    name: Annotated[str, typer.Argument(help="Имя своей системы, например chat.")],
    lang: Lang = Language.RU,
    state_dir: StateDir = None,
) -> None:
    """Создать ключ своей системы и показать, что записать в файл вызывающих."""
    say = Say(lang)
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,100}", name):
        problem = say("1-100 знаков A-Z a-z 0-9 . _ -", "1 to 100 of A-Z a-z 0-9 . _ -")
        raise typer.BadParameter(problem, param_hint="NAME")
    made = ensure_service_key(State.of(state_dir).directory, name)
    typer.echo(say("# В файл вызывающих (BINDING_CALLERS_FILE):", "# For the callers file (BINDING_CALLERS_FILE):"))
    typer.echo("services:")
    typer.echo(f"  {name}: {{public_key_file: {json.dumps(str(made.public_key_path.resolve()))}, methods: []}}")


def watch(
    lang: Lang = Language.RU,
    municipality: Municipality = "",
    organisation: Organisation = "",
    account: Account = "",
    kind: Annotated[
        list[Kind] | None, typer.Option("--kind", help="Какие события; можно повторить.", case_sensitive=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="По объекту JSON на строку, с токеном.")] = False,
    resume_token: Annotated[str, typer.Option("--resume-token", help="Продолжить после этого токена.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=0, help="Закончить после стольких строк; 0 - никогда.")] = 0,
    service: Service = "",
    server: Server = "127.0.0.1:50051",
    state_dir: StateDir = None,
) -> None:
    """Следить за привязками: сначала все действующие, потом каждое событие. Конец: Ctrl-C."""
    say = Say(lang)
    wanted = WatchFilter(
        municipality=named("municipalities", municipality),
        organisation=named("organisations", organisation),
        account=named("accounts", account),
    )
    kinds: Any = [f"BINDING_EVENT_KIND_{each.name}" for each in kind or ()]
    with (
        client_of(server, lang, State.of(state_dir), service, say) as client,
        client.watch_bindings(filter=wanted, kinds=kinds, resume_token=resume_token) as watched,
    ):
        try:
            for count, step in enumerate(watched, 1):
                typer.echo(steps.as_json(step) if as_json else steps.as_text(step, say))
                if count == limit:
                    break
        except KeyboardInterrupt:
            pass
        if watched.token and not as_json:
            typer.echo(say("Продолжить:", "Go on with:") + f" --resume-token {watched.token}", err=True)


def bindings(
    lang: Lang = Language.RU,
    organisation: Organisation = "",
    municipality: Municipality = "",
    account: Account = "",
    diagnosis: Annotated[
        DiagnosisName | None, typer.Option("--diagnosis", help="Только с этим диагнозом.", case_sensitive=False)
    ] = None,
    counts: Annotated[bool, typer.Option("--counts", help="Только число привязок по диагнозам.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Показать не больше стольких.")] = 1000,
    as_json: Annotated[bool, typer.Option("--json", help="По объекту JSON на строку.")] = False,
    service: Service = "",
    server: Server = "127.0.0.1:50051",
    state_dir: StateDir = None,
) -> None:
    """Показать привязки организации, муниципалитета или учетной записи, новые первыми."""
    say = Say(lang)
    parents = [
        named("organisations", organisation),
        named("municipalities", municipality),
        named("accounts", account),
    ]
    given = [parent for parent in parents if parent]
    if len(given) != 1:
        problem = say("нужно указать одно из трех", "name one of the three")
        raise typer.BadParameter(problem, param_hint="--organisation, --municipality, --account")
    wanted: Any = f"DIAGNOSIS_{diagnosis.name}" if diagnosis else 0
    with client_of(server, lang, State.of(state_dir), service, say) as client:
        size = 1 if counts else min(limit, _PAGE)
        page = client.list_bindings(parent=given[0], diagnosis=wanted, page_size=size)
        if counts:
            Console().print(render.counts(page.counts, say))
            return
        found: list[Binding] = list(page.bindings)
        while page.next_page_token and len(found) < limit:
            page = client.list_bindings(
                parent=given[0], diagnosis=wanted, page_size=_PAGE, page_token=page.next_page_token
            )
            found += page.bindings
    if as_json:
        for binding in found[:limit]:
            typer.echo(json_format.MessageToJson(binding, indent=None, ensure_ascii=False))
        return
    Console().print(render.bindings(found[:limit], say))
    if page.next_page_token or len(found) > limit:
        typer.echo(say(f"Показаны первые {limit}.", f"The first {limit} are shown."), err=True)


def client_of(server: str, lang: str, state: State, service: str, say: Say) -> BindingClient:
    """Returns a client with the key of a back end, or with the person's session."""
    if not service:
        session = state.session()
        return BindingClient.connect(server, token=session.access_token if session else None, language=lang)
    kept = ServiceKey(state.directory / f"{service}.key", state.directory / f"{service}.pem")
    if not kept.key_path.exists():
        problem = say(f"нет ключа; его создает `sferum key {service}`", f"no key; `sferum key {service}` makes one")
        raise typer.BadParameter(problem, param_hint="--service")
    return BindingClient.connect(server, token=ServiceCredentials(service, kept.key_pem), language=lang)


def named(collection: str, name: str) -> str:
    """Returns a resource's full name; "" for none."""
    return name if "/" in name or not name else f"{collection}/{name}"
