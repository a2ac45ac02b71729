"""What stands on each page of the sign-in."""

from collections import defaultdict
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from idp_mock.vkid import contacts, scopes
from idp_mock.vkid.flow import Flow, Step
from idp_mock.vkid.forms import Form, FormError
from idp_mock.vkid.identity import Identity
from idp_mock.web import Pages, world_of
from idp_mock.world import VkProfile, World

HEADERS = {
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'",
}
"""No frame rules: VK ID's widgets are framed by their applications."""

ROLES = {"PUPIL": "ученик", "PARENT": "родитель", "TEACHER": "учитель", "ADMINISTRATOR": "администратор"}
_OFFERED = 300
"""How many organisations a page offers; any other can be typed."""

KINDS = {"PERSONAL": "Личный профиль", "LEARNING": "Учебный профиль"}


def step_page(request: Request, flow: Flow, form: Form | None = None, error: FormError | None = None) -> Response:
    """The page of the flow's present step; what was entered is put back if there was an error."""
    world = world_of(request)
    flow.shown.add(flow.step)
    content = {
        "step": str(flow.step),
        "flow": flow.id,
        "client_name": flow.client.name,
        "error": error,
        "entered": defaultdict(str, form.first if form and error else {}),
        **_content(world, flow),
    }
    return _html(request, f"vkid/{flow.step}.html", content, 400 if error else 200)


def failure_page(request: Request, code: str, text: str, explanation: str = "") -> Response:
    """The page of an authorization that cannot go on and whose client cannot be told. HTTP 400."""
    content = {"error": {"code": code, "text": text}, "explanation": explanation}
    return _html(request, "vkid/failure.html", content, 400)


def _html(request: Request, name: str, content: dict[str, Any], status: int) -> Response:
    pages: Pages = request.app.state.pages
    return pages.response(request, name, status, HEADERS, **content)


def _content(world: World, flow: Flow) -> dict[str, Any]:
    match flow.step:
        case Step.ACCOUNT:
            return {
                "accounts": [
                    {"id": found.key.login_id, "name": found.name, "contact": contacts.masked(found.key.login_id)}
                    for found in flow.browser.sessions(world)
                ]
            }
        case Step.CODE:
            return {"contact": contacts.masked(flow.code.contact) if flow.code else ""}
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
            "profiles": [_profile(world, profile) for profile in identity.profiles],
            "may_create": not identity.learning,
        }
    return {"account": identity.name, "user_id": flow.user_id, "scopes": _scopes(flow, identity)}


def _profile(world: World, profile: VkProfile) -> dict[str, Any]:
    organisations = [
        found.name for key in profile.organisations if (found := world.organisation(key))
    ] + profile.organisation_names
    detail = [f"номер VK ID {profile.user_id}", *(ROLES[role] for role in profile.roles), *organisations]
    return {"user_id": profile.user_id, "kind": KINDS[profile.kind], "detail": ", ".join(detail)}


def _scopes(flow: Flow, identity: Identity) -> list[dict[str, Any]]:
    """Each wanted scope as the consent page shows it."""
    values = {scopes.PHONE: identity.phone, scopes.EMAIL: identity.email}
    return [
        {
            "name": scope,
            "title": scopes.title(scope) + (f" ({contacts.masked(value)})" if (value := values.get(scope)) else ""),
            "optional": scope != scopes.PERSONAL_INFO,
        }
        for scope in flow.request.scopes
    ]
