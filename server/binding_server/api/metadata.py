"""What a call's metadata says: language, bearer token, for whom, world, request id."""

import re
from collections.abc import Iterable, Mapping

from binding_server.domain.catalogue import LANGUAGES

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def text_metadata(pairs: Iterable[tuple[str, str | bytes]]) -> Mapping[str, str]:
    """Returns text entries by key; of a repeated key the first, so that nobody behind a proxy can override it."""
    found: dict[str, str] = {}
    for key, value in pairs:
        if isinstance(value, str):
            found.setdefault(key, value)
    return found


def bearer(metadata: Mapping[str, str]) -> str:
    """Returns the token of `authorization: Bearer …`; empty if there is none or another scheme."""
    scheme, _, token = metadata.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def behalf_token(metadata: Mapping[str, str]) -> str | None:
    """Returns the person's ESIA access token of `x-on-behalf-of`; None if there is no such entry."""
    given = metadata.get("x-on-behalf-of")
    return None if given is None else given.strip()


def language(metadata: Mapping[str, str]) -> str:
    """Returns the language of messages that `accept-language` prefers; Russian if it names none of ours."""
    best, best_weight = LANGUAGES[0], 0.0
    for part in metadata.get("accept-language", "")[:200].split(","):
        tag, _, parameters = part.strip().lower().partition(";")
        name, weight = tag.partition("-")[0], _weight(parameters)
        if name in LANGUAGES and weight > best_weight:
            best, best_weight = name, weight
    return best


def request_id(metadata: Mapping[str, str]) -> str:
    """Returns the caller's `x-request-id` if it is 1 to 64 of `A-Z a-z 0-9 . _ -`, else nothing."""
    given = metadata.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else ""


def _weight(parameters: str) -> float:
    found = re.fullmatch(r"\s*q=([01](?:\.[0-9]{1,3})?)\s*", parameters)
    return float(found[1]) if found else 1.0
