"""Generated worlds as files: JSON Lines of any length, YAML for those that somebody may want to read."""

import json
from collections.abc import Iterable
from typing import Any, TextIO

import yaml

from idp_mock.world.generate.schools import Line

MOST_YAML_PERSONS = 10_000

_SECTIONS = {"class": "classes", "person": "persons", "guardianship": "guardianships"}
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class TooManyPersons(Exception):
    """A world is too large for YAML; nothing has been written."""


def write_json_lines(lines: Iterable[Line], stream: TextIO) -> int:
    """Writes one line after the other. Returns the number of persons."""
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    persons = 0
    for line in lines:
        persons += "person" in line
        stream.write(encode(line) + "\n")
    return persons


def write_yaml(lines: Iterable[Line], stream: TextIO) -> int:
    """Writes a world as one YAML document. Returns the number of persons.

    Raises:
        TooManyPersons: There are more than 10 000.
    """
    lines = iter(lines)
    document: dict[str, Any] = {**next(lines), "classes": [], "persons": [], "guardianships": []}
    document["clients"] = document.pop("clients")
    for line in lines:
        [(kind, item)] = line.items()
        document[_SECTIONS[kind]].append(item)
        if len(document["persons"]) > MOST_YAML_PERSONS:
            raise TooManyPersons
    yaml.dump(document, stream, Dumper=_Dumper, allow_unicode=True, sort_keys=False, default_flow_style=None, width=160)
    return len(document["persons"])
