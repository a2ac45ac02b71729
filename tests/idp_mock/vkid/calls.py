"""Valid calls of every endpoint, to be spoilt in one place each."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs, quote_plus, urlsplit

import httpx
from idp_mock.world import World

from .browser import REDIRECT, Application, Browser, Page

VERA, NEW = "+79000000111", "+79000000195"
FORM = "application/x-www-form-urlencoded"
OLD_TOKEN = "an-old-token-of-the-first-version"


@dataclass
class Call:
    """A call with its parameters in their order; a value is text or bytes that go out percent-encoded."""

    method: str
    path: str
    fields: list[tuple[str, str | bytes]]
    secrets: list[str] = field(default_factory=list)

    def encoded(self) -> str:
        return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in self.fields)

    def spoilt(self, name: str, kind: str) -> Call:
        """The call with one parameter made bad."""
        values = dict(self.fields)
        others = [(key, value) for key, value in self.fields if key != name]
        made: dict[str, list[tuple[str, str | bytes]]] = {
            "missing": [],
            "empty": [(name, "")],
            "repeated": [(name, values.get(name, "")), (name, "another")],
            "huge": [(name, "x" * 20_000)],
            "bytes": [(name, b"\xff\xfe\x00")],
            "text": [(name, "«другое»")],
        }
        return Call(self.method, self.path, others + made[kind], self.secrets)

    async def send(self, http: httpx.AsyncClient) -> httpx.Response:
        if self.method == "GET":
            return await http.get(f"{self.path}?{self.encoded()}")
        return await http.post(self.path, content=self.encoded(), headers={"content-type": FORM})


class Calls:
    """Makes valid calls; whatever they need, such as a code, is got first."""

    def __init__(self, browser: Browser, app: Application, world: World) -> None:
        self.browser, self.app, self.world = browser, app, world

    async def make(self, name: str) -> Call:
        makers: dict[str, Callable[[], Awaitable[Call]]] = {
            "authorize": self._authorize,
            "code": self._code,
            "refresh": self._refresh,
            "old token": self._old_token,
            "user_info": lambda: self._with_token("user_info"),
            "logout": lambda: self._with_token("logout"),
            "revoke": lambda: self._with_token("revoke"),
            "public_info": self._public_info,
            "users.get": self._users_get,
            "one tap": self._frame,
            "page login": self._page_login,
            "page code": self._page_code,
            "page register": self._page_register,
            "page consent": self._page_consent,
        }
        return await makers[name]()

    async def result(self) -> dict[str, str]:
        """What a redirect carries."""
        page = await self.browser.sign_in(await self.browser.open(self.app.asks(prompt="login")), VERA)
        if page.step == "consent":
            page = await self.browser.submit(page, decision="allow", scope=["phone", "email"])
        return page.result

    async def _authorize(self) -> Call:
        asks = {**self.app.asks(), "prompt": "", "lang_id": "0", "provider": "vkid"}
        return Call("GET", "/authorize", list(asks.items()), [self.app.verifier])

    async def _code(self) -> Call:
        got = await self.result()
        fields: list[tuple[str, str | bytes]] = [
            ("grant_type", "authorization_code"),
            ("code", got["code"]),
            ("code_verifier", self.app.verifier),
            ("client_id", self.app.client_id),
            ("device_id", got["device_id"]),
            ("redirect_uri", REDIRECT),
            ("state", "of-the-exchange"),
        ]
        return Call("POST", "/oauth2/auth", fields, [got["code"], self.app.verifier, got["device_id"]])

    async def _refresh(self) -> Call:
        got = await self.result()
        token = (await self.app.exchange(got))["refresh_token"]
        fields: list[tuple[str, str | bytes]] = [
            ("grant_type", "refresh_token"),
            ("refresh_token", token),
            ("client_id", self.app.client_id),
            ("device_id", got["device_id"]),
            ("state", "of-the-refresh"),
            ("scope", "vkid.personal_info"),
        ]
        return Call("POST", "/oauth2/auth", fields, [token, got["device_id"]])

    async def _old_token(self) -> Call:
        client = self.world.vk_client(self.app.client_id)
        assert client is not None
        client.v1_tokens = {OLD_TOKEN: 7001}
        fields: list[tuple[str, str | bytes]] = [
            ("grant_type", "access_token"),
            ("response_type", "code"),
            ("access_token", OLD_TOKEN),
            ("client_id", self.app.client_id),
            ("device_id", "the-clients-own"),
            ("state", "of-the-migration"),
            ("code_challenge", self.app.challenge),
            ("code_challenge_method", "s256"),
        ]
        return Call("POST", "/oauth2/auth", fields, [OLD_TOKEN])

    async def _with_token(self, endpoint: str) -> Call:
        token = (await self.app.exchange(await self.result()))["access_token"]
        return Call(
            "POST", f"/oauth2/{endpoint}", [("access_token", token), ("client_id", self.app.client_id)], [token]
        )

    async def _public_info(self) -> Call:
        token = (await self.app.exchange(await self.result()))["id_token"]
        return Call("POST", "/oauth2/public_info", [("id_token", token), ("client_id", self.app.client_id)], [token])

    async def _users_get(self) -> Call:
        token = (await self.app.exchange(await self.result()))["access_token"]
        fields: list[tuple[str, str | bytes]] = [
            ("access_token", token),
            ("v", "5.199"),
            ("fields", "educational_profile"),
            ("user_ids", "7001"),
        ]
        return Call("GET", "/method/users.get", fields, [token])

    async def _frame(self) -> Call:
        fields: list[tuple[str, str | bytes]] = [
            ("app_id", self.app.client_id),
            ("redirect_uri", "http://127.0.0.1:9999/vk"),
            ("origin", "http://127.0.0.1:9999"),
            ("lang_id", "0"),
            ("uuid", "abcdef"),
        ]
        return Call("GET", "/button_one_tap_auth", fields)

    async def _page_login(self) -> Call:
        page = await self.browser.open(self.app.asks())
        return self._form(page, login=VERA)

    async def _page_code(self) -> Call:
        page = await self.browser.submit(await self.browser.open(self.app.asks()), login=VERA)
        sent = self.browser.code_sent_to(VERA)
        return self._form(page, code=sent, action="confirm")

    async def _page_register(self) -> Call:
        page = await self.browser.sign_in(await self.browser.open(self.app.asks()), NEW)
        names = {"first_name": "Марк", "last_name": "Новый", "birthday": "03.10.1987", "sex": "male"}
        return self._form(page, **names, create_learning="yes", role="PARENT", organisation="shkola", school_class="5А")

    async def _page_consent(self) -> Call:
        page = await self.browser.sign_in(await self.browser.open(self.app.asks()), VERA)
        return self._form(page, decision="allow", scope="phone")

    def _form(self, page: Page, **filled: str) -> Call:
        [flow] = [value for name, value in page.form.fields if name == "flow"]
        fields: list[tuple[str, str | bytes]] = [("flow", flow), *filled.items()]
        return Call("POST", page.form.action, fields, [flow])


def outcome_of(response: httpx.Response) -> str:
    """Status, and the error as the client or the person sees it."""
    found: list[str] = []
    if response.status_code == 302:
        found = parse_qs(urlsplit(response.headers["location"]).query).get("error", ["ok"])
    elif "json" in response.headers.get("content-type", ""):
        error = response.json().get("error", "ok")
        found = [str(error["error_code"] if isinstance(error, dict) else error)]
    else:
        for form, prefix in (
            ('data-error="([a-z_]+)"', ""),
            ('"error": "([a-z_]+)"', ""),
            ('"code": "([a-z_]+)"', "frame "),
            ('data-step="([a-z]+)"', "step "),
        ):
            found = found or [prefix + value for value in re.findall(form, response.text)]
    return f"{response.status_code} {found[0] if found else 'ok'}"
