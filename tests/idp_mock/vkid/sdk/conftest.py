"""A shop's page with VK's web SDK in Chromium, and the simulator under VK ID's own name."""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
import os
import shlex
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from binding_client.control import SimulatorControl
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from playwright.sync_api import BrowserContext, Page, sync_playwright

from . import tools

SHOP = "https://shop.example"
SPKI, RULES = "--ignore-certificate-errors-spki-list=", "--host-resolver-rules="
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
WORLD = {
    "version": 1,
    "persons": [
        {
            "id": name,
            "name": {"last": "Иванова", "first": first},
            "gender": "F",
            "birth_date": "1986-11-02",
            "vk_id": [
                {
                    "phone": f"+7900000011{number}",
                    "email": f"{name}@example.org",
                    "profiles": [{"user_id": 7000 + number, "kind": "LEARNING", "roles": ["PARENT"]}],
                }
            ],
        }
        for number, (name, first) in enumerate([("vera", "Вера"), ("mallory", "</script><script>alert(1)</script>")])
    ],
    "clients": {
        "vk_id": [{"app_id": 51000066, "name": "Магазин <b>&</b>", "redirect_uris": [f"{SHOP}/vk"]}],
    },
}


@dataclass
class Simulator:
    """The simulator as a process: what it advises a browser to do, and its control."""

    arguments: list[str]
    control: SimulatorControl


@dataclass
class Browser:
    """Chromium with the shop in it."""

    context: BrowserContext
    control: SimulatorControl
    complaints: list[str] = field(default_factory=list)
    telemetry: list[int] = field(default_factory=list)

    def shop(self, **config: Any) -> Page:
        """Opens the shop's page and starts the SDK."""
        page = self.context.new_page()
        page.goto(SHOP)
        page.evaluate("config => start(config)", config)
        page.wait_for_load_state("networkidle")
        return page

    def sign_in(self, page: Page, phone: str = "+79000000110") -> None:
        """From the page `login` to the end, with consent if it is asked for."""
        page.locator("input[name=login]").fill(phone)
        page.locator("form#step button").first.click()
        page.locator("input[name=code]").fill(self.control.last_code(phone))
        page.locator("button[value=confirm]").click()

    def consent(self, page: Page) -> None:
        page.locator("button[value=allow]").click()

    def signed_in(self, phone: str = "+79000000110") -> None:
        """Leaves a session and a consent behind."""
        page = self.shop(mode="redirect", prompt=["consent"])
        page.click("#login")
        self.sign_in(page, phone)
        self.consent(page)
        page.wait_for_url(f"{SHOP}/vk?**")
        page.close()


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    folder = tmp_path_factory.mktemp("simulator")
    world = folder / "world.yaml"
    world.write_text(json.dumps(WORLD), encoding="utf-8")
    names = ("ESIA", "VK_ID", "CONTROL", "CONTROL_GRPC", "ESIA_TLS", "VK_ID_TLS")
    environment = {**os.environ, **{f"IDP_MOCK_{name}_PORT": "0" for name in names}}
    command = [sys.executable, "-m", "idp_mock", "serve", str(world), "--tls", "--state-dir", str(folder / "state")]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        arguments: list[str] = []
        for line in process.stdout:
            if line.strip().startswith("chromium "):
                arguments = shlex.split(line)
            if line.startswith("READY "):
                break
        else:
            raise AssertionError("the simulator did not start")
        addresses = json.loads(line.removeprefix("READY "))
        with SimulatorControl(addresses["control_grpc"]) as control:
            yield Simulator(arguments, control)
    finally:
        process.terminate()
        process.wait(20)


class _Shop(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        sdk = self.path == "/sdk.js"
        body = (tools.SDK if sdk else tools.HERE / "page.html").read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript" if sdk else "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Not of interest."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, str]]:
    """Port of the shop's server, and the fingerprint of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "shop.example")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("shop.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("shop") / "shop.pem"
    file.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Shop)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    yield server.server_port, base64.b64encode(hashlib.sha256(public).digest()).decode()
    server.shutdown()


@pytest.fixture(scope="module")
def chromium(
    simulator: Simulator, shop: tuple[int, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BrowserContext]:
    """Chromium, called as the simulator advises; only the shop is added to its names."""
    wanted = tools.missing()
    if wanted:
        pytest.fail("not installed: " + "; ".join(wanted))
    program = tools.chromium()
    port, fingerprint = shop
    [rules] = [argument for argument in simulator.arguments if argument.startswith(RULES)]
    [trusted] = [argument for argument in simulator.arguments if argument.startswith(SPKI)]
    profile = tmp_path_factory.mktemp("profile")
    # One Tap lives by its cookie in a frame of another site. Debian's Chromium sends none unless it is told so.
    cookies = {"profile": {"cookie_controls_mode": 0, "block_third_party_cookies": False}}
    (profile / "Default").mkdir()
    (profile / "Default" / "Preferences").write_text(json.dumps(cookies), encoding="utf-8")
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=program,
            headless=True,
            args=[*FLAGS, f"{rules},MAP shop.example:443 127.0.0.1:{port}", f"{trusted},{fingerprint}"],
        )
        context.set_default_timeout(15_000)
        yield context
        context.close()


@pytest.fixture
def browser(chromium: BrowserContext, simulator: Simulator) -> Iterator[Browser]:
    """The browser without cookies; at the end nothing may have complained."""
    chromium.clear_cookies()
    browser = Browser(chromium, simulator.control)
    listeners: list[tuple[str, Callable[..., object]]] = [
        ("console", lambda line: browser.complaints.append(line.text) if line.type == "error" else None),
        ("weberror", lambda error: browser.complaints.append(str(error.error))),
        ("dialog", lambda dialog: (browser.complaints.append(f"dialog {dialog.message}"), dialog.dismiss())),
        ("response", lambda answer: browser.telemetry.append(answer.status) if "/stat_events" in answer.url else None),
    ]
    for event, listener in listeners:
        chromium.on(event, listener)  # type: ignore[call-overload]
    yield browser
    for event, listener in listeners:
        chromium.remove_listener(event, listener)
    for page in chromium.pages[1:]:
        page.close()
    assert browser.complaints == []
    assert browser.telemetry
    assert set(browser.telemetry) == {200}
