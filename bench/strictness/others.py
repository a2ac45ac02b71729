"""Popular mocks of an OpenID provider, as targets of the probe, each as its own documents start it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import httpx
from programs import program
from target import REDIRECT_URI, Answer, NotOffered, Verifier

HERE = Path(__file__).parent
PYTHON_MOCK = "oidc-provider-mock==0.3.4"
_STEPS = 12


class OpenIdTarget:
    """A mock found by its discovery document; the person agrees to every form.

    Args:
        name: what it is called in the report.
        url: its issuer.
        clients: id and secret of the registered clients `probe` and `other`.
        basic: clients authenticate by HTTP Basic, not in the form.
    """

    unsaid: frozenset[str] = frozenset()

    def __init__(
        self, name: str, url: str, http: httpx.Client, clients: dict[str, tuple[str, str]], *, basic: bool = False
    ) -> None:
        self.name = name
        self._basic = basic
        self._http = http
        self._clients = clients
        self._found: dict[str, Any] = http.get(f"{url}/.well-known/openid-configuration").json()

    def authorize(self, verifier: Verifier, **changes: str | None) -> Answer:
        """Signs in."""
        asked: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self._clients["probe"][0],
            "redirect_uri": REDIRECT_URI,
            "scope": "openid offline_access",
            "prompt": "consent",
            "state": "state-of-the-probe",
            "code_challenge": verifier.challenge,
            "code_challenge_method": "S256",
            **changes,
        }
        query = urlencode({name: value for name, value in asked.items() if value is not None})
        response = self._http.get(f"{self._found['authorization_endpoint']}?{query}")
        for _ in range(_STEPS):
            location = urljoin(str(response.url), response.headers.get("location", ""))
            if response.has_redirect_location:
                if urlsplit(location).path == urlsplit(REDIRECT_URI).path:
                    values = dict(parse_qsl(urlsplit(location).query))
                    return Answer(302, values, values.get("error", ""))
                response = self._http.get(location)
                continue
            form = _Form(response.text)
            if response.status_code >= 400 or not form.found:
                return Answer(max(response.status_code, 400), {}, f"HTTP {response.status_code}")
            action = urljoin(str(response.url), form.action) if form.action else str(response.url)
            response = self._http.post(action, data=form.fields)
        return Answer(500, {}, "no end")

    def exchange(self, granted: Answer, verifier: Verifier, **changes: str | None) -> Answer:
        """Exchanges a code."""
        asked = {
            "grant_type": "authorization_code",
            "code": granted.values["code"],
            "redirect_uri": REDIRECT_URI,
            "code_verifier": verifier.value,
        }
        return self._token(asked, changes)

    def refresh(self, tokens: Answer, granted: Answer, **changes: str | None) -> Answer:
        """Asks for new tokens."""
        return self._token({"grant_type": "refresh_token", "refresh_token": tokens.values["refresh_token"]}, changes)

    def read(self, token: str) -> Answer:
        """Reads userinfo."""
        response = self._http.get(self._found["userinfo_endpoint"], headers={"authorization": f"Bearer {token}"})
        return Answer(response.status_code, {}, "" if response.is_success else f"HTTP {response.status_code}")

    def revoke(self, token: str, granted: Answer) -> None:
        """Revokes an access token."""
        if "revocation_endpoint" not in self._found:
            raise NotOffered
        client, secret = self._clients["probe"]
        data = {"token": token, "client_id": client, "client_secret": secret}
        self._http.post(self._found["revocation_endpoint"], data=data)

    def wrong_secret(self, granted: Answer, verifier: Verifier) -> Answer:
        """Exchanges with a wrong secret."""
        return self.exchange(granted, verifier, client_secret="wrong")  # noqa: S106

    def explained(self) -> int:
        """None of them tells more than the answer does."""
        return -1

    def _token(self, asked: dict[str, Any], changes: dict[str, str | None]) -> Answer:
        client, secret = self._clients[changes.pop("client", None) or "probe"]
        full = {**asked, "client_id": client, "client_secret": secret, **changes}
        auth = (full.pop("client_id"), full.pop("client_secret")) if self._basic else None
        data = {name: value for name, value in full.items() if value is not None}
        response = self._http.post(self._found["token_endpoint"], data=data, auth=auth)
        try:
            values = response.json()
        except ValueError:
            values = {}
        said = values.get("error", "") if isinstance(values, dict) else ""
        return Answer(response.status_code, values, str(said or ("" if response.is_success else response.status_code)))


class _Form(HTMLParser):
    """The first form of a page, filled in: a name where a text is asked for, the first button pressed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found = False
        self.action = ""
        self.fields: dict[str, str] = {}
        self._over = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if self._over:
            return
        if tag == "form":
            self.found, self.action = True, given.get("action", "")
        elif self.found and tag in ("input", "button") and given.get("name"):
            default = "" if given.get("type") == "submit" else "vera"
            self.fields.setdefault(given["name"], given.get("value") or default)

    def handle_endtag(self, tag: str) -> None:
        self._over = self._over or (tag == "form" and self.found)


_FIXED = {"probe": ("probe", "probe-secret"), "other": ("other", "other-secret")}


@contextmanager
def npm_mock(name: str) -> Iterator[OpenIdTarget]:
    """One of the mocks from npm; installs them at the first call."""
    if not (HERE / "node_modules" / name).exists():
        subprocess.run(["npm", "ci", "--silent"], cwd=HERE, check=True)  # noqa: S607
    with program(["node", "serve.mjs", name, REDIRECT_URI], cwd=str(HERE)) as url, httpx.Client() as http:
        yield OpenIdTarget(f"{name} (npm)", url, http, _FIXED)


@contextmanager
def python_mock() -> Iterator[OpenIdTarget]:
    """The mock from PyPI, with registered clients as its documents advise; has an environment of its own."""
    environment = HERE / ".venv"
    if not environment.exists():
        subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)  # noqa: S603
        subprocess.run([str(environment / "bin" / "pip"), "install", "--quiet", PYTHON_MOCK], check=True)  # noqa: S603
    serve = (
        "import socket, oidc_provider_mock as m; from werkzeug.serving import make_server; "
        "s = make_server('127.0.0.1', 0, m.app(require_client_registration=True)); "
        "print(f'READY http://127.0.0.1:{s.port}', flush=True); s.serve_forever()"
    )
    with program([str(environment / "bin" / "python"), "-c", serve]) as url, httpx.Client() as http:
        clients = {}
        for client in ("probe", "other"):
            body = {"redirect_uris": [REDIRECT_URI], "token_endpoint_auth_method": "client_secret_basic"}
            answer = http.post(f"{url}/oauth2/clients", json=body).json()
            clients[client] = (answer["client_id"], answer["client_secret"])
        yield OpenIdTarget("oidc-provider-mock (PyPI)", url, http, clients, basic=True)
