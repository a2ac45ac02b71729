"""The pages that a person sees: `/login`, `/organisation` and `/consent`.

Plain forms; the key of the waiting request travels along.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from idp_mock.esia.errors import EsiaError
from idp_mock.esia.esia import SESSION_COOKIE, Esia, organisations
from idp_mock.esia.scopes import titles
from idp_mock.esia.second_factor import send_code
from idp_mock.esia.state import AuthorizationRequest, EsiaState
from idp_mock.esia.steps import lost, system_name, waiting
from idp_mock.web import set_cookie, world_of
from idp_mock.world import EsiaOrganisation, Person

# What is longer is no login, and need not come back whole.
_LONGEST_LOGIN = 320


@dataclass(frozen=True)
class Login:
    """`/login`: who are you?"""

    esia: Esia

    async def show(self, request: Request) -> Response:
        """Shows the form."""
        key, asked = await waiting(request)
        return self._page(request, key, asked) if asked else self.esia.error_page(request, lost())

    async def submit(self, request: Request) -> Response:
        """Takes login (name, phone, e-mail or SNILS) and password."""
        key, asked = await waiting(request)
        if asked is None:
            return self.esia.error_page(request, lost())
        form = await request.form()
        login, password = str(form.get("login", "")), str(form.get("password", ""))
        world = world_of(request)
        person = world.esia_by_login(login)
        if person is None or not _knows_password(person, password):
            why = "пароль не тот" if person else "нет учётной записи с таким логином"
            expected = {"expected": "login and password of a person of the world"}
            world.refusals.record("esia", "/login", "wrong-credentials", why, expected)
            return self._page(request, key, asked, login=login, error=True)
        assert person.esia is not None
        if person.esia.second_factor:
            send_code(request, key, person.esia)
            return self.esia.step(request, "second-factor", key)
        state = world.of(EsiaState)
        # A second person at the same browser takes the session over; what the first one signed in to stays signed in.
        cookie, session = state.sign_in(person.esia.oid, now=world.clock_of("esia").timestamp())
        response = self.esia.go_on_as(request, key, asked, session)
        set_cookie(response, request, SESSION_COOKIE, cookie)
        return response

    def _page(
        self, request: Request, key: str, asked: AuthorizationRequest, *, login: str = "", error: bool = False
    ) -> Response:
        refusal = {"code": "wrong-credentials", "text": "Неверный логин или пароль"} if error else None
        context = {"key": key, "system": system_name(request, asked), "login": login[:_LONGEST_LOGIN], "error": refusal}
        return self.esia.page(request, "esia/login.html", 400 if error else 200, **context)


@dataclass(frozen=True)
class Consent:
    """`/consent`: may the system have this?"""

    esia: Esia

    async def show(self, request: Request) -> Response:
        """Shows what the system asks for."""
        key, asked = await waiting(request)
        if asked is None:
            return self.esia.error_page(request, lost())
        session = self.esia.session(request)
        person = world_of(request).person_by_oid(session.oid) if session else None
        if session is None or person is None:
            return self.esia.step(request, "login", key)
        ready = self.esia.settle(request, key, asked, session)
        if isinstance(ready, Response):
            return ready
        context: dict[str, Any] = {
            "key": key,
            "system": system_name(request, asked),
            "person": str(person.name),
            "error": None,
        }
        scopes = titles((*asked.scopes, *asked.org_scopes))
        return self.esia.page(request, "esia/consent.html", scopes=scopes, **context)

    async def submit(self, request: Request) -> Response:
        """Takes the decision."""
        key, asked = await waiting(request)
        if asked is None:
            return self.esia.error_page(request, lost())
        session = self.esia.session(request)
        if session is None:
            return self.esia.step(request, "login", key)
        state = world_of(request).of(EsiaState)
        match (await request.form()).get("decision"):
            case "allow":
                ready = self.esia.settle(request, key, asked, session)
                if isinstance(ready, Response):
                    return ready
                state.consent(session.oid, ready)
                return self.esia.give_code(request, key, ready, session)
            case "deny":
                state.forget(key)
                text = "пользователь отказал системе в доступе на странице согласия"
                error = EsiaError("ESIA-007004", text, expected="the person's consent")
                return self.esia.refuse(request, error, redirect_uri=asked.redirect_uri, state=asked.state)
            case _:
                return self.esia.step(request, "consent", key)


@dataclass(frozen=True)
class Organisation:
    """`/organisation`: in whose name? Asked if scopes of an organisation are wanted and the person is in several."""

    esia: Esia

    async def show(self, request: Request) -> Response:
        """Shows the organisations."""
        key, asked = await waiting(request)
        if asked is None:
            return self.esia.error_page(request, lost())
        found = self._organisations(request)
        if not found:
            return self.esia.step(request, "login", key)
        context = {"key": key, "system": system_name(request, asked), "organisations": found, "error": None}
        return self.esia.page(request, "esia/organisation.html", **context)

    async def submit(self, request: Request) -> Response:
        """Takes the choice."""
        key, asked = await waiting(request)
        session = self.esia.session(request)
        if asked is None:
            return self.esia.error_page(request, lost())
        if session is None:
            return self.esia.step(request, "login", key)
        chosen = (await request.form()).get("organisation")
        for organisation in self._organisations(request):
            if str(organisation.oid) == chosen:
                asked = world_of(request).of(EsiaState).choose(key, organisation.oid)
                return self.esia.go_on_as(request, key, asked, session)
        return self.esia.step(request, "organisation", key)

    def _organisations(self, request: Request) -> list[EsiaOrganisation]:
        session = self.esia.session(request)
        person = world_of(request).person_by_oid(session.oid) if session else None
        return organisations(world_of(request), person.esia) if person and person.esia else []


def _knows_password(person: Person, password: str) -> bool:
    return person.esia is not None and hmac.compare_digest(person.esia.password.encode(), password.encode())
