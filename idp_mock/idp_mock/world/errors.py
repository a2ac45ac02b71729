"""Faults of a world document."""

from collections.abc import Iterable
from dataclasses import dataclass

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class WorldError:
    """One fault: where it stands and what it is. `line` is 0 for a document that did not come from a file."""

    path: Path
    message: str
    file: str = ""
    line: int = 0

    def __str__(self) -> str:
        """`file:line: path: message`, or `path: message` for a document without a file."""
        place = f"{self.file}:{self.line}: " if self.file else ""
        path = render_path(self.path)
        return f"{place}{path}: {self.message}" if path else f"{place}{self.message}"


class WorldErrors(Exception):
    """A world document has faults; `errors` holds all of them in the order of the document."""

    def __init__(self, errors: Iterable[WorldError]) -> None:
        self.errors: list[WorldError] = list(errors)
        super().__init__("\n".join(str(error) for error in self.errors))


def render_path(path: Path) -> str:
    """`("persons", 3, "esia", "oid")` as `persons[3].esia.oid`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
