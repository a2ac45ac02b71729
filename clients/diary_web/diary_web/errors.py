"""What a page can refuse with, apart from the binding service's own refusals."""

from __future__ import annotations


class SignInRequired(Exception):
    """The page is for signed-in people, and nobody is signed in."""


class PageError(Exception):
    """The diary itself refuses a request.

    Args:
        status: HTTP status of the page.
        code: short name for tests and support, such as `CSRF`; its sentences are `error.{code}.title` and `.text`.
        detail: a short public addition, such as a provider's error code; never personal data.
    """

    def __init__(self, status: int, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail
