"""Calls that mean harm: to other addresses, under other names, and by their number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from idp_mock.faults import FaultGate
from idp_mock.vkid import flow, sessions
from idp_mock.vkid.app import vk_id_app
from idp_mock.vkid.fault_dialect import VkIdDialect
from idp_mock.vkid.faults import fault_response
from idp_mock.vkid.flow import Flows
from idp_mock.vkid.sessions import Browsers
from idp_mock.web import WorldPrefix
from idp_mock.world import FaultKind, World, Worlds

from .browser import REDIRECT, Application, Browser
from .calls import FORM, Calls, outcome_of


@pytest.fixture
def calls(browser: Browser, app: Application, world: World) -> Calls:
    return Calls(browser, app, world)


@pytest.mark.parametrize(
    "host", [b"evil.example:1", b"[::1", b"[", b"a b", b"", b"\xff", b"id.vk.ru:99999", b"id.vk.ru:x", b'"><script>']
)
@pytest.mark.parametrize("name", ["authorize", "code", "user_info", "public_info", "users.get", "one tap"])
async def test_answers_alike_under_any_host(calls: Calls, name: str, host: bytes) -> None:
    call = await calls.make(name)
    headers = [(b"host", host)]
    if call.method == "GET":
        response = await calls.app.http.get(f"{call.path}?{call.encoded()}", headers=headers)
    else:
        sent = [*headers, (b"content-type", FORM.encode())]
        response = await calls.app.http.post(call.path, content=call.encoded(), headers=sent)
    assert outcome_of(response) == ("200 step login" if name == "authorize" else "200 ok")
    if "html" in response.headers["content-type"]:
        assert "<script>" not in response.text


@pytest.mark.parametrize(
    "uri",
    [
        "https://app.example/vk/",
        "https://app.example/vk?x=1",
        "https://app.example/vk#",
        "https://app.example/vk/../evil",
        "https://app.example/vk%2f",
        "https://app.example//vk",
        "https://app.example:443/vk",
        "https://APP.example/vk",
        "http://app.example/vk",
        "https://app.example.evil.example/vk",
        "https://app.example@evil.example/vk",
        "https://evil.example/https://app.example/vk",
        "https://app.example\\@evil.example/vk",
        "https:app.example/vk",
        "https:///app.example/vk",
        "//app.example/vk",
        " https://app.example/vk",
        "https://app.example/vk\t",
        "https://app.example/vk\r\nSet-Cookie: a=b",
        "https://app.exam\u200bple/vk",
        "https://аpp.example/vk",
        "https://app。example/vk",
        "javascript:alert(1)//https://app.example/vk",
        "data:text/html,https://app.example/vk",
        "vk51000066://vk.ru/blank.html",
        "vk51000069://evil.example/blank.html",
        "vk51000069://vk.ru@evil.example/blank.html",
        "vk51000069://vk.ru/blank.html#x",
        "vk51000069://vk.ru/blank.html\n",
        "vk51000069://vk.ru/blank.htmlx",
        "VK51000069://vk.ru/blank.html",
        "http://127.0.0.1:9999/",
    ],
)
async def test_sends_nobody_to_an_address_that_is_not_registered(
    browser: Browser, app: Application, world: World, uri: str
) -> None:
    page = await browser.open(app.asks(client_id="51000069", redirect_uri=uri))
    assert (page.response.status_code, page.error) == (400, "invalid_request")
    assert "location" not in page.response.headers
    explanation = world.refusals.list()[-1].explanation
    assert explanation.startswith("expected redirect_uri to be exactly one of [https://app.example/vk, ")
    assert explanation.isprintable()
    good = await browser.open(app.asks(client_id="51000069", redirect_uri="https://app.example/vk"))
    assert good.step == "login"


@pytest.mark.parametrize("host", ["vk.ru", "vk.com"])
async def test_leads_into_the_mobile_application_and_takes_the_address_without_the_sdks_query(
    browser: Browser, app: Application, host: str
) -> None:
    bare = f"vk{app.client_id}://{host}/blank.html"
    page = await browser.open(app.asks(redirect_uri=f"{bare}?oauth2_params=eyJzY29wZSI6IiJ9"))
    page = await browser.submit(await browser.sign_in(page, "+79000000111"), decision="allow")
    assert page.location.startswith(f"{bare}?oauth2_params=eyJzY29wZSI6IiJ9&code=")
    result = {name: values[0] for name, values in parse_qs(urlsplit(page.location).query).items()}
    assert (await app.exchange(result))["error"] == "invalid_request"
    assert (await app.exchange(result, redirect_uri=bare))["user_id"] == 7001


async def test_takes_no_mobile_address_of_applications_without_one(
    browser: Browser, app: Application, world: World
) -> None:
    client = world.vk_client(app.client_id)
    assert client is not None
    client.mobile_redirects = False
    page = await browser.open(app.asks(redirect_uri=f"vk{app.client_id}://vk.ru/blank.html"))
    assert (page.response.status_code, page.error) == (400, "invalid_request")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
@pytest.mark.parametrize(
    "path", ["/oauth2/auth", "/oauth2/user_info", "/oauth2/public_info", "/oauth2/logout", "/vkid_sdk_get_config"]
)
async def test_finds_nothing_by_other_methods(app: Application, method: str, path: str) -> None:
    response = await app.http.request(method, path, headers={"Origin": "https://app.example"})
    assert response.status_code == 404
    assert not any(name.startswith("access-control") for name in response.headers)


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/access_token", "/oauth2/token", "/oauth2/access_token", "/oauth2/introspect", "/token", "/auth"),
        *("/qr_auth", "/oauth2/authorize", "/authorize/qr", "/.well-known/openid-configuration", "/blank.html"),
        *("/oauth2/auth/", "/oauth2//auth", "/OAUTH2/auth", "/%00", "/%ff"),
    ],
)
async def test_has_no_legacy_flow_and_no_other_ways_in(app: Application, path: str) -> None:
    for method in ("GET", "POST"):
        assert (await app.http.request(method, path)).status_code == 404


async def test_bounds_what_half_finished_sign_ins_leave(
    connect: Callable[..., httpx.AsyncClient], world: World, app: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "_KEPT", 50)
    monkeypatch.setattr(sessions, "_STRANGERS_KEPT", 40)
    first = Browser(connect(), world)
    page = await first.open(app.asks())
    http = connect()
    for _ in range(300):
        http.cookies.clear()
        assert (await http.get("/authorize", params=app.asks())).status_code == 200
    assert len(vars(world.of(Flows))["_flows"]) == 50
    browsers = vars(world.of(Browsers))
    assert (len(browsers["_strangers"]), len(browsers["_devices"])) == (40, 40)
    assert (await first.submit(page, login="+79000000111")).error == "flow_expired"


@pytest.mark.parametrize("error", ["server_error", "temporarily_unavailable"])
@pytest.mark.parametrize("origin", [None, "http://127.0.0.1"])
async def test_tells_the_client_of_its_own_faults_by_a_redirect(
    worlds: Worlds, keys: Any, app: Application, error: str, origin: str | None
) -> None:
    gate = WorldPrefix(FaultGate(vk_id_app(worlds, keys), VkIdDialect(keys, fault_response)), worlds)
    worlds.default.faults.create(FaultKind.ERROR_WITH_200, "/authorize", "vk_id", error=error, times=2)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(gate), base_url="http://vk.test") as http:
        response = await http.get("/authorize", params=app.asks(origin=origin))
        assert outcome_of(response) == (f"302 {error}" if origin is None else f"200 {error}")
        assert app.state in (response.text if origin else response.headers["location"])
        assert origin is not None or response.headers["location"].startswith(REDIRECT)
        page = await http.get("/authorize", params=app.asks(redirect_uri="https://evil.example"))
        assert (page.status_code, "location" in page.headers) == (200, False)
