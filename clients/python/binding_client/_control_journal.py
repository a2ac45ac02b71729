"""Requests of the journal's calls, the same for both controls."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from google.protobuf import json_format
from sferum.simulator.v1 import journal_service_pb2 as pb

from binding_client import _control

Matching = str | int | Mapping[str, str]
"""What a field of an entry must be: `endpoint="/oauth2/auth"`, `status=200`, `parameters={"grant_type": "…"}`."""


def matcher(fields: Mapping[str, Matching]) -> pb.EntryMatcher:
    """Returns which entries are meant; ValueError for a field or a provider that there is not."""
    given = dict(fields)
    if "provider" in given:
        given["provider"] = f"PROVIDER_{given['provider']}"
    try:
        return json_format.ParseDict(given, pb.EntryMatcher())
    except json_format.ParseError as error:
        raise ValueError(str(error)) from None


def take(world: str, after: int, timeout: timedelta, fields: Mapping[str, Matching]) -> pb.TakeEntryRequest:
    """Returns the request that waits for an entry."""
    return pb.TakeEntryRequest(world=world, after=after, timeout=_control.duration(timeout), matcher=matcher(fields))


def export(world: str, format: str, after: int, arrows: Iterable[Mapping[str, Any]]) -> pb.ExportJournalRequest:
    """Returns the request for the journal as a document."""
    return pb.ExportJournalRequest(
        world=world,
        after=after,
        format=f"JOURNAL_FORMAT_{format}",  # type: ignore[arg-type]
        arrows=[json_format.ParseDict(dict(arrow), pb.Arrow()) for arrow in arrows],
    )


def entry(answer: dict[str, Any]) -> dict[str, Any]:
    """Returns an entry with its number as int."""
    return _control.numbered([answer])[0]
