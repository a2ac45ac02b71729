"""What imports of rosters need from the database; part of the port `Store`."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from binding_server.domain.model import ChatKind
from binding_server.domain.roster import RosterItem, RosterMode, RosterOutcome, RosterRun
from binding_server.use_cases.records import AuditEntry


@dataclass(frozen=True, slots=True)
class UnsettledAccount:
    """A bound account that the import `run` of `actor` has touched: its binding and chats still have to follow."""

    account_id: str
    run: int
    actor: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What an import has to report, as text: an ERROR or an EFFECT. `number` counts from 1 for each kind."""

    kind: str
    number: int
    content: str


@dataclass(frozen=True, slots=True)
class Swept:
    """What the end of a complete roster ended: how many records, and the accounts that are closed now."""

    count: int
    closed: tuple[str, ...] = ()


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
    ) -> Swept:
        """Ends what a FULL import did not tell of an organisation: enrolments, duties, and guardianships, accounts and
        recorded contacts of those with a place there and none outside of the named municipalities. Queues the bound
        accounts that have to follow."""
        ...

    async def end_roster(self, run: RosterRun, now: datetime) -> None:
        """Notes that an import is over, at its end or cut."""
        ...

    async def unsettled_accounts(
        self, run: int | None, until: datetime | None, limit: int
    ) -> Sequence[UnsettledAccount]:
        """Queued accounts, by id: those of an import (or, under its negative number, those who wait for its end), or of
        all; those queued until a time, or all. Of all, those who wait are told once their import is over."""
        ...

    async def adopt_left_over(self, run: RosterRun) -> None:
        """Lets an import at its end take over those who still wait for earlier ones of the same actor that are over."""
        ...

    async def account_waits(self, account: UnsettledAccount) -> None:
        """Lets a queued account wait for the end of its import, under the negative number of that."""
        ...

    async def account_settled(self, account: UnsettledAccount) -> None:
        """Takes an account off the queue."""
        ...

    async def class_names(self, class_ids: Collection[str]) -> Mapping[str, tuple[str, str]]:
        """Names of classes and of their organisations."""
        ...

    async def add_findings(self, run: int, findings: Sequence[Finding]) -> None:
        """Keeps what an import has to report."""
        ...

    async def findings(self, run: int, kind: str, after: int, limit: int) -> Sequence[Finding]:
        """What an import has reported, in order, after a number."""
        ...

    async def roster_actor(self, run: int) -> str | None:
        """Whose import it was; None if there is none of that number."""
        ...

    async def forget_findings(self, before: datetime, limit: int) -> int:
        """Forgets the reports of old imports, at most of so many. Returns of how many."""
        ...

    async def present_chats(self, binding_ids: Collection[str]) -> Mapping[str, Mapping[tuple[str, ChatKind], str]]:
        """The chats (class and kind) that each of these bindings is in, with the educational role that gives it."""
        ...

    async def noted_places(self, binding_ids: Collection[str]) -> Mapping[str, frozenset[str]]:
        """The organisations at which each of these bindings is noted."""
        ...

    async def left_behind(self, limit: int) -> Sequence[tuple[str, str]]:
        """Bindings that have ended and are still in chats, with their accounts."""
        ...

    async def leave_behind(self, binding_id: str, now: datetime, audit: "AuditEntry") -> bool:
        """Takes an ended binding out of all chats; False if it was in none."""
        ...
