"""Every sentence of the pages, in Russian and English."""

from __future__ import annotations

from collections.abc import Mapping

from diary_web.texts import en, ru

LANGUAGES: Mapping[str, str] = {"ru": "Русский", "en": "English"}
"""Languages by code, each named in itself."""

CATALOGUES: Mapping[str, Mapping[str, str]] = {"ru": ru.TEXTS, "en": en.TEXTS}
"""Sentences by language and key."""


class Texts:
    """Sentences of one language; templates call it as `t("key", name=value)`."""

    def __init__(self, language: str) -> None:
        self._texts = CATALOGUES[language]

    def __call__(self, key: str, **values: object) -> str:
        """The sentence `key` with its `{name}` places filled. KeyError for an unknown key."""
        return self._texts[key].format(**values) if values else self._texts[key]

    def has(self, key: str) -> bool:
        """Whether there is such a sentence."""
        return key in self._texts
