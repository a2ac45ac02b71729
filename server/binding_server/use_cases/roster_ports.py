"""What imports of rosters need from the database; part of the port `Store`."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from binding_server.domain.roster import RosterItem, RosterMode, RosterOutcome, RosterRun


@dataclass(frozen=True, slots=True)
class UnsettledAccount:
    """A bound account that the import `run` of `actor` has touched: its binding and chats still have to follow."""

    account_id: str
    run: int
    actor: str


class RosterStore(Protocol):
    """The directory as imports change it, and the queue of those who have to follow."""

    async def begin_roster(self, actor: str, mode: RosterMode, now: datetime) -> RosterRun:
        """Begins an import: gives it a number and notes whose it is."""
        ...

    async def apply_roster(
        self,
        items: Sequence[RosterItem],
        now: datetime,
        run: RosterRun | None = None,
        doubtful: Collection[str] = (),
        within: Collection[str] | None = None,
    ) -> Sequence[RosterOutcome]:
        """Upserts items in order, each whole or not at all; one outcome per item. Contact items are uses with source
        SCHOOL. Under a run, the bound accounts that have to follow are queued in the same transaction; a FULL one marks
        what it tells, and all that is known of persons with a record that failed and of `doubtful` ones. Nothing
        outside of the municipalities `within` changes, if they are given."""
        ...

    async def organisations_in(self, municipality_ids: Collection[str]) -> Sequence[str]:
        """Ids of all organisations of municipalities, in order."""
        ...

    async def sweep_organisation(
        self, run: RosterRun, organisation_id: str, municipality_ids: Collection[str], now: datetime
    ) -> int:
        """Ends what a FULL import did not tell of an organisation: enrolments, duties, and guardianships, accounts and
        recorded contacts of those with a place there and none outside of the named municipalities. Queues the bound
        accounts that have to follow. Returns how many records ended."""
        ...

    async def end_roster(self, run: RosterRun, now: datetime) -> None:
        """Notes that an import came to its end."""
        ...

    async def unsettled_accounts(
        self, run: int | None, until: datetime | None, limit: int
    ) -> Sequence[UnsettledAccount]:
        """Queued accounts, by id: those of an import, or of all; those queued until a time, or all."""
        ...

    async def account_settled(self, account: UnsettledAccount) -> None:
        """Takes an account off the queue."""
        ...
