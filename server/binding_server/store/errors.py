"""What can be wrong with a database or its secret."""

from enum import StrEnum


class StoreProblem(StrEnum):
    """Why a store cannot be opened or used."""

    UNSUPPORTED = "UNSUPPORTED"
    UNWRITABLE = "UNWRITABLE"
    NOT_OURS = "NOT_OURS"
    NEWER = "NEWER"
    IN_USE = "IN_USE"
    SECRET = "SECRET"  # noqa: S105 (the name of a problem)
    BROKEN = "BROKEN"
    CLOSED = "CLOSED"


class StoreError(Exception):
    """A database or its secret cannot be used. The text says what is wrong and what to do; it holds no personal
    data.

    Args:
        problem: the kind of trouble, for programs.
        text: the trouble and the way out, for people.
    """

    def __init__(self, problem: StoreProblem, text: str) -> None:
        super().__init__(text)
        self.problem = problem
