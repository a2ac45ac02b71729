"""The language of ESIA's pages: Russian, or English for whoever asks for it by `lang=en`; a cookie remembers it.

The switch is this simulator's own: ESIA is not known to have one.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from idp_mock.esia.words import ENGLISH
from idp_mock.web import get_cookie, set_cookie

COOKIE = "esia_lang"
LANGUAGES = {"ru": "Русский", "en": "English"}
# On an address that is longer than this a link back to it would be most of the page.
_LONGEST_LINK = 8_192


@dataclass(frozen=True)
class Language:
    """The language of one page.

    Attributes:
        code: `ru` or `en`.
        asked: the request itself asks for it, so it is to be remembered.
        other: code, name and address of the same page in the other language; the address may be empty.
    """

    code: str
    asked: bool
    other: tuple[str, str, str]

    def say(self, text: str) -> str:
        """A Russian text in the page's language."""
        return ENGLISH.get(text, text) if self.code == "en" else text


def language_of(request: Request, key: str = "") -> Language:
    """Reads `lang`, else the cookie.

    Args:
        request: what is answered.
        key: of the waiting request, if the page has one: a page that answers a form is shown anew by it.
    """
    asked = request.query_params.get("lang", "")
    code = asked if asked in LANGUAGES else (get_cookie(request, COOKIE) or "")
    code = code if code in LANGUAGES else "ru"
    other = "en" if code == "ru" else "ru"
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in ("lang", "request")]
    waiting = key or request.query_params.get("request", "")
    query = urlencode([*kept, *([("request", waiting)] if waiting else []), ("lang", other)], errors="replace")
    address = f"{request.url.path}?{query}" if len(query) <= _LONGEST_LINK else ""
    return Language(code, asked in LANGUAGES, (other, LANGUAGES[other], address))


def remember(response: Response, request: Request, language: Language) -> None:
    """Sets the cookie if the request asks for a language."""
    if language.asked:
        set_cookie(response, request, COOKIE, language.code, max_age_s=31_536_000)
