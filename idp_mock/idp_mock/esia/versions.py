"""The two generations of ESIA's OAuth endpoints: how they differ.

`/aas/oauth2/ac` belongs with `/aas/oauth2/te`, `/aas/oauth2/v2/ac` with `/aas/oauth2/v3/te`.
"""

from __future__ import annotations

from dataclasses import dataclass

from idp_mock.esia.signed_string import V1, V2_AC, V3_TE_CODE, V3_TE_REFRESH, V3_TE_SYSTEM, Order


@dataclass(frozen=True)
class Version:
    """One generation.

    Attributes:
        authorize, token: paths of its endpoints.
        raw: `client_secret` is a bare GOST signature, and the certificate is named by its digest; else PKCS#7.
        orders: by grant, and `authorize`: the orders of the signed string; several where clients disagree.
    """

    authorize: str
    token: str
    raw: bool
    orders: dict[str, tuple[Order, ...]]


FIRST = Version(
    "/aas/oauth2/ac",
    "/aas/oauth2/te",
    False,
    dict.fromkeys(("authorize", "authorization_code", "refresh_token", "client_credentials"), (V1,)),
)
CURRENT = Version(
    "/aas/oauth2/v2/ac",
    "/aas/oauth2/v3/te",
    True,
    {
        "authorize": (V2_AC,),
        "authorization_code": (V3_TE_CODE,),
        "refresh_token": (V2_AC, V3_TE_REFRESH),
        # Clients that send scope_org sign it; for those that do not both are the same string.
        "client_credentials": (V3_TE_SYSTEM, V2_AC),
    },
)
