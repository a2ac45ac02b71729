"""Hands an authorization's outcome over: by a redirect, or in a pop-up by a message to the opener."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp_mock.vkid.appearance import Appearance
from idp_mock.vkid.pages import html_page
from idp_mock.vkid.redirects import Outcome
from idp_mock.web import world_of

_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


def deliver(request: Request, outcome: Outcome, appearance: Appearance) -> Response:
    """The last answer of an authorization.

    A pop-up posts exactly one message, and nothing else: VK's web SDK throws at a message without a payload. Without
    an opener it goes where a redirect would have gone.
    """
    settings = world_of(request).settings
    address = outcome.uri(settings.vk_payload, with_ext_id=settings.vk_redirect_ext_id)
    if outcome.opener is None:
        return RedirectResponse(address, 302, _HEADERS)
    content = {
        "message": outcome.message(),
        "opener": outcome.opener,
        "address": address,
        "granted": any(name == "code" for name, _ in outcome.items),
    }
    return html_page(request, "vkid/result.html", content, appearance, script=True)
