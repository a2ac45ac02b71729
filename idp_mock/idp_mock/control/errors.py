"""Why control calls fail."""

from enum import Enum


class Code(Enum):
    """Why a call failed: name as in gRPC, value the HTTP status."""

    INVALID_ARGUMENT = 400
    UNAUTHENTICATED = 401
    NOT_FOUND = 404
    ALREADY_EXISTS = 409
    FAILED_PRECONDITION = 412
    DEADLINE_EXCEEDED = 504


class ControlError(Exception):
    """A call failed for a reason that the caller can mend. The message names the field or the thing."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
