"""The `id_token`, in its known oddities.

RS256 without `kid`; the issuer is spelled `iis`, unless the world is set otherwise; no `aud`, no `nonce`; `jti` is the
number 21 in every token, a kind rather than an identifier: so the one verifier that was read insists. How long it lives
is not known.
"""

from idp_mock.oauth.keys import SigningKeys
from idp_mock.world import World

ISSUER = "VK"
KIND = 21
_ISSUER_CLAIMS = {"iis": ("iis",), "iss": ("iss",), "both": ("iis", "iss")}


def issue(world: World, keys: SigningKeys, *, app_id: int, user_id: int) -> str:
    """Makes the token for an application and a profile."""
    now = world.clock_of("vk_id").timestamp()
    claims = {
        **dict.fromkeys(_ISSUER_CLAIMS[world.settings.vk_id_token_issuer], ISSUER),
        "sub": user_id,
        "app": app_id,
        "exp": now + world.settings.vk_id_token_ttl_s,
        "iat": now,
        "jti": KIND,
    }
    return keys.sign({"alg": "RS256", "typ": "JWT"}, claims)


def user_id_of(world: World, keys: SigningKeys, token: str, app_id: int) -> int | str:
    """Returns the profile's number, or what is wrong with the token as a text for the developer."""
    verified = keys.verify(token)
    if verified is None:
        return "expected a JWT signed by this VK ID, got none or another's"
    claims = verified[1]
    if claims.get("iis", claims.get("iss")) != ISSUER or not isinstance(claims.get("sub"), int):
        return "expected an id_token, got another JWT of this key"
    if claims.get("app") != app_id:
        return f"expected an id_token of client_id {app_id}, got one of another application"
    if not isinstance(claims.get("exp"), int) or world.clock_of("vk_id").timestamp() >= claims["exp"]:
        return "expected an id_token that has not expired"
    return claims["sub"]
