"""Reads protobuf answers for the pages: names of enum values, ids, times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

YEKATERINBURG = timezone(timedelta(hours=5))
"""The region's time. A fixed offset: it has no summer time, and a machine may lack a time zone database."""


def enum_name(message: Message, field: str) -> str:
    """Name of an enum field's value without its prefix, such as `PARENT`; `UNSPECIFIED` if it is not set."""
    return enum_names(message, field)[0]


def enum_names(message: Message, field: str) -> list[str]:
    """Names of the values of a repeated (or single) enum field without their prefix."""
    enum = message.DESCRIPTOR.fields_by_name[field].enum_type
    assert enum is not None, field
    prefix = enum.values_by_number[0].name.removesuffix("UNSPECIFIED")
    value = getattr(message, field)
    numbers = [value] if isinstance(value, int) else list(value)
    known = enum.values_by_number
    # A newer service may send a value that this program has not heard of.
    return [known[n].name.removeprefix(prefix) if n in known else "UNSPECIFIED" for n in numbers]


def short_id(name: str) -> str:
    """The id at the end of a resource name: `vera-parent` of `accounts/vera-parent`; empty for empty."""
    return name.rpartition("/")[2]


def local_time(time: Timestamp) -> str:
    """A time as people of the region read it: `24.11.2026 06:40`."""
    return _local(time).strftime("%d.%m.%Y %H:%M")


def iso_time(time: Timestamp) -> str:
    """The same for machines."""
    return _local(time).isoformat(timespec="seconds")


def _local(time: Timestamp) -> datetime:
    return time.ToDatetime(UTC).astimezone(YEKATERINBURG)
