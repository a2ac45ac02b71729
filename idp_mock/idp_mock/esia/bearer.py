"""Who calls the data API: only a live access token that this world issued opens it."""

from __future__ import annotations

from starlette.requests import Request

from idp_mock.esia.claims import ACCESS
from idp_mock.esia.errors import DataRefusal, expired_token, invalid_token
from idp_mock.esia.esia import Esia
from idp_mock.esia.state import EsiaState
from idp_mock.oauth.tokens import Token
from idp_mock.web import world_of


def bearer(request: Request, esia: Esia) -> Token[int]:
    """The caller's access token.

    Raises:
        DataRefusal: 401, with what is wrong with the token for the developer.
    """
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    value = value.strip()
    if not value:
        raise invalid_token("нет заголовка Authorization: Bearer", expected="Authorization: Bearer")
    if scheme.lower() != "bearer":
        text = f"схема {scheme[:20]!r} в Authorization, а нужна Bearer"
        raise invalid_token(text, expected="Authorization: Bearer")
    world = world_of(request)
    token = world.of(EsiaState).tokens.find(value)
    if token is None:
        raise _unknown(value, esia)
    now = world.clock_of("esia").timestamp()
    if token.revoked:
        raise invalid_token("токен отозван: пользователь вышел из Госуслуг", expected="a token of a live session")
    if now >= token.expires_at:
        raise expired_token(f"токен просрочен на {now - token.expires_at} с")
    if esia.keys.rotated and esia.read(value) is None:
        text = "ключ, которым подписан токен, отозван при смене ключей симулятора"
        raise invalid_token(text, expected="a token of a key in force")
    return token


def _unknown(value: str, esia: Esia) -> DataRefusal:
    signed = esia.read(value)
    if signed is None:
        text = "это не токен этой ЕСИА: подпись не сходится или это не JWS"
        return invalid_token(text, expected="a JWS of this ESIA")
    kind = signed[0].get("sbt")
    if kind != ACCESS:
        return invalid_token(f"это не токен доступа (sbt {ACCESS}), а {kind}")
    return invalid_token("токен выдан в другом мире или до перезапуска симулятора", expected="a token of this world")
