"""Requests of the contract as arguments of use cases. The rules of the proto files hold for them already."""

import base64
import binascii
from enum import StrEnum
from typing import Any, TypeVar

from sferum.binding.v1 import binding_service_pb2 as pb

from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal
from binding_server.use_cases.outcomes import AuthorizationResult
from binding_server.use_cases.read_bindings import BindingRef

DEFAULT_PAGE_SIZE = 50
_DIGITS = 18
_Member = TypeVar("_Member", bound=StrEnum)


def id_of(name: str) -> str:
    """Returns the id in a resource name: `accounts/vera-parent` is `vera-parent`; of `accounts/vera-parent/binding`
    too."""
    return name.split("/")[1]


def optional_id_of(name: str) -> str | None:
    """Returns the id in a resource name, or None for an empty one."""
    return id_of(name) if name else None


def id_within(collection: str, name: str) -> str | None:
    """Returns the id in a resource name of that collection; None for a name of another one."""
    return id_of(name) if name.startswith(f"{collection}/") else None


def binding_ref(name: str) -> BindingRef:
    """Returns which binding `bindings/{binding}` or `accounts/{account}/binding` means."""
    return BindingRef(binding_id=id_within("bindings", name), account_id=id_within("accounts", name))


def member(kind: Any, prefix: str, number: int, wanted: type[_Member]) -> _Member | None:
    """Returns the domain's member for a number of the contract's enumeration `kind`; None for UNSPECIFIED."""
    name = kind.Name(number).removeprefix(prefix)
    return wanted(name) if number else None


def authorization_result(request: pb.CompleteBindingRequest) -> AuthorizationResult | None:
    """Returns what VK ID's redirect brought; None if the request has no result."""
    if not request.HasField("result"):
        return None
    found = request.result
    return AuthorizationResult(state=found.state, code=found.code, device_id=found.device_id, error=found.error)


def page_size(requested: int) -> int:
    """Returns how many items a page has."""
    return requested or DEFAULT_PAGE_SIZE


def page_token(last: str | None) -> str:
    """Returns the token of the page after `last`; empty if there is none."""
    return base64.urlsafe_b64encode(last.encode()).decode().rstrip("=") if last else ""


def page_start(token: str) -> str | None:
    """Returns the id after which a page begins; None for the first.

    Raises:
        Refusal: REQUEST_INVALID for a token that no page gave.
    """
    if not token:
        return None
    try:
        return base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        raise Refusal(Reason.REQUEST_INVALID, fields=[("page_token", "not a token of a page")]) from error


def page_number(token: str) -> int | None:
    """Returns the number after which a page begins; None for the first.

    Raises:
        Refusal: REQUEST_INVALID for a token that no page gave.
    """
    start = page_start(token)
    if start is None:
        return None
    if not start.isdigit() or len(start) > _DIGITS:
        raise Refusal(Reason.REQUEST_INVALID, fields=[("page_token", "not a token of a page")])
    return int(start)
