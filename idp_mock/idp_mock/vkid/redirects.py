"""The answers that travel to the client through the browser."""

from collections.abc import Sequence
from urllib.parse import urlencode

TYPE = "code_v2"
"""Value of `type` in a success redirect: a constant of VK's web SDK."""


def success(redirect_uri: str, *, code: str, state: str, device_id: str, expires_in: int) -> str:
    """Returns the URI that carries a code.

    Args:
        redirect_uri: where to, its own query is kept.
        code: the authorization code.
        state: echoed byte for byte.
        device_id: needed at the exchange and at each refresh.
        expires_in: life of the code in seconds.
    """
    return _with(
        redirect_uri,
        [
            ("code", code),
            ("expires_in", str(expires_in)),
            ("device_id", device_id),
            ("state", state),
            ("type", TYPE),
        ],
    )


def failure(redirect_uri: str, *, error: str, description: str, state: str) -> str:
    """Returns the URI that carries an error.

    That `error_description` and `state` come along is inferred: VK's SDKs read `error` only.
    """
    return _with(redirect_uri, [("error", error), ("error_description", description), ("state", state)])


def _with(redirect_uri: str, items: Sequence[tuple[str, str]]) -> str:
    base, mark, fragment = redirect_uri.partition("#")
    separator = "" if base.endswith(("?", "&")) else "&" if "?" in base else "?"
    return f"{base}{separator}{urlencode(items, errors='surrogateescape')}{mark}{fragment}"
