"""The asyncio client of the binding service."""

from binding_client._async.back_end import BackEndCalls
from binding_client._async.bindings import BindingCalls
from binding_client._async.contacts import ContactCalls
from binding_client._async.directory import DirectoryCalls
from binding_client._async.tickets import TicketCalls
from binding_client._async.visits import VisitCalls


class AsyncBindingClient(BackEndCalls, BindingCalls, ContactCalls, DirectoryCalls, TicketCalls, VisitCalls):
    """Calls the binding service from one event loop.

    Every method is one RPC: keyword arguments are the request's fields, the answer is the protobuf message. A refusal
    is raised as the `BindingError` of its reason. Reads, StartBinding, CancelAttempt and Unbind are repeated when the
    service is unavailable; CompleteBinding and CreateBinding never are.

    Attributes:
        stubs: The generated stubs, for what the methods do not offer.
    """
