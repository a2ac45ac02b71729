"""What the scenarios have in common: refusals with their row, what is to be seen, calls at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from binding_client import errors
from binding_client.control import SimulatorControl
from binding_client.errors import BindingError
from binding_client.headless import Redirect
from binding_client.testing import Actor, World
from grpc import StatusCode
from sferum.binding.v1.resources_pb2 import Binding, BindingAttempt, ChatKind

from .documents import Document, with_policy

Answer = TypeVar("Answer")
Refused = TypeVar("Refused", bound=BindingError)

CODES: dict[type[BindingError], StatusCode] = {
    errors.EsiaSessionRequired: StatusCode.UNAUTHENTICATED,
    errors.EsiaScopeRequired: StatusCode.PERMISSION_DENIED,
    errors.AccountNotEligible: StatusCode.PERMISSION_DENIED,
    errors.AccountNotAccessible: StatusCode.PERMISSION_DENIED,
    errors.ContactRequired: StatusCode.INVALID_ARGUMENT,
    errors.ContactInvalid: StatusCode.INVALID_ARGUMENT,
    errors.ContactNotVerified: StatusCode.FAILED_PRECONDITION,
    errors.ContactNotOwned: StatusCode.FAILED_PRECONDITION,
    errors.DiaryAccountAlreadyBound: StatusCode.FAILED_PRECONDITION,
    errors.UserCancelled: StatusCode.ABORTED,
    errors.LearningProfileRequired: StatusCode.FAILED_PRECONDITION,
    errors.OwnershipUnverified: StatusCode.FAILED_PRECONDITION,
    errors.VkProfileAlreadyBound: StatusCode.ALREADY_EXISTS,
    errors.VkProfileNotOwned: StatusCode.FAILED_PRECONDITION,
    errors.VkRoleMismatch: StatusCode.FAILED_PRECONDITION,
    errors.VkAuthFailed: StatusCode.ABORTED,
    errors.ProviderUnavailable: StatusCode.UNAVAILABLE,
    errors.AttemptNotPending: StatusCode.FAILED_PRECONDITION,
    errors.RequestInvalid: StatusCode.INVALID_ARGUMENT,
    errors.RequestIdReused: StatusCode.INVALID_ARGUMENT,
    errors.RedirectUriNotAllowed: StatusCode.INVALID_ARGUMENT,
    errors.ResourceNotAccessible: StatusCode.PERMISSION_DENIED,
    errors.CallerUnknown: StatusCode.UNAUTHENTICATED,
    errors.CallerNotAllowed: StatusCode.PERMISSION_DENIED,
    errors.EtagMismatch: StatusCode.ABORTED,
    errors.Internal: StatusCode.INTERNAL,
    errors.ResumeTokenInvalid: StatusCode.INVALID_ARGUMENT,
    errors.ResumeTokenExpired: StatusCode.OUT_OF_RANGE,
    errors.ConsumerTooSlow: StatusCode.RESOURCE_EXHAUSTED,
    errors.RateLimited: StatusCode.RESOURCE_EXHAUSTED,
    errors.ContactCodeInvalid: StatusCode.FAILED_PRECONDITION,
    errors.VisitRequired: StatusCode.FAILED_PRECONDITION,
    errors.AttachmentInvalid: StatusCode.INVALID_ARGUMENT,
    errors.TicketMismatch: StatusCode.FAILED_PRECONDITION,
    errors.TicketUnproven: StatusCode.FAILED_PRECONDITION,
}
"""The status that each reason has on the wire."""


@contextmanager
def refusal(kind: type[Refused], row: str = "") -> Iterator[pytest.ExceptionInfo[Refused]]:
    """Expects a refusal by its reason, with the status of that reason, a message, and the row if one decided."""
    with pytest.raises(kind) as caught:
        yield caught
    check_refusal(caught.value, kind, row)


def check_refusal(error: BaseException | Any, kind: type[BindingError], row: str = "") -> None:
    """Checks a refusal: reason, status, message, row, and a way out if a row decided (I14)."""
    assert type(error) is kind, error
    assert error.code is CODES[kind]
    assert error.message
    assert error.row == row
    if row:
        assert error.remedies
        assert len(error.ways_out) == len(error.remedies)


def tab(actor: Actor, account: str | None = None) -> list[tuple[str, str]]:
    """The tab «Чаты»: class and kind of every chat, in a fixed order, doubles included."""
    return sorted(
        (chat.school_class.removeprefix("classes/"), ChatKind.Name(chat.kind).removeprefix("CHAT_KIND_"))
        for chat in actor.chats(account)
    )


def chat_names(actor: Actor, account: str | None = None) -> list[str]:
    """The names of the chats that an account sees."""
    return [chat.name for chat in actor.chats(account)]


def members(actor: Actor, chat: str) -> list[str]:
    """The accounts in a chat that the person may read, doubles included."""
    found, token = [], ""
    while True:
        page = actor.client.list_chat_members(parent=chat, page_size=500, page_token=token)
        found += [member.account for member in page.members]
        token = page.next_page_token
        if not token:
            return found


def history(actor: Actor, account: str | None = None) -> list[Binding]:
    """All bindings that an account ever had, newest first."""
    return list(actor.client.list_bindings(parent=actor.account(account)).bindings)


def active(actor: Actor, account: str | None = None) -> list[Binding]:
    """The ACTIVE bindings of an account: never more than one."""
    return [binding for binding in history(actor, account) if binding.state == Binding.STATE_ACTIVE]


def nothing_claimed(actor: Actor, account: str | None = None) -> bool:
    """Tells whether the account has neither a binding nor chats, and never had one."""
    return not history(actor, account) and not actor.chats(account)


def signed_in(actor: Actor, account: str | None = None, **sign_in: Any) -> tuple[BindingAttempt, Redirect]:
    """Starts an attempt and signs in at VK ID; what is left is to complete it."""
    attempt = actor.start_binding(account)
    return attempt, actor.vk_sign_in(attempt, **sign_in)


def outcome(call: Callable[[], Answer]) -> Answer | BindingError:
    """Returns the answer of a call, or its refusal."""
    try:
        return call()
    except BindingError as error:
        return error


def at_once(calls: Sequence[Callable[[], Answer]]) -> list[Answer | BindingError]:
    """Lets all calls go at the same moment and returns their answers or refusals, in order."""
    gate = threading.Barrier(len(calls))

    def run(call: Callable[[], Answer]) -> Answer | BindingError:
        gate.wait()
        return outcome(call)

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


class Passing:
    """Counts the requests to an endpoint of a provider without changing what they do.

    Faults that are armed later at the same endpoint do not strike.
    """

    def __init__(
        self,
        world: World,
        endpoint: str = "/oauth2/auth",
        provider: str = "VK_ID",
        latency: timedelta = timedelta(milliseconds=1),
    ) -> None:
        self._control: SimulatorControl = world.control
        made = self._control.create_fault(
            provider=provider, endpoint=endpoint, kind="LATENCY", times=100_000, latency=latency
        )
        self._id = made["id"]

    @property
    def count(self) -> int:
        """How many requests came."""
        return struck(self._control, self._id)


def struck(control: SimulatorControl, fault_id: str) -> int:
    """How often a fault has struck."""
    return next(int(fault["struck"]) for fault in control.list_faults() if fault["id"] == fault_id)


def eventually(condition: Callable[[], bool], within_s: float = 20.0) -> None:
    """Asks until a condition holds, in ever longer steps; fails if it does not in time."""
    waited, step = 0.0, 0.005
    pause = threading.Event()
    while not condition():
        assert waited < within_s, "it did not happen in time"
        pause.wait(step)
        waited, step = waited + step, min(step * 1.5, 0.25)


def where_kira_holds_the_profile_of_boris(new_world: Callable[[Document | None], World], document: Document) -> World:
    """A world with a lenient past, in which a stranger bound Boris's profile, that is strict now."""
    world = new_world(with_policy(document, "LENIENT"))
    world.person("kira").bind(vk=world.person("boris").facts.vk_login)
    world.import_roster(with_policy(document, "STRICT"))
    return world


def forgo(world: World, persons: Sequence[Actor]) -> None:
    """Closes the browsers of many persons, so that their connections do not pile up until the end of the run."""
    for person in persons:
        person.browser.http.close()
