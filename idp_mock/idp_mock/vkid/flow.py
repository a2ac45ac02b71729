"""The way of one authorization through the pages: which step comes next.

    account ──▶ (code) ─┐
    login ──▶ code ──▶ (register) ──▶ (profile ──▶ (learning)) ──▶ (consent) ──▶ code for the client

Steps in brackets come only when they are needed; a live session may need none of them.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from idp_mock.oauth.room import make_room
from idp_mock.vkid.consents import Consents
from idp_mock.vkid.errors import RedirectRefusal
from idp_mock.vkid.identity import Identity, LoginKey, find_key
from idp_mock.vkid.joining import join
from idp_mock.vkid.one_time_code import OneTimeCode
from idp_mock.vkid.parameters import VKID, AuthorizationRequest
from idp_mock.vkid.redirects import Outcome
from idp_mock.vkid.sessions import Browser
from idp_mock.world import VkClient, World

LIFE = timedelta(hours=1)
_KEPT = 10_000


class Step(StrEnum):
    """The pages, by the name in `data-step`."""

    ACCOUNT = "account"
    LOGIN = "login"
    CODE = "code"
    REGISTER = "register"
    PROFILE = "profile"
    LEARNING = "learning"
    CONSENT = "consent"


@dataclass(slots=True)
class Flow:
    """An authorization that is under way in a browser.

    Attributes:
        id: unguessable, a hidden field of every page.
        browser: only this browser may go on with it.
        request: what the client asked.
        client: the application.
        expires: when the pages stop to work.
        step: the page that is shown now.
        shown: the pages that were shown; a person may go back to any of them.
        code: the one-time code that is awaited.
        proven: the unknown phone or e-mail address that may be registered.
        who: the login that signed in.
        user_id: the chosen profile.
        provider: through whom the person signs in now.
        joins: the pupil's profile whose parent signs in, by a link from it; there is no application then.
        outcome: how the flow ended; a repeated post gets it again.
    """

    id: str
    browser: Browser
    request: AuthorizationRequest
    client: VkClient
    expires: datetime
    step: Step = Step.LOGIN
    shown: set[Step] = field(default_factory=set)
    code: OneTimeCode | None = None
    proven: str | None = None
    who: LoginKey | None = None
    user_id: int | None = None
    provider: str = VKID
    joins: int | None = None
    outcome: Outcome | None = None

    def start_over(self) -> None:
        """Forgets who signed in: the person went back to say it anew."""
        self.code = self.proven = self.who = self.user_id = None

    def identity(self, world: World) -> Identity | None:
        """The login that signed in, as the world knows it now."""
        return find_key(world, self.who) if self.who else None

    def may_take(self, step: Step, world: World) -> bool:
        """Whether a form of that step may be taken now.

        Forms of pages that were not shown, or that lost their ground, are not.
        """
        if step not in self.shown:
            return False
        match step:
            case Step.CODE:
                return self.code is not None
            case Step.REGISTER:
                return self.proven is not None
            case Step.PROFILE:
                return self.identity(world) is not None
            case Step.LEARNING:
                # A double click must not make two learning profiles.
                identity = self.identity(world)
                return identity is not None and not identity.learning
            case Step.CONSENT:
                identity = self.identity(world)
                return identity is not None and self.user_id is not None and identity.profile(self.user_id) is not None
            case _:
                return True


class Flows:
    """The flows of a world that are under way; the oldest are forgotten beyond 10 000."""

    def __init__(self) -> None:
        self._flows: dict[str, Flow] = {}

    def start(self, world: World, browser: Browser, request: AuthorizationRequest, client: VkClient) -> Flow:
        """Begins a flow. It is remembered by `keep` only: one that needs no page ends before it would be."""
        expires = world.clock_of("vk_id").now() + LIFE
        return Flow(secrets.token_urlsafe(32), browser, request, client, expires, provider=request.provider)

    def keep(self, world: World, flow: Flow) -> None:
        """Remembers a flow whose page is shown; forgets those that expired, and the oldest beyond 10 000."""
        now = world.clock_of("vk_id").now()
        while self._flows and (oldest := next(iter(self._flows.values()))).expires <= now:
            del self._flows[oldest.id]
        make_room(self._flows, _KEPT)
        self._flows[flow.id] = flow

    def get(self, world: World, flow_id: str, browser: Browser | None) -> Flow | None:
        """The live flow of that browser."""
        flow = self._flows.get(flow_id)
        if flow is None or flow.browser is not browser or flow.expires <= world.clock_of("vk_id").now():
            return None
        return flow


def first_step(world: World, flow: Flow) -> Step | None:
    """Decides what a new flow begins with; None if nothing has to be asked.

    Raises:
        RedirectRefusal: `prompt=none` and something would have to be asked.
    """
    sessions = flow.browser.sessions(world)
    prompts = flow.request.prompts
    if "none" in prompts:
        return _silent(world, flow, sessions)
    if not sessions or flow.request.phone_screen or flow.request.provider != VKID:
        return Step.LOGIN
    if "select_account" in prompts:
        return Step.ACCOUNT
    if "login" in prompts:
        return Step.LOGIN
    if len(sessions) > 1:
        return Step.ACCOUNT
    flow.who = sessions[0].key
    return after_sign_in(world, flow, sessions[0])


def after_sign_in(world: World, flow: Flow, identity: Identity) -> Step | None:
    """The step after it is known who signs in.

    Raises:
        Oneself: the child wants to join as the own parent.
    """
    if flow.joins is not None:
        flow.user_id = join(world, identity, flow.joins)
        return None
    flow.user_id = undoubted_profile(identity, flow.client)
    return Step.PROFILE if flow.user_id is None else after_profile(world, flow, identity)


def after_profile(world: World, flow: Flow, identity: Identity) -> Step | None:
    """The step after the profile is known."""
    if "consent" in flow.request.prompts or allowed_scopes(world, flow, identity) is None:
        return Step.CONSENT
    return None


def allowed_scopes(world: World, flow: Flow, identity: Identity) -> tuple[str, ...] | None:
    """What the person allowed of the wanted scopes; None if that has not been asked."""
    return world.of(Consents).allowed(flow.request.app_id, identity.key, flow.request.scopes)


def undoubted_profile(identity: Identity, client: VkClient) -> int | None:
    """The profile that an authorization yields without a question.

    Which of a login's numbers VK ID yields for a learning profile is documented nowhere, so it is a setting of the
    application.
    """
    if len(identity.profiles) == 1 and identity.learning:
        return identity.profiles[0].user_id
    match client.yields:
        case "learning":
            fitting = identity.learning
        case "personal":
            fitting = identity.personal
        case _:
            fitting = ()
    return fitting[0].user_id if len(fitting) == 1 else None


def _silent(world: World, flow: Flow, sessions: list[Identity]) -> Step | None:
    if not sessions:
        raise RedirectRefusal(
            "login_required", "login is required", "expected a live session for prompt=none, got none in this browser"
        )
    if len(sessions) > 1:
        raise _interaction("expected one live session for prompt=none, got several: the person has to choose")
    flow.who = sessions[0].key
    step = after_sign_in(world, flow, sessions[0])
    if step is not None:
        raise _interaction(f"expected nothing to ask for prompt=none, got the step {step}")
    return None


def _interaction(explanation: str) -> RedirectRefusal:
    return RedirectRefusal("interaction_required", "interaction is required", explanation)
