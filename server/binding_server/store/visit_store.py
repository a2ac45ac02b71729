"""The part of `ports.Store` that visits, and readers of audit and decisions, use, over an engine."""

from collections.abc import Sequence
from datetime import datetime

from binding_server.domain.visits import Visit, VisitState
from binding_server.store import audit as records
from binding_server.store import visits
from binding_server.store.followed import FollowedStore
from binding_server.use_cases.records import AuditEntry
from binding_server.use_cases.visit_ports import AuditFilter, AuditRecord, DecisionRecord


class VisitStore(FollowedStore):
    """What each method means is said in `visit_ports`."""

    async def open_visit(self, visit: Visit, audit: AuditEntry) -> Visit:
        """Opens a visit, or returns the pair's one that is OPEN."""
        return await self._engine.write(lambda c: visits.open_visit(c, visit, audit))

    async def end_visit(self, visit_id: str, state: VisitState, audit: AuditEntry) -> Visit:
        """Ends an OPEN visit. LookupError for an unknown id."""
        return await self._engine.write(lambda c: visits.end_visit(c, visit_id, state, audit))

    async def visit(self, visit_id: str) -> Visit | None:
        """Returns a visit."""
        return await self._engine.read(lambda c: visits.visit(c, visit_id))

    async def newest_visit(self, operator_id: str, holder_id: str) -> Visit | None:
        """Returns the pair's OPEN visit, else the one that was opened last."""
        return await self._engine.read(lambda c: visits.newest_visit(c, operator_id, holder_id))

    async def expire_visits(self, now: datetime, limit: int) -> int:
        """Notes of OPEN visits that their time is over. Returns how many."""
        return await self._engine.write(lambda c: visits.expire_visits(c, now, limit))

    async def list_audit(self, wanted: AuditFilter) -> Sequence[AuditRecord]:
        """Returns audit records, newest first."""
        return await self._engine.read(lambda c: records.list_audit(c, wanted))

    async def decision(self, number: int) -> DecisionRecord | None:
        """Returns a decision by its short number."""
        return await self._engine.read(lambda c: records.decision(c, number))
