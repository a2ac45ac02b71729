"""World documents into `WorldFile`, with the path of every fault."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from idp_mock.world.checks import check
from idp_mock.world.errors import Path, WorldError, WorldErrors
from idp_mock.world.schema import WorldFile

M = TypeVar("M", bound=BaseModel)


def load_document(document: Mapping[str, Any]) -> WorldFile:
    """Reads a world from a JSON-like document.

    Raises:
        WorldErrors: all faults, each with its path.
    """
    world, errors = read_document(dict(document))
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


def read_part(model: type[M], part: object, path: Path) -> tuple[M | None, list[WorldError]]:
    """A part of a document by the schema alone: the part, or what is wrong with it.

    Args:
        path: where the part stands in its document.
    """
    try:
        return model.model_validate(part), []
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        return None, [WorldError((*path, *fault["loc"]), _message(fault["type"], fault["msg"])) for fault in faults]


def read_document(document: object) -> tuple[WorldFile | None, list[WorldError]]:
    """A whole document: the world, or None, and all that is wrong with it."""
    if not isinstance(document, dict):
        came = "nothing" if document is None else f"a {type(document).__name__}"
        return None, [WorldError((), f"a world is a mapping that begins with `version: 1`, and here is {came}")]
    errors = check(document)
    world, found = read_part(WorldFile, document, ())
    return world, errors + found


def _message(kind: str, text: str) -> str:
    if kind == "extra_forbidden":
        return "unknown key"
    if kind == "missing":
        return "missing"
    text = text.removeprefix("Value error, ")
    return text[:1].lower() + text[1:]
