"""ContactService."""

# ruff: noqa: N802 - the names are those of the contract

from sferum.binding.v1 import contact_service_pb2 as pb

from binding_server.api import convert_out as out
from binding_server.api.call import Call
from binding_server.use_cases.confirm_contact import confirm_contact, send_contact_code


class ContactServicer:
    """Each method: convert in, one use case, convert out."""

    async def SendContactCode(self, request: pb.SendContactCodeRequest, call: Call) -> pb.SendContactCodeResponse:
        """Sends a one-time code."""
        sent = await send_contact_code(call.services, call.caller, request.contact, call.language)
        return pb.SendContactCodeResponse(
            contact_masked=sent.contact_mask,
            expire_time=out.timestamp(sent.expires_at),
            resend_time=out.timestamp(sent.resend_at),
        )

    async def ConfirmContact(self, request: pb.ConfirmContactRequest, call: Call) -> pb.ConfirmContactResponse:
        """Confirms a contact."""
        done = await confirm_contact(call.services, call.caller, request.contact, request.code)
        return pb.ConfirmContactResponse(contact_masked=done.contact_mask, confirm_time=out.timestamp(done.at))
