"""A journal as an HTTP Archive, version 1.2, for browsers' tools and proxies."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from idp_mock.journal.entry import Entry


def har(entries: Sequence[Entry], bases: dict[str, str]) -> dict[str, Any]:
    """The archive. Secrets and contacts are redacted in it as everywhere.

    Args:
        entries: of one world.
        bases: base URL of the world's providers, by `esia` and `vk_id`.
    """
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "sferum-idp-mock", "version": "1"},
            "entries": [_entry(entry, bases[entry.provider]) for entry in entries],
        }
    }


def _entry(entry: Entry, base: str) -> dict[str, Any]:
    query = urlencode(entry.parameters) if entry.method == "GET" else ""
    form = [{"name": name, "value": value} for name, value in entry.parameters.items()]
    request: dict[str, Any] = {
        "method": entry.method,
        "url": f"{base}{entry.path}{f'?{query}' if query else ''}",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": [],
        "queryString": form if query else [],
        "headersSize": -1,
        "bodySize": -1,
    }
    if not query and form:
        request["postData"] = {"mimeType": "application/x-www-form-urlencoded", "params": form, "text": ""}
    milliseconds = round(entry.duration_s * 1000, 3)
    return {
        "startedDateTime": entry.real_time.isoformat(),
        "time": milliseconds,
        "request": request,
        "response": {
            "status": entry.status,
            "statusText": entry.error,
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": [],
            "content": {"size": -1, "mimeType": "application/json", "text": _text(entry)},
            "redirectURL": entry.answer.get("location", ""),
            "headersSize": -1,
            "bodySize": -1,
        },
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "comment": "; ".join([*entry.explanations, *(f"fault {kind}" for kind in entry.faults)]),
    }


def _text(entry: Entry) -> str:
    return "\n".join(f"{name}: {value}" for name, value in entry.answer.items())
