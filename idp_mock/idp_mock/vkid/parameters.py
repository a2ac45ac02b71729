"""The rules for the parameters of `GET /authorize`.

Unknown parameters are ignored, as VK's own SDKs send many. A fault in `client_id` or `redirect_uri` is never
redirected; any other is told to the client by a redirect.
"""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from idp_mock.vkid import scopes
from idp_mock.vkid.appearance import DEFAULT, Appearance, appearance_of
from idp_mock.vkid.errors import PageRefusal, RedirectRefusal, shown

PROMPTS = frozenset({"none", "login", "consent", "select_account"})
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
"""base64url of a SHA-256 digest without padding."""

STATE = re.compile(r"[A-Za-z0-9_-]{32,}")
"""What VK documents of a state. Its own samples have less, so it is demanded of strict worlds only."""

VKID, OK_RU, MAIL_RU = "vkid", "ok_ru", "mail_ru"
PROVIDERS = frozenset({VKID, OK_RU, MAIL_RU})

SINGLE = (
    "response_type",
    "client_id",
    "app_id",
    "redirect_uri",
    "state",
    "code_challenge",
    "code_challenge_method",
    "scope",
    "prompt",
    "screen",
    "provider",
    "origin",
)
"""Parameters that this simulator reads and that therefore may come once only."""

Query = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A checked authorization request.

    Attributes:
        app_id: the application.
        redirect_uri: where the answer goes; registered for the application.
        state: opaque value of the client, echoed byte for byte.
        scopes: requested scopes in the order they came.
        prompts: what the client asked to show.
        code_challenge: base64url of the SHA-256 digest of the verifier.
        phone_screen: the client asked for the phone form even where a session exists (`screen=phone`).
        provider: through whom the person wants to sign in: `vkid`, `ok_ru` or `mail_ru`.
        opener: origin of the window that waits for a message; None if the answer is a redirect.
        appearance: language and colours of the pages.
    """

    app_id: int
    redirect_uri: str
    state: str
    scopes: tuple[str, ...]
    prompts: frozenset[str]
    code_challenge: str
    phone_screen: bool
    provider: str = VKID
    opener: str | None = None
    appearance: Appearance = DEFAULT


def read_query(raw: bytes) -> dict[str, list[str]]:
    """Reads a query string so that its bytes survive: what is not UTF-8 becomes surrogates, which `redirects` writes
    back as they came.
    """
    query: dict[str, list[str]] = {}
    for name, value in parse_qsl(raw.decode("latin-1"), keep_blank_values=True, errors="surrogateescape"):
        query.setdefault(name, []).append(value)
    return query


def app_id_of(query: Query) -> int:
    """Returns the application's number.

    Raises:
        PageRefusal: `client_id` is missing, repeated or not a number.
    """
    values = query.get("client_id", ())
    if len(values) != 1:
        raise PageRefusal("invalid_client", f"expected one client_id, got {len(values)}")
    if not re.fullmatch(r"[0-9]{1,19}", values[0]):
        raise PageRefusal("invalid_client", "expected client_id to be the application's number, got something else")
    if any(other != values[0] for other in query.get("app_id", ())):
        raise PageRefusal("invalid_client", f"expected app_id, if any, to be client_id {values[0]}, got another")
    return int(values[0])


def redirect_uri_of(query: Query) -> str:
    """Returns the redirect URI as it came; whether it is registered is for the caller to check.

    Raises:
        PageRefusal: `redirect_uri` is missing or repeated.
    """
    values = query.get("redirect_uri", ())
    if len(values) != 1 or not values[0]:
        raise PageRefusal("invalid_request", f"expected one redirect_uri, got {len([v for v in values if v])}")
    return values[0]


def state_of(query: Query) -> str:
    """Returns the client's state for the echo in an error redirect; empty if none or several came."""
    values = query.get("state", ())
    return values[0] if len(values) == 1 else ""


def check(
    query: Query,
    app_id: int,
    redirect_uri: str,
    opener: str | None = None,
    *,
    strict_state: bool = False,
    require_state: bool = True,
) -> AuthorizationRequest:
    """Checks everything that may be refused by a redirect.

    Args:
        query: what came.
        app_id: the application, known.
        redirect_uri: registered.
        opener: who is told of the end, see `AuthorizationRequest`.
        strict_state: take no state but such as VK documents.
        require_state: take no request without one; it is documented as required.

    Raises:
        RedirectRefusal: with `invalid_request` or `invalid_scope`.
    """
    repeated = [name for name in SINGLE if len(query.get(name, ())) > 1]
    if repeated:
        raise _invalid(f"{repeated[0]} is repeated", f"expected {', '.join(repeated)} once")
    single = {name: values[0] for name, values in query.items() if values}
    if single.get("response_type") != "code":
        raise _invalid(
            "response_type is missing or invalid", _came("response_type", "code", single.get("response_type"))
        )
    state = single.get("state", "")
    if require_state and not state:
        raise _invalid("state is missing or invalid", "expected a state, got none; VK documents it as required")
    if strict_state and not STATE.fullmatch(state):
        raise _invalid(
            "state is missing or invalid",
            f"expected a state of at least 32 of A-Z a-z 0-9 _ - (strict world), got {len(state)} characters",
        )
    return AuthorizationRequest(
        app_id=app_id,
        redirect_uri=redirect_uri,
        state=state,
        scopes=_scopes(single.get("scope")),
        prompts=_prompts(single.get("prompt", "")),
        code_challenge=challenge_of(single),
        phone_screen=single.get("screen") == "phone",
        provider=_provider(single),
        opener=opener,
        appearance=appearance_of(query),
    )


def challenge_of(single: Mapping[str, str]) -> str:
    """Checks the code challenge of a request.

    Raises:
        RedirectRefusal: it is missing, of another method, or beside its verifier.
    """
    method = single.get("code_challenge_method")
    # The API reference writes s256, the description of the flow S256, and clients send both.
    if method is None or method.lower() != "s256":
        raise _invalid(
            "code_challenge_method is missing or invalid",
            _came("code_challenge_method", "s256 or S256 (plain is not accepted)", method),
        )
    challenge = single.get("code_challenge", "")
    if not CHALLENGE.fullmatch(challenge):
        raise _invalid(
            "code_challenge is missing or invalid",
            "expected code_challenge to be base64url(SHA-256(verifier)) without padding, 43 of A-Z a-z 0-9 - _, "
            f"got {len(challenge)} characters that are not that",
        )
    if "code_verifier" in single:
        raise _invalid(
            "code_verifier is not allowed", "expected code_verifier at /oauth2/auth only, got it beside code_challenge"
        )
    return challenge


def _provider(single: Mapping[str, str]) -> str:
    provider = single.get("provider") or _provider_of_action(single.get("action", "")) or VKID
    if provider not in PROVIDERS:
        raise _invalid("provider is invalid", _came("provider", "vkid, ok_ru or mail_ru", provider))
    return provider


def _provider_of_action(action: str) -> str:
    """The provider that `action` names: base64 of `{"name": "sdk_oauth", "params": {"oauth": …}}`, else nothing."""
    if not action:
        return ""
    try:
        document = json.loads(base64.b64decode(action + "=" * (-len(action) % 4), altchars=b"-_"))
        return str(document["params"]["oauth"]) if document["name"] == "sdk_oauth" else ""
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""


def _prompts(text: str) -> frozenset[str]:
    prompts = frozenset(text.split())
    unknown = sorted(prompts - PROMPTS)
    if unknown:
        raise _invalid(
            "prompt is invalid", f"expected prompt to be of {', '.join(sorted(PROMPTS))}, got {len(unknown)} others"
        )
    if "none" in prompts and len(prompts) > 1:
        raise _invalid("prompt is invalid", "expected prompt=none alone, got it with others")
    return prompts


def _scopes(text: str | None) -> tuple[str, ...]:
    wanted = scopes.parse(text)
    unknown = [scope for scope in wanted if scope not in scopes.KNOWN]
    if unknown:
        raise RedirectRefusal(
            "invalid_scope",
            "scope is invalid",
            f"expected scopes of {', '.join(sorted(scopes.KNOWN))}, got {len(unknown)} others",
        )
    return wanted


def _invalid(description: str, explanation: str) -> RedirectRefusal:
    return RedirectRefusal("invalid_request", description, explanation)


def _came(name: str, expected: str, value: str | None) -> str:
    came = "nothing" if value is None else f"«{shown(value)}»"
    return f"expected {name} to be {expected}, got {came}"
