"""`GET /authorize` and the forms that follow it."""

import secrets
from collections.abc import Callable, Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from idp_mock.vkid import parameters, registration, steps
from idp_mock.vkid.appearance import appearance_of
from idp_mock.vkid.credentials import Authorization, Owner, issue_code
from idp_mock.vkid.delivery import deliver
from idp_mock.vkid.errors import PageRefusal, RedirectRefusal
from idp_mock.vkid.flow import Flow, Flows, Step, allowed_scopes, first_step
from idp_mock.vkid.forms import Form, FormError
from idp_mock.vkid.joining import Oneself
from idp_mock.vkid.openers import opener_of
from idp_mock.vkid.pages import failure_page, step_page
from idp_mock.vkid.redirects import Outcome, failure, success
from idp_mock.vkid.registered import client_of
from idp_mock.vkid.sessions import COOKIE, Browser, Browsers
from idp_mock.vkid.shortcuts import hinted, sign_in
from idp_mock.web import get_cookie, set_cookie, world_of
from idp_mock.world import World

ENDPOINT = "/authorize"
HANDLERS: Mapping[Step, Callable[[World, Flow, Form], Step | None]] = {
    Step.ACCOUNT: steps.account,
    Step.LOGIN: steps.login,
    Step.CODE: steps.code,
    Step.REGISTER: registration.register,
    Step.PROFILE: steps.profile,
    Step.LEARNING: registration.learning,
    Step.CONSENT: steps.consent,
}


async def authorize(request: Request) -> Response:
    """Checks an authorization request; answers with the first page, or with a redirect if nothing has to be asked."""
    world = world_of(request)
    query = parameters.read_query(request.scope["query_string"])
    try:
        client, redirect_uri = client_of(world, query)
        opener = opener_of(query.get("origin", []), client, redirect_uri)
    except PageRefusal as refusal:
        world.refusals.record("vk_id", ENDPOINT, refusal.error, refusal.explanation)
        text = "Приложение, которое просит о входе, не зарегистрировано или прислало не тот адрес возврата."
        return failure_page(request, refusal.error, text, refusal.explanation, appearance_of(query))
    settings = world.settings
    try:
        checked = parameters.check(
            query,
            client.app_id,
            redirect_uri,
            opener,
            strict_state=settings.vk_strict_state,
            require_state=settings.vk_require_state,
        )
    except RedirectRefusal as refusal:
        outcome = _refused(world, redirect_uri, parameters.state_of(query), opener, refusal)
        return deliver(request, outcome, appearance_of(query))
    browsers = world.of(Browsers)
    known = browsers.get(get_cookie(request, COOKIE))
    browser = known or browsers.create()
    flows = world.of(Flows)
    flow = flows.start(world, browser, checked, client)
    person = hinted(world, query)
    response = _answer(
        request, world, flow, lambda: sign_in(world, flow, person) if person else first_step(world, flow)
    )
    if flow.outcome is None:
        flows.keep(world, flow)
    if known is None:
        set_cookie(response, request, COOKIE, browser.id, framed=True)
    return response


async def take_step(request: Request) -> Response:
    """Takes the form of one page; answers with the next one, the same one and its error, or the redirect."""
    world = world_of(request)
    try:
        form = Form.of(await request.form())
    except HTTPException:
        form = Form(())
    browser: Browser | None = world.of(Browsers).get(get_cookie(request, COOKIE))
    flow = world.of(Flows).get(world, form.text("flow"), browser)
    if flow is None:
        explanation = (
            "expected the hidden field flow and the cookie of a page less than an hour old, got none that go together"
        )
        world.refusals.record("vk_id", ENDPOINT, "flow_expired", explanation)
        text = "Страница устарела или открыта в другом браузере. Вернитесь в приложение и начните вход заново."
        return failure_page(request, "flow_expired", text)
    if flow.outcome is not None:
        return deliver(request, flow.outcome, flow.request.appearance)
    step = Step(request.scope["path"].rpartition("/")[2])
    if not flow.may_take(step, world):
        # A page that was skipped to, or one that a later step has made void: show where the person really is.
        if not flow.may_take(flow.step, world):
            flow.start_over()
            flow.step = Step.LOGIN
        return step_page(request, flow)
    flow.step = step
    return _answer(request, world, flow, lambda: HANDLERS[step](world, flow, form), form)


def _answer(
    request: Request, world: World, flow: Flow, go_on: Callable[[], Step | None], form: Form | None = None
) -> Response:
    try:
        step = go_on()
    except FormError as error:
        flow.step = error.step or flow.step
        world.refusals.record("vk_id", f"{ENDPOINT}/{flow.step}", error.code, error.explanation)
        return step_page(request, flow, form, error)
    except Oneself:
        flow.start_over()
        flow.step = Step.LOGIN
        explanation = "expected the parent to sign in, got the child whose link it is"
        world.refusals.record("vk_id", "/learning/join", "parent_of_oneself", explanation)
        text = "Это аккаунт самого ребёнка: стать родителем самому себе нельзя."
        return step_page(request, flow, form, FormError("parent_of_oneself", text, explanation))
    except RedirectRefusal as refusal:
        flow.outcome = _refused(world, flow.request.redirect_uri, flow.request.state, flow.request.opener, refusal)
    else:
        if step is not None:
            flow.step = step
            return step_page(request, flow)
        flow.outcome = _granted(world, flow)
    return deliver(request, flow.outcome, flow.request.appearance)


def _granted(world: World, flow: Flow) -> Outcome:
    """Makes the code and the answer that carries it."""
    if flow.joins is not None:
        return Outcome(flow.request.redirect_uri, "", (("user_id", flow.user_id or 0),))
    identity = flow.identity(world)
    assert identity is not None
    assert flow.user_id is not None
    authorization = Authorization(
        app_id=flow.request.app_id,
        owner=Owner(identity.key, flow.user_id),
        scopes=allowed_scopes(world, flow, identity) or (),
        redirect_uri=flow.request.redirect_uri,
        code_challenge=flow.request.code_challenge,
        device_id=flow.browser.device_id,
    )
    code = issue_code(world, authorization)
    return success(
        flow.request.redirect_uri,
        code=code,
        state=flow.request.state,
        device_id=flow.browser.device_id,
        expires_in=world.settings.vk_code_ttl_s,
        ext_id=secrets.token_urlsafe(24),
        opener=flow.request.opener,
    )


def _refused(world: World, redirect_uri: str, state: str, opener: str | None, refusal: RedirectRefusal) -> Outcome:
    world.refusals.record("vk_id", ENDPOINT, refusal.error, refusal.explanation)
    return failure(
        redirect_uri,
        error=refusal.error,
        description=refusal.description,
        state=state,
        opener=opener,
        bare=world.settings.vk_error_redirect == "bare",
    )
