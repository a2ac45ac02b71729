"""World files by their names: `.jsonl` and `.ndjson` are JSON Lines, all else is YAML."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from idp_mock.world.errors import WorldError, WorldErrors
from idp_mock.world.json_lines import read_lines
from idp_mock.world.schema import WorldFile
from idp_mock.world.yaml_file import load_yaml


@dataclass
class Contents:
    """How much a world file holds."""

    persons: int
    clients: int


def load_file(file: Path) -> WorldFile:
    """Reads a world file.

    Raises:
        WorldErrors: all faults with file, line and path, by line: unreadable file, syntax, unknown key, wrong type,
            duplicate, dangling reference.
    """
    try:
        if not is_json_lines(file):
            return load_yaml(file)
        parts: dict[str, list[BaseModel]] = {"classes": [], "persons": [], "guardianships": []}
        world = read_lines(file, lambda section, part: parts[section].append(part))
    except OSError as error:
        raise _unreadable(file, error) from None
    return world.model_copy(update={section: [*getattr(world, section), *more] for section, more in parts.items()})


def check_file(file: Path) -> Contents:
    """Reads a world file only to find its faults: of JSON Lines, nothing is kept.

    Raises:
        WorldErrors: as `load_file`.
    """
    persons = 0

    def count(section: str, _: BaseModel) -> None:
        nonlocal persons
        persons += section == "persons"

    try:
        world = read_lines(file, count) if is_json_lines(file) else load_yaml(file)
    except OSError as error:
        raise _unreadable(file, error) from None
    return Contents(persons + len(world.persons), len(world.clients.esia) + len(world.clients.vk_id))


def is_json_lines(file: Path) -> bool:
    """Whether a file of this name holds JSON Lines."""
    return file.suffix.lower() in (".jsonl", ".ndjson")


def _unreadable(file: Path, error: OSError) -> WorldErrors:
    return WorldErrors([WorldError((), f"cannot be read: {error.strerror}", str(file), 0)])
