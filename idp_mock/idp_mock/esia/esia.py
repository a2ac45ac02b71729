"""What the endpoints share: keys, certificates and pages, and the common ways to refuse and to go on."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from idp_mock.esia import redirects
from idp_mock.esia.claims import CODE, Issue, code_claims, header
from idp_mock.esia.clients import ClientSystem, find_client
from idp_mock.esia.errors import EsiaError
from idp_mock.esia.state import AuthorizationRequest, EsiaState, Grant, SignIn
from idp_mock.oauth.certificates import ClientCertificates
from idp_mock.oauth.keys import SigningKeys
from idp_mock.web import UNFRAMED, Pages, base_url, get_cookie, world_of
from idp_mock.world import World

#: Cookie of the single sign-on.
SESSION_COOKIE = "esia_session"


@dataclass(frozen=True)
class Esia:
    """One ESIA over all worlds. Everything that changes is in the worlds."""

    keys: SigningKeys
    certificates: ClientCertificates
    pages: Pages = field(default_factory=Pages)

    def client(self, world: World, client_id: str) -> ClientSystem | None:
        """The system with this mnemonic."""
        return find_client(world, self.certificates, client_id)

    def issue(self, world: World, ttl_s: int) -> Issue:
        """A new issue of tokens that live `ttl_s` seconds from now."""
        now = world.clock.timestamp()
        return Issue(world.settings.esia_issuer, str(uuid.uuid4()), now, now + ttl_s)

    def session(self, request: Request) -> SignIn | None:
        """The browser's live session, if its person still has an account."""
        world = world_of(request)
        session = world.of(EsiaState).session(get_cookie(request, SESSION_COOKIE))
        return session if session and world.person_by_oid(session.oid) else None

    def record(self, request: Request, error: EsiaError) -> None:
        """Notes a refusal in the world's journal."""
        path = request.url.path.removeprefix(request.scope["root_path"])
        world_of(request).refusals.record("esia", path, error.code, error.explanation)

    def page(self, request: Request, template: str, status: int = 200, **context: Any) -> HTMLResponse:
        """A page of ESIA's."""
        return self.pages.response(request, template, status, UNFRAMED, **context)

    def error_page(self, request: Request, error: EsiaError) -> HTMLResponse:
        """Refuses on a page of ESIA's own, for there is no address that the browser may be sent to."""
        self.record(request, error)
        context = {"error": {"code": error.code, "text": error.text}, "explanation": error.explanation}
        return self.page(request, "esia/failure.html", 400, **context)

    def refuse(self, request: Request, error: EsiaError, *, redirect_uri: str, state: str) -> RedirectResponse:
        """Refuses through the browser."""
        self.record(request, error)
        return redirects.failure(redirect_uri, error, state=state)

    def go_on(self, request: Request, key: str, asked: AuthorizationRequest) -> Response:
        """The next step of a sign-in: the login page, the consent page, or back to the system with a code."""
        session = self.session(request)
        return self.step(request, "login", key) if session is None else self.go_on_as(request, key, asked, session)

    def go_on_as(self, request: Request, key: str, asked: AuthorizationRequest, session: SignIn) -> Response:
        """The next step for a person who has signed in."""
        if not world_of(request).of(EsiaState).consented(session.oid, asked):
            return self.step(request, "consent", key)
        return self.give_code(request, key, asked, session)

    def give_code(self, request: Request, key: str, asked: AuthorizationRequest, session: SignIn) -> RedirectResponse:
        """Ends the sign-in: the browser goes back with a code."""
        world = world_of(request)
        state = world.of(EsiaState)
        grant = Grant(asked.client_id, asked.redirect_uri, asked.scopes, asked.offline, session)
        ttl_s = world.settings.esia_code_ttl_s
        issue = self.issue(world, ttl_s)
        value = self.keys.sign(header(CODE), code_claims(issue, grant))
        state.codes.issue(grant, now=issue.now, ttl_s=ttl_s, value=value)
        state.forget(key)
        return redirects.success(asked.redirect_uri, code=value, state=asked.state)

    @staticmethod
    def step(request: Request, page: str, key: str) -> RedirectResponse:
        """Sends the browser to one of the sign-in pages."""
        return RedirectResponse(f"{base_url(request)}/{page}?request={key}", 302, {"cache-control": "no-store"})
