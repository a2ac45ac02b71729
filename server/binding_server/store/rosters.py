"""The part of `ports.Store` that imports of rosters use, over an engine."""

from collections.abc import Collection, Sequence
from datetime import datetime

from binding_server.domain.roster import RosterItem, RosterMode, RosterOutcome, RosterRun
from binding_server.store import roster, roster_runs, roster_sweep
from binding_server.store.followed import FollowedStore
from binding_server.use_cases.roster_ports import UnsettledAccount


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
    ) -> int:
        """Ends what a complete roster did not tell of an organisation. Returns how many records ended."""
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

    async def account_settled(self, account: UnsettledAccount) -> None:
        """Takes an account off the queue."""
        await self._engine.write(lambda c: roster_runs.account_settled(c, account))
