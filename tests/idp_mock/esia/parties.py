"""Who takes part in the flow tests: a client system and a person with a browser."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
from idp_mock.world import World

from . import gost_signers
from .signers import KeyPair, library, url_safe

REDIRECT_URI = "https://diary.example/back"
CURRENT_ORDER = ("client_id", "scope", "scope_org", "timestamp", "state", "redirect_uri")


@dataclass(frozen=True)
class System:
    """A client system: signs its requests as the guidelines say."""

    http: httpx.AsyncClient
    pair: KeyPair
    now: Callable[[], datetime]
    client_id: str = "TESTSYS"
    sign: Callable[[KeyPair, bytes], bytes] = field(default_factory=library)

    def signed(self, **values: str | None) -> dict[str, str]:
        """Parameters with timestamp, state and signature. None leaves a parameter out, after the signature was made."""
        moment = self.now().astimezone(timezone(timedelta(hours=3)))
        full: dict[str, str | None] = {
            "client_id": self.client_id,
            "scope": "openid fullname",
            "timestamp": f"{moment:%Y.%m.%d %H:%M:%S %z}",
            "state": str(uuid.uuid4()),
            **values,
        }
        text = "".join(full[name] or "" for name in ("scope", "timestamp", "client_id", "state"))
        full = {"client_secret": url_safe(self.sign(self.pair, text.encode())), **full}
        return {name: value for name, value in full.items() if value is not None}

    def authorization_url(self, **values: str | None) -> str:
        parameters = self.signed(**{"redirect_uri": REDIRECT_URI, "response_type": "code", **values})
        return f"/aas/oauth2/ac?{urlencode(parameters)}"

    async def exchange(self, code: str, **values: str | None) -> httpx.Response:
        given = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI, **values}
        return await self.http.post("/aas/oauth2/te", data=self.signed(token_type="Bearer", **given))

    async def refresh(self, refresh_token: str, **values: str | None) -> httpx.Response:
        given = {"grant_type": "refresh_token", "refresh_token": refresh_token, **values}
        return await self.http.post("/aas/oauth2/te", data=self.signed(**given))

    async def get(self, path: str, token: str) -> httpx.Response:
        return await self.http.get(path, headers={"authorization": f"Bearer {token}"})


@dataclass(frozen=True)
class CurrentSystem:
    """A client system at the newer endpoints: bare GOST signatures and the digest of its certificate."""

    http: httpx.AsyncClient
    key: str
    now: Callable[[], datetime]
    client_id: str = "GOSTSYS"
    token_path: str = "/aas/oauth2/v3/te"

    def signed(self, order: tuple[str, ...], **values: str | None) -> dict[str, str]:
        """Parameters with timestamp, state, digest and signature; None leaves one out after the signature was made."""
        full: dict[str, str | None] = {
            "client_id": self.client_id,
            "scope": "openid fullname",
            "timestamp": f"{self.now():%Y.%m.%d %H:%M:%S +0000}",
            "state": str(uuid.uuid4()),
            "client_certificate_hash": gost_signers.fingerprint(self.key),
            **values,
        }
        text = "".join(full.get(name) or "" for name in order)
        secret = gost_signers.signer(self.key)(None, text.encode())
        full = {"client_secret": url_safe(secret).rstrip("="), **full}
        return {name: value for name, value in full.items() if value is not None}

    def authorization_url(self, **values: str | None) -> str:
        given = {"redirect_uri": REDIRECT_URI, "response_type": "code", **values}
        return f"/aas/oauth2/v2/ac?{urlencode(self.signed(CURRENT_ORDER, **given))}"

    async def post(self, order: tuple[str, ...], **values: str | None) -> httpx.Response:
        return await self.http.post(self.token_path, data=self.signed(order, token_type="Bearer", **values))

    async def exchange(self, code: str, **values: str | None) -> httpx.Response:
        given = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI, **values}
        return await self.post((*CURRENT_ORDER, "code"), **given)

    async def own_token(self, scope: str, **values: str | None) -> httpx.Response:
        given = {"grant_type": "client_credentials", "scope": scope, "redirect_uri": REDIRECT_URI, **values}
        return await self.post(("client_id", "scope", "timestamp", "state", "redirect_uri"), **given)

    async def get(self, path: str, token: str) -> httpx.Response:
        return await self.http.get(path, headers={"authorization": f"Bearer {token}"})


class _Form(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.step = self.action = self.error = ""
        self.hidden: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and given.get("id") == "step":
            self.step, self.action = given["data-step"], given["action"]
        if tag == "input" and given.get("type") == "hidden":
            self.hidden[given["name"]] = given.get("value", "")
        self.error = given.get("data-error", self.error)


@dataclass
class Page:
    """A page, or the redirect to the client system."""

    response: httpx.Response
    step: str
    action: str
    error: str
    hidden: dict[str, str]

    @property
    def back(self) -> dict[str, str]:
        """Parameters with which the browser returns to the system."""
        return dict(parse_qsl(urlsplit(self.response.headers["location"]).query, strict_parsing=True))


class Browser:
    """A person's browser: follows redirects within ESIA and sends forms back."""

    def __init__(self, base: str, http: httpx.AsyncClient) -> None:
        self.base = base
        self.http = http

    async def open(self, url: str) -> Page:
        return await self._read(await self.http.get(self._absolute(url)))

    async def submit(self, page: Page, **fields: str) -> Page:
        return await self._read(await self.http.post(self._absolute(page.action), data={**page.hidden, **fields}))

    async def sign_in(
        self, url: str, login: str = "vera", password: str = "", decision: str = "allow", organisation: str = ""
    ) -> Page:
        """All steps until the browser returns to the system; steps that are not asked for are left out."""
        default = f"{login if login.isalpha() else 'vera'}-esia"
        page = await self.open(url)
        if page.step == "login":
            page = await self.submit(page, login=login, password=password or default)
        if page.step == "organisation":
            page = await self.submit(page, organisation=organisation)
        if page.step == "consent":
            page = await self.submit(page, decision=decision)
        return page

    def _absolute(self, url: str) -> str:
        parts = urlsplit(self.base)
        origin = f"{parts.scheme}://{parts.netloc}"
        if url.startswith("http"):
            return url
        return (
            url if url.startswith(origin) else (origin + url if url.startswith(parts.path or "/") else self.base + url)
        )

    async def _read(self, response: httpx.Response) -> Page:
        while response.has_redirect_location and response.headers["location"].startswith(self.base):
            response = await self.http.get(response.headers["location"])
        form = _Form()
        if "html" in response.headers.get("content-type", ""):
            form.feed(response.text)
        return Page(response, form.step, form.action, form.error, form.hidden)


def refused(world: World) -> tuple[str, str]:
    """Code and explanation of the world's last refusal."""
    last = world.refusals.list()[-1]
    assert last.provider == "esia"
    return last.error, last.explanation


def code_of(description: str) -> str:
    """ESIA's code in an `error_description`."""
    match = re.match(r"ESIA-\d{6}", description)
    return match.group() if match else ""


def utc_now() -> datetime:
    return datetime.now(UTC)


def person(key: str, oid: int, **given: Any) -> dict[str, Any]:
    """A person of a world document with an account at ESIA."""
    account = {"oid": oid, "login": key, "password": f"{key}-esia", **given.pop("esia", {})}
    return {
        "id": key,
        "name": given.pop("name", {"last": "Тестова", "first": "Вера", "middle": "Павловна"}),
        "gender": "F",
        "birth_date": "1986-11-02",
        "esia": account,
        **given,
    }
