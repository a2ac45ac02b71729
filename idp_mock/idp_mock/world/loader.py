"""World files and documents into `WorldFile`, with the place of every fault."""

import math
from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any

import yaml
from pydantic import ValidationError

from idp_mock.world.checks import check
from idp_mock.world.errors import Path, WorldError, WorldErrors
from idp_mock.world.schema import WorldFile

_ALWAYS_READ = 1_000_000
_REPEATED = 4
"""A document with its aliases written out may have so many nodes, or be so many times as large as its file."""

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):
    """Leaves dates as text: the schema reads them, so that a wrong one gets a path like any other fault."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _Base.yaml_implicit_resolvers.items()
}


def load_file(file: FilePath) -> WorldFile:
    """Reads a world file.

    Raises:
        WorldErrors: all faults with file, line and path, by line: unreadable file, YAML syntax, unknown key, wrong
            type, duplicate, dangling reference.
    """
    name = str(file)
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "the file is not UTF-8"
        raise WorldErrors([WorldError((), f"cannot be read: {reason}", name, 0)]) from None
    lines: dict[Path, int] = {}
    errors: list[WorldError] = []
    try:
        document = _parse(text, lines, errors)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "not YAML"
        raise WorldErrors([WorldError((), problem, name, mark.line + 1 if mark else 1)]) from None
    except RecursionError:
        raise WorldErrors([WorldError((), "nested too deep for a world", name, 1)]) from None
    world, found = _validate(document)
    errors += found
    if errors or world is None:
        placed = {
            (_line(lines, error.path), error.path, error.message): WorldError(
                error.path, error.message, name, _line(lines, error.path)
            )
            for error in errors
        }
        raise WorldErrors(sorted(placed.values(), key=lambda error: (error.line, str(error))))
    return world


def load_document(document: Mapping[str, Any]) -> WorldFile:
    """Reads a world from a JSON-like document.

    Raises:
        WorldErrors: all faults, each with its path.
    """
    world, errors = _validate(dict(document))
    if errors or world is None:
        raise WorldErrors(sorted(errors, key=str))
    return world


def dump(part: Any) -> dict[str, Any]:
    """A world file or a part of it (a person) as a JSON-like document in its schema, defaults written out."""
    return part.model_dump(mode="json", by_alias=True, exclude_none=True)


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the world file."""
    schema = WorldFile.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _validate(document: object) -> tuple[WorldFile | None, list[WorldError]]:
    if not isinstance(document, dict):
        came = "nothing" if document is None else f"a {type(document).__name__}"
        return None, [WorldError((), f"a world is a mapping that begins with `version: 1`, and here is {came}")]
    errors = check(document)
    world = None
    try:
        world = WorldFile.model_validate(document)
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_context=False, include_input=False):
            errors.append(WorldError(tuple(fault["loc"]), _message(fault["type"], fault["msg"])))
    return world, errors


def _message(kind: str, text: str) -> str:
    if kind == "extra_forbidden":
        return "unknown key"
    if kind == "missing":
        return "missing"
    text = text.removeprefix("Value error, ")
    return text[:1].lower() + text[1:]


def _line(lines: Mapping[Path, int], path: Path) -> int:
    """The line of the innermost part of `path` that stands in the file."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


def _parse(text: str, lines: dict[Path, int], errors: list[WorldError]) -> object:
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
        if root is None:
            return None
        if _multiplies(root):
            problem = "aliases (`*name`) repeat too much, or a part in itself"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=root.start_mark)
        _walk(root, (), lines, errors)
        return loader.construct_document(root)
    finally:
        loader.dispose()


def _multiplies(root: yaml.Node) -> bool:
    """Whether aliases make the document endless, or much larger than the file that says it."""
    sizes: dict[int, float] = {}  # with aliases written out
    waiting = [root]
    while waiting:
        node = waiting[-1]
        parts = _parts(node)
        if id(node) not in sizes:
            # Until its parts are counted: whoever meets the node inside of itself finds it without end.
            sizes[id(node)] = math.inf
            waiting += [part for part in parts if id(part) not in sizes]
        else:
            waiting.pop()
            sizes[id(node)] = 1 + sum(sizes[id(part)] for part in parts)
    return sizes[id(root)] > max(_ALWAYS_READ, _REPEATED * len(sizes))


def _parts(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return node.value if isinstance(node, yaml.SequenceNode) else []


def _walk(node: yaml.Node, path: Path, lines: dict[Path, int], errors: list[WorldError]) -> None:
    """Notes the line of every path; YAML itself lets the last of two equal keys win, here it is a fault."""
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            place = (*path, str(key.value))
            if key.value in seen:
                errors.append(WorldError(place, "the key stands twice"))
            seen.add(key.value)
            lines[place] = key.start_mark.line + 1
            _walk(value, place, lines, errors)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _walk(value, (*path, index), lines, errors)
