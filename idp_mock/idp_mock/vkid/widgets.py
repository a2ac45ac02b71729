"""The frames of VK's web SDK: One Tap, floating One Tap, subscription to a community.

A frame tells its page who is signed in in this browser, or that nobody is, in messages
`{type: "vk-sak-sdk", handler, params}`. It never signs in itself: a click makes the SDK open `/authorize`. Only pages
of the application's own origins are told anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from idp_mock.vkid import parameters
from idp_mock.vkid.appearance import appearance_of
from idp_mock.vkid.errors import PageRefusal
from idp_mock.vkid.openers import opener_of
from idp_mock.vkid.pages import PROVIDER_NAMES, html_page
from idp_mock.vkid.sessions import COOKIE, Browsers
from idp_mock.web import get_cookie, world_of
from idp_mock.world import VkClient, World

FLOATING_HEIGHT = 190
"""Height in pixels of the floating frame; each alternative adds to it."""

_BUTTON, _ROW = 44, 56


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of frame.

    Attributes:
        path: where it is.
        prefix: of its own messages.
        floating: it has a heading and can be closed.
    """

    path: str
    prefix: str
    floating: bool


ONE_TAP = Kind("/button_one_tap_auth", "onetap", floating=False)
FLOATING = Kind("/floating_one_tap_auth", "floatingonetap", floating=True)


async def one_tap(request: Request) -> Response:
    """The frame of the One Tap button."""
    return _frame(request, ONE_TAP)


async def floating_one_tap(request: Request) -> Response:
    """The frame of the floating One Tap."""
    return _frame(request, FLOATING)


async def community_subscription(request: Request) -> Response:
    """The frame of the subscription to a community: this simulator has no communities, so it closes at once."""
    query = parameters.read_query(request.scope["query_string"])
    try:
        _, page = _asking(world_of(request), query)
    except PageRefusal as refusal:
        return _refused(request, "/community_subscription", refusal)
    return _html(request, {"page": page, "messages": [_message("common: close")], "person": None}, query)


def _frame(request: Request, kind: Kind) -> Response:
    world = world_of(request)
    query = parameters.read_query(request.scope["query_string"])
    try:
        client, page = _asking(world, query)
    except PageRefusal as refusal:
        return _refused(request, kind.path, refusal)
    browser = world.of(Browsers).get(get_cookie(request, COOKIE))
    sessions = browser.sessions(world) if browser is not None else []
    if not sessions:
        # At once and alone: after `common: load` it comes too late, the SDK's own button can then not be clicked.
        messages = [_message(f"{kind.prefix}: not authorized")]
        return _html(request, {"page": page, "messages": messages, "person": None}, query)
    providers = _providers(query)
    phone = query.get("show_alternative_login", [""])[-1] == "1"
    messages = [_message("common: load")]
    height = (FLOATING_HEIGHT if kind.floating else _BUTTON) + (len(providers) + phone) * _ROW
    if kind.floating or height > _BUTTON:
        messages.append(_message("common: resize", height=height))
    if not kind.floating:
        messages.append(_message("onetap: authentication_info", is_online=True))
    content = {
        "page": page,
        "messages": messages,
        "person": sessions[0].name,
        "client_name": client.name,
        "floating": kind.floating,
        "show_full_auth": f"{kind.prefix}: show full auth",
        "success": f"{kind.prefix}: success login",
        "phone": phone,
        "providers": providers,
    }
    return _html(request, content, query)


def _asking(world: World, query: parameters.Query) -> tuple[VkClient, str]:
    """The application and the origin of the page that holds the frame.

    Raises:
        PageRefusal: the application is unknown, or the page is not one of its own.
    """
    app_ids = query.get("app_id", ())
    client = world.vk_client(app_ids[0]) if len(app_ids) == 1 else None
    if client is None:
        raise PageRefusal("invalid_client", "expected one app_id, the number of a registered application")
    redirect_uri = parameters.redirect_uri_of(query)
    if not client.allows_redirect(redirect_uri):
        raise PageRefusal("invalid_request", "expected redirect_uri to be registered, got another")
    page = opener_of(list(query.get("origin", ())), client, redirect_uri)
    if page is None:
        raise PageRefusal("invalid_request", "expected origin of the page that holds the frame, got none")
    return client, page


def _providers(query: parameters.Query) -> list[tuple[str, str]]:
    wanted = "".join(query.get("providers", ())[-1:]).split(",")
    return [(name, PROVIDER_NAMES[name]) for name in dict.fromkeys(wanted) if name in PROVIDER_NAMES]


def _message(handler: str, **params: Any) -> dict[str, Any]:
    return {"type": "vk-sak-sdk", "handler": handler, "params": params}


def _refused(request: Request, path: str, refusal: PageRefusal) -> Response:
    """Whoever holds the frame learns that there is an error, and nothing else."""
    world_of(request).refusals.record("vk_id", path, refusal.error, refusal.explanation)
    messages = [_message("common: error", code=refusal.error)]
    return _html(request, {"page": "*", "messages": messages, "person": None}, {}, 400)


def _html(request: Request, content: Mapping[str, Any], query: parameters.Query, status: int = 200) -> Response:
    return html_page(request, "vkid/widget.html", content, appearance_of(query), status, script=True)
