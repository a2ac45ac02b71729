"""The answers that travel to the client through the browser: as a redirect, or as a message to the opening window."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote_plus

TYPE = "code_v2"
"""Value of `type` in a success redirect: a constant of VK's web SDK."""

ACTION = "oauth2_authorize_response"
"""What `action` of a message begins with; the state follows it without a separator."""

_PLAIN = re.compile(r"[A-Za-z0-9._~-]*")

PayloadForm = Literal["top_level", "payload", "both"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an authorization ended.

    Attributes:
        redirect_uri: of the client; its own query is kept.
        state: echoed byte for byte.
        items: the parameters, `state` among them.
        opener: origin of the window that opened this one and waits for a message; None if a redirect is wanted.
        ext_id: there with a code only; VK's web SDK keeps it in a cookie for a year.
    """

    redirect_uri: str
    state: str
    items: tuple[tuple[str, str | int], ...]
    opener: str | None = None
    ext_id: str = ""

    def uri(self, form: PayloadForm = "top_level", *, with_ext_id: bool = False) -> str:
        """The URI that carries the answer.

        Args:
            form: `payload` puts all into one JSON parameter, as before 2024; `both` sends either.
            with_ext_id: `ext_id` too, as in a message; whether VK does is not known.
        """
        told = (*self.items, ("ext_id", self.ext_id)) if with_ext_id and self.ext_id else self.items
        items: list[tuple[str, str | int]] = [] if form == "payload" else list(told)
        if form != "top_level":
            document = {name: text(value) if isinstance(value, str) else value for name, value in told}
            items.append(("payload", json.dumps(document, ensure_ascii=False)))
        return _with(self.redirect_uri, items)

    def message(self) -> dict[str, Any]:
        """The message of a pop-up."""
        payload: dict[str, str | int] = dict(self.items)
        if self.ext_id:
            payload["ext_id"] = self.ext_id
        return {"action": f"{ACTION}{self.state}", "payload": payload}


def success(
    redirect_uri: str,
    *,
    code: str,
    state: str,
    device_id: str,
    expires_in: int,
    ext_id: str = "",
    opener: str | None = None,
) -> Outcome:
    """Returns the answer that carries a code.

    Args:
        redirect_uri: where to.
        code: the authorization code.
        state: the client's.
        device_id: needed at the exchange and at each refresh.
        expires_in: life of the code in seconds.
        ext_id: see `Outcome`.
        opener: see `Outcome`.
    """
    items = (("code", code), ("expires_in", expires_in), ("device_id", device_id), ("state", state), ("type", TYPE))
    return Outcome(redirect_uri, state, items, opener, ext_id)


def failure(
    redirect_uri: str, *, error: str, description: str, state: str, opener: str | None = None, bare: bool = False
) -> Outcome:
    """Returns the answer that carries an error.

    That `error_description` and `state` come along is inferred: VK's SDKs read `error` only. A `bare` one has no more.
    """
    items = (("error", error), *(() if bare else (("error_description", description), ("state", state))))
    return Outcome(redirect_uri, state, items, opener)


def text(value: str) -> str:
    """A value as text: bytes that are no UTF-8 become question marks in diamonds."""
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _with(redirect_uri: str, items: Sequence[tuple[str, str | int]]) -> str:
    base, mark, fragment = redirect_uri.partition("#")
    separator = "" if base.endswith(("?", "&")) else "&" if "?" in base else "?"
    query = "&".join(f"{name}={_quoted(str(value))}" for name, value in items)
    return f"{base}{separator}{query}{mark}{fragment}"


def _quoted(value: str) -> str:
    # Codes, device ids and most states have nothing to quote, and to find that out by `quote` takes ten times as long.
    return value if _PLAIN.fullmatch(value) else quote_plus(value, errors="surrogateescape")
