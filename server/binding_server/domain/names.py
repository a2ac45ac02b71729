"""How names are searched."""

import re
from collections.abc import Iterable

_WORD = re.compile(r"[^\W_]+")


def name_words(text: str) -> list[str]:
    """Returns the words of a name, or of what is searched for, in the form in which they are compared: small letters,
    «ё» as «е»."""
    return _WORD.findall(text.casefold().replace("ё", "е"))


def meets(name: str, words: Iterable[str]) -> bool:
    """Tells whether each of these words (of `name_words`) begins a word of a name."""
    parts = name_words(name)
    return all(any(part.startswith(word) for part in parts) for word in words)
