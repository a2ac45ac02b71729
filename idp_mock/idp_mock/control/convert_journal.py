"""Between the journal service's messages and the journal, both directions."""

from datetime import UTC

from sferum.simulator.v1 import journal_service_pb2 as pb

from idp_mock.control.convert import from_instant, from_provider, to_provider
from idp_mock.journal.diagram import Arrow
from idp_mock.journal.entry import Entry
from idp_mock.journal.matching import Matcher


def from_entry(entry: Entry) -> pb.Entry:
    """An entry."""
    message = pb.Entry(
        number=entry.number,
        time=from_instant(entry.time),
        real_time=from_instant(entry.real_time),
        provider=from_provider(entry.provider),
        sender=entry.sender,
        method=entry.method,
        path=entry.path,
        parameters=entry.parameters,
        status=entry.status,
        answer=entry.answer,
        client=entry.client,
        person=entry.person,
        error=entry.error,
        explanations=entry.explanations,
        faults=[f"FAULT_KIND_{kind}" for kind in entry.faults],
    )
    message.duration.FromMicroseconds(round(entry.duration_s * 1_000_000))
    return message


def to_matcher(message: pb.EntryMatcher) -> Matcher:
    """Which entries are meant.

    Raises:
        ValueError: there is no such provider.
    """
    return Matcher(
        provider=to_provider(message.provider, "matcher.provider"),
        method=message.method,
        endpoint=message.endpoint,
        client=message.client,
        person=message.person,
        status=message.status,
        error=message.error,
        sender=message.sender,
        parameters=dict(message.parameters),
    )


def to_arrow(message: pb.Arrow) -> Arrow:
    """An arrow from elsewhere.

    Raises:
        ValueError: something that must be set is not.
    """
    for name in ("sender", "receiver", "text"):
        if not getattr(message, name):
            raise ValueError(f"arrows.{name}: must be set")
    return Arrow(
        message.real_time.ToDatetime(UTC),
        message.sender,
        message.receiver,
        message.text,
        message.answer,
        message.refused,
        message.duration.ToTimedelta().total_seconds(),
    )
