"""`/second-factor`: the code of a person whose account asks for one after the password."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from idp_mock.esia.esia import SESSION_COOKIE, Esia
from idp_mock.esia.state import EsiaState, SecondFactor
from idp_mock.esia.steps import lost, system_name, waiting
from idp_mock.web import set_cookie, world_of
from idp_mock.world import EsiaAccount

_TRIES = 5


def send_code(request: Request, key: str, account: EsiaAccount) -> None:
    """Puts a code into the world's inbox; the person types it on the next page."""
    world = world_of(request)
    code = world.settings.one_time_code or f"{secrets.randbelow(10**6):06}"
    world.of(EsiaState).second_factors[key] = SecondFactor(account.oid, code)
    phone = next((contact.value for contact in account.contacts if contact.type == "MBT"), account.login)
    world.inbox.send(phone, f"Код для входа на Госуслуги: {code}", code)


@dataclass(frozen=True)
class SecondFactorPage:
    """The page for the code."""

    esia: Esia

    async def show(self, request: Request) -> Response:
        """Shows the form."""
        key, asked = await waiting(request)
        if asked is None:
            return self.esia.error_page(request, lost())
        if key not in world_of(request).of(EsiaState).second_factors:
            return self.esia.step(request, "login", key)
        return self._page(request, key, system_name(request, asked), error=False)

    async def submit(self, request: Request) -> Response:
        """Takes the code; after five wrong ones the password is asked for again."""
        key, asked = await waiting(request)
        if asked is None:
            return self.esia.error_page(request, lost())
        world = world_of(request)
        state = world.of(EsiaState)
        factor = state.second_factors.get(key)
        if factor is None:
            return self.esia.step(request, "login", key)
        came = str((await request.form()).get("code", "")).strip()
        if not hmac.compare_digest(came.encode(), factor.code.encode()):
            factor.tries += 1
            text, expected = f"код не тот, попытка {factor.tries}", {"expected": "the latest code of the inbox"}
            world.refusals.record("esia", "/second-factor", "wrong-code", text, expected)
            if factor.tries >= _TRIES:
                del state.second_factors[key]
                return self.esia.step(request, "login", key)
            return self._page(request, key, system_name(request, asked), error=True)
        del state.second_factors[key]
        if world.person_by_oid(factor.oid) is None:
            return self.esia.step(request, "login", key)
        cookie, session = state.sign_in(factor.oid, now=world.clock_of("esia").timestamp())
        response = self.esia.go_on_as(request, key, asked, session)
        set_cookie(response, request, SESSION_COOKIE, cookie)
        return response

    def _page(self, request: Request, key: str, system: str, *, error: bool) -> Response:
        refusal = {"code": "wrong-code", "text": "Неверный код"} if error else None
        context = {"key": key, "system": system, "error": refusal}
        return self.esia.page(request, "esia/second_factor.html", 400 if error else 200, **context)
