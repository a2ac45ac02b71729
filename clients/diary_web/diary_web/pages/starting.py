"""The start of a binding: from the profile page, or once a contact is confirmed."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from diary_web.pages.attempts import CALLBACK, remember_authorization
from diary_web.sessions import Attempt
from diary_web.web import account_path, base_url, client_of, go, request_id_of, signed_in


async def start_binding(request: Request, *, contact: str, via: str, nonce: str) -> Response:
    """Starts an attempt and sends the browser to VK ID.

    Args:
        request: has the account's id in its path.
        contact: as the person typed it.
        via: id of the child through which a parent came, or empty.
        nonce: the form's; a double click is the same request, another contact is another one.

    Raises:
        BindingError: the refusal.
    """
    session = signed_in(request)
    account = f"accounts/{request.path_params['account']}"
    async with client_of(request) as client:
        attempt = await client.start_binding(
            account=account,
            contact=contact,
            redirect_uri=base_url(request) + CALLBACK,
            via_pupil=f"accounts/{via}" if via else "",
            request_id=request_id_of("bind", nonce, account, contact, via),
        )
    if not attempt.authorization_uri:
        # The form was sent again after its attempt had ended: a fresh page makes a fresh attempt.
        return go(account_path(account, via=via))
    remember_authorization(session, attempt.authorization_uri, Attempt(attempt.name, account, via))
    return go(attempt.authorization_uri)
