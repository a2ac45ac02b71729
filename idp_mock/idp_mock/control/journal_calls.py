"""Control calls about the journal."""

import asyncio
import json
from collections.abc import Sequence
from functools import cached_property

from sferum.simulator.v1 import journal_service_pb2 as pb

from idp_mock.control import convert, convert_journal
from idp_mock.control.base import Calls
from idp_mock.control.errors import Code, ControlError
from idp_mock.journal.diagram import Arrow, arrows_of
from idp_mock.journal.entry import Entry, entry_of
from idp_mock.journal.har import har
from idp_mock.journal.journal import Journal
from idp_mock.journal.matching import Matcher, nearest
from idp_mock.journal.mermaid import mermaid
from idp_mock.journal.redaction import Redactor
from idp_mock.journal.svg import svg

_WAIT_S, _LONGEST_WAIT_S = 10.0, 60.0


class JournalCalls(Calls):
    """Looking at what came, waiting for it, counting it."""

    @cached_property
    def redactor(self) -> Redactor:
        """One for all answers, so that marks can be compared."""
        return Redactor()

    def entries(self, world: str, after: int, matcher: Matcher | None = None) -> Sequence[Entry]:
        """The entries of a world, oldest first. Raises NotFound."""
        exchanges = self.world(world).of(Journal).after(after)
        shown = (entry_of(exchange, self.redactor) for exchange in exchanges)
        return [entry for entry in shown if matcher is None or matcher.fits(entry)]

    def _list_entries(self, request: pb.ListEntriesRequest) -> pb.ListEntriesResponse:
        found = self.entries(request.world, request.after, convert_journal.to_matcher(request.matcher))
        return pb.ListEntriesResponse(entries=map(convert_journal.from_entry, found))

    async def _take_entry(self, request: pb.TakeEntryRequest) -> pb.Entry:
        matcher = convert_journal.to_matcher(request.matcher)
        timeout_s = request.timeout.ToTimedelta().total_seconds() if request.HasField("timeout") else _WAIT_S
        if not 0 <= timeout_s <= _LONGEST_WAIT_S:
            raise ValueError(f"timeout: must be 0 to {_LONGEST_WAIT_S:.0f} s")
        world = self.world(request.world)
        seen = request.after
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    for entry in self.entries(request.world, seen):
                        seen = entry.number
                        if matcher.fits(entry):
                            return convert_journal.from_entry(entry)
                    await world.of(Journal).more()
        except TimeoutError:
            raise ControlError(Code.DEADLINE_EXCEEDED, self._came_instead(request, matcher)) from None

    def _came_instead(self, request: pb.TakeEntryRequest, matcher: Matcher) -> str:
        missed = nearest(matcher, self.entries(request.world, request.after))
        if not missed:
            return "no entry came"
        lines = [f"{entry.number} {entry.method} {entry.path}: {'; '.join(why)}" for entry, why in missed]
        return "no entry that fits; nearest: " + " | ".join(lines)

    def _verify_entries(self, request: pb.VerifyEntriesRequest) -> pb.VerifyEntriesResponse:
        matcher = convert_journal.to_matcher(request.matcher)
        if request.count < 0:
            raise ValueError("count: must not be negative")
        everything = self.entries(request.world, request.after)
        found = sum(matcher.fits(entry) for entry in everything)
        missed = nearest(matcher, everything) if found < request.count else []
        return pb.VerifyEntriesResponse(
            fulfilled=found == request.count,
            found=found,
            near_misses=[
                pb.VerifyEntriesResponse.NearMiss(entry=convert_journal.from_entry(entry), differences=differences)
                for entry, differences in missed
            ],
        )

    def _export_journal(self, request: pb.ExportJournalRequest) -> pb.ExportJournalResponse:
        entries = self.entries(request.world, request.after)
        match request.format:
            case pb.JOURNAL_FORMAT_UNSPECIFIED | pb.JOURNAL_FORMAT_JSON:
                shown = [convert.to_json(convert_journal.from_entry(entry)) for entry in entries]
                return pb.ExportJournalResponse(media_type="application/json", content=_json({"entries": shown}))
            case pb.JOURNAL_FORMAT_HAR:
                addresses = self.from_world(self.world(request.world))
                archive = har(entries, {"esia": addresses.esia_url, "vk_id": addresses.vk_id_url})
                return pb.ExportJournalResponse(media_type="application/json", content=_json(archive))
            case pb.JOURNAL_FORMAT_MERMAID:
                return pb.ExportJournalResponse(
                    media_type="text/vnd.mermaid", content=mermaid(self._arrows(request, entries))
                )
            case pb.JOURNAL_FORMAT_SVG:
                return pb.ExportJournalResponse(media_type="image/svg+xml", content=svg(self._arrows(request, entries)))
            case _:
                raise ValueError("format: unknown value")

    def _arrows(self, request: pb.ExportJournalRequest, entries: Sequence[Entry]) -> list[Arrow]:
        return [*arrows_of(entries), *map(convert_journal.to_arrow, request.arrows)]


def _json(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1)
