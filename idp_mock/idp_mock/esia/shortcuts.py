"""Sign-ins without pages, for tests: by `login_hint`, and by the control's order. Nothing is checked less."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from idp_mock.esia.checks import check_scope
from idp_mock.esia.errors import EsiaError
from idp_mock.esia.esia import SESSION_COOKIE, Esia
from idp_mock.esia.scopes import SCOPES
from idp_mock.esia.state import AuthorizationRequest, EsiaState, Grant
from idp_mock.esia.token import issue_tokens
from idp_mock.web import set_cookie, world_of
from idp_mock.world import NotFound, World


def hinted(esia: Esia, request: Request, key: str, asked: AuthorizationRequest, endpoint: str) -> Response | None:
    """Signs in whom `login_hint` names, if the world allows that; None leaves it to the pages.

    Args:
        request: of the browser; the hint is a person's key, or what a person would type as login.
        key: of the waiting request.
        asked: the waiting request.
        endpoint: where it came, for the explanation.
    """
    world, hint = world_of(request), request.query_params.get("login_hint", "")
    if not hint or world.settings.login_hint == "off":
        return None
    person = world.person(hint) or world.esia_by_login(hint)
    if person is None or person.esia is None:
        text = "login_hint не называет никого с учётной записью; вход идёт по страницам"
        world.refusals.record("esia", endpoint, "login-hint", text)
        return None
    state = world.of(EsiaState)
    cookie, session = state.sign_in(person.esia.oid, now=world.clock_of("esia").timestamp())
    if world.settings.login_hint == "no_pages":
        ready = esia.settle(request, key, asked, session)
        if isinstance(ready, AuthorizationRequest):
            state.consent(session.oid, ready)
    response = esia.go_on_as(request, key, asked, session)
    set_cookie(response, request, SESSION_COOKIE, cookie)
    return response


def mint(
    esia: Esia, world: World, person_id: str, client_id: str, scopes: Sequence[str], *, offline: bool
) -> dict[str, Any]:
    """Signs a person in and returns what the token endpoint would answer.

    Args:
        person_id: key of the person.
        client_id: mnemonic of the system.
        scopes: of those that the system may ask for; all of a person's if empty.
        offline: the refresh token works.

    Raises:
        NotFound: there is no such person or system.
        ValueError: the person has no account, or the system may not ask for that.
    """
    client = esia.client(world, client_id)
    if client is None:
        raise NotFound(f"ESIA client {client_id!r}")
    person = world.person(person_id)
    if person is None:
        raise NotFound(f"person {person_id!r}")
    if person.esia is None:
        raise ValueError(f"person: {person_id!r} has no ESIA account")
    wanted = scopes or [scope for scope in client.client.scopes if scope in SCOPES]
    try:
        allowed = check_scope(client, " ".join(wanted))
    except EsiaError as error:
        raise ValueError(f"scopes: {error.code}: {error.explanation}") from None
    if not allowed:
        raise ValueError("scopes: the system has none that a person can allow")
    _, session = world.of(EsiaState).sign_in(person.esia.oid, now=world.clock_of("esia").timestamp())
    return issue_tokens(esia, world, Grant(client_id, "", allowed, offline, session))
