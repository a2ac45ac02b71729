"""Proof Key for Code Exchange, RFC 7636, method S256."""

import base64
import hashlib
import hmac
import re

_VERIFIER = re.compile(r"^[A-Za-z0-9._~-]{43,128}$")


def challenge(verifier: str) -> str:
    """The S256 challenge of a verifier: base64url without padding of its SHA-256."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def proves(verifier: str, code_challenge: str) -> bool:
    """Whether `verifier` is the one that `code_challenge` was made from. Padding of the challenge is ignored."""
    return hmac.compare_digest(challenge(verifier).encode(), code_challenge.rstrip("=").encode())


def well_formed(verifier: str) -> bool:
    """Whether a verifier keeps RFC 7636: 43 to 128 of `A-Z a-z 0-9 - . _ ~`."""
    return bool(_VERIFIER.match(verifier))
