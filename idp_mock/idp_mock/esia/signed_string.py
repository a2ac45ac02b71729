"""The string that a client signs: decoded parameters concatenated in an order that depends on the endpoint."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations
from urllib.parse import quote, quote_plus

Order = tuple[str, ...]

#: `/aas/oauth2/ac` and `/aas/oauth2/te`, every grant.
V1: Order = ("scope", "timestamp", "client_id", "state")
#: `/aas/oauth2/v2/ac`.
V2_AC: Order = ("client_id", "scope", "scope_org", "timestamp", "state", "redirect_uri")
#: `/aas/oauth2/v3/te`, authorization_code.
V3_TE_CODE: Order = (*V2_AC, "code")
#: `/aas/oauth2/v3/te`, refresh_token, as one family of clients does it.
V3_TE_REFRESH: Order = ("client_id", "scope", "timestamp", "state", "refresh_token")
#: `/aas/oauth2/v3/te`, client_credentials.
V3_TE_SYSTEM: Order = ("client_id", "scope", "timestamp", "state", "redirect_uri")

#: All orders that some ESIA endpoint takes.
KNOWN: tuple[Order, ...] = (V1, V2_AC, V3_TE_CODE, V3_TE_REFRESH, V3_TE_SYSTEM)

# These may stand in a signed string but not in a message to a developer.
_SECRET = frozenset({"code", "refresh_token"})
_TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*")


def describe(order: Order) -> str:
    """Writes an order as `scope+timestamp+client_id+state`."""
    return "+".join(order)


def build(order: Order, values: Mapping[str, str]) -> str:
    """Concatenates decoded values; a missing parameter counts as the empty string."""
    return "".join(values.get(name, "") for name in order)


def show(order: Order, values: Mapping[str, str]) -> str:
    """The string for a developer's eyes: codes and tokens are masked."""
    return build(order, {name: f"<{name}>" if name in _SECRET and value else value for name, value in values.items()})


def masked(text: str, values: Mapping[str, str]) -> str:
    """A text that a client signed, for a developer's eyes."""
    for name in _SECRET:
        if values.get(name):
            text = text.replace(values[name], f"<{name}>")
    # A token or code of another request has a shape of its own.
    return _TOKEN.sub("<token>", text)


@dataclass(frozen=True)
class Guess:
    """A string that a client may have signed instead of the right one, and what the mistake would be.

    `kind` is its name: `other_order`, `part_left_out`, `line_break`, `url_encoded` or `separators`.
    """

    text: str
    mistake: str
    order: Order
    kind: str


def guesses(expected: Order, values: Mapping[str, str]) -> Iterator[Guess]:
    """Yields what clients sign by mistake, likeliest first.

    Another endpoint's order, one part left out, or a shuffled one, a line break at the end, URL-encoded values,
    separators.
    """
    right = build(expected, values)
    orders = list(dict.fromkeys([expected, *KNOWN]))
    shortened = [tuple(part for part in expected if part != left_out) for left_out in expected]
    for order in dict.fromkeys([*orders, *shortened, *permutations(V1)]):
        text = build(order, values)
        if text != right:
            missing = [name for name in expected if name not in order]
            left_out = bool(missing) and order in shortened
            note = f", без {', '.join(missing)}" if left_out else ""
            kind = "part_left_out" if left_out else "other_order"
            yield Guess(text, f"строка собрана в порядке {describe(order)}{note}", order, kind)
    # Each guess costs a verification, so what decorates a string is tried for the likeliest orders only.
    for order in dict.fromkeys([expected, V1, V2_AC]):
        text = build(order, values)
        for name, end in (("\\n", "\n"), ("\\r\\n", "\r\n")):
            mistake = f"порядок {describe(order)}, в конце лишний перевод строки {name}"
            yield Guess(text + end, mistake, order, "line_break")
        for encode in (quote_plus, quote):
            encoded = build(order, {name: encode(value) for name, value in values.items()})
            if encoded != text:
                mistake = f"порядок {describe(order)}, значения закодированы для URL, а нужны исходные"
                yield Guess(encoded, mistake, order, "url_encoded")
        for separator in (" ", "&", "|", "\n"):
            joined = separator.join(values.get(name, "") for name in order)
            mistake = f"порядок {describe(order)}, между частями стоит {separator!r}, а нужно без разделителей"
            yield Guess(joined, mistake, order, "separators")
