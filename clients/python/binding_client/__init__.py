"""Client of the Sferum binding service.

`BindingClient` and `AsyncBindingClient` call the service; `binding_client.errors` has an exception for each reason of a
refusal. `binding_client.esia` signs a person in, `binding_client.roster` sends a directory, `binding_client.control`
and `binding_client.headless` drive the identity simulator, `binding_client.testing` runs the whole stack.
"""

from binding_client.aio import AsyncBindingClient
from binding_client.client import BindingClient
from binding_client.errors import BindingError, DeadlineExceeded, ServiceUnavailable

__all__ = ["AsyncBindingClient", "BindingClient", "BindingError", "DeadlineExceeded", "ServiceUnavailable"]
