"""The diary over its real ASGI application, with a fake binding service and a fake ESIA behind real sockets."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import grpc
import httpx
import pytest
from diary_web.app import diary_app
from diary_web.settings import Settings
from starlette.applications import Starlette

from .browser import Browser, Page
from .fake_service import FakeService

VERA = 1000300103
GLEB = 1000300104


def access_token(oid: int) -> str:
    """A token that looks like ESIA's and that no page may ever show."""
    parts = ({"alg": "RS256", "sbt": "access"}, {"urn:esia:sbj_id": oid, "canary": "token"}, {"signature": "canary"})
    encoded = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts)
    return ".".join(encoded)


class FakeEsia(ThreadingHTTPServer):
    """ESIA's token endpoint: the code `code-OID` is good for the person OID."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _TokenEndpoint)
        self.exchanged: list[dict[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, fields: dict[str, str]) -> tuple[int, dict[str, object]]:
        self.exchanged.append(fields)
        oid = fields["code"].removeprefix("code-")
        if not oid.isdigit():
            text = "ESIA-007011: The provided grant is invalid."
            return 400, {"error": "invalid_grant", "error_description": text}
        token = access_token(int(oid))
        tokens = {"access_token": token, "id_token": token, "refresh_token": "refresh-canary", "token_type": "Bearer"}
        return 200, {**tokens, "state": fields["state"], "expires_in": 3600}


class _TokenEndpoint(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        fields = {key: values[0] for key, values in parse_qs(body).items()}
        assert isinstance(self.server, FakeEsia)
        status, answer = self.server.answer(fields)
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


class SteppingClock:
    """A clock that moves only when told to."""

    def __init__(self) -> None:
        self.time = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def advance(self, by: timedelta) -> None:
        self.time += by


@dataclass
class Stand:
    """A diary, who is behind it, and a browser in front of it."""

    app: Starlette
    service: FakeService
    esia: FakeEsia
    clock: SteppingClock
    browser: Browser
    settings: Settings

    def another_browser(self) -> Browser:
        return Browser(http_to(self.app))

    async def sign_in(self, oid: int = VERA, browser: Browser | None = None) -> Page:
        """Signs in through the fake ESIA and returns the page that follows."""
        browser = browser or self.browser
        await browser.open("/")
        away = await browser.submit("sign-in")
        state = query_of(away.location)["state"]
        return await browser.open(f"/esia/callback?code=code-{oid}&state={state}")

    async def to_vk_and_back(self, **answer: str) -> Page:
        """Presses the button on Vera's profile and comes back from VK ID with `answer`."""
        await self.browser.open("/accounts/vera-parent?via=anya-pupil")
        away = await self.browser.submit("bind", contact="+7 900 000-01-03")
        return await self.back_from_vk(query_of(away.location)["state"], **answer)

    async def back_from_vk(self, state: str, **answer: str) -> Page:
        answer = answer or {"code": "vk2.a.canary-code", "device_id": "canary-device"}
        return await self.browser.open("/vk/callback?" + str(httpx.QueryParams({**answer, "state": state})))


def query_of(url: str) -> dict[str, str]:
    return {key: values[0] for key, values in parse_qs(urlsplit(url).query).items()}


def http_to(app: Starlette) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8100")


@pytest.fixture(scope="session")
def esia_server() -> Iterator[FakeEsia]:
    with FakeEsia() as esia:
        Thread(target=esia.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield esia
        esia.shutdown()


@pytest.fixture(scope="session")
def state_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One ESIA system key for all tests: making one takes a third of a second."""
    return tmp_path_factory.mktemp("diary-state")


@pytest.fixture
async def stand(state_dir: Path, esia_server: FakeEsia) -> AsyncIterator[Stand]:
    esia = esia_server
    esia.exchanged.clear()
    service, server = FakeService(), grpc.aio.server()
    port = service.serve(server)
    await server.start()
    settings = Settings(
        esia_url=esia.url,
        esia_public_url="https://esia.example",
        binding_target=f"127.0.0.1:{port}",
        state_dir=state_dir,
        timeout_s=5,
    )
    clock = SteppingClock()
    app = diary_app(settings, clock=clock)
    async with app.router.lifespan_context(app):
        yield Stand(app, service, esia, clock, Browser(http_to(app)), settings)
    await server.stop(None)
