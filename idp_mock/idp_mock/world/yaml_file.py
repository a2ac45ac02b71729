"""World files in YAML (or JSON), with the line of every fault."""

import math
from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any

import yaml

from idp_mock.world.errors import Path, WorldError, WorldErrors
from idp_mock.world.loader import read_document
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


def load_yaml(file: FilePath) -> WorldFile:
    """Reads a world file in YAML.

    Raises:
        WorldErrors: all faults with file, line and path, by line: YAML syntax, unknown key, wrong type, duplicate,
            dangling reference.
        OSError: the file cannot be read.
    """
    name = str(file)
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise WorldErrors([WorldError((), "cannot be read: the file is not UTF-8", name, 0)]) from None
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
    world, found = read_document(document)
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
