"""The one mapping of refusals to statuses."""

from typing import Any

import grpc
import pytest
from binding_server.api.errors import status_of
from binding_server.domain.reasons import Reason, Remedy
from binding_server.domain.refusal import Refusal
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status
from sferum.binding.v1 import error_reason_pb2, resources_pb2

CODES = {
    "UNAUTHENTICATED": {"ESIA_SESSION_REQUIRED", "CALLER_UNKNOWN"},
    "PERMISSION_DENIED": {
        "ESIA_SCOPE_REQUIRED",
        "ACCOUNT_NOT_ELIGIBLE",
        "ACCOUNT_NOT_ACCESSIBLE",
        "RESOURCE_NOT_ACCESSIBLE",
        "CALLER_NOT_ALLOWED",
    },
    "INVALID_ARGUMENT": {
        "CONTACT_REQUIRED",
        "CONTACT_INVALID",
        "REQUEST_INVALID",
        "REQUEST_ID_REUSED",
        "REDIRECT_URI_NOT_ALLOWED",
        "RESUME_TOKEN_INVALID",
        "ATTACHMENT_INVALID",
    },
    "FAILED_PRECONDITION": {
        "CONTACT_NOT_VERIFIED",
        "CONTACT_NOT_OWNED",
        "DIARY_ACCOUNT_ALREADY_BOUND",
        "LEARNING_PROFILE_REQUIRED",
        "OWNERSHIP_UNVERIFIED",
        "VK_PROFILE_NOT_OWNED",
        "VK_ROLE_MISMATCH",
        "ATTEMPT_NOT_PENDING",
        "CONTACT_CODE_INVALID",
        "VISIT_REQUIRED",
        "TICKET_MISMATCH",
        "TICKET_UNPROVEN",
    },
    "ABORTED": {"USER_CANCELLED", "VK_AUTH_FAILED", "ETAG_MISMATCH"},
    "ALREADY_EXISTS": {"VK_PROFILE_ALREADY_BOUND"},
    "UNAVAILABLE": {"PROVIDER_UNAVAILABLE"},
    "OUT_OF_RANGE": {"RESUME_TOKEN_EXPIRED"},
    "RESOURCE_EXHAUSTED": {"CONSUMER_TOO_SLOW", "RATE_LIMITED"},
    "INTERNAL": {"INTERNAL"},
}


def detail(status: status_pb2.Status, kind: type[Message]) -> Any:
    for packed in status.details:
        found = kind()
        if packed.Unpack(found):
            return found
    return None


def status(reason: Reason, language: str = "ru", **refusal) -> status_pb2.Status:
    return status_of(Refusal(reason, **refusal), language, "r-1")


def test_knows_every_reason_of_the_contract():
    names = {name.removeprefix("ERROR_REASON_") for name in error_reason_pb2.ErrorReason.keys()}  # noqa: SIM118
    assert {reason.value for reason in Reason} == names - {"UNSPECIFIED"}
    actions = {name.removeprefix("REMEDY_ACTION_") for name in resources_pb2.RemedyAction.keys()}  # noqa: SIM118
    assert {remedy.value for remedy in Remedy} == actions - {"UNSPECIFIED"}


@pytest.mark.parametrize("reason", Reason)
def test_gives_every_reason_its_code_and_its_texts(reason):
    russian, english = status(reason), status(reason, "en")
    assert reason.value in CODES[code_pb2.Code.Name(russian.code)]
    info = detail(russian, error_details_pb2.ErrorInfo)
    assert (info.reason, info.domain) == (reason.value, "sferum-binding")
    message = detail(russian, error_details_pb2.LocalizedMessage)
    assert message.locale == "ru-RU"
    assert any("а" <= letter <= "я" for letter in message.message.lower())
    assert detail(english, error_details_pb2.LocalizedMessage).locale == "en-US"
    assert english.message == russian.message
    assert russian.message.isascii() or "«" in russian.message


@pytest.mark.parametrize("reason", Reason)
def test_fits_a_status_into_what_metadata_may_hold(reason):
    grpc_status = rpc_status.to_status(status(reason, remedies=list(Remedy), row="D14"))
    assert isinstance(grpc_status.code, grpc.StatusCode)
    assert sum(len(value) for _, value in grpc_status.trailing_metadata) < 6_000


@pytest.mark.parametrize("reason", Reason)
def test_names_ways_out_in_data_and_in_sentences(reason):
    found = status(reason, remedies=[Remedy.RETRY, Remedy.VISIT_SCHOOL])
    assert detail(found, error_details_pb2.ErrorInfo).metadata["remedies"] == "RETRY,VISIT_SCHOOL"
    failure = detail(found, error_details_pb2.PreconditionFailure)
    links = detail(found, error_details_pb2.Help)
    if found.code == code_pb2.FAILED_PRECONDITION:
        assert [violation.type for violation in failure.violations] == ["RETRY", "VISIT_SCHOOL"]
        assert links is None
    else:
        assert len([link for link in links.links if link.description and link.url]) == 2
        assert failure is None


def test_takes_the_catalogues_ways_out_unless_the_refusal_has_its_own():
    assert detail(status(Reason.CONTACT_NOT_OWNED), error_details_pb2.ErrorInfo).metadata["remedies"]
    none = status(Reason.CONTACT_NOT_OWNED, remedies=[])
    assert "remedies" not in detail(none, error_details_pb2.ErrorInfo).metadata
    assert detail(none, error_details_pb2.PreconditionFailure) is None


def test_carries_row_decision_and_facts():
    metadata = {"decision": "K7Q2", "same_person": "true"}
    found = status(Reason.VK_PROFILE_ALREADY_BOUND, row="D13", metadata=metadata)
    info = detail(found, error_details_pb2.ErrorInfo)
    assert {"row": "D13", **metadata}.items() <= dict(info.metadata).items()


def test_says_a_rows_own_words():
    own = detail(status(Reason.CONTACT_NOT_OWNED, row="D5"), error_details_pb2.LocalizedMessage).message
    assert own != detail(status(Reason.CONTACT_NOT_OWNED, row="D7"), error_details_pb2.LocalizedMessage).message


def test_names_fields():
    found = status(Reason.REQUEST_INVALID, fields=[("account", "bad"), ("contact", "too long")])
    violations = detail(found, error_details_pb2.BadRequest).field_violations
    assert [(each.field, each.description) for each in violations] == [("account", "bad"), ("contact", "too long")]


@pytest.mark.parametrize(
    ("reason", "field"),
    [
        (Reason.CONTACT_REQUIRED, "contact"),
        (Reason.CONTACT_INVALID, "contact"),
        (Reason.REQUEST_ID_REUSED, "request_id"),
        (Reason.REDIRECT_URI_NOT_ALLOWED, "redirect_uri"),
    ],
)
def test_names_the_field_that_a_reason_is_about(reason, field):
    assert [each.field for each in detail(status(reason), error_details_pb2.BadRequest).field_violations] == [field]


def test_says_when_to_try_again():
    retry = error_details_pb2.RetryInfo
    assert detail(status(Reason.PROVIDER_UNAVAILABLE), retry).retry_delay.ToTimedelta().total_seconds() > 0
    given = status(Reason.PROVIDER_UNAVAILABLE, retry_after_s=1.5)
    assert detail(given, retry).retry_delay.ToTimedelta().total_seconds() == 1.5
    assert detail(status(Reason.CONTACT_INVALID), retry) is None


def test_names_the_request_of_a_fault():
    assert detail(status(Reason.INTERNAL), error_details_pb2.ErrorInfo).metadata["request"] == "r-1"
