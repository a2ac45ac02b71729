"""What the endpoints share: keys, certificates and pages, and the common ways to refuse and to go on."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from idp_mock.esia import redirects
from idp_mock.esia.claims import CODE, Issue, code_claims, header, trusted
from idp_mock.esia.clients import ClientSystem, find_client
from idp_mock.esia.errors import EsiaError
from idp_mock.esia.gost.keys import ALGORITHM, GostSigningKeys
from idp_mock.esia.judge import Judge
from idp_mock.esia.language import language_of, remember
from idp_mock.esia.state import AuthorizationRequest, EsiaState, Grant, SignIn
from idp_mock.oauth.certificates import ClientCertificates
from idp_mock.oauth.keys import SigningKeys
from idp_mock.web import UNFRAMED, Pages, base_url, get_cookie, world_of
from idp_mock.world import EsiaAccount, EsiaClient, EsiaOrganisation, World

#: Which accounts a system lets in: confirmed ones, children's, and all but children's.
PERSON_FILTERS = ("conf_acc", "acc_kid", "acc_not_kid")

#: Cookie of the single sign-on.
SESSION_COOKIE = "esia_session"


@dataclass(frozen=True)
class Esia:
    """One ESIA over all worlds. Everything that changes is in the worlds."""

    keys: SigningKeys
    certificates: ClientCertificates
    gost_keys: GostSigningKeys
    judge: Judge = field(default_factory=Judge)
    pages: Pages = field(default_factory=Pages)

    def sign(self, client: EsiaClient, kind: str, claims: Mapping[str, Any]) -> str:
        """A token for a system, signed in the way that the system has chosen."""
        keys = self.gost_keys if client.token_algorithm == ALGORITHM else self.keys
        return keys.sign(header(kind, client.token_algorithm), claims)

    def read(self, token: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """Header and payload of a token that this ESIA signed, else None. Times are not looked at."""
        return self.keys.verify(token) or self.gost_keys.verify(token)

    def client(self, world: World, client_id: str) -> ClientSystem | None:
        """The system with this mnemonic."""
        return find_client(world, self.certificates, client_id)

    def issue(self, world: World, ttl_s: int) -> Issue:
        """A new issue of tokens that live `ttl_s` seconds from now."""
        now = world.clock_of("esia").timestamp()
        return Issue(world.settings.esia_issuer, str(uuid.uuid4()), now, now + ttl_s)

    def session(self, request: Request) -> SignIn | None:
        """The browser's live session, if its person still has an account."""
        world = world_of(request)
        session = world.of(EsiaState).session(get_cookie(request, SESSION_COOKIE))
        return session if session and world.person_by_oid(session.oid) else None

    def record(self, request: Request, error: EsiaError) -> int:
        """Notes a refusal in the world's journal; returns its number."""
        path = request.url.path.removeprefix(request.scope["root_path"])
        return world_of(request).refusals.record("esia", path, error.code, error.explanation, error.details).number

    def page(self, request: Request, template: str, status: int = 200, **context: Any) -> HTMLResponse:
        """A page of ESIA's, in the language of the browser's choice."""
        language = language_of(request, context.get("key", ""))
        refusal = context.get("error")
        if refusal:
            context["error"] = {**refusal, "text": language.say(refusal["text"])}
        words = {"say": language.say, "lang": language.code, "other": language.other}
        response = self.pages.response(request, template, status, UNFRAMED, **words, **context)
        remember(response, request, language)
        return response

    def error_page(self, request: Request, error: EsiaError) -> HTMLResponse:
        """Refuses on a page of ESIA's own, for there is no address that the browser may be sent to."""
        number = self.record(request, error)
        context = {"error": {"code": error.code, "text": error.text}, "number": number}
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
        ready = self.settle(request, key, asked, session)
        if isinstance(ready, Response):
            return ready
        if not world_of(request).of(EsiaState).consented(session.oid, ready):
            return self.step(request, "consent", key)
        return self.give_code(request, key, ready, session)

    def settle(
        self, request: Request, key: str, asked: AuthorizationRequest, session: SignIn
    ) -> Response | AuthorizationRequest:
        """What comes before consent: may this account come in, and in whose name?

        Returns:
            The request with its organisation, or the answer if there is a refusal or a choice to make.
        """
        world = world_of(request)
        person = world.person_by_oid(session.oid)
        assert person is not None
        assert person.esia is not None
        try:
            _check_account(person.esia, asked)
            if not asked.org_scopes or asked.organisation is not None:
                return asked
            roles = organisations(world, person.esia)
            if len(roles) > 1:
                return self.step(request, "organisation", key)
            if not roles:
                text = f"запрошены {' '.join(asked.org_scopes)}, а пользователь не сотрудник ни одной организации"
                raise EsiaError("ESIA-007194", text, expected="an employee of an organisation", parameter="scope_org")
            return world.of(EsiaState).choose(key, roles[0].oid)
        except EsiaError as error:
            world.of(EsiaState).forget(key)
            return self.refuse(request, error, redirect_uri=asked.redirect_uri, state=asked.state)

    def give_code(self, request: Request, key: str, asked: AuthorizationRequest, session: SignIn) -> RedirectResponse:
        """Ends the sign-in: the browser goes back with a code."""
        world = world_of(request)
        state = world.of(EsiaState)
        scopes = (*asked.scopes, *(f"{scope}?org_oid={asked.organisation}" for scope in asked.org_scopes))
        grant = Grant(
            asked.client_id,
            asked.redirect_uri,
            scopes,
            asked.offline,
            session,
            challenge=asked.challenge,
            permissions=asked.permissions,
        )
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


def organisations(world: World, account: EsiaAccount) -> list[EsiaOrganisation]:
    """The organisations in whose name a person may sign in."""
    found = (world.esia_organisation(role.organisation) for role in account.roles if role.active)
    return [organisation for organisation in found if organisation is not None]


def _check_account(account: EsiaAccount, asked: AuthorizationRequest) -> None:
    child = account.level == "CHILD"
    if asked.person_filter == "conf_acc" and not trusted(account):
        text = "система впускает подтверждённых (person_filter=conf_acc), а запись не такая"
        raise EsiaError("ESIA-007055", text, expected="a confirmed account", parameter="person_filter")
    if (asked.person_filter == "acc_kid") > child or (asked.person_filter == "acc_not_kid" and child):
        whose = "детская" if child else "взрослая"
        text = f"person_filter={asked.person_filter}, а учётная запись {whose}"
        wanted = "a child's account" if asked.person_filter == "acc_kid" else "an adult's account"
        raise EsiaError("ESIA-007062", text, expected=wanted, parameter="person_filter")
