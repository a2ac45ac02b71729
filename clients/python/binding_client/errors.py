"""Refusals of the binding service as exceptions, one class per `ErrorReason`.

Every class is a `BindingError`, so `except BindingError` catches all, and `except VkProfileAlreadyBound` one reason.
The reason, not the text, is what a program may act on.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, TypeVar

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2
from sferum.binding.v1 import error_reason_pb2

DOMAIN = "sferum-binding"
_PREFIX = "ERROR_REASON_"
_DETAILS_KEY = "grpc-status-details-bin"
_Message = TypeVar("_Message")


def reasons() -> list[str]:
    """Returns every reason of the enum, without the prefix, less UNSPECIFIED."""
    names = error_reason_pb2.ErrorReason.keys()
    return [name.removeprefix(_PREFIX) for name in names if not name.endswith("_UNSPECIFIED")]


class BindingError(Exception):
    """A call that did not succeed.

    Attributes:
        code: gRPC status code.
        reason: Name of the `ErrorReason` without its prefix, or "" if the service gave none.
        message: What happened, in the language of the call.
        remedies: Names of `RemedyAction` without their prefix, best first, such as "UNBIND_HERE".
        ways_out: The remedies as sentences, in the language of the call.
        metadata: Facts of the refusal, such as `same_person` or `provider`.
        field_violations: Pairs of a field's path and what is wrong with it.
        retry_after_s: Seconds after which a repeat makes sense, or None.
        row: Row of the decision table, "D1" to "D22", or "".
        decision: Short number of the decision, to be read aloud, or "".
    """

    known_reason: ClassVar[str] = ""
    """The reason that this class stands for, known by the class's name; "" for classes of no reason."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        reason = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).upper()
        cls.known_reason = reason if reason in reasons() else ""

    def __init__(
        self,
        code: grpc.StatusCode,
        message: str,
        *,
        reason: str = "",
        metadata: dict[str, str] | None = None,
        ways_out: Iterable[str] = (),
        field_violations: Iterable[tuple[str, str]] = (),
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(f"{reason or code.name}: {message}")
        self.code = code
        self.reason = reason
        self.message = message
        self.metadata = dict(metadata or {})
        self.ways_out = list(ways_out)
        self.field_violations = list(field_violations)
        self.retry_after_s = retry_after_s

    @property
    def remedies(self) -> list[str]:
        """Names of remedies, best first."""
        return [name for name in self.metadata.get("remedies", "").split(",") if name]

    @property
    def row(self) -> str:
        """Row of the decision table."""
        return self.metadata.get("row", "")

    @property
    def decision(self) -> str:
        """Short number of the decision."""
        return self.metadata.get("decision", "")


class ServiceUnavailable(BindingError):
    """The service could not be reached, or the connection broke; nothing is known about the call's effect."""


class DeadlineExceeded(ServiceUnavailable):
    """No answer came in time; nothing is known about the call's effect."""


class EsiaSessionRequired(BindingError):
    """No live ESIA session (D1); `metadata["cause"]` says why."""


class EsiaScopeRequired(BindingError):
    """The ESIA token lacks scopes; `metadata["scopes"]` names them."""


class AccountNotEligible(BindingError):
    """The account is closed or gives no role (D2)."""


class AccountNotAccessible(BindingError):
    """There is no such account, or it is not the caller's."""


class ContactRequired(BindingError):
    """No contact was stated (D3)."""


class ContactInvalid(BindingError):
    """The contact is neither a phone number nor an e-mail address (D3)."""


class ContactNotVerified(BindingError):
    """Nobody has confirmed the contact (D4)."""


class ContactNotOwned(BindingError):
    """The contact is used by somebody else (D5 to D7)."""


class DiaryAccountAlreadyBound(BindingError):
    """The account is bound to another learning profile (D8)."""


class UserCancelled(BindingError):
    """The person refused at VK ID (D9)."""


class LearningProfileRequired(BindingError):
    """The VK account has no learning profile (D10)."""


class OwnershipUnverified(BindingError):
    """VK ID returned no contact, or one that nobody is known to use (D11)."""


class VkProfileAlreadyBound(BindingError):
    """«НЕ удалось авторизоваться»: the learning profile is bound to another account (D13, D14)."""


class VkProfileNotOwned(BindingError):
    """The learning profile is another person's (D15 to D17)."""


class VkRoleMismatch(BindingError):
    """The learning profile's role does not fit the account's (D18)."""


class VkAuthFailed(BindingError):
    """VK ID did not accept the sign-in (D21)."""


class ProviderUnavailable(BindingError):
    """ESIA or VK ID is down or slow (D22); `metadata["authorization_uri"]`, if there, is where to sign in again."""


class AttemptNotPending(BindingError):
    """The attempt has ended; `metadata["state"]` says how."""


class RequestInvalid(BindingError):
    """A field breaks its stated rule; `field_violations` names each one."""


class RequestIdReused(BindingError):
    """The `request_id` was used with other content."""


class RedirectUriNotAllowed(BindingError):
    """The redirect URI is not among those of the caller."""


class ResourceNotAccessible(BindingError):
    """There is no such binding, attempt or chat, or the caller may not see it."""


class CallerUnknown(BindingError):
    """The back end's own token is missing or not acceptable."""


class CallerNotAllowed(BindingError):
    """The caller may not use this method or act for this person."""


class EtagMismatch(BindingError):
    """The binding changed since its `etag` was read."""


class Internal(BindingError):
    """A fault of the service; `metadata["request"]` is the number under which it was logged."""


class ResumeTokenInvalid(BindingError):
    """The resume token is broken, or was given for another database, method or filter. Start with a snapshot."""


class ResumeTokenExpired(BindingError):
    """The events after the resume token are kept no longer. Start with a snapshot."""


class ConsumerTooSlow(BindingError):
    """Events were read more slowly than they came. Go on with the newest token received."""


class RateLimited(BindingError):
    """Too many attempts: `retry_after_s` says when another may help."""


class ContactCodeInvalid(BindingError):
    """The one-time code does not fit or is no longer good."""


class VisitRequired(BindingError):
    """Staff may act for a person in an open visit only, with the person there and signed in."""


class AttachmentInvalid(BindingError):
    """The screenshot is no PNG, JPEG or WebP image, is damaged, or too large; `metadata["problem"]` says which."""


class TicketMismatch(BindingError):
    """The ticket's VK ID number is not the one that is bound. Nothing was changed."""


class TicketUnproven(BindingError):
    """The binding is of another account, and nothing shows that the profile is the ticket's person's own."""


_BY_REASON = {cls.known_reason: cls for cls in BindingError.__subclasses__() if cls.known_reason}


def error_class(reason: str) -> type[BindingError]:
    """Returns the class of a reason; `BindingError` itself for one that this client does not know yet."""
    return _BY_REASON.get(reason, BindingError)


def from_rpc_error(error: grpc.RpcError) -> BindingError:
    """Returns a gRPC error, of the blocking or of the asyncio stack, as a `BindingError`."""
    call: Any = error
    code: grpc.StatusCode = call.code() or grpc.StatusCode.UNKNOWN
    message: str = call.details() or code.name
    status = _status(call.trailing_metadata())
    if status is None:
        return _transport_error(code, message)
    return _decoded(code, status) or _transport_error(code, message)


def _status(trailers: Sequence[tuple[str, str | bytes]] | None) -> status_pb2.Status | None:
    for key, value in trailers or ():
        if key == _DETAILS_KEY and isinstance(value, bytes):
            try:
                return status_pb2.Status.FromString(value)
            except DecodeError:
                return None
    return None


def _transport_error(code: grpc.StatusCode, message: str) -> BindingError:
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return DeadlineExceeded(code, message)
    if code is grpc.StatusCode.UNAVAILABLE:
        return ServiceUnavailable(code, message)
    return BindingError(code, message)


def _decoded(code: grpc.StatusCode, status: status_pb2.Status) -> BindingError | None:
    """Returns the error that the details tell, or None if they are not those of the binding service."""
    reason, message = "", status.message
    metadata: dict[str, str] = {}
    ways_out: list[str] = []
    violations: list[tuple[str, str]] = []
    retry_after_s: float | None = None
    for detail in status.details:
        if (info := _unpacked(detail, error_details_pb2.ErrorInfo)) is not None:
            if info.domain == DOMAIN:
                reason, metadata = info.reason, dict(info.metadata)
        elif (localized := _unpacked(detail, error_details_pb2.LocalizedMessage)) is not None:
            message = localized.message
        elif (bad := _unpacked(detail, error_details_pb2.BadRequest)) is not None:
            violations += [(violation.field, violation.description) for violation in bad.field_violations]
        elif (retry := _unpacked(detail, error_details_pb2.RetryInfo)) is not None:
            retry_after_s = retry.retry_delay.ToTimedelta().total_seconds()
        elif (unmet := _unpacked(detail, error_details_pb2.PreconditionFailure)) is not None:
            ways_out += [violation.description for violation in unmet.violations]
        elif (help_ := _unpacked(detail, error_details_pb2.Help)) is not None:
            ways_out += [link.description or link.url for link in help_.links]
    if not reason:
        return None
    return error_class(reason)(
        code,
        message,
        reason=reason,
        metadata=metadata,
        # The same sentence may stand in Help and in PreconditionFailure.
        ways_out=dict.fromkeys(way for way in ways_out if way),
        field_violations=violations,
        retry_after_s=retry_after_s,
    )


def _unpacked(detail: Any, message_class: type[_Message]) -> _Message | None:
    message: Any = message_class()
    return message if detail.Is(message.DESCRIPTOR) and detail.Unpack(message) else None
