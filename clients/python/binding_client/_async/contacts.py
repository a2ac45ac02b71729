"""How both clients confirm contacts."""

from sferum.binding.v1 import contact_service_pb2
from sferum.binding.v1.contact_service_pb2 import ConfirmContactResponse, SendContactCodeResponse

from binding_client._async.calls import Calls


class ContactCalls(Calls):
    """Confirming contacts."""

    # ContactService

    async def send_contact_code(self, *, contact: str, timeout_s: float | None = None) -> SendContactCodeResponse:
        """Has a one-time code sent to a contact of the person's own. Never repeated by this client: each call may send
        another message.

        Args:
            contact: Phone number or e-mail address, as typed.
            timeout_s: Seconds to wait; the client's own if None.
        """
        request = contact_service_pb2.SendContactCodeRequest(contact=contact)
        return await self._call(self.stubs.contact.SendContactCode, request, timeout_s)

    async def confirm_contact(
        self, *, contact: str, code: str, timeout_s: float | None = None
    ) -> ConfirmContactResponse:
        """Confirms a contact by the code that was sent to it. Never repeated by this client: a code is good once.

        Args:
            contact: The contact, as typed.
            code: The digits.
            timeout_s: Seconds to wait; the client's own if None.
        """
        request = contact_service_pb2.ConfirmContactRequest(contact=contact, code=code)
        return await self._call(self.stubs.contact.ConfirmContact, request, timeout_s)
