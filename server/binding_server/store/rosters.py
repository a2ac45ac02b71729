"""The part of `ports.Store` that imports of rosters use, over an engine."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from binding_server.domain.model import ChatKind
from binding_server.domain.roster import RosterItem, RosterMode, RosterOutcome, RosterRun
from binding_server.store import reconcile, roster, roster_findings, roster_runs, roster_sweep
from binding_server.store.followed import FollowedStore
from binding_server.use_cases.records import AuditEntry
from binding_server.use_cases.roster_ports import Finding, Swept, UnsettledAccount


class RosterStore(FollowedStore):
    """What each method means is said in `roster_ports`."""

    async def begin_roster(self, actor: str, mode: RosterMode, now: datetime) -> RosterRun:
        """Begins an import and gives it a number."""
        return await self._engine.write(lambda c: roster_runs.begin_roster(c, actor, mode, now))

    async def apply_roster(
        self,
        items: Sequence[RosterItem],
        now: datetime,
        run: RosterRun | None = None,
        doubtful: Collection[str] = (),
        within: Collection[str] | None = None,
    ) -> Sequence[RosterOutcome]:
        """Upserts items in order; a batch holds up other calls while it runs, so keep it to a thousand."""
        return await self._engine.write(lambda c: roster.apply_roster(c, items, now, run, doubtful, within))

    async def organisations_in(self, municipality_ids: Collection[str]) -> Sequence[str]:
        """Returns the ids of all organisations of municipalities, in order."""
        return await self._engine.read(lambda c: roster_sweep.organisations_in(c, municipality_ids))

    async def sweep_organisation(
        self, run: RosterRun, organisation_id: str, municipality_ids: Collection[str], now: datetime
    ) -> Swept:
        """Ends what a complete roster did not tell of an organisation."""
        return await self._engine.write(
            lambda c: roster_sweep.sweep_organisation(c, run, organisation_id, municipality_ids, now)
        )

    async def end_roster(self, run: RosterRun, now: datetime) -> None:
        """Notes that an import came to its end."""
        await self._engine.write(lambda c: roster_runs.end_roster(c, run, now))

    async def unsettled_accounts(
        self, run: int | None, until: datetime | None, limit: int
    ) -> Sequence[UnsettledAccount]:
        """Returns queued accounts, by id: those of an import, or of all; those queued until a time, or all."""
        return await self._engine.read(lambda c: roster_runs.unsettled_accounts(c, run, until, limit))

    async def adopt_left_over(self, run: RosterRun) -> None:
        """Lets an import at its end take over those whom earlier ones of the same actor have left behind."""
        await self._engine.write(lambda c: roster_runs.adopt_left_over(c, run.number))

    async def account_waits(self, account: UnsettledAccount) -> None:
        """Lets a queued account wait for the end of its import."""
        await self._engine.write(lambda c: roster_runs.account_waits(c, account))

    async def account_settled(self, account: UnsettledAccount) -> None:
        """Takes an account off the queue."""
        await self._engine.write(lambda c: roster_runs.account_settled(c, account))

    # Reports

    async def add_findings(self, run: int, findings: Sequence[Finding]) -> None:
        """Keeps what an import has to report."""
        await self._engine.write(lambda c: roster_findings.add_findings(c, run, findings))

    async def findings(self, run: int, kind: str, after: int, limit: int) -> Sequence[Finding]:
        """Returns what an import has reported, in order, after a number."""
        return await self._engine.read(lambda c: roster_findings.findings(c, run, kind, after, limit))

    async def roster_actor(self, run: int) -> str | None:
        """Returns whose import it was; None if there is none of that number."""
        return await self._engine.read(lambda c: roster_findings.actor_of(c, run))

    async def forget_findings(self, before: datetime, limit: int) -> int:
        """Forgets the reports of old imports. Returns of how many."""
        return await self._engine.write(lambda c: roster_findings.forget_findings(c, before, limit))

    # Reconciling

    async def class_names(self, class_ids: Collection[str]) -> Mapping[str, tuple[str, str]]:
        """Returns the names of classes and of their organisations."""
        return await self._engine.read(lambda c: reconcile.class_names(c, class_ids))

    async def present_chats(self, binding_ids: Collection[str]) -> Mapping[str, Mapping[tuple[str, ChatKind], str]]:
        """Returns the chats that each binding is in, with the role that gives it."""
        return await self._engine.read(lambda c: reconcile.present_chats(c, binding_ids))

    async def noted_places(self, binding_ids: Collection[str]) -> Mapping[str, frozenset[str]]:
        """Returns the organisations at which each binding is noted."""
        return await self._engine.read(lambda c: reconcile.noted_places(c, binding_ids))

    async def left_behind(self, limit: int) -> Sequence[tuple[str, str]]:
        """Returns bindings that have ended and are still in chats, with their accounts."""
        return await self._engine.read(lambda c: reconcile.left_behind(c, limit))

    async def leave_behind(self, binding_id: str, now: datetime, audit: AuditEntry) -> bool:
        """Takes an ended binding out of all chats; False if it was in none."""
        return await self._engine.write(lambda c: reconcile.leave_behind(c, binding_id, now, audit))
