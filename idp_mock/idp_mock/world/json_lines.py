"""World files in JSON Lines, for worlds of any size.

The first line is the world without what follows: `{"version": 1, "municipalities": […], …}`. Each further line is one
class, person or guardianship, as `{"class": {…}}`, `{"person": {…}}`, `{"guardianship": {…}}` in the shapes of a world
file, after what it refers to.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path as FilePath
from typing import Any, NoReturn

from pydantic import BaseModel

from idp_mock.world.checks import Checker
from idp_mock.world.errors import Path, WorldError, WorldErrors
from idp_mock.world.loader import read_part
from idp_mock.world.schema import Guardianship, Person, SchoolClass, WorldFile

MOST_FAULTS = 1000

_PARTS: dict[str, tuple[str, type[BaseModel]]] = {
    "class": ("classes", SchoolClass),
    "person": ("persons", Person),
    "guardianship": ("guardianships", Guardianship),
}

Keep = Callable[[str, BaseModel], None]
"""Called with the section (`persons`) and each part of it."""


def read_lines(file: FilePath, keep: Keep) -> WorldFile:
    """Reads a world line by line; in memory are only the keys and numbers that must not come twice.

    Args:
        file: the world file.
        keep: gets the parts that stand on lines of their own, in their order, even if the file has faults.

    Returns:
        The world of the first line.

    Raises:
        WorldErrors: all faults with file, line and path, by line; only the first thousand, reading then stops.
        OSError: the file cannot be read.
    """
    reader = _Reader(file, keep)
    with file.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            if line.strip() and not reader.take(number, line):
                break
    return reader.finish()


class _Fault(Exception):
    """A line is no JSON; the text says why."""


class _Reader:
    def __init__(self, file: FilePath, keep: Keep) -> None:
        self._file = str(file)
        self._keep = keep
        self._checker = Checker()
        self._errors: list[WorldError] = []
        self._world: WorldFile | None = None
        self._begun = False
        self._counts: dict[str, int] = {section: 0 for section, _ in _PARTS.values()}

    def take(self, number: int, line: bytes) -> bool:
        """Takes in the line of that number; False if there are too many faults to go on."""
        try:
            document = _parse(line)
        except _Fault as fault:
            found: list[WorldError] = [WorldError((), str(fault))]
        else:
            found = list(self._part(document) if self._begun else self._head(document))
        self._begun = True
        found.sort(key=str)
        self._errors += [WorldError(error.path, error.message, self._file, number) for error in found]
        if len(self._errors) > MOST_FAULTS:
            del self._errors[MOST_FAULTS:]
            self._errors.append(WorldError((), "too many faults: the rest was not read", self._file, number))
            return False
        return True

    def finish(self) -> WorldFile:
        if not self._begun:
            self._errors.append(WorldError((), "the file is empty", self._file, 1))
        # What the first line says of persons can be judged when all of them have been read.
        if len(self._errors) <= MOST_FAULTS:
            self._errors[:0] = [
                WorldError(error.path, error.message, self._file, 1) for error in self._checker.finish()
            ]
        if self._errors or self._world is None:
            raise WorldErrors(self._errors)
        return self._world

    def _head(self, document: object) -> Iterator[WorldError]:
        if not isinstance(document, dict) or _PARTS.keys() & document.keys():
            yield WorldError((), 'the first line of a world is its head, {"version": 1, "municipalities": […], …}')
            return
        for section in self._counts:
            items: Any = document.get(section)
            self._counts[section] = len(items) if isinstance(items, list) else 0
        yield from self._checker.document(document)
        self._world, errors = read_part(WorldFile, document, ())
        yield from errors

    def _part(self, document: object) -> Iterator[WorldError]:
        kind = next(iter(document)) if isinstance(document, dict) and len(document) == 1 else None
        if not isinstance(document, dict) or kind not in _PARTS:
            yield WorldError((), 'a line is {"class": {…}}, {"person": {…}} or {"guardianship": {…}}')
            return
        section, model = _PARTS[kind]
        path: Path = (section, self._counts[section])
        self._counts[section] += 1
        raw = document[kind]
        if isinstance(raw, dict):
            yield from self._checker.part(raw, path)
        part, errors = read_part(model, raw, path)
        yield from errors
        if part is not None:
            self._keep(section, part)


def _parse(line: bytes) -> object:
    try:
        return json.loads(line.decode("utf-8"), object_pairs_hook=_object, parse_constant=_no_number)
    except UnicodeDecodeError:
        raise _Fault("not UTF-8") from None
    except json.JSONDecodeError as error:
        raise _Fault(f"not JSON: {error.msg} (column {error.colno})") from None
    except RecursionError:
        raise _Fault("not JSON: too deep") from None
    except ValueError:
        raise _Fault("not JSON: a number is too long") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """JSON itself lets the last of two equal keys win; here it is a fault, as in YAML."""
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        raise _Fault(f"the key {next(name for name in names if names.count(name) > 1)!r} stands twice")
    return made


def _no_number(name: str) -> NoReturn:
    raise _Fault(f"not JSON: {name}")
