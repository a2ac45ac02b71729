"""What may be shown of a request or an answer: everything but secrets and contacts."""

import hashlib
import re
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

_SECRET = frozenset(
    {
        "code",
        "client_secret",
        "code_verifier",
        "refresh_token",
        "access_token",
        "id_token",
        "token",
        "service_token",
        "password",
        "v1_token",
        "request",
        "session",
        "payload",
        "uuid",
        "flow",
    }
)
_CONTACT = frozenset(
    {
        "login",
        "phone",
        "email",
        "mobile",
        "value",
        "contact",
        "snils",
        "addressstr",
        "name",
        "first_name",
        "last_name",
        "firstname",
        "lastname",
        "middlename",
        "birthday",
        "birthdate",
        "series",
        "number",
    }
)
_LONG = 300
_MEMBERS = 200


class Redactor:
    """Shows equal secrets by equal marks, so that one can be followed, and none can be read or guessed."""

    def __init__(self) -> None:
        self._salt = secrets.token_bytes(16)

    def value(self, name: str, value: Any) -> str:
        """A value as it is shown under its name."""
        text = value if isinstance(value, str) else _plain(value)
        last = re.split(r"[.\[]", name)[-1].lower()
        if not text:
            return text
        if last in _SECRET or _is_token(text):
            return f"<{last} {self._mark(text)}>"
        if last in _CONTACT:
            return f"<{last} {self._mark(text)}, {len(text)}>"
        if "://" in text:
            return self._address(text)
        return text if len(text) <= _LONG else f"{text[:_LONG]}… ({len(text)})"

    def parameters(self, pairs: list[tuple[str, str]]) -> dict[str, str]:
        """Parameters as they are shown; the first of each name."""
        return {name[:100]: self.value(name, value) for name, value in reversed(pairs[:_MEMBERS])}

    def members(self, document: Any) -> dict[str, str]:
        """Members of a JSON document as they are shown, members of members with dots."""
        found: dict[str, str] = {}
        self._collect("", document, found)
        return found

    def _collect(self, path: str, value: Any, found: dict[str, str]) -> None:
        if len(found) >= _MEMBERS:
            return
        if isinstance(value, Mapping):
            for name, item in value.items():
                self._collect(f"{path}.{name}" if path else str(name), item, found)
        elif isinstance(value, list):
            for position, item in enumerate(value):
                self._collect(f"{path}[{position}]", item, found)
        else:
            found[path] = self.value(path, value)

    def _address(self, text: str) -> str:
        """An address may carry in its query what is not shown elsewhere either."""
        parts = urlsplit(text)
        if not parts.query:
            return text[:_LONG]
        shown = "&".join(f"{name}={self.value(name, value)}" for name, value in parse_qsl(parts.query))
        return f"{parts.scheme}://{parts.netloc}{parts.path}?{shown}"[: 2 * _LONG]

    def _mark(self, text: str) -> str:
        return hashlib.blake2s(text.encode(), key=self._salt, digest_size=3).hexdigest()


def _is_token(text: str) -> bool:
    return text.startswith(("vk1.a.", "vk2.a.")) or (text.startswith("eyJ") and text.count(".") == 2)


def _plain(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)
