"""Forms as they come from the pages, and what is wrong with them."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.datastructures import FormData

from idp_mock.vkid.flow import Step


class FormError(Exception):
    """The person is shown the page again, with a message.

    Args:
        code: value of `data-error`.
        text: what the person reads.
        explanation: what was expected and what came, without personal data.
        step: the page to show; the same one if None.
    """

    def __init__(self, code: str, text: str, explanation: str, step: Step | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.text = text
        self.explanation = explanation
        self.step = step


@dataclass(frozen=True, slots=True)
class Form:
    """The text fields of a posted form; uploaded files are left out."""

    items: Sequence[tuple[str, str]]

    @classmethod
    def of(cls, data: FormData) -> "Form":
        """Reads Starlette's form."""
        return cls([(name, value) for name, value in data.multi_items() if isinstance(value, str)])

    def text(self, name: str) -> str:
        """The first field of that name without outer spaces, empty if absent."""
        return next((value for key, value in self.items if key == name), "").strip()

    def all(self, name: str) -> frozenset[str]:
        """All values of that name."""
        return frozenset(value for key, value in self.items if key == name)

    @property
    def first(self) -> dict[str, str]:
        """The first value of every field."""
        return dict(reversed(self.items))
