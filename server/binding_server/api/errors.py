"""The one mapping of refusals to statuses."""

from collections.abc import Mapping, Sequence

from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2

from binding_server.domain import catalogue
from binding_server.domain.reasons import Reason, Remedy
from binding_server.domain.refusal import Refusal

DOMAIN = "sferum-binding"
_LOCALES = {catalogue.RU: "ru-RU", catalogue.EN: "en-US"}
_RETRY_AFTER_S = 2.0
_MOST_FIELDS = 50
_FIELDS = {
    Reason.CONTACT_REQUIRED: "contact",
    Reason.CONTACT_INVALID: "contact",
    Reason.REQUEST_ID_REUSED: "request_id",
    Reason.REDIRECT_URI_NOT_ALLOWED: "redirect_uri",
    Reason.RESUME_TOKEN_INVALID: "resume_token",
}
"""The field that a reason is about by itself."""
_DIARY = "https://dnevnik.egov66.ru"
_PLACES = {Remedy.SUPPORT_TICKET: "mailto:is-ecp@uprinf.ru"}
"""Where a way out is taken, if not in the e-diary."""


def status_of(refusal: Refusal, language: str, request_id: str) -> status_pb2.Status:
    """Returns the status that a refusal is on the wire.

    Its message is English, for developers; `LocalizedMessage` is for the person. `RequestInfo` names the log line.
    """
    entry = catalogue.entry(refusal.reason, refusal.row)
    remedies = entry.remedies if refusal.remedies is None else refusal.remedies
    message = catalogue.message(refusal.reason, refusal.row, language, refusal.metadata)
    details: list[Message] = [
        error_details_pb2.ErrorInfo(
            reason=refusal.reason.value, domain=DOMAIN, metadata=_metadata(refusal, remedies, request_id)
        ),
        error_details_pb2.LocalizedMessage(locale=_LOCALES[language], message=message),
        error_details_pb2.RequestInfo(request_id=request_id),
    ]
    details += _field_violations(refusal, message)
    details += _ways_out(entry.status, refusal, remedies, language)
    if entry.status == "UNAVAILABLE" or refusal.retry_after_s is not None:
        details.append(_retry(_RETRY_AFTER_S if refusal.retry_after_s is None else refusal.retry_after_s))
    english = catalogue.message(refusal.reason, refusal.row, catalogue.EN, refusal.metadata)
    status = status_pb2.Status(code=code_pb2.Code.Value(entry.status), message=f"{refusal.reason.value}: {english}")
    for detail in details:
        status.details.add().Pack(detail)
    return status


def _metadata(refusal: Refusal, remedies: Sequence[Remedy], request_id: str) -> Mapping[str, str]:
    metadata = dict(refusal.metadata)
    if refusal.row:
        metadata["row"] = refusal.row
    if remedies:
        metadata["remedies"] = ",".join(remedy.value for remedy in remedies)
    if refusal.reason is Reason.INTERNAL:
        metadata["request"] = request_id
    return metadata


def _field_violations(refusal: Refusal, message: str) -> list[Message]:
    field = _FIELDS.get(refusal.reason)
    fields = refusal.fields or (((field, message),) if field else ())
    if not fields:
        return []
    violation = error_details_pb2.BadRequest.FieldViolation
    return [
        error_details_pb2.BadRequest(
            field_violations=[violation(field=name, description=problem) for name, problem in fields[:_MOST_FIELDS]]
        )
    ]


def _ways_out(status: str, refusal: Refusal, remedies: Sequence[Remedy], language: str) -> list[Message]:
    texts = [(remedy, catalogue.remedy_text(remedy, language)) for remedy in remedies]
    if not texts:
        return []
    if status == "FAILED_PRECONDITION":
        violation = error_details_pb2.PreconditionFailure.Violation
        subject = refusal.row or refusal.reason.value
        violations = [violation(type=remedy.value, subject=subject, description=text) for remedy, text in texts]
        return [error_details_pb2.PreconditionFailure(violations=violations)]
    link = error_details_pb2.Help.Link
    return [
        error_details_pb2.Help(
            links=[link(description=text, url=_PLACES.get(remedy, _DIARY)) for remedy, text in texts]
        )
    ]


def _retry(after_s: float) -> error_details_pb2.RetryInfo:
    info = error_details_pb2.RetryInfo()
    info.retry_delay.FromNanoseconds(int(after_s * 1_000_000_000))
    return info
