"""A person who signs in on the simulator's pages, with nothing but the standard library."""

import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from http.client import HTTPMessage
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

_MOST_STEPS = 20
_TIMEOUT_S = 30.0


class SignInFailed(Exception):
    """A page refused, or asks for what was not given.

    Attributes:
        step: the page's step, such as `login`.
        error: the error's name, "" if the page only asks.
    """

    def __init__(self, step: str, error: str, text: str) -> None:
        super().__init__(f"{step or 'page'}: {error or 'needs an answer'} {text}".strip())
        self.step = step
        self.error = error


class Redirect(str):
    """Where the browser was sent at last: the client's redirect URI with its parameters."""

    __slots__ = ()

    @property
    def parameters(self) -> dict[str, str]:
        """What it carries, such as `code`, `state`, `device_id`, `error`."""
        return dict(parse_qsl(urlsplit(self).query, keep_blank_values=True))

    @property
    def code(self) -> str:
        """The authorization code, "" if there is none."""
        return self.parameters.get("code", "")


class Person:
    """A person of a world, with a browser of the person's own.

    Args:
        id: key of the person.
        document: the person in the world file's schema.
        last_code: gives the newest one-time code that was sent to a phone or an e-mail address.
    """

    def __init__(self, id: str, document: Mapping[str, Any], last_code: Callable[[str], str]) -> None:
        self.id = id
        self.document = document
        self._last_code = last_code
        self._browser = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar()), _NoRedirects()
        )

    @property
    def phone(self) -> str:
        """The phone, else the e-mail address, of the first login at VK ID."""
        logins = self.document.get("vk_id") or [{}]
        return logins[0].get("phone") or logins[0].get("email") or ""

    def sign_in(self, url: str, **answers: str) -> Redirect:
        """Opens a client's authorization address, of either provider, and signs in until the browser goes back.

        Args:
            url: the address that the client would open.
            answers: what to fill in or press other than what the person would by nature, by the field's name, such as
                `decision="deny"`, `login="+79…"`, `profile="7001"`.

        Raises:
            SignInFailed: a page refused, or asks for what was not given.
        """
        home = _origin(url)
        target = dict(parse_qsl(urlsplit(url).query)).get("redirect_uri", "").partition("?")[0]
        status, address, body = self._ask(url, None)
        for _ in range(_MOST_STEPS):
            if 300 <= status < 400:
                if _origin(address) != home or (target and address.partition("?")[0] == target):
                    return Redirect(address)
                status, address, body = self._ask(address, None)
                continue
            page = _Page(body)
            if page.error or not page.step:
                raise SignInFailed(page.step, page.error or f"HTTP {status}", page.error_text)
            if page.step == "callback":
                return Redirect(page.action)
            fields = {**page.fields, **self._answers(page, answers)}
            status, address, body = self._ask(urljoin(address, page.action or address), fields)
        raise SignInFailed("", "the sign-in goes round in circles", "")

    def _answers(self, page: "_Page", given: Mapping[str, str]) -> dict[str, str]:
        account = self.document.get("esia") or {}
        known = {
            "login": account.get("login", "") if "password" in page.names else self.phone,
            "password": account.get("password", ""),
            "decision": "allow",
            "account": "other",
            "first_name": self.document["name"]["first"],
            "last_name": self.document["name"]["last"],
            "birthday": ".".join(reversed(str(self.document["birth_date"]).split("-"))),
            "sex": "female" if self.document["gender"] == "F" else "male",
            **given,
        }
        if "code" in page.names and "code" not in given:
            known["code"] = self._last_code(given.get("login") or self.phone)
        return {name: value for name, value in known.items() if name in page.names}

    def _ask(self, url: str, fields: Mapping[str, str] | None) -> tuple[int, str, str]:
        data = urlencode(fields).encode() if fields is not None else None
        try:
            response = self._browser.open(url, data, timeout=_TIMEOUT_S)
        except urllib.error.HTTPError as error:
            response = error
        with response:
            text = response.read().decode("utf-8", "replace")
            location = response.headers.get("location", "")
            return response.status or 0, urljoin(url, location) if location else url, text


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Redirects are looked at one by one: the last leads to a client that may not be there."""

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


class _Page(HTMLParser):
    """The form `#step` of a page: hidden and ticked fields as they are, the first button pressed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.step = self.action = self.error = self.error_text = ""
        self.fields: dict[str, str] = {}
        self.names: set[str] = set()
        self._in_error = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._in_error = given.get("role") == "alert"
        self.error = given.get("data-error", self.error)
        if tag == "form":
            self.step, self.action = given.get("data-step", ""), given.get("action", "")
        name, kind = given.get("name", ""), given.get("type", "text" if tag == "input" else tag)
        if not name or tag not in ("input", "button", "select"):
            return
        self.names.add(name)
        ticked = kind not in ("checkbox", "radio") or "checked" in given
        if "disabled" not in given and ticked and tag != "select":
            self.fields.setdefault(name, given.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self._in_error:
            self.error_text += data.strip()


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
