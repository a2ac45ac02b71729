"""Sign-ins without pages, for tests: by `login_hint`, and by the control's order. Nothing is checked less."""

import secrets
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit

from idp_mock.oauth.keys import SigningKeys
from idp_mock.oauth.pkce import challenge
from idp_mock.oauth.server import FormRequest
from idp_mock.vkid import parameters
from idp_mock.vkid.consents import Consents
from idp_mock.vkid.credentials import Authorization, Owner, issue_code
from idp_mock.vkid.errors import PageRefusal, RedirectRefusal
from idp_mock.vkid.flow import Flow, Step, after_sign_in, undoubted_profile
from idp_mock.vkid.identity import Identity, identity_of
from idp_mock.vkid.redirects import Outcome, success
from idp_mock.vkid.registered import client_of
from idp_mock.vkid.server import ENDPOINT, VkIdServer
from idp_mock.vkid.sessions import Browsers
from idp_mock.world import NotFound, World

_LOOPBACK = "http://127.0.0.1/"


def hinted(world: World, query: parameters.Query) -> tuple[Identity, int | None] | None:
    """Whom `login_hint` names, if the world allows that: by a person's key, a phone, an e-mail address or a VK ID
    number; with the number of the profile, if it is that.
    """
    hint = next(iter(query.get("login_hint", ())), "")
    if not hint or world.settings.login_hint == "off":
        return None
    if hint.isascii() and hint.isdigit() and len(hint) < 17 and (found := world.vk_profile(int(hint))):
        return identity_of(found[0], found[1]), found[2].user_id
    login = world.vk_login(hint)
    person = world.person(hint)
    if login is None and person is not None and person.vk_id:
        login = person, person.vk_id[0]
    if login is None:
        text = "expected login_hint to name somebody with a login, got none of this world; the pages ask"
        world.refusals.record("vk_id", "/authorize", "login_hint", text)
        return None
    return identity_of(*login), None


def sign_in(world: World, flow: Flow, hint: tuple[Identity, int | None]) -> Step | None:
    """Goes as far as the world lets a hint go: past the account, login and code pages, or past all."""
    identity, user_id = hint
    flow.who = identity.key
    flow.browser.sign_in(world, identity.key)
    step = after_sign_in(world, flow, identity)
    if user_id is not None and flow.joins is None:
        flow.user_id = user_id
    if world.settings.login_hint != "no_pages":
        return step
    if flow.user_id is None:
        flow.user_id = (identity.learning or identity.profiles)[0].user_id
    world.of(Consents).record(flow.request.app_id, identity.key, flow.request.scopes, flow.request.scopes)
    return None


def mint_code(world: World, person_id: str, user_id: int, query: parameters.Query) -> tuple[str, Outcome, int]:
    """Signs a person in, lets the application have what it asks for, and makes a code.

    Args:
        person_id: key of the person.
        user_id: number of the profile; 0: by the application's `yields`.
        query: parameters of `/authorize`.

    Returns:
        The code, the answer that carries it, and the number of the profile.

    Raises:
        NotFound: there is no such person, or no such profile of theirs.
        ValueError: the person has no login, has to choose, or a parameter is refused.
    """
    try:
        client, redirect_uri = client_of(world, query)
        asked = parameters.check(
            query,
            client.app_id,
            redirect_uri,
            strict_state=world.settings.vk_strict_state,
            require_state=world.settings.vk_require_state,
        )
    except (PageRefusal, RedirectRefusal) as refusal:
        raise ValueError(f"{refusal.error}: {refusal.explanation}") from None
    identity = _login_of(world, person_id, user_id)
    chosen = user_id or undoubted_profile(identity, client)
    if chosen is None:
        numbers = ", ".join(str(profile.user_id) for profile in identity.profiles)
        raise ValueError(f"user_id: the person has to choose one of {numbers}")
    world.of(Consents).record(client.app_id, identity.key, asked.scopes, asked.scopes)
    device_id = world.of(Browsers).new_device()
    authorization = Authorization(
        client.app_id, Owner(identity.key, chosen), asked.scopes, redirect_uri, asked.code_challenge, device_id
    )
    code = issue_code(world, authorization)
    ttl_s = world.settings.vk_code_ttl_s
    return code, success(redirect_uri, code=code, state=asked.state, device_id=device_id, expires_in=ttl_s), chosen


def mint_tokens(
    world: World, keys: SigningKeys, person_id: str, user_id: int, app_id: int, scopes: Sequence[str]
) -> dict[str, Any]:
    """Signs a person in and exchanges the code as the application would; what the token endpoint answers, and the
    `device_id`.

    Raises:
        NotFound, ValueError: as `mint_code`.
    """
    client = world.vk_client(app_id)
    if client is None:
        raise NotFound(f"VK ID application {app_id}")
    if not client.redirect_uris and not client.loopback_redirects:
        raise ValueError(f"app_id: {app_id} has no redirect URI")
    redirect_uri = client.redirect_uris[0] if client.redirect_uris else _LOOPBACK
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(32)
    query = query_of(app_id, redirect_uri, challenge(verifier), state, scopes)
    code, outcome, _ = mint_code(world, person_id, user_id, query)
    device_id = str(dict(outcome.items)["device_id"])
    form = {
        "grant_type": "authorization_code",
        "client_id": str(app_id),
        "code": code,
        "code_verifier": verifier,
        "redirect_uri": redirect_uri,
        "device_id": device_id,
        "state": state,
        **({"service_token": client.service_token} if client.service_token else {}),
    }
    request = FormRequest("POST", ENDPOINT, {}, list(form.items()))
    answer: Any = VkIdServer(world, keys).create_token_response(request)
    assert "access_token" in answer.body, answer.body
    return {**answer.body, "device_id": device_id}


def query_of(
    app_id: int, redirect_uri: str, code_challenge: str, state: str, scopes: Sequence[str]
) -> parameters.Query:
    """Parameters of `/authorize` as an application would send them; empty ones are left out."""
    given = {
        "response_type": "code",
        "client_id": str(app_id),
        "redirect_uri": redirect_uri,
        "code_challenge": code_challenge,
        "code_challenge_method": "S256",
        "state": state,
        "scope": " ".join(scopes),
    }
    return parameters.read_query(urlencode({name: value for name, value in given.items() if value}).encode())


def query_of_uri(uri: str) -> parameters.Query:
    """Parameters of the address that an application would open."""
    return parameters.read_query(urlsplit(uri).query.encode())


def _login_of(world: World, person_id: str, user_id: int) -> Identity:
    person = world.person(person_id)
    if person is None:
        raise NotFound(f"person {person_id!r}")
    if not person.vk_id:
        raise ValueError(f"person: {person_id!r} has no login at VK ID")
    if not user_id:
        return identity_of(person, person.vk_id[0])
    found = world.vk_profile(user_id)
    if found is None or found[0].id != person_id:
        raise NotFound(f"profile {user_id} of person {person_id!r}")
    return identity_of(found[0], found[1])
