"""Tokens with which a follower goes on: where it stands, and what it follows, sealed by a keyed digest."""

import base64
import binascii
import hmac

from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal
from binding_server.use_cases.system_ports import Vault

_FORMAT = b"\x01"
_NUMBER_BYTES = 8
_DIGEST_BYTES = 16


class ResumeTokens:
    """Gives and reads the tokens of one watch.

    Args:
        vault: makes keyed digests.
        subject: all that a token is good for: database, method, caller, what is followed. A token of another one is
            refused.
    """

    def __init__(self, vault: Vault, subject: str) -> None:
        self._vault = vault
        self._subject = subject

    def give(self, number: int) -> str:
        """Returns the token of one who has seen everything up to an event's number."""
        return base64.urlsafe_b64encode(_FORMAT + number.to_bytes(_NUMBER_BYTES) + self._digest(number)).decode()

    def read(self, token: str) -> int:
        """Returns the number after which to go on.

        Raises:
            Refusal: RESUME_TOKEN_INVALID.
        """
        try:
            raw = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as error:
            raise Refusal(Reason.RESUME_TOKEN_INVALID) from error
        number = int.from_bytes(raw[1 : 1 + _NUMBER_BYTES])
        expected = _FORMAT + number.to_bytes(_NUMBER_BYTES) + self._digest(number)
        if not hmac.compare_digest(raw, expected):
            raise Refusal(Reason.RESUME_TOKEN_INVALID)
        return number

    def _digest(self, number: int) -> bytes:
        return self._vault.resume_digest(f"{number}\x00{self._subject}")[:_DIGEST_BYTES]
