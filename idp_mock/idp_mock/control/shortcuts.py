"""Sign-ins without pages: what the control asks of the providers."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from idp_mock.oauth.certificates import ClientCertificates
from idp_mock.oauth.keys import SigningKeys
from idp_mock.world import World

if TYPE_CHECKING:
    from idp_mock.esia.esia import Esia
    from idp_mock.vkid.redirects import Outcome


class Shortcuts:
    """The providers' ways around their pages. Loads a provider with the first call that needs it.

    Args:
        esia_keys, vk_id_keys: sign tokens.
        certificates: of ESIA's client systems.
    """

    def __init__(self, esia_keys: SigningKeys, vk_id_keys: SigningKeys, certificates: ClientCertificates) -> None:
        self._esia_keys = esia_keys
        self._vk_id_keys = vk_id_keys
        self._certificates = certificates

    def esia_tokens(
        self, world: World, person: str, client: str, scopes: Sequence[str], *, offline: bool
    ) -> dict[str, Any]:
        """What ESIA's token endpoint would answer. Raises NotFound, ValueError."""
        from idp_mock.esia.shortcuts import mint

        return mint(self._esia, world, person, client, scopes, offline=offline)

    def vk_code(
        self,
        world: World,
        person: str,
        user_id: int,
        *,
        authorization_uri: str,
        app_id: int,
        redirect_uri: str,
        code_challenge: str,
        state: str,
        scopes: Sequence[str],
    ) -> "tuple[str, Outcome, int]":
        """A code, the answer that carries it, and the profile's number. Raises NotFound, ValueError."""
        from idp_mock.vkid.shortcuts import mint_code, query_of, query_of_uri

        if authorization_uri:
            query = query_of_uri(authorization_uri)
        else:
            query = query_of(app_id, redirect_uri, code_challenge, state, scopes)
        return mint_code(world, person, user_id, query)

    def vk_tokens(self, world: World, person: str, user_id: int, app_id: int, scopes: Sequence[str]) -> dict[str, Any]:
        """What VK ID's token endpoint would answer, and the `device_id`. Raises NotFound, ValueError."""
        from idp_mock.vkid.shortcuts import mint_tokens

        return mint_tokens(world, self._vk_id_keys, person, user_id, app_id, scopes)

    @cached_property
    def _esia(self) -> "Esia":
        from idp_mock.esia.esia import Esia
        from idp_mock.esia.gost.keys import GostSigningKeys

        return Esia(self._esia_keys, self._certificates, GostSigningKeys.beside(self._esia_keys))
