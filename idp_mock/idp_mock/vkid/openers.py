"""Which window may hear how an authorization ended.

A pop-up names its opener in `origin`, without a port; a widget names the page that frames it, with one. Only origins
of the application's registered redirect URIs are spoken to: VK keeps a list of base domains, that it is the same is
inferred.
"""

import re
from urllib.parse import SplitResult, urlsplit

from idp_mock.vkid.errors import PageRefusal
from idp_mock.world import VkClient

_ORIGIN = re.compile(r"https?://(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9.-]{1,253})(:[0-9]{1,5})?")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def opener_of(values: list[str], client: VkClient, redirect_uri: str) -> str | None:
    """Returns the whole origin, port and all, that a message may be sent to; None if `origin` did not come.

    Args:
        values: what came as `origin`.
        client: the application.
        redirect_uri: of this request, checked; its port is the opener's if the host is the same.

    Raises:
        PageRefusal: it is no origin, or none of this application's.
    """
    given = [value for value in values if value]
    if not given:
        return None
    if len(given) > 1 or not _ORIGIN.fullmatch(given[0]):
        raise PageRefusal("invalid_request", "expected origin to be one scheme://host of the opening page")
    origin = urlsplit(given[0])
    try:
        port = origin.port
    except ValueError:
        raise PageRefusal("invalid_request", "expected origin to have a port up to 65535") from None
    known = [parts for uri in (redirect_uri, *client.redirect_uris) if (parts := _web(uri)) is not None]
    same_host = [parts for parts in known if (parts.scheme, parts.hostname) == (origin.scheme, origin.hostname)]
    if port is None and same_host:
        return _text(same_host[0])
    if any(_port(parts) == _port(origin) for parts in same_host):
        return _text(origin)
    if client.loopback_redirects and origin.scheme == "http" and origin.hostname in _LOOPBACK:
        own = _web(redirect_uri)
        own_port = own.port if own is not None and own.hostname in _LOOPBACK else None
        return _text(origin) if port is not None or own_port is None else f"{_text(origin)}:{own_port}"
    expected = sorted({_text(parts) for parts in known})
    raise PageRefusal(
        "invalid_request",
        f"expected origin to be that of a registered redirect_uri [{', '.join(expected)}], got «{given[0][:200]}»",
    )


def _web(uri: str) -> SplitResult | None:
    try:
        parts = urlsplit(uri)
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.scheme in ("http", "https") and parts.hostname else None


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _text(parts: SplitResult) -> str:
    """An origin as browsers write it: lower case, no default port."""
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    default = 443 if parts.scheme == "https" else 80
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port not in (None, default) else "")
