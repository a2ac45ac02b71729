"""How both clients lead visits to the school, and read audit and decisions."""

from sferum.binding.v1 import support_service_pb2
from sferum.binding.v1.audit_pb2 import Decision
from sferum.binding.v1.support_service_pb2 import ListAuditRecordsResponse
from sferum.binding.v1.visit_pb2 import Visit

from binding_client._async.calls import Calls


class VisitCalls(Calls):
    """Visits, audit and decisions."""

    # SupportService

    async def open_visit(self, *, organisation: str = "", timeout_s: float | None = None) -> Visit:
        """Opens a visit, or returns the pair's open one. `token` is the operator's and `on_behalf_of` the holder's; the
        same client then acts for the holder.

        Args:
            organisation: `organisations/{organisation}`; needed only if the two have several in common.
            timeout_s: Seconds to wait; the client's own if None.
        """
        request = support_service_pb2.OpenVisitRequest(organisation=organisation)
        return await self._call(self.stubs.support.OpenVisit, request, timeout_s)

    async def close_visit(self, *, name: str, timeout_s: float | None = None) -> Visit:
        """Closes `visits/{visit}`, for its operator or its holder; one that has ended is returned as it is."""
        request = support_service_pb2.CloseVisitRequest(name=name)
        return await self._call(self.stubs.support.CloseVisit, request, timeout_s)

    async def list_audit_records(
        self,
        *,
        parent: str = "",
        action: str = "",
        page_size: int = 0,
        page_token: str = "",
        timeout_s: float | None = None,
    ) -> ListAuditRecordsResponse:
        """Lists who did what for whom, newest first.

        Args:
            parent: `accounts/{account}`, `organisations/{organisation}`, `visits/{visit}` or `tickets/{ticket}`; empty
                for all of support's municipalities.
            action: Only this action, such as "binding.unbind".
            page_size: At most this many.
            page_token: From the answer before.
            timeout_s: Seconds to wait; the client's own if None.
        """
        request = support_service_pb2.ListAuditRecordsRequest(
            parent=parent, action=action, page_size=page_size, page_token=page_token
        )
        return await self._call(self.stubs.support.ListAuditRecords, request, timeout_s)

    async def get_decision(self, *, name: str, timeout_s: float | None = None) -> Decision:
        """Returns `decisions/{number}`: a decision by the short number that a refusal told."""
        request = support_service_pb2.GetDecisionRequest(name=name)
        return await self._call(self.stubs.support.GetDecision, request, timeout_s)
