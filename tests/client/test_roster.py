"""What of a world reaches the binding service, and what never does."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from binding_client import AsyncBindingClient, BindingClient
from binding_client.roster import (
    WorldFileError,
    chunks,
    import_roster,
    import_roster_async,
    load_world,
    roster_records,
)
from sferum.binding.v1.directory_service_pb2 import ImportRosterResponse
from sferum.binding.v1.resources_pb2 import OwnershipPolicy, Role
from sferum.binding.v1.roster_pb2 import DutyKind, GuardianshipKind, MunicipalityRecord, RosterRecord

from .fakes import FakeServer

MINIMAL: dict[str, Any] = {
    "municipalities": [{"id": "m", "name": "М"}],
    "organisations": [{"id": "o", "municipality": "m", "name": "О"}],
    "classes": [{"id": "c", "organisation": "o", "year": 2026, "name": "5А"}],
    "persons": [{"id": "p", "name": {"last": "Л", "first": "П"}, "enrolments": ["c"]}],
}


def of_kind(records: list[RosterRecord], kind: str) -> list[Any]:
    return [getattr(record, kind) for record in records if record.WhichOneof("record") == kind]


@pytest.fixture(scope="module")
def demo(demo_world: Path) -> list[RosterRecord]:
    source = load_world(demo_world)
    return list(roster_records(source.document, source.lines))


def test_the_demo_world_is_projected__it_is_whole(demo: list[RosterRecord]) -> None:
    assert {item.id: item.ownership_policy for item in of_kind(demo, "municipality")} == {
        "ekaterinburg": OwnershipPolicy.OWNERSHIP_POLICY_STRICT,
        "tagil": OwnershipPolicy.OWNERSHIP_POLICY_LENIENT,
    }
    persons = {item.id: item for item in of_kind(demo, "person")}
    assert persons["vera"].display_name == "Воронова Вера Павловна"
    assert persons["vera"].esia_oid == 1000300103
    assert persons["zoya"].esia_oid == 0
    duties = {(item.person_id, item.kind, item.class_id) for item in of_kind(demo, "duty")}
    assert ("zhanna", DutyKind.DUTY_KIND_CLASS_TEACHER, "s5-2026-5a") in duties
    contacts = {(item.person_id, item.value) for item in of_kind(demo, "contact")}
    assert {("vera", "+79000000103"), ("vera", "vera@example.org")} <= contacts
    kinds = {(item.guardian_id, item.pupil_id): item.kind for item in of_kind(demo, "guardianship")}
    assert kinds["dina", "egor"] == GuardianshipKind.GUARDIANSHIP_KIND_LEGAL_REPRESENTATIVE


def test_accounts_are_derived__it_is_one_per_role(demo: list[RosterRecord]) -> None:
    accounts = {item.id: item.role for item in of_kind(demo, "account")}
    assert accounts["anya-pupil"] == Role.ROLE_PUPIL
    assert accounts["vera-parent"] == Role.ROLE_PARENT
    assert accounts["dina-legal-representative"] == Role.ROLE_LEGAL_REPRESENTATIVE
    assert {"zhanna-parent", "zhanna-staff"} <= accounts.keys()


def test_accounts_may_be_stated__it_is_then_those_only() -> None:
    person = {**MINIMAL["persons"][0], "accounts": [{"role": "PARENT", "closed": True}, {"id": "x", "role": "STAFF"}]}
    accounts = of_kind(list(roster_records({**MINIMAL, "persons": [person]})), "account")
    assert [(item.id, item.role, item.closed) for item in accounts] == [
        ("p-parent", Role.ROLE_PARENT, True),
        ("x", Role.ROLE_STAFF, False),
    ]


def test_what_has_ended_is_said__it_is_kept_as_ended() -> None:
    person = {**MINIMAL["persons"][0], "enrolments": [{"class": "c", "ended": True}]}
    guardianship = {"guardian": "p", "pupil": "p", "kind": "PARENT", "ended": True}
    records = list(roster_records({**MINIMAL, "persons": [person], "guardianships": [guardianship]}))
    assert of_kind(records, "enrolment")[0].ended
    assert of_kind(records, "guardianship")[0].ended


def test_records_follow_what_they_refer_to__it_is_an_order(demo: list[RosterRecord]) -> None:
    seen: dict[str, set[str]] = {"municipality": set(), "organisation": set(), "school_class": set(), "person": set()}
    refers = {
        "municipality_id": "municipality",
        "organisation_id": "organisation",
        "class_id": "school_class",
        "person_id": "person",
        "guardian_id": "person",
        "pupil_id": "person",
    }
    for record in demo:
        kind = str(record.WhichOneof("record"))
        message = getattr(record, kind)
        for field, value in ((field.name, value) for field, value in message.ListFields()):
            if field in refers:
                assert value in seen[refers[field]], (kind, field, value)
        if kind in seen:
            seen[kind].add(message.id)


def test_lines_are_those_of_the_file__it_is_where_the_record_stands(demo: list[RosterRecord], demo_world: Path) -> None:
    lines = demo_world.read_text(encoding="utf-8").splitlines()
    vera = next(record for record in demo if record.person.id == "vera")
    assert "id: vera" in lines[vera.line - 1]
    contact = next(record for record in demo if record.contact.value == "+79000000104")
    assert "+79000000104" in lines[contact.line - 1]


def walk(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from walk(item, (*path, key))
    elif isinstance(value, list):
        for item in value:
            yield from walk(item, path)
    else:
        yield path, value


def test_secrets_stay_out__it_is_proved_by_marks(demo_world: Path) -> None:
    """Every text under `esia`, `vk_id` and `clients` gets a mark, as does a field that nobody has heard of."""
    document = yaml.safe_load(demo_world.read_text(encoding="utf-8"))
    document["clients"]["secret"] = "CANARY"

    def marked(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: item if key == "oid" else marked(item) for key, item in value.items()}
        if isinstance(value, list):
            return [marked(item) for item in value]
        return f"CANARY-{value}"

    for person in document["persons"]:
        person["unheard_of"] = "CANARY"
        person["gender"] = "CANARY"
        person["name"]["maiden"] = "CANARY"
        for key in ("esia", "vk_id"):
            if key in person:
                person[key] = marked(person[key])
    canaries = [value for _, value in walk(document) if "CANARY" in str(value)]
    assert any("vera-esia" in value for value in canaries)
    wire = b"".join(record.SerializeToString() for record in roster_records(document))
    assert b"CANARY" not in wire
    assert "Воронова".encode() in wire


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"persons": [{"id": "p"}]}, "persons[0]"),
        ({"municipalities": [{"id": "m", "name": "М", "ownership_policy": "NONE"}]}, "municipalities[0]"),
        ({"classes": [{"id": "c", "organisation": "o", "year": "now", "name": "5А"}]}, "classes[0]"),
        ({"persons": [{**MINIMAL["persons"][0], "recorded_contacts": [79000000102]}]}, "recorded_contacts[0]"),
        ({"persons": ["p"]}, "persons[0]"),
    ],
)
def test_a_broken_document_is_told__it_is_with_its_place(change: dict[str, Any], place: str) -> None:
    with pytest.raises(WorldFileError) as caught:
        list(roster_records({**MINIMAL, **change}))
    assert place in str(caught.value)


@pytest.mark.parametrize("text", ["- 1", "a: [", "", "\x00", "persons: &all [*all]", "[" * 3000 + "]" * 3000])
def test_a_file_that_is_no_world_is_told__it_is_with_its_name(tmp_path: Path, text: str) -> None:
    file = tmp_path / "broken.yaml"
    file.write_text(text)
    with pytest.raises(WorldFileError) as caught:
        load_world(file)
    assert "broken.yaml" in str(caught.value)


def test_parts_are_small_enough__it_is_at_most_a_thousand() -> None:
    records = (RosterRecord(municipality=MunicipalityRecord(id=str(n), display_name="x")) for n in range(2500))
    assert [len(part.records) for part in chunks(records)] == [1000, 1000, 500]


def test_importing_tells_how_far_it_is__it_is_after_each_part(server: FakeServer, client: BindingClient) -> None:
    server.on(
        "ImportRoster", lambda parts, context: ImportRosterResponse(created=sum(len(part.records) for part in parts))
    )
    records = [RosterRecord(municipality=MunicipalityRecord(id=str(n), display_name="x")) for n in range(1500)]
    told: list[int] = []
    assert import_roster(client, records, told.append).created == 1500
    assert told == [1000, 1500]


def test_a_broken_record_stops_the_import__it_is_told_as_such(server: FakeServer, client: BindingClient) -> None:
    server.on("ImportRoster", ImportRosterResponse())
    with pytest.raises(WorldFileError):
        import_roster(client, roster_records({**MINIMAL, "persons": [{"id": "p"}]}))


async def test_importing_on_a_loop__it_is_the_same(server: FakeServer) -> None:
    server.on("ImportRoster", lambda parts, context: ImportRosterResponse(created=len(parts)))
    async with AsyncBindingClient.connect(server.target) as client:
        told: list[int] = []
        assert (await import_roster_async(client, roster_records(MINIMAL), told.append)).created == 1
        assert told == [6]
        with pytest.raises(WorldFileError):
            await import_roster_async(client, roster_records({**MINIMAL, "persons": [{"id": "p"}]}))
