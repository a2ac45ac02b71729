"""Log lines as JSON on stderr. They hold ids, names of things and numbers; never contacts, tokens, codes or texts of
persons."""

import json
import logging
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from typing import Any, Protocol, TextIO

import structlog


class Log(Protocol):
    """Where a room writes what happened: an event's name and facts by name."""

    def info(self, event: str, **facts: Any) -> Any: ...
    def warning(self, event: str, **facts: Any) -> Any: ...
    def error(self, event: str, **facts: Any) -> Any: ...


def make_log(stream: TextIO | None = None) -> Log:
    """Returns a log of its own, so that two servers in one process share nothing; to stderr if no stream is given."""
    return structlog.wrap_logger(
        structlog.PrintLogger(stream or sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )


def set_up_library_logs() -> None:
    """Sends warnings of the libraries to stderr in the same form, once per process. Their information lines hold
    addresses with queries and are left out."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_LibraryLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


class _LibraryLines(logging.Formatter):
    """Writes the pattern of a message, not what was filled in."""

    def format(self, record: logging.LogRecord) -> str:
        facts: dict[str, Any] = {"event": str(record.msg), "level": record.levelname.lower(), "library": record.name}
        if record.exc_info and record.exc_info[1]:
            facts |= describe_fault(record.exc_info[1])
        return json.dumps(facts, ensure_ascii=False)


def describe_fault(error: BaseException) -> Mapping[str, Any]:
    """Returns the kind of an exception and of those that caused it, and where it was raised; not its text, which may
    quote anything."""
    kinds: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(kinds) < 10:
        kinds.append(f"{type(cause).__module__}.{type(cause).__qualname__}")
        cause = cause.__cause__ or cause.__context__
    frames = traceback.extract_tb(error.__traceback__)
    facts: MutableMapping[str, Any] = {"kinds": kinds}
    facts["where"] = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames[-12:]]
    return facts
