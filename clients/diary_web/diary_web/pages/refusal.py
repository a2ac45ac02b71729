"""The refusal page: what the service said, what the person can do, the decision's number."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import quote, urlsplit

import grpc
from binding_client.errors import BindingError
from starlette.requests import Request
from starlette.responses import Response

from diary_web.sessions import Attempt
from diary_web.texts import Texts
from diary_web.web import account_path, render, session_of

SUPPORT_ADDRESS = "is-ecp@uprinf.ru"


@dataclass(frozen=True)
class WayOut:
    """One remedy, ready to show."""

    action: str
    text: str
    link: str
    """Where it can be done; empty if on no page of the diary."""
    link_text: str


@dataclass(frozen=True)
class Refusal:
    """A refusal of the binding service, ready to show."""

    reason: str
    title: str
    message: str
    """Empty if the title says it all."""
    ways_out: list[WayOut]
    decision: str
    authorization_uri: str
    """Where to go on at VK ID with the same attempt; empty if that does not help."""


@dataclass(frozen=True)
class Place:
    """Where in the diary a person stands, so that ways out lead to the right pages."""

    account: str = ""
    """Resource name or id; empty if unknown."""
    via: str = ""
    """Resource name or id of the child through which a parent came."""
    retry: str = ""
    """Path that repeats what was refused; empty: start anew on the profile page."""


def place_of(request: Request) -> Place:
    """Where the request stands: its attempt, else its account."""
    attempt: Attempt | None = getattr(request.state, "attempt", None)
    if attempt is not None:
        return Place(attempt.account, attempt.via, retry=f"/{attempt.name}/confirm")
    via = getattr(request.state, "via", request.query_params.get("via", ""))
    retry = request.url.path if request.method == "GET" else ""
    return Place(request.path_params.get("account", ""), via, retry)


def http_status(code: grpc.StatusCode) -> int:
    """HTTP status of a page that shows a refusal with this gRPC code."""
    return {
        grpc.StatusCode.INVALID_ARGUMENT: 400,
        grpc.StatusCode.PERMISSION_DENIED: 403,
        grpc.StatusCode.NOT_FOUND: 404,
        grpc.StatusCode.ALREADY_EXISTS: 409,
        grpc.StatusCode.FAILED_PRECONDITION: 409,
        grpc.StatusCode.ABORTED: 409,
        grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
        grpc.StatusCode.UNAVAILABLE: 503,
        grpc.StatusCode.DEADLINE_EXCEEDED: 504,
    }.get(code, 500)


def refusal_page(request: Request, error: BindingError) -> Response:
    """Shows a refusal."""
    place = place_of(request)
    refusal = refusal_of(error, Texts(session_of(request).language), place)
    profile = account_path(place.account, via=place.via) if place.account else ""
    values = {"refusal": refusal, "profile": profile, "here": None}
    return render(request, "refusal", values, http_status(error.code))


def refusal_of(error: BindingError, t: Texts, place: Place) -> Refusal:
    """Makes a refusal ready to show, in the language of `t`."""
    message = error.message or t("error.UNAVAILABLE.text")
    fixed_title = f"refusal.title.{error.reason}"
    has_title = t.has(fixed_title)
    return Refusal(
        reason=error.reason,
        title=t(fixed_title) if has_title else message,
        message=_without_title(message, t(fixed_title)) if has_title else "",
        ways_out=_ways_out(error, t, place),
        decision=error.decision or "",
        authorization_uri=_web_address(error.metadata.get("authorization_uri", "")),
    )


def _without_title(message: str, title: str) -> str:
    # The service's sentence opens with the words of the title; they are not said twice.
    return message.removeprefix(title).removeprefix(f"«{title}»").lstrip(" .:—–-") or message


def _ways_out(error: BindingError, t: Texts, place: Place) -> list[WayOut]:
    sentences = error.ways_out if len(error.ways_out) == len(error.remedies) else [""] * len(error.remedies)
    same_person = error.metadata.get("same_person") == "true"
    ways = [
        way_out(action, t, place, sentence, same_person=same_person)
        for action, sentence in zip(error.remedies, sentences, strict=True)
    ]
    if error.metadata.get("authorization_uri"):
        # The old code is spent: only going on at VK ID repeats the attempt.
        ways = [replace(way, link="") if way.action == "RETRY" else way for way in ways]
    return ways


def way_out(action: str, t: Texts, place: Place, sentence: str = "", *, same_person: bool = False) -> WayOut:
    """A remedy with the page where it can be done.

    Args:
        action: name of the RemedyAction, such as `UNBIND_HERE`.
        t: texts of the language.
        place: where the person stands.
        sentence: the service's own words for it; the diary's if empty.
        same_person: the account to unbind in is the person's own.
    """
    known = action if t.has(f"remedy.{action}") else "UNSPECIFIED"
    link = _link(known, t, place, same_person=same_person)
    return WayOut(known, sentence or t(f"remedy.{known}"), link, t(f"remedy_link.{known}") if link else "")


def _link(action: str, t: Texts, place: Place, *, same_person: bool) -> str:
    profile = account_path(place.account, via=place.via) if place.account else "/home"
    chats = account_path(place.account, "chats", via=place.via) if place.account else "/home"
    return {
        "SIGN_IN_ESIA": "/",
        "VERIFY_CONTACT": account_path(place.account, "contact", via=place.via) if place.account else "/home",
        "GRANT_VK_SCOPES": profile,
        "UNBIND_HERE": chats,
        # Another person's diary is opened by that person's sign-in only.
        "UNBIND_IN_OTHER_ACCOUNT": "/home" if same_person else "",
        "REBIND_OWN_PROFILE": profile,
        "CREATE_LEARNING_PROFILE": profile,
        "USE_OWN_CONTACT": f"{profile}#contact",
        "SUPPORT_TICKET": f"mailto:{SUPPORT_ADDRESS}?subject={quote(t('refusal.support.subject'))}",
        "RETRY": place.retry or profile,
    }.get(action, "")


def _web_address(text: str) -> str:
    return text if urlsplit(text).scheme in ("http", "https") else ""
