"""World files in JSON Lines: the same worlds as in YAML, and where a fault is said to be."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from idp_mock.world import WorldErrors, check_file, dump, load_document, load_file

Lines = list[dict[str, Any]]


def lines_of(document: dict[str, Any]) -> Lines:
    sections = {"classes": "class", "persons": "person", "guardianships": "guardianship"}
    head = {key: value for key, value in document.items() if key not in sections}
    return [head, *({kind: item} for section, kind in sections.items() for item in document[section])]


@pytest.fixture
def lines(document: dict[str, Any]) -> Lines:
    """1 the head, 2 the class, 3 to 5 Anya, Vera and Mark, 6 the guardianship."""
    return lines_of(document)


def written(folder: Path, lines: Lines) -> Path:
    return raw(folder, "\n".join(json.dumps(line, ensure_ascii=False) for line in lines).encode() + b"\n")


def raw(folder: Path, content: bytes) -> Path:
    file = folder / "world.jsonl"
    file.write_bytes(content)
    return file


def faults(file: Path) -> list[tuple[int, str]]:
    with pytest.raises(WorldErrors) as loaded:
        load_file(file)
    with pytest.raises(WorldErrors) as checked:
        check_file(file)
    assert [str(error) for error in loaded.value.errors] == [str(error) for error in checked.value.errors]
    assert all(str(error).startswith(f"{file}:{error.line}: ") for error in loaded.value.errors)
    return [(error.line, str(error).split(": ")[1]) for error in loaded.value.errors]


def test_it_is_the_same_world_as_the_document(tmp_path: Path, document: dict[str, Any], lines: Lines) -> None:
    file = written(tmp_path, lines)

    assert dump(load_file(file)) == dump(load_document(document))
    assert (check_file(file).persons, check_file(file).clients) == (3, 2)


def test_blank_lines_and_a_missing_last_line_end_do_no_harm(tmp_path: Path, lines: Lines) -> None:
    text = written(tmp_path, lines).read_bytes()

    assert check_file(raw(tmp_path, text.replace(b"\n", b"\r\n\r\n").rstrip())).persons == 3


Change = Callable[[Lines], object]

FAULTS: dict[str, tuple[Change, int, str]] = {
    "unknown key": (lambda d: d[3]["person"]["esia"].update(oidd=1), 4, "persons[1].esia.oidd"),
    "wrong type": (lambda d: d[3]["person"]["esia"].update(oid="many"), 4, "persons[1].esia.oid"),
    "duplicate person": (lambda d: d[4]["person"].update(id="vera"), 5, "persons[2].id"),
    "duplicate oid": (
        lambda d: d[4]["person"].update(esia={"oid": 1000300103, "login": "m", "password": "m"}),
        5,
        "persons[2].esia.oid",
    ),
    "unknown class": (lambda d: d[2]["person"].update(enrolments=["6b"]), 3, "persons[0].enrolments[0]"),
    "a person before the class": (lambda d: d.insert(1, d.pop(2)), 2, "persons[0].enrolments[0]"),
    "a guardianship before the pupil": (lambda d: d.insert(2, d.pop(5)), 3, "guardianships[0].guardian"),
    "a guardianship twice": (lambda d: d.append(d[5]), 7, "guardianships[1]"),
    "a class of no school": (lambda d: d[1]["class"].update(organisation="x"), 2, "classes[0].organisation"),
    "a school nowhere": (
        lambda d: d[0]["organisations"][0].update(municipality="x"),
        1,
        "organisations[0].municipality",
    ),
    "another version": (lambda d: d[0].update(version=2), 1, "version"),
    "a person that is none": (lambda d: d[4].update(person=[]), 5, "persons[2]"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "line", "path"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_reported_with_line_and_path(
    tmp_path: Path, lines: Lines, change: Change, line: int, path: str
) -> None:
    change(lines)

    assert (line, path) in faults(written(tmp_path, lines))


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"[1]",
        b"{}",
        b"7",
        b'{"person": {}, "class": {}}',
        b'{"cat": {}}',
        b'{"version": 1}',
        b'{"person": {"id": "a", "id": "b"}}',
        b'{"person": {"id": NaN}}',
        b'{"person": {"id": ' + b"9" * 5000 + b"}}",
        b'{"person": ' + b"[" * 100_000,
        b'{"person": "\xff"}',
    ],
    ids=lambda line: line[:30].decode(errors="replace"),
)
def test_a_line_that_is_none_of_a_world_is_reported(tmp_path: Path, lines: Lines, line: bytes) -> None:
    content = written(tmp_path, lines).read_bytes()

    assert {number for number, _ in faults(raw(tmp_path, content + line + b"\n"))} == {7}


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"[]\n", b'{"person": {}}\n'], ids=["empty", "blank", "a list", "no head"]
)
def test_a_file_without_a_head_is_reported(tmp_path: Path, content: bytes) -> None:
    assert faults(raw(tmp_path, content))[0][0] == 1


def test_all_faults_are_reported_but_not_millions(tmp_path: Path, lines: Lines) -> None:
    lines[2]["person"].pop("gender")
    lines[3]["person"].pop("gender")
    assert [line for line, _ in faults(written(tmp_path, lines))] == [3, 4]

    found = faults(written(tmp_path, [lines[0], *({"person": {}} for _ in range(5000))]))
    assert len(found) == 1001


def test_no_fault_shows_a_password_or_a_contact(tmp_path: Path, lines: Lines) -> None:
    lines[3]["person"]["esia"]["password"] = ["hush-hush"]
    lines[3]["person"]["vk_id"][0]["phone"] = "79000000666"

    with pytest.raises(WorldErrors) as raised:
        load_file(written(tmp_path, lines))

    assert "hush-hush" not in str(raised.value)
    assert "79000000666" not in str(raised.value)


def test_a_file_that_is_missing_is_reported(tmp_path: Path) -> None:
    for read in (load_file, check_file):
        with pytest.raises(WorldErrors) as raised:
            read(tmp_path / "none.jsonl")

        assert [error.file for error in raised.value.errors] == [str(tmp_path / "none.jsonl")]
