"""A person at a browser without JavaScript, and an application that talks to VK ID."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from idp_mock.world import World

REDIRECT = "http://127.0.0.1:9999/vk?from=test"


class _StepForm(HTMLParser):
    """Reads the form `step` with what a browser would send of it untouched."""

    def __init__(self) -> None:
        super().__init__()
        self.step = self.action = self.error = ""
        self.fields: list[tuple[str, str]] = []
        self.buttons: list[tuple[str, str]] = []
        self.labels = 0
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            assert given["id"] == "step"
            assert not self.step, "one form a page"
            assert given["method"] == "post"
            self.step, self.action = given["data-step"], given["action"]
        if given.get("role") == "alert":
            self.error = given["data-error"]
        name, value = given.get("name", ""), given.get("value", "")
        if tag == "button" and name:
            self.buttons.append((name, value))
        if tag == "select":
            self._select = name
        if tag == "option" and self._select and not any(name == self._select for name, _ in self.fields):
            self.fields.append((self._select, value))
        if tag == "input" and "disabled" not in given and name:
            ticked = given.get("type") not in ("radio", "checkbox") or "checked" in given
            if ticked:
                self.fields.append((name, value))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""


@dataclass
class Page:
    """What the browser shows: a step with its form, or where it was sent."""

    response: httpx.Response

    def __post_init__(self) -> None:
        self.form = _StepForm()
        if "html" in self.response.headers.get("content-type", ""):
            self.form.feed(self.response.text)

    @property
    def step(self) -> str:
        return self.form.step

    @property
    def error(self) -> str:
        return self.form.error

    @property
    def location(self) -> str:
        assert self.response.status_code == 302, self.response.text
        return self.response.headers["location"]

    @property
    def result(self) -> dict[str, str]:
        """What the client gets."""
        assert self.location.startswith(REDIRECT)
        query = parse_qs(urlsplit(self.location).query, keep_blank_values=True)
        return {name: values[0] for name, values in query.items() if name != "from"}

    def offers(self, name: str) -> list[str]:
        """Values of the buttons of that name."""
        return [value for button, value in self.form.buttons if button == name]


class Browser:
    """One browser with its cookies."""

    def __init__(self, http: httpx.AsyncClient, world: World) -> None:
        self.http = http
        self.world = world

    async def open(self, parameters: dict[str, Any]) -> Page:
        return Page(await self.http.get("/authorize", params=parameters))

    async def submit(self, page: Page, **fields: str | list[str]) -> Page:
        """Sends the page's form with some fields filled in anew; a list replaces all fields of that name."""
        body: dict[str, list[str]] = {}
        for name, value in page.form.fields:
            body.setdefault(name, []).append(value)
        for name, value in fields.items():
            body[name] = value if isinstance(value, list) else [value]
        return Page(await self.http.post(page.form.action, data=body))

    def code_sent_to(self, contact: str) -> str:
        return self.world.inbox.messages(contact)[-1].code

    async def sign_in(self, page: Page, contact: str) -> Page:
        """From the step `login` to what follows the right code."""
        page = await self.submit(page, login=contact)
        assert page.step == "code"
        return await self.submit(page, code=self.code_sent_to(contact), action="confirm")


@dataclass
class Application:
    """An application with its verifier."""

    http: httpx.AsyncClient
    client_id: str = "51000066"
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    state: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    @property
    def challenge(self) -> str:
        return base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()

    def asks(self, **changes: str | None) -> dict[str, Any]:
        """Parameters of `/authorize`; None leaves one out."""
        parameters: dict[str, Any] = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": REDIRECT,
            "state": self.state,
            "code_challenge": self.challenge,
            "code_challenge_method": "S256",
            "scope": "vkid.personal_info phone email",
            "v": "2.6.7",
            "sdk_type": "vkid",
        }
        parameters |= changes
        return {name: value for name, value in parameters.items() if value is not None}

    async def exchange(self, result: dict[str, str], **changes: str | None) -> dict[str, Any]:
        """Exchanges what the redirect carried; None leaves a parameter out."""
        body: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": result["code"],
            "code_verifier": self.verifier,
            "client_id": self.client_id,
            "device_id": result["device_id"],
            "redirect_uri": REDIRECT,
            "state": "state-of-the-exchange",
        }
        return await self.post("/oauth2/auth", **{**body, **changes})

    async def refresh(self, tokens: dict[str, Any], device: str, **changes: str | None) -> dict[str, Any]:
        body: dict[str, str | None] = {
            "grant_type": "refresh_token",
            "refresh_token": tokens["refresh_token"],
            "client_id": self.client_id,
            "device_id": device,
            "state": "state-of-the-refresh",
        }
        return await self.post("/oauth2/auth", **{**body, **changes})

    async def post(self, path: str, **body: str | None) -> dict[str, Any]:
        response = await self.http.post(path, data={name: value for name, value in body.items() if value is not None})
        assert response.status_code == 200
        assert response.headers["access-control-allow-origin"] == "*"
        return response.json()

    async def user_info(self, access_token: str) -> dict[str, Any]:
        return await self.post("/oauth2/user_info", access_token=access_token, client_id=self.client_id)

    async def users_get(self, access_token: str, fields: str = "educational_profile") -> dict[str, Any]:
        parameters = {"access_token": access_token, "fields": fields, "v": "5.199"}
        return (await self.http.get("/method/users.get", params=parameters)).json()
