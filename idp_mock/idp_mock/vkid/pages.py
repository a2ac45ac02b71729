"""What stands on each page of the sign-in."""

import secrets
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from idp_mock.vkid import contacts, scopes
from idp_mock.vkid.appearance import DEFAULT, Appearance
from idp_mock.vkid.flow import Flow, Step
from idp_mock.vkid.forms import Form, FormError
from idp_mock.vkid.identity import Identity
from idp_mock.vkid.parameters import MAIL_RU, OK_RU, VKID
from idp_mock.vkid.words import ERRORS
from idp_mock.web import Pages, world_of
from idp_mock.world import VkProfile, World

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'"
"""No frame rules: VK ID's widgets are framed by their applications."""

PROVIDER_NAMES = {OK_RU: "OK", MAIL_RU: "Mail"}
"""Whom else one can sign in through."""

ROLES = {"PUPIL": "ученик", "PARENT": "родитель", "TEACHER": "учитель", "ADMINISTRATOR": "администратор"}
_OFFERED = 300
"""How many organisations a page offers; any other can be typed."""

KINDS = {"PERSONAL": "Личный профиль", "LEARNING": "Учебный профиль"}


def step_page(request: Request, flow: Flow, form: Form | None = None, error: FormError | None = None) -> Response:
    """The page of the flow's present step; what was entered is put back if there was an error."""
    world = world_of(request)
    flow.shown.add(flow.step)
    appearance = flow.request.appearance
    content = {
        "step": str(flow.step),
        "flow": flow.id,
        "client_name": flow.client.name,
        "error": _shown(error, appearance) if error else None,
        "entered": defaultdict(str, form.first if form and error else {}),
        **_content(world, flow),
    }
    return html_page(request, f"vkid/{flow.step}.html", content, appearance, 400 if error else 200)


def failure_page(
    request: Request, code: str, text: str, explanation: str = "", appearance: Appearance = DEFAULT
) -> Response:
    """The page of an authorization that cannot go on and whose client cannot be told. HTTP 400."""
    content = {"error": {"code": code, "text": appearance.say(text)}, "explanation": explanation}
    return html_page(request, "vkid/failure.html", content, appearance, 400)


def html_page(
    request: Request,
    template: str,
    content: Mapping[str, Any],
    appearance: Appearance,
    status: int = 200,
    *,
    script: bool = False,
) -> Response:
    """Renders a page of VK ID.

    Args:
        request: what is answered.
        template: such as `vkid/login.html`.
        content: what stands in it.
        appearance: language and colours.
        status: HTTP status.
        script: the template has a script; it runs by the `nonce` that the template gets.
    """
    nonce = secrets.token_urlsafe(16)
    policy = f"{POLICY}; script-src 'nonce-{nonce}'" if script else POLICY
    headers = {"Referrer-Policy": "no-referrer", "Content-Security-Policy": policy}
    pages: Pages = request.app.state.pages
    words = {"say": appearance.say, "lang": appearance.lang, "scheme": appearance.scheme, "nonce": nonce}
    return pages.response(request, template, status, headers, **words, **content)


def _shown(error: FormError, appearance: Appearance) -> dict[str, str]:
    text = ERRORS.get(error.code, error.text) if appearance.lang == "en" else error.text
    return {"code": error.code, "text": text}


def _content(world: World, flow: Flow) -> dict[str, Any]:
    match flow.step:
        case Step.ACCOUNT:
            return {
                "accounts": [
                    {"id": found.key.login_id, "name": found.name, "contact": contacts.masked(found.key.login_id)}
                    for found in flow.browser.sessions(world)
                ]
            }
        case Step.LOGIN:
            others = {VKID: "", **PROVIDER_NAMES}
            chosen = others.pop(flow.provider, "")
            return {"provider": chosen, "others": others}
        case Step.CODE:
            assert flow.code is not None
            return {
                "contact": contacts.masked(flow.code.contact),
                "called": flow.code.called,
                "can_be_called": "@" not in flow.code.contact,
                "wait_s": flow.code.wait_s(world),
            }
        case Step.REGISTER:
            return {
                "contact": contacts.masked(flow.proven or ""),
                "organisations": world.document.organisations[:_OFFERED],
            }
        case Step.LEARNING:
            return {"organisations": world.document.organisations[:_OFFERED]}
    identity = flow.identity(world)
    if identity is None:
        return {}
    if flow.step is Step.PROFILE:
        return {
            "profiles": [_profile(world, profile, flow.request.appearance) for profile in identity.profiles],
            "may_create": not identity.learning,
        }
    return {"account": identity.name, "user_id": flow.user_id, "scopes": _scopes(flow, identity)}


def _profile(world: World, profile: VkProfile, appearance: Appearance) -> dict[str, Any]:
    organisations = [
        found.name for key in profile.organisations if (found := world.organisation(key))
    ] + profile.organisation_names
    number = appearance.say("номер VK ID {}").format(profile.user_id)
    roles = [appearance.say(ROLES[role]) for role in profile.roles]
    detail = ", ".join([number, *roles, *organisations, *profile.class_names])
    return {"user_id": profile.user_id, "kind": appearance.say(KINDS[profile.kind]), "detail": detail}


def _scopes(flow: Flow, identity: Identity) -> list[dict[str, Any]]:
    """Each wanted scope as the consent page shows it."""
    values = {scopes.PHONE: identity.phone, scopes.EMAIL: identity.email}
    say = flow.request.appearance.say
    return [
        {
            "name": scope,
            "title": say(scopes.TITLES.get(scope, scopes.API_TITLE)).format(scope)
            + (f" ({contacts.masked(value)})" if (value := values.get(scope)) else ""),
            "optional": scope != scopes.PERSONAL_INFO,
        }
        for scope in flow.request.scopes
    ]
