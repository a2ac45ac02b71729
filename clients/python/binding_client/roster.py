"""Rosters: what of a world reaches the binding service, and how it is sent."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from itertools import islice

from sferum.binding.v1.directory_service_pb2 import (
    ImportRosterRequest,
    ImportRosterResponse,
    RosterEffect,
    RosterMode,
)
from sferum.binding.v1.roster_pb2 import RosterRecord

from binding_client.aio import AsyncBindingClient
from binding_client.client import BindingClient
from binding_client.errors import BindingError
from binding_client.roster_records import Lines, WorldFileError, account_id, derived_roles, roster_records
from binding_client.world_files import Roster, WorldSource, load_world, open_roster

__all__ = [
    "Lines",
    "Progress",
    "Roster",
    "WorldFileError",
    "WorldSource",
    "account_id",
    "chunks",
    "derived_roles",
    "import_roster",
    "import_roster_async",
    "load_world",
    "open_roster",
    "reconcile",
    "roster_effects",
    "roster_errors",
    "roster_records",
]

Progress = Callable[[int], None]
"""Called with the number of records sent so far, after each part."""

MAX_CHUNK = 1000
MAX_PAGE = 5000
IMPORT_TIMEOUT_S = 3600.0


def chunks(
    records: Iterable[RosterRecord],
    size: int = MAX_CHUNK,
    *,
    full: bool = False,
    dry_run: bool = False,
    atomic: bool = False,
) -> Iterator[ImportRosterRequest]:
    """Returns records as parts of a stream; the last one says that the roster is complete.

    Args:
        records: The records.
        size: How many are in each part at most, 1 to 1000.
        full: The roster is the whole truth about the municipalities that it names.
        dry_run: Only say what would change.
        atomic: Change nothing if any record has an error.
    """
    mode = RosterMode.ROSTER_MODE_FULL if full else RosterMode.ROSTER_MODE_INCREMENTAL
    rest = iter(records)
    part = list(islice(rest, size))
    while part:
        following = list(islice(rest, size))
        yield ImportRosterRequest(records=part, mode=mode, dry_run=dry_run, atomic=atomic, complete=not following)
        part = following


def import_roster(
    client: BindingClient,
    records: Iterable[RosterRecord],
    progress: Progress | None = None,
    *,
    full: bool = False,
    dry_run: bool = False,
    atomic: bool = False,
    size: int = MAX_CHUNK,
    timeout_s: float = IMPORT_TIMEOUT_S,
) -> ImportRosterResponse:
    """Sends a roster, a thousand records at a time; only those are in memory.

    Args:
        client: Client with a service's token.
        records: The records, each after what it refers to.
        progress: Told how many records were sent.
        full: The roster is the whole truth about the municipalities that it names: what is missing ends.
        dry_run: Only say what would change.
        atomic: Change nothing if any record has an error; takes about twice as long.
        size: How many records are in each message at most, 1 to 1000. What a message changes holds up others while it
            is written: classes that go on bring all their members along, so send those in small messages.
        timeout_s: Seconds to wait for the whole.

    Returns:
        What became of the records; those with an error are skipped and named.

    Raises:
        WorldFileError: A value of the world is missing or not of the schema; the records before it may be applied.
        BindingError: The call did not succeed. Its metadata tell in `sent` how many records had gone out, and in
            `applied`, if the service could still say it, how many of them are applied. A repeat does no harm.
    """
    stream = _Stream(chunks(records, size, full=full, dry_run=dry_run, atomic=atomic), progress)
    try:
        return client.import_roster(requests=stream, timeout_s=timeout_s)
    except BindingError as error:
        raise stream.cause(error) from None


async def import_roster_async(
    client: AsyncBindingClient,
    records: Iterable[RosterRecord],
    progress: Progress | None = None,
    *,
    full: bool = False,
    dry_run: bool = False,
    atomic: bool = False,
    size: int = MAX_CHUNK,
    timeout_s: float = IMPORT_TIMEOUT_S,
) -> ImportRosterResponse:
    """Sends a roster, as `import_roster` does."""

    async def requests() -> AsyncIterator[ImportRosterRequest]:
        for request in stream:
            yield request

    stream = _Stream(chunks(records, size, full=full, dry_run=dry_run, atomic=atomic), progress)
    try:
        return await client.import_roster(requests=requests(), timeout_s=timeout_s)
    except BindingError as error:
        raise stream.cause(error) from None
    except asyncio.CancelledError:
        if stream.broken is not None:
            raise stream.broken from None
        raise


def roster_errors(client: BindingClient, name: str) -> Iterator[ImportRosterResponse.RecordError]:
    """Returns every record that an import skipped, also beyond those in its answer.

    Args:
        client: Client with the token of the service that imported.
        name: `imports/{import}`, from the answer.
    """
    token = ""
    while True:
        page = client.list_roster_errors(parent=name, page_size=MAX_PAGE, page_token=token)
        yield from page.errors
        if not (token := page.next_page_token):
            return


def roster_effects(client: BindingClient, name: str) -> Iterator[RosterEffect]:
    """Returns everything that a dry run said would happen, as `roster_errors` does."""
    token = ""
    while True:
        page = client.list_roster_effects(parent=name, page_size=MAX_PAGE, page_token=token)
        yield from page.effects
        if not (token := page.next_page_token):
            return


def reconcile(
    client: BindingClient, parent: str = "", progress: Progress | None = None, *, dry_run: bool = False
) -> Iterator[RosterEffect]:
    """Compares who is in which chat with what it has to follow from, repairs what differs, and returns that.

    Args:
        client: Client with a service's token.
        parent: `organisations/{organisation}` or `municipalities/{municipality}`; all that the service may
            read if empty.
        progress: Told how many bindings were looked at.
        dry_run: Only say what differs.
    """
    token, checked = "", 0
    while True:
        page = client.reconcile_chats(parent=parent, dry_run=dry_run, page_token=token)
        yield from page.changes
        checked += page.checked
        if progress is not None:
            progress(checked)
        if not (token := page.next_page_token):
            return


class _Stream:
    """The parts on their way out.

    Attributes:
        broken: What was wrong with the world, if anything: gRPC tells only that the stream of requests broke, not why.
    """

    def __init__(self, requests: Iterator[ImportRosterRequest], progress: Progress | None) -> None:
        self.broken: WorldFileError | None = None
        self._requests = requests
        self._progress = progress
        self._sent = 0

    def __iter__(self) -> Iterator[ImportRosterRequest]:
        try:
            for request in self._requests:
                yield request
                # Control comes back here when gRPC asks for the next part: this one is on its way.
                self._sent += len(request.records)
                if self._progress is not None:
                    self._progress(self._sent)
        except WorldFileError as error:
            self.broken = error
            raise

    def cause(self, error: BindingError) -> Exception:
        """Returns what a failed call is to be told as."""
        if self.broken is not None:
            return self.broken
        error.metadata["sent"] = str(self._sent)
        return error
