"""The application of an authorization request."""

from idp_mock.vkid import parameters
from idp_mock.vkid.errors import PageRefusal, shown
from idp_mock.world import VkClient, World


def client_of(world: World, query: parameters.Query) -> tuple[VkClient, str]:
    """The application and its registered redirect URI.

    Raises:
        PageRefusal: one of them is not known. Nothing may be redirected then.
    """
    app_id = parameters.app_id_of(query)
    client = world.vk_client(app_id)
    if client is None:
        raise PageRefusal("invalid_client", f"expected a registered application, got client_id {app_id}")
    redirect_uri = parameters.redirect_uri_of(query)
    if not redirect_uri.isascii() or not redirect_uri.isprintable() or not client.allows_redirect(redirect_uri):
        expected = [*client.redirect_uris, *(["any http address on loopback"] if client.loopback_redirects else [])]
        expected += [f"vk{client.app_id}://vk.ru/blank.html"] if client.mobile_redirects else []
        came = shown(redirect_uri.partition("?")[0], 200)
        raise PageRefusal(
            "invalid_request",
            f"expected redirect_uri to be exactly one of [{', '.join(expected)}], got «{came}»",
        )
    return client, redirect_uri
