"""What both controls ask of the journal."""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

from sferum.simulator.v1 import journal_service_pb2 as pb
from sferum.simulator.v1.journal_service_pb2_grpc import JournalServiceStub

from binding_client import _control, _control_journal
from binding_client._control_journal import Matching

_WAIT = timedelta(seconds=10)


class JournalCalls:
    """The journal, of the blocking control."""

    world: str
    _journal: JournalServiceStub
    _call: Callable[..., dict[str, Any]]

    def list_entries(self, after: int = 0, **matching: Matching) -> list[dict[str, Any]]:
        """Lists what came and what was answered, oldest first; only entries that fit, such as `status=503`."""
        request = pb.ListEntriesRequest(world=self.world, after=after, matcher=_control_journal.matcher(matching))
        return _control.numbered(self._call(self._journal.ListEntries, request)["entries"])

    def take_entry(self, after: int = 0, timeout: timedelta = _WAIT, **matching: Matching) -> dict[str, Any]:
        """Waits for the first entry after a number that fits; DEADLINE_EXCEEDED tells what came instead."""
        request = _control_journal.take(self.world, after, timeout, matching)
        return _control_journal.entry(self._call(self._journal.TakeEntry, request, timeout.total_seconds()))

    def verify_entries(self, count: int, after: int = 0, **matching: Matching) -> dict[str, Any]:
        """Counts the entries that fit: `fulfilled`, `found`, and `near_misses` if there are too few."""
        request = pb.VerifyEntriesRequest(
            world=self.world, after=after, count=count, matcher=_control_journal.matcher(matching)
        )
        return self._call(self._journal.VerifyEntries, request)

    def export_journal(self, format: str = "JSON", after: int = 0, arrows: Iterable[Mapping[str, Any]] = ()) -> str:
        """Returns the journal as "JSON", "HAR", "MERMAID" or "SVG"; `arrows` are put into diagrams."""
        request = _control_journal.export(self.world, format, after, arrows)
        return self._call(self._journal.ExportJournal, request)["content"]


class AsyncJournalCalls:
    """The journal, of the control for an event loop."""

    world: str
    _journal: JournalServiceStub
    _call: Callable[..., Any]

    async def list_entries(self, after: int = 0, **matching: Matching) -> list[dict[str, Any]]:
        """Lists what came and what was answered, oldest first; only entries that fit, such as `status=503`."""
        request = pb.ListEntriesRequest(world=self.world, after=after, matcher=_control_journal.matcher(matching))
        return _control.numbered((await self._call(self._journal.ListEntries, request))["entries"])

    async def take_entry(self, after: int = 0, timeout: timedelta = _WAIT, **matching: Matching) -> dict[str, Any]:  # noqa: ASYNC109
        """Waits for the first entry after a number that fits; DEADLINE_EXCEEDED tells what came instead."""
        request = _control_journal.take(self.world, after, timeout, matching)
        return _control_journal.entry(await self._call(self._journal.TakeEntry, request, timeout.total_seconds()))

    async def verify_entries(self, count: int, after: int = 0, **matching: Matching) -> dict[str, Any]:
        """Counts the entries that fit: `fulfilled`, `found`, and `near_misses` if there are too few."""
        request = pb.VerifyEntriesRequest(
            world=self.world, after=after, count=count, matcher=_control_journal.matcher(matching)
        )
        return await self._call(self._journal.VerifyEntries, request)

    async def export_journal(
        self, format: str = "JSON", after: int = 0, arrows: Iterable[Mapping[str, Any]] = ()
    ) -> str:
        """Returns the journal as "JSON", "HAR", "MERMAID" or "SVG"; `arrows` are put into diagrams."""
        request = _control_journal.export(self.world, format, after, arrows)
        return (await self._call(self._journal.ExportJournal, request))["content"]
