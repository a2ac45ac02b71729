"""Rosters through the API and by command: whole, in part, for trial, and cut in the middle."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from binding_client.errors import BindingError
from binding_client.roster import WorldFileError, chunks, import_roster, roster_records
from binding_client.testing import Stack, World
from sferum.binding.v1.directory_service_pb2 import (
    ImportRosterRequest,
    ImportRosterResponse,
    RosterEffect,
    RosterMode,
)
from sferum.binding.v1.resources_pb2 import Binding
from sferum.binding.v1.roster_pb2 import PersonRecord, RosterRecord

from .documents import Document


def without(document: Document, person: str) -> dict[str, Any]:
    """The world as its roster tells it once a person has left."""
    return {
        **document,
        "persons": [each for each in document["persons"] if each["id"] != person],
        "guardianships": [
            each for each in document["guardianships"] if person not in (each["guardian"], each["pupil"])
        ],
    }


def send(world: World, document: Document, *, full: bool = False, dry_run: bool = False) -> ImportRosterResponse:
    return import_roster(world.service_client(), roster_records(document), full=full, dry_run=dry_run)


def changes(answer: ImportRosterResponse) -> tuple[int, int, int, int]:
    return answer.created, answer.updated, answer.ended, answer.failed


def test_the_same_roster_again_changes_nothing__it_is_said(world: World, document: Document) -> None:
    for full in (False, True):
        answer = send(world, document, full=full)
        assert changes(answer) == (0, 0, 0, 0)
        assert answer.unchanged == len(list(roster_records(document)))


def test_a_pupil_left__it_is_the_end_of_the_binding_and_the_chats(world: World, document: Document) -> None:
    anya, vera = world.person("anya"), world.person("vera")
    anya.bind()
    vera.bind()
    before = {chat.name for chat in vera.chats()}
    trial = send(world, without(document, "anya"), full=True, dry_run=True)
    assert trial.dry_run
    assert {chat.name for chat in vera.chats()} == before
    answer = send(world, without(document, "anya"), full=True)
    said = {(effect.kind, effect.account.removeprefix("accounts/")) for effect in trial.effects}
    assert said == {
        (RosterEffect.KIND_ACCOUNT_CLOSED, "anya-pupil"),
        (RosterEffect.KIND_UNBOUND, "anya-pupil"),
        (RosterEffect.KIND_LEFT, "vera-parent"),
    }
    assert changes(answer) == changes(trial)
    assert answer.unbound == 1
    assert len(vera.chats()) == len(before) - 1
    assert not anya.chats()
    assert anya.client.get_binding(name=f"{anya.account()}/binding").state == Binding.STATE_UNBOUND
    assert changes(send(world, without(document, "anya"), full=True)) == (0, 0, 0, 0)


def test_an_incremental_roster_without_her__it_is_no_end(world: World, document: Document) -> None:
    world.person("anya").bind()
    answer = send(world, without(document, "anya"))
    assert changes(answer) == (0, 0, 0, 0)
    assert world.person("anya").chats()


def test_a_stream_cut_in_the_middle__it_is_what_was_applied_and_no_end(world: World, document: Document) -> None:
    anya = world.person("anya")
    anya.bind()

    def cut() -> Iterator[RosterRecord]:
        yield from roster_records(without(document, "anya"))
        for number in range(2500):
            yield RosterRecord(person=PersonRecord(id=f"new-{number}", display_name="Новая"))
        raise WorldFileError("the disk was pulled out")

    with pytest.raises(WorldFileError):
        import_roster(world.service_client(), cut(), full=True)
    assert anya.chats()
    again = [RosterRecord(person=PersonRecord(id=f"new-{number}", display_name="Новая")) for number in range(2500)]
    answer = import_roster(world.service_client(), again)
    # Each message is applied whole or not at all.
    assert answer.unchanged in (0, 1000 - len(list(roster_records(without(document, "anya")))), 2500)
    assert answer.created + answer.unchanged == 2500


def test_a_stream_that_ends_before_it_is_complete__it_is_refused(world: World, document: Document) -> None:
    world.person("anya").bind()
    parts = list(chunks(roster_records(without(document, "anya")), 10, full=True))[:-1]
    with pytest.raises(BindingError) as caught:
        world.service_client().import_roster(requests=parts)
    assert caught.value.reason == "REQUEST_INVALID"
    assert [field for field, _ in caught.value.field_violations] == ["complete"]
    assert caught.value.metadata["applied"] == str(10 * len(parts))
    assert world.person("anya").chats()


def test_a_message_without_records__it_is_told_how_many_were_applied(world: World, document: Document) -> None:
    parts = [*chunks(roster_records(document), 10), ImportRosterRequest()]
    parts[-2].complete = False
    with pytest.raises(BindingError) as caught:
        world.service_client().import_roster(requests=parts)
    assert (caught.value.reason, caught.value.metadata["applied"]) == (
        "REQUEST_INVALID",
        str(len(list(roster_records(document)))),
    )


def test_a_bad_record_spares_whom_it_names__it_is_reported_by_line(world: World, document: Document) -> None:
    world.person("anya").bind()
    records = list(roster_records(without(document, "anya")))
    records.append(RosterRecord(line=77, person=PersonRecord(id="anya", display_name="")))
    part = ImportRosterRequest(records=records, mode=RosterMode.ROSTER_MODE_FULL, complete=True)
    answer = world.service_client().import_roster(requests=[part])
    assert [(error.line, error.field) for error in answer.errors] == [(77, "person.display_name")]
    assert changes(answer) == (0, 0, 0, 1)
    assert world.person("anya").chats()


@pytest.fixture(scope="module")
def file_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, Path]]:
    """A server with a database file and no roster yet, whose keys the command knows."""
    folder = tmp_path_factory.mktemp("sferum")
    with Stack(cli_state_dir=folder, import_roster=False) as running:
        yield running, folder


def sferum(stack: Stack, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("sferum")), "roster", "import", "--lang", "en"]
    options = ["--server", stack.grpc, "--control", stack.control_grpc, "--state-dir", str(folder)]
    return subprocess.run([*command, *options, *arguments], capture_output=True, text=True, timeout=60)


def numbers(output: str) -> dict[str, int]:
    """Reads the counts of the command's table."""
    found: dict[str, int] = {}
    for line in output.splitlines():
        name, _, value = line.strip().rpartition("  ")
        if value.isdigit():
            found[name.strip()] = int(value)
    return found


def test_by_command__it_is_from_a_simulator_a_yaml_file_and_json_lines(
    file_stack: tuple[Stack, Path], tmp_path: Path
) -> None:
    stack, folder = file_stack
    document = json.loads(json.dumps(stack.default.document, default=str))
    trial = sferum(stack, folder, "--from-simulator", "default", "--dry-run")
    assert trial.returncode == 0, trial.stdout + trial.stderr
    first = sferum(stack, folder, "--from-simulator", "default")
    assert numbers(first.stdout)["Created"] == numbers(trial.stdout)["Created"] > 50
    lines = tmp_path / "world.jsonl"
    rest = {"classes", "persons", "guardianships"}
    parts: list[Any] = [{key: value for key, value in document.items() if key not in rest}]
    for kind, key in (("class", "classes"), ("person", "persons"), ("guardianship", "guardianships")):
        parts += [{kind: item} for item in document[key]]
    lines.write_text("\n".join(json.dumps(part) for part in parts), encoding="utf-8")
    yaml = tmp_path / "world.yaml"
    yaml.write_text(json.dumps(document), encoding="utf-8")
    for file in (lines, yaml):
        again = numbers(sferum(stack, folder, str(file), "--full").stdout)
        assert (again["Created"], again["Updated"], again["Ended"]) == (0, 0, 0)
        assert again["Unchanged"] == numbers(first.stdout)["Created"]


@pytest.mark.parametrize("arguments", [[], ["--from-simulator", "default", __file__]])
def test_neither_or_both_sources__it_is_a_mistake(file_stack: tuple[Stack, Path], arguments: list[str]) -> None:
    assert sferum(*file_stack, *arguments).returncode == 2
