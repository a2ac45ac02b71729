"""The blocking client of the binding service."""

from binding_client._sync.back_end import BackEndCalls
from binding_client._sync.bindings import BindingCalls
from binding_client._sync.contacts import ContactCalls
from binding_client._sync.directory import DirectoryCalls
from binding_client._sync.tickets import TicketCalls
from binding_client._sync.visits import VisitCalls


class BindingClient(BackEndCalls, BindingCalls, ContactCalls, DirectoryCalls, TicketCalls, VisitCalls):
    """Calls the binding service and waits for the answer. Safe to share between threads.

    Every method is one RPC: keyword arguments are the request's fields, the answer is the protobuf message. A refusal
    is raised as the `BindingError` of its reason. Reads, StartBinding, CancelAttempt and Unbind are repeated when the
    service is unavailable; CompleteBinding and CreateBinding never are.

    Attributes:
        stubs: The generated stubs, for what the methods do not offer.
    """
