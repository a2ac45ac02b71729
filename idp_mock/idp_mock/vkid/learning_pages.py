"""The pages of learning profiles: a pupil's link for parents, and what the link opens."""

from starlette.requests import Request
from starlette.responses import Response

from idp_mock.vkid.appearance import appearance_of
from idp_mock.vkid.flow import Flows, first_step
from idp_mock.vkid.identity import find_user
from idp_mock.vkid.joining import JoinLinks, pupils
from idp_mock.vkid.pages import failure_page, html_page, step_page
from idp_mock.vkid.parameters import AuthorizationRequest, read_query
from idp_mock.vkid.sessions import COOKIE, Browsers
from idp_mock.web import base_url, get_cookie, set_cookie, world_of
from idp_mock.world import VkClient

ENDPOINT = "/learning/join"
JOINED = "/learning/joined"
_SFERUM = VkClient(app_id=1, name="Сферум")


async def profiles(request: Request) -> Response:
    """The pupils signed in in this browser, each with the link for parents."""
    world = world_of(request)
    appearance = appearance_of(read_query(request.scope["query_string"]))
    browser = world.of(Browsers).get(get_cookie(request, COOKIE))
    links = world.of(JoinLinks)
    content = {
        "pupils": [
            {
                "name": identity.name,
                "user_id": profile.user_id,
                "link": f"{base_url(request)}{ENDPOINT}/{links.token(profile.user_id)}",
            }
            for identity, profile in pupils(browser.sessions(world) if browser else [])
        ]
    }
    return html_page(request, "vkid/pupils.html", content, appearance)


async def open_link(request: Request) -> Response:
    """Begins a parent's sign-in; refused in the browser where the child is signed in."""
    world = world_of(request)
    appearance = appearance_of(read_query(request.scope["query_string"]))
    pupil = world.of(JoinLinks).pupil(request.path_params["token"])
    if pupil is None or find_user(world, pupil) is None:
        explanation = "expected a link from a pupil's learning profile, got an unknown one"
        world.refusals.record("vk_id", ENDPOINT, "link_unknown", explanation)
        return failure_page(request, "link_unknown", "Ссылка не действует.", explanation, appearance)
    browsers = world.of(Browsers)
    known = browsers.get(get_cookie(request, COOKIE))
    browser = known or browsers.create()
    if any(identity.profile(pupil) for identity in browser.sessions(world)):
        explanation = "expected a browser of the parent, got one where the child is signed in"
        world.refusals.record("vk_id", ENDPOINT, "parent_of_oneself", explanation)
        text = "В этом браузере вошёл ребёнок, а стать родителем самому себе нельзя. Откройте ссылку как родитель."
        return failure_page(request, "parent_of_oneself", text, explanation, appearance)
    wish = AuthorizationRequest(
        app_id=_SFERUM.app_id,
        redirect_uri=f"{base_url(request)}{JOINED}",
        state="",
        scopes=(),
        # Whoever opens the link says who it is: nobody becomes a parent by a mere look at a page.
        prompts=frozenset({"select_account"}),
        code_challenge="",
        phone_screen=False,
        appearance=appearance,
    )
    flow = world.of(Flows).start(world, browser, wish, _SFERUM)
    flow.joins = pupil
    step = first_step(world, flow)
    assert step is not None
    flow.step = step
    world.of(Flows).keep(world, flow)
    response = step_page(request, flow)
    if known is None:
        set_cookie(response, request, COOKIE, browser.id, framed=True)
    return response


async def joined(request: Request) -> Response:
    """Where a parent comes out."""
    query = read_query(request.scope["query_string"])
    number = "".join(query.get("user_id", ())[:1])
    return html_page(request, "vkid/joined.html", {"user_id": number[:20]}, appearance_of(query))
