"""Language and colours of a page, as the client asks for them.

The pages speak Russian and English: whoever asks for another language of VK's list gets English. What is not on the
list changes nothing, these parameters are no reason to refuse anybody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from idp_mock.vkid.words import ENGLISH

RUSSIAN_ID = "0"
OTHER_IDS = frozenset({"1", "3", "4", "6", "15", "16", "65", "82", "97", "114"})
"""`lang_id` of Ukrainian, English, Spanish, German, Polish, French, Uzbek, Turkish, Kazakh, Belarusian."""

SCHEMES = {"light": "light", "dark": "dark", "bright_light": "light", "space_gray": "dark"}
"""The web SDK's names of colour schemes and the Android SDK's."""


@dataclass(frozen=True, slots=True)
class Appearance:
    """How a page looks.

    Attributes:
        lang: `ru` or `en`.
        scheme: `light`, `dark`, or empty for what the browser prefers.
    """

    lang: str = "ru"
    scheme: str = ""

    def say(self, text: str) -> str:
        """A Russian text in the page's language."""
        return ENGLISH.get(text, text) if self.lang == "en" else text


DEFAULT = Appearance()


def appearance_of(query: Mapping[str, Sequence[str]]) -> Appearance:
    """Reads `lang_id` and `scheme`, the last of each."""
    lang_id, scheme = ("".join(query.get(name, ())[-1:]) for name in ("lang_id", "scheme"))
    return Appearance("en" if lang_id in OTHER_IDS else "ru", SCHEMES.get(scheme, ""))
