"""World files: YAML as one document, JSON Lines one line at a time."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from sferum.binding.v1.roster_pb2 import RosterRecord

from binding_client.roster_records import (
    Lines,
    Path_,
    WorldFileError,
    guardian_account,
    header_records,
    line_records,
    roster_records,
)

JSON_LINES = (".jsonl", ".ndjson")
"""Suffixes of world files in JSON Lines."""

_LEGAL = "LEGAL_REPRESENTATIVE"
_REMEMBERED = 10_000


@dataclass(frozen=True)
class WorldSource:
    """A world file as it was read.

    Attributes:
        document: The world in the world file's schema.
        lines: Line of each value.
    """

    document: dict[str, Any]
    lines: Lines


def load_world(path: Path) -> WorldSource:
    """Reads a world file (YAML or JSON).

    Raises:
        WorldFileError: The file cannot be read, or is not a mapping.
    """
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        document = yaml.safe_load(text)
        lines = dict(_lines(node, ())) if isinstance(document, dict) else {}
    except (OSError, UnicodeDecodeError) as error:
        raise WorldFileError(f"{path}: {error.strerror if isinstance(error, OSError) else 'not UTF-8'}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path}:{mark.line + 1}" if mark else str(path)
        raise WorldFileError(f"{place}: {getattr(error, 'problem', None) or 'not YAML'}") from None
    except RecursionError:
        raise WorldFileError(f"{path}: nested too deep, or a part in itself") from None
    if not isinstance(document, dict):
        raise WorldFileError(f"{path}:1: a world is a mapping with `persons`, `organisations` and so on")
    return WorldSource(document, lines)


def _lines(node: Any, path: Path_) -> Iterator[tuple[Path_, int]]:
    yield path, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _lines(value, (*path, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield from _lines(value, (*path, number))


class Roster:
    """The roster of a world, to be read once.

    Attributes:
        share: How much of it has been read, from 0 to 1.
    """

    def __init__(self, source: WorldSource) -> None:
        self.share = 0.0
        self._source = source

    def __iter__(self) -> Iterator[RosterRecord]:
        """Returns the records, each after what it refers to. Raises WorldFileError."""
        records = list(roster_records(self._source.document, self._source.lines))
        for number, record in enumerate(records, 1):
            self.share = number / len(records)
            yield record


class JsonLinesRoster(Roster):
    """The roster of a world in JSON Lines, in constant memory: kept are only the ids of persons who state their
    accounts, and of those who represent a child otherwise than as its parent.

    A person whose accounts are not stated gets those of the guardianships together with these.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(WorldSource({}, {}))
        self._path = path
        self._stated: set[str] = set()
        self._given: dict[str, None] = {}
        self._parents: set[str] = set()

    def __iter__(self) -> Iterator[RosterRecord]:
        """Returns the records, each after what it refers to. Raises WorldFileError with the line."""
        size = max(1, self._path.stat().st_size)
        read = 0
        # Who represents one child as its parent and another otherwise is a parent: known only at the end.
        legal = self._legal_representatives()
        for number, line, part in self._parts():
            read += len(line)
            self.share = read / size
            try:
                if number == 1:
                    yield from header_records(part)
                    continue
                yield from line_records(part, number)
                yield from self._accounts(part, number, legal)
            except WorldFileError as error:
                raise WorldFileError(f"{self._path}: {error}") from None
            except TypeError as error:
                raise WorldFileError(f"{self._path}:{number}: {error}") from None
        for guardian, number in legal.items():
            if guardian not in self._parents and guardian not in self._stated:
                yield guardian_account(guardian, _LEGAL, number)

    def _accounts(self, part: dict[str, Any], number: int, legal: dict[str, int]) -> Iterator[RosterRecord]:
        if (person := part.get("person")) is not None:
            if person.get("accounts") is not None:
                self._stated.add(person["id"])
            return
        guardianship = part.get("guardianship")
        if guardianship is None or guardianship["kind"] == _LEGAL:
            return
        guardian = guardianship["guardian"]
        if guardian in legal:
            self._parents.add(guardian)
        # A parent of several children comes several times, mostly close by; a repeat would change nothing.
        if guardian not in self._stated and guardian not in self._given:
            if len(self._given) >= _REMEMBERED:
                self._given.clear()
            self._given[guardian] = None
            yield guardian_account(guardian, "PARENT", number)

    def _legal_representatives(self) -> dict[str, int]:
        found: dict[str, int] = {}
        with self._path.open("rb") as stream:
            for number, line in enumerate(stream, 1):
                if _LEGAL.encode() in line and b'"guardianship"' in line:
                    held = self._parsed(number, line).get("guardianship")
                    if isinstance(held, dict) and held.get("kind") == _LEGAL:
                        found.setdefault(str(held.get("guardian")), number)
        return found

    def _parts(self) -> Iterator[tuple[int, bytes, dict[str, Any]]]:
        with self._path.open("rb") as stream:
            for number, line in enumerate(stream, 1):
                if line.strip():
                    yield number, line, self._parsed(number, line)

    def _parsed(self, number: int, line: bytes) -> dict[str, Any]:
        try:
            part = json.loads(line)
        except ValueError as error:
            raise WorldFileError(f"{self._path}:{number}: {error}") from None
        if not isinstance(part, dict):
            raise WorldFileError(f"{self._path}:{number}: expected a mapping")
        return part


def open_roster(path: Path) -> Roster:
    """Returns the roster of a world file: YAML, or JSON Lines by its suffix (`.jsonl`, `.ndjson`).

    Raises:
        WorldFileError: The file cannot be read. What is wrong inside of JSON Lines is told on reading.
    """
    if path.suffix not in JSON_LINES:
        return Roster(load_world(path))
    try:
        path.open("rb").close()
    except OSError as error:
        raise WorldFileError(f"{path}: {error.strerror}") from None
    return JsonLinesRoster(path)
