"""The two sign-ins of the command: in the person's browser, or headless against the simulator."""

import webbrowser
from collections.abc import Callable
from dataclasses import dataclass

import httpx
from rich.console import Console

from binding_client.cli.state import Session, State
from binding_client.cli.texts import Say
from binding_client.control import SimulatorControl
from binding_client.esia import EsiaClient, EsiaError, ensure_key, new_state
from binding_client.headless import Person, Redirect, Registration
from binding_client.loopback import RedirectListener

MNEMONIC = "SFERUM_CLI"
_NOWHERE = "http://127.0.0.1:8100/"
_HTTP_TIMEOUT_S = 20.0

Browser = Callable[[str], object]
"""Opens an address in the person's browser."""


def open_browser(url: str) -> object:
    """Opens an address in the system's browser, if it has one."""
    return webbrowser.open(url)


@dataclass(frozen=True)
class SignIn:
    """How the person signs in.

    Attributes:
        state: Keys and session.
        esia_url: ESIA's address.
        control: Address of the simulator's control, for one-time codes.
        headless: Drive the simulator's pages instead of a browser.
        timeout_s: How long to wait for the browser.
        console: Where to write.
        say: Language.
        browser: Opens an address.
        keep_in: Where the session is kept, if not in `state`: another person signs in.
    """

    state: State
    esia_url: str
    control: str
    headless: bool
    timeout_s: float
    console: Console
    say: Say
    browser: Browser = open_browser
    keep_in: State | None = None

    def esia(self, login: str, password: str) -> Session:
        """Signs in at ESIA and keeps the session.

        Args:
            login: Login name, used headless only.
            password: Password, used headless only.
        """
        if self.headless:
            with self._http() as http:
                system = self._system(_NOWHERE)
                redirect = Person(http).sign_in_esia(system.authorization_url(), login, password)
                return self._kept(system, redirect)
        state = new_state()
        with RedirectListener() as listener:
            system = self._system(listener.redirect_uri)
            self._open(system.authorization_url(state))
            return self._kept(system, listener.wait(self.timeout_s, state))

    def vk(
        self, start: Callable[[str], str], *, login: str, profile: str | None, register: Registration | None
    ) -> Redirect:
        """Signs in at VK ID.

        Args:
            start: Given the redirect URI, returns the authorization URI.
            login: Phone or e-mail address, used headless only.
            profile: Profile to choose, used headless only.
            register: What to say at a registration, used headless only.
        """
        if self.headless:
            uri = start(_NOWHERE)
            with self._http() as http, SimulatorControl(self.control, _world(uri)) as control:
                return Person(http).sign_in_vk(uri, login, inbox=control.last_code, profile=profile, register=register)
        with RedirectListener() as listener:
            uri = start(listener.redirect_uri)
            self._open(uri)
            return listener.wait(self.timeout_s, httpx.URL(uri).params.get("state", ""))

    def _system(self, redirect_uri: str) -> EsiaClient:
        key = ensure_key(self.state.directory, MNEMONIC)
        return EsiaClient(self.esia_url, MNEMONIC, key.key_pem, key.certificate_pem, redirect_uri)

    def _kept(self, system: EsiaClient, redirect: Redirect) -> Session:
        if redirect.error:
            raise EsiaError(redirect.error, redirect.error_description)
        with self._http() as http:
            tokens = system.exchange(redirect.code, http=http)
        session = Session(tokens.access_token, tokens.oid, self.esia_url)
        (self.keep_in or self.state).keep(session)
        return session

    def _open(self, url: str) -> None:
        self.console.print(self.say("Откройте в браузере:", "Open in a browser:"))
        # Whole and unstyled, so that it can be copied.
        self.console.print(url, soft_wrap=True, markup=False, highlight=False)
        self.browser(url)

    @staticmethod
    def _http() -> httpx.Client:
        return httpx.Client(timeout=_HTTP_TIMEOUT_S, trust_env=False)


def _world(uri: str) -> str:
    """Returns the simulator's world that an address belongs to: `/w/{world}/…`, else the default one."""
    parts = httpx.URL(uri).path.split("/")
    return parts[2] if len(parts) > 3 and parts[1] == "w" else "default"
