"""The lines of the probe: what a strict provider refuses. Each signs in anew and does one thing wrong."""

import base64
import json
from collections.abc import Callable, Mapping

from target import FOREIGN_URI, Answer, Target, Verifier


class Unfit(Exception):
    """The provider did not even do what is right, so nothing can be said."""


def _granted(target: Target, verifier: Verifier) -> Answer:
    answer = target.authorize(verifier)
    if answer.refused or not answer.values.get("code"):
        raise Unfit(f"authorize: {answer}")
    return answer


def _tokens(target: Target) -> tuple[Answer, Answer]:
    verifier = Verifier()
    granted = _granted(target, verifier)
    tokens = target.exchange(granted, verifier)
    if tokens.refused or not tokens.values.get("access_token"):
        raise Unfit(f"exchange: {tokens.error}")
    return granted, tokens


def _works(target: Target) -> Answer:
    granted, tokens = _tokens(target)
    read = target.read(tokens.values["access_token"])
    if read.refused:
        raise Unfit(f"read: {read.error}")
    renewed = target.refresh(tokens, granted)
    return Answer(200) if not renewed.refused else renewed


def _code_twice(target: Target) -> Answer:
    verifier = Verifier()
    granted = _granted(target, verifier)
    if target.exchange(granted, verifier).refused:
        raise Unfit("exchange")
    return target.exchange(granted, verifier)


def _tokens_of_a_code_used_twice(target: Target) -> Answer:
    verifier = Verifier()
    granted = _granted(target, verifier)
    tokens = target.exchange(granted, verifier)
    target.exchange(granted, verifier)
    return target.read(tokens.values["access_token"])


def _at_exchange(**changes: str | None) -> Callable[[Target], Answer]:
    def line(target: Target) -> Answer:
        verifier = Verifier()
        return target.exchange(_granted(target, verifier), verifier, **changes)

    return line


def _wrong_verifier(target: Target) -> Answer:
    return target.exchange(_granted(target, Verifier()), Verifier())


def _challenge_as_verifier(target: Target) -> Answer:
    verifier = Verifier()
    return target.exchange(_granted(target, verifier), Verifier(verifier.challenge))


def _wrong_secret(target: Target) -> Answer:
    verifier = Verifier()
    return target.wrong_secret(_granted(target, verifier), verifier)


def _at_authorize(**changes: str | None) -> Callable[[Target], Answer]:
    def line(target: Target) -> Answer:
        answer = target.authorize(Verifier(), **changes)
        return Answer(answer.status, answer.values, answer.error or ("" if answer.values.get("code") else "no code"))

    return line


def _refresh_twice(target: Target) -> Answer:
    granted, tokens = _tokens(target)
    if target.refresh(tokens, granted).refused:
        raise Unfit("refresh")
    return target.refresh(tokens, granted)


def _invented_refresh(target: Target) -> Answer:
    granted, tokens = _tokens(target)
    return target.refresh(tokens, granted, refresh_token="vk2.a.invented-" + "x" * 40)


def _refresh_of_another(target: Target) -> Answer:
    granted, tokens = _tokens(target)
    return target.refresh(tokens, granted, client="other")


def _unsigned(target: Target) -> Answer:
    _, tokens = _tokens(target)
    parts = tokens.values["access_token"].split(".")
    claims = parts[1] if len(parts) == 3 else base64.urlsafe_b64encode(b'{"sub": "1"}').rstrip(b"=").decode()
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).rstrip(b"=").decode()
    return target.read(f"{header}.{claims}.")


def _altered(target: Target) -> Answer:
    _, tokens = _tokens(target)
    token = tokens.values["access_token"]
    at = len(token) // 2
    return target.read(token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :])


def _revoked(target: Target) -> Answer:
    granted, tokens = _tokens(target)
    if target.read(tokens.values["access_token"]).refused:
        raise Unfit("read")
    target.revoke(tokens.values["access_token"], granted)
    return target.read(tokens.values["access_token"])


WORKS = ("a right sign-in with refresh", _works)
"""What has to succeed, so that a refusal means something."""

LINES: Mapping[str, Callable[[Target], Answer]] = {
    "code used twice": _code_twice,
    "tokens of a code that was used twice": _tokens_of_a_code_used_twice,
    "invented code": _at_exchange(code="invented-code"),
    "wrong verifier": _wrong_verifier,
    "missing verifier": _at_exchange(code_verifier=None),
    "challenge sent as verifier": _challenge_as_verifier,
    "wrong secret or signature": _wrong_secret,
    "code of another client": _at_exchange(client="other"),
    "unknown client at authorize": _at_authorize(client_id="51999999"),
    "foreign redirect at authorize": _at_authorize(redirect_uri=FOREIGN_URI),
    "other redirect at exchange": _at_exchange(redirect_uri=FOREIGN_URI),
    "unknown response type": _at_authorize(response_type="banana"),
    "unknown grant type": _at_exchange(grant_type="banana"),
    "refresh token used twice": _refresh_twice,
    "invented refresh token": _invented_refresh,
    "refresh token of another client": _refresh_of_another,
    "junk bearer": lambda target: target.read("junk"),
    "altered bearer": _altered,
    "unsigned bearer (alg none)": _unsigned,
    "revoked bearer": _revoked,
}
"""Name of a line -> what it does wrong; the answer should be a refusal."""
