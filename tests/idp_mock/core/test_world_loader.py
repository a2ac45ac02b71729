"""World files and documents: what is accepted, and where a fault is said to be."""

# ruff: noqa: E501 - a table reads better with a row on one line

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from idp_mock.world import WorldErrors, dump, json_schema, load_document, load_file

DEMO = Path(__file__).parents[3] / "worlds" / "demo.yaml"

BILLION_LAUGHS = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10))

Change = Callable[[dict[str, Any]], None]


def vera(document: dict[str, Any]) -> dict[str, Any]:
    return document["persons"][1]


FAULTS: dict[str, tuple[Change, str]] = {
    "unknown key": (lambda d: vera(d)["esia"].update(oidd=1), "persons[1].esia.oidd"),
    "missing key": (lambda d: vera(d).pop("gender"), "persons[1].gender"),
    "wrong type": (lambda d: vera(d)["esia"].update(oid="many"), "persons[1].esia.oid"),
    "wrong date": (lambda d: vera(d).update(birth_date="1986-13-02"), "persons[1].birth_date"),
    "wrong version": (lambda d: d.update(version=2), "version"),
    "unknown role": (lambda d: vera(d)["vk_id"][0]["profiles"][0].update(roles=["CAT"]), "persons[1].vk_id[0].profiles[0].roles[0]"),
    "a phone that is none": (lambda d: vera(d)["vk_id"][0].update(phone="12"), "persons[1].vk_id[0].phone"),
    "a login without address": (lambda d: d["persons"][2].update(vk_id=[{"profiles": [{"user_id": 1, "kind": "PERSONAL"}]}]), "persons[2].vk_id[0]"),
    "a login without profile": (lambda d: vera(d)["vk_id"][0].update(profiles=[]), "persons[1].vk_id[0].profiles"),
    "a verified home phone": (lambda d: vera(d)["esia"]["contacts"][0].update(type="PHN"), "persons[1].esia.contacts[0]"),
    "an e-mail address as a mobile phone": (lambda d: vera(d)["esia"]["contacts"][1].update(type="MBT"), "persons[1].esia.contacts[1]"),
    "a class teacher of no class": (lambda d: vera(d).update(duties=[{"kind": "CLASS_TEACHER", "organisation": "school"}]), "persons[1].duties[0]"),
    "duplicate person": (lambda d: d["persons"][2].update(id="vera"), "persons[2].id"),
    "duplicate oid": (lambda d: d["persons"][2].update(esia={"oid": 1000300103, "login": "m", "password": "m"}), "persons[2].esia.oid"),
    "duplicate login name": (lambda d: d["persons"][2].update(esia={"oid": 7, "login": "Vera", "password": "m"}), "persons[2].esia.login"),
    "duplicate VK phone": (lambda d: d["persons"][2].update(vk_id=[{"phone": "+79000000103", "profiles": [{"user_id": 1, "kind": "PERSONAL"}]}]), "persons[2].vk_id[0].phone"),
    "duplicate VK number": (lambda d: vera(d)["vk_id"][0]["profiles"].append({"user_id": 700300103, "kind": "PERSONAL"}), "persons[1].vk_id[0].profiles[1].user_id"),
    "duplicate application": (lambda d: d["clients"]["vk_id"].append({"app_id": 51000066, "name": "x"}), "clients.vk_id[1].app_id"),
    "duplicate mnemonic": (lambda d: d["clients"]["esia"].append({"mnemonic": "DIARY", "name": "x", "scopes": []}), "clients.esia[1].mnemonic"),
    "duplicate guardianship": (lambda d: d["guardianships"].append({"guardian": "vera", "pupil": "anya", "kind": "PARENT"}), "guardianships[1]"),
    "dangling class": (lambda d: d["persons"][0].update(enrolments=["6b"]), "persons[0].enrolments[0]"),
    "dangling class in an object": (lambda d: d["persons"][0].update(enrolments=[{"class": "6b"}]), "persons[0].enrolments[0].class"),
    "dangling municipality": (lambda d: d["organisations"][0].update(municipality="x"), "organisations[0].municipality"),
    "dangling organisation of a class": (lambda d: d["classes"][0].update(organisation="x"), "classes[0].organisation"),
    "dangling organisation of a profile": (lambda d: vera(d)["vk_id"][0]["profiles"][0].update(organisations=["x"]), "persons[1].vk_id[0].profiles[0].organisations[0]"),
    "dangling pupil": (lambda d: d["guardianships"][0].update(pupil="nobody"), "guardianships[0].pupil"),
    "own guardian": (lambda d: d["guardianships"][0].update(pupil="vera"), "guardianships[0].pupil"),
    "accounts with one key": (lambda d: vera(d).update(accounts=[{"role": "PARENT"}, {"id": "vera-parent", "role": "STAFF"}]), "persons[1].accounts[1].id"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "path"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_reported_with_its_path(document: dict[str, Any], change: Change, path: str) -> None:
    change(document)

    with pytest.raises(WorldErrors) as raised:
        load_document(document)

    assert [str(error).split(": ")[0] for error in raised.value.errors] == [path]


def test_all_faults_of_a_file_are_reported_by_line(tmp_path: Path) -> None:
    text = DEMO.read_text(encoding="utf-8")
    text = text.replace("gender: F", "gendr: F", 1).replace("pupil: lada", "pupil: nobody")
    text = text.replace("oid: 1000300102", "oid: 1000300101")
    file = tmp_path / "world.yaml"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(WorldErrors) as raised:
        load_file(file)

    lines = text.splitlines()
    found = [(error.line, str(error)) for error in raised.value.errors]
    assert [line for line, _ in found] == sorted(line for line, _ in found)
    assert all(text.startswith(f"{file}:{line}: ") for line, text in found)
    places = {text.split(": ")[1]: lines[line - 1] for line, text in found}
    assert set(places) == {"persons[0].gender", "persons[0].gendr", "persons[1].esia.oid", "guardianships[7].pupil"}
    assert "- id: anya" in places["persons[0].gender"]
    assert "gendr" in places["persons[0].gendr"]
    assert "1000300101" in places["persons[1].esia.oid"]
    assert "nobody" in places["guardianships[7].pupil"]


@pytest.mark.parametrize(
    ("text", "line", "path"),
    [
        ("version: 1\nversion: 1\n", 2, ("version",)),
        ("version: 1\npersons: [\n", 3, ()),
        ("version: 1\nsettings:\n  esia_code_ttl_s: 0\n", 3, ("settings", "esia_code_ttl_s")),
        ("", 1, ()),
        ("- 1\n", 1, ()),
        ("# nothing\npersons: &all [*all]\n", 2, ()),
        (BILLION_LAUGHS, 1, ()),
        ("[" * 3000 + "]" * 3000, 1, ()),
    ],
    ids=[
        "the same key twice",
        "broken YAML",
        "a value out of range",
        "an empty file",
        "a list",
        "a list in itself",
        "aliases that multiply",
        "nested without end",
    ],
)
def test_a_file_that_is_no_world_is_reported_with_its_line(
    tmp_path: Path, text: str, line: int, path: tuple[str, ...]
) -> None:
    file = tmp_path / "world.yaml"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(WorldErrors) as raised:
        load_file(file)

    assert [(error.line, error.path) for error in raised.value.errors] == [(line, path)]


def test_an_alias_may_repeat_a_part_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "world.yaml"
    text = DEMO.read_text(encoding="utf-8")
    text = text.replace(
        "scopes: [openid, fullname, email, mobile]", "scopes: &scopes [openid, fullname, email, mobile]", 1
    )
    file.write_text(text.replace("scopes: [openid, fullname, email, mobile]", "scopes: *scopes"), encoding="utf-8")

    assert load_file(file) == load_file(DEMO)


def test_a_file_that_is_missing_is_reported(tmp_path: Path) -> None:
    with pytest.raises(WorldErrors) as raised:
        load_file(tmp_path / "none.yaml")

    assert [error.file for error in raised.value.errors] == [str(tmp_path / "none.yaml")]


def test_no_fault_shows_a_password_or_a_contact(document: dict[str, Any]) -> None:
    vera(document)["esia"]["password"] = ["hush-hush"]
    vera(document)["vk_id"][0]["phone"] = "79000000666"

    with pytest.raises(WorldErrors) as raised:
        load_document(document)

    assert "hush-hush" not in str(raised.value)
    assert "79000000666" not in str(raised.value)


def test_a_world_is_written_out_as_it_was_read(document: dict[str, Any]) -> None:
    before = copy.deepcopy(document)
    written = dump(load_document(document))

    assert document == before
    assert dump(load_document(json.loads(json.dumps(written)))) == written
    assert written["persons"][0]["enrolments"] == [{"class": "5a", "ended": False}]
    assert "esia" not in written["persons"][0]


def test_the_demo_world_has_no_fault() -> None:
    assert {person.id for person in load_file(DEMO).persons} >= {"anya", "vera", "mark"}


def test_the_schema_describes_every_key() -> None:
    schema = json_schema()

    models = [schema, *schema["$defs"].values()]
    undescribed = [
        f"{model['title']}.{key}"
        for model in models
        for key, field in model.get("properties", {}).items()
        if "description" not in field
    ]
    assert undescribed == []
    assert all(model["additionalProperties"] is False for model in models if model.get("type") == "object")
