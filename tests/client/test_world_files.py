"""Rosters of world files in JSON Lines, and how rosters are sent."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import grpc
import pytest
import yaml
from binding_client import BindingClient
from binding_client.errors import BindingError
from binding_client.roster import WorldFileError, chunks, import_roster, open_roster, roster_records
from sferum.binding.v1.directory_service_pb2 import ImportRosterResponse, RosterMode
from sferum.binding.v1.roster_pb2 import MunicipalityRecord, RosterRecord

from .fakes import FakeServer, refusal

NAME = {"last": "Л", "first": "П"}
HEADER: dict[str, Any] = {
    "version": 1,
    "municipalities": [{"id": "m", "name": "М"}],
    "organisations": [{"id": "o", "municipality": "m", "name": "О"}],
}
CLASS = {"class": {"id": "c", "organisation": "o", "year": 2026, "name": "5А"}}

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a world in JSON Lines."""

    def lines(*parts: Any) -> Path:
        file = tmp_path / "world.jsonl"
        text = [part if isinstance(part, str) else json.dumps(part, ensure_ascii=False) for part in parts]
        file.write_text("\n".join(text) + "\n", encoding="utf-8")
        return file

    return lines


def person(id: str, **more: Any) -> dict[str, Any]:
    return {"person": {"id": id, "name": NAME, **more}}


def guardianship(guardian: str, pupil: str, kind: str = "PARENT") -> dict[str, Any]:
    return {"guardianship": {"guardian": guardian, "pupil": pupil, "kind": kind}}


def said(records: Iterator[RosterRecord]) -> list[str]:
    """Returns records in some order, without their lines."""
    found: list[str] = []
    for record in records:
        record.line = 0
        found.append(str(record))
    return sorted(found)


def accounts(file: Path) -> list[str]:
    return [record.account.id for record in open_roster(file) if record.HasField("account")]


def as_lines(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    rest = {"classes", "persons", "guardianships"}
    parts = [{key: value for key, value in document.items() if key not in rest}]
    for kind, key in (("class", "classes"), ("person", "persons"), ("guardianship", "guardianships")):
        parts += [{kind: item} for item in document[key]]
    return parts


def test_a_world_in_json_lines__it_is_the_same_roster(write: Write, demo_world: Path) -> None:
    document = json.loads(json.dumps(yaml.safe_load(demo_world.read_text(encoding="utf-8")), default=str))
    file = write(*as_lines(document))
    assert said(iter(open_roster(file))) == said(roster_records(document))


def test_a_record_knows_its_line__it_is_that_of_its_part(write: Write) -> None:
    file = write(HEADER, CLASS, person("p", enrolments=["c"]))
    assert [record.line for record in open_roster(file)] == [1, 1, 2, 3, 3, 3]


def test_how_far_it_is_read__it_is_one_at_the_end(write: Write) -> None:
    roster = open_roster(write(HEADER, CLASS, *(person(f"p{number}") for number in range(50))))
    shares = [roster.share for _ in roster]
    assert shares == sorted(shares)
    assert 0 < shares[0] < 0.2
    assert roster.share == 1


def test_a_guardian_gets_an_account__it_is_one_for_many_children(write: Write) -> None:
    file = write(HEADER, CLASS, person("a"), person("b"), person("v"), guardianship("v", "a"), guardianship("v", "b"))
    assert accounts(file) == ["v-parent"]


@pytest.mark.parametrize("kinds", [("PARENT", "LEGAL_REPRESENTATIVE"), ("LEGAL_REPRESENTATIVE", "PARENT")])
def test_a_parent_who_represents_another_child_too__it_is_a_parent(write: Write, kinds: tuple[str, str]) -> None:
    pairs = [guardianship("v", child, kind) for child, kind in zip("ab", kinds, strict=True)]
    assert accounts(write(HEADER, CLASS, person("a"), person("b"), person("v"), *pairs)) == ["v-parent"]


def test_a_legal_representative__it_is_an_account_of_that_role(write: Write) -> None:
    file = write(HEADER, CLASS, person("a"), person("d"), guardianship("d", "a", "LEGAL_REPRESENTATIVE"))
    assert accounts(file) == ["d-legal-representative"]


@pytest.mark.parametrize("kind", ["PARENT", "LEGAL_REPRESENTATIVE"])
def test_stated_accounts__it_is_only_those(write: Write, kind: str) -> None:
    file = write(HEADER, CLASS, person("a"), person("d", accounts=[{"role": "STAFF"}]), guardianship("d", "a", kind))
    assert accounts(file) == ["d-staff"]


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("{", ":3:"),
        ("[]", ":3:"),
        ({"persons": []}, ":3:"),
        ({"pupil": {}}, ":3:"),
        ({"person": {"id": "p"}}, "line 3: person"),
        ({"person": {"id": "p", "name": NAME, "enrolments": [{}]}}, "line 3: person.enrolments[0]"),
        ({"guardianship": {"guardian": "v"}}, "line 3: guardianship"),
        ({"class": {"id": "c"}}, "line 3: class"),
    ],
)
def test_a_broken_line__it_is_told_with_its_number(write: Write, line: Any, place: str) -> None:
    file = write(HEADER, CLASS, line)
    with pytest.raises(WorldFileError) as caught:
        list(open_roster(file))
    assert "world.jsonl" in str(caught.value)
    assert place in str(caught.value)


def test_a_file_that_is_not_there__it_is_told(tmp_path: Path) -> None:
    with pytest.raises(WorldFileError):
        open_roster(tmp_path / "none.jsonl")


def municipalities(number: int) -> Iterator[RosterRecord]:
    return (RosterRecord(municipality=MunicipalityRecord(id=str(n), display_name="x")) for n in range(number))


@pytest.mark.parametrize("number", [1, 1000, 1001, 2000])
def test_only_the_last_part_says_that_it_is_the_end__it_is_one(number: int) -> None:
    assert [part.complete for part in chunks(municipalities(number))].count(True) == 1
    assert list(chunks(municipalities(number)))[-1].complete


def test_no_records__it_is_no_part() -> None:
    assert list(chunks(iter(()), full=True)) == []


def test_how_a_roster_is_meant__it_is_in_every_part() -> None:
    parts = list(chunks(municipalities(1500), full=True, dry_run=True))
    assert {(part.mode, part.dry_run) for part in parts} == {(RosterMode.ROSTER_MODE_FULL, True)}


def test_records_are_not_read_ahead_of_the_service__it_is_two_parts_at_most() -> None:
    taken = 0

    def counted() -> Iterator[RosterRecord]:
        nonlocal taken
        for record in municipalities(10_000):
            taken += 1
            yield record

    next(chunks(counted()))
    assert taken == 2000


def test_a_call_that_fails__it_is_told_what_was_sent_and_applied(server: FakeServer, client: BindingClient) -> None:
    server.on(
        "ImportRoster",
        refusal(grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_INVALID", metadata={"applied": "1000"}),
    )
    with pytest.raises(BindingError) as caught:
        import_roster(client, municipalities(1500))
    assert (caught.value.metadata["sent"], caught.value.metadata["applied"]) == ("1500", "1000")


def test_a_full_roster_and_a_trial__it_is_asked_for(server: FakeServer, client: BindingClient) -> None:
    server.on("ImportRoster", ImportRosterResponse(dry_run=True))
    assert import_roster(client, municipalities(1), full=True, dry_run=True).dry_run
    (parts,) = server.calls("ImportRoster")
    assert (parts[0].mode, parts[0].dry_run, parts[0].complete) == (RosterMode.ROSTER_MODE_FULL, True, True)
