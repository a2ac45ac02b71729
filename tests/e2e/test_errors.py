"""Every reason with which the service refuses, as it comes over the wire in both languages."""

from __future__ import annotations

import grpc
import pytest
from binding_client import errors
from binding_client.errors import BindingError
from binding_client.testing import Stack, World
from google.rpc import error_details_pb2, status_pb2
from sferum.binding.v1.binding_service_pb2 import StartBindingRequest

from .acting import CODES, check_refusal, where_kira_holds_the_profile_of_boris
from .conftest import NewWorld
from .documents import Document
from .refusals import CASES, REDIRECT, Case, Stage


@pytest.mark.rules("I14")
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.reason.known_reason}-{case.row}".rstrip("-"))
def test_refusal_it_has_code_reason_and_ways_out_in_both_languages(
    stack: Stack, new_world: NewWorld, document: Document, case: Case
) -> None:
    told: list[BindingError] = []
    for language in ("ru", "en"):
        stage = Stage(stack, new_world(case.changed(document)), language)
        with pytest.raises(case.reason) as caught:
            case.act(stage)
        check_refusal(caught.value, case.reason, case.row)
        told.append(caught.value)

    russian, english = told
    for error in told:
        assert error.remedies == list(case.remedies)
        assert len(error.ways_out) == len(case.remedies)
        assert [field for field, _ in error.field_violations] == list(case.fields)
        assert set(case.facts) <= set(error.metadata.items())
        later = error.code is grpc.StatusCode.UNAVAILABLE or case.reason is errors.RateLimited
        assert (error.retry_after_s is not None) is later
    assert russian.message != english.message
    assert russian.ways_out != english.ways_out


def test_the_list_of_reasons_it_is_shown_as_a_whole() -> None:
    shown = {case.reason.known_reason for case in CASES}
    # A fault of the service cannot be made from outside; its status is tested at the interceptor. A follower that comes
    # too late or reads too slowly needs a service of its own (test_watching.py), and so does support (test_tickets.py).
    elsewhere = {"RESUME_TOKEN_EXPIRED", "CONSUMER_TOO_SLOW", "TICKET_MISMATCH", "TICKET_UNPROVEN"}
    assert set(errors.reasons()) - shown == {"INTERNAL", *elsewhere}
    assert set(CODES) == set(BindingError.__subclasses__()) - {errors.ServiceUnavailable}


def test_a_decision_it_has_a_number_that_can_be_read_aloud(new_world: NewWorld, document: Document) -> None:
    world = where_kira_holds_the_profile_of_boris(new_world, document)
    with pytest.raises(errors.VkProfileAlreadyBound) as caught:
        world.person("boris").bind()
    assert caught.value.decision
    assert len(caught.value.decision) <= 12


def test_details_on_the_wire_they_are_those_of_the_contract(world: World) -> None:
    vera = world.person("vera")
    request = StartBindingRequest(account=vera.account(), contact="+79000000110", redirect_uri=REDIRECT)
    metadata = [("authorization", f"Bearer {vera.sign_in().access_token}"), ("x-world", world.name)]
    with pytest.raises(grpc.RpcError) as caught:
        vera.client.stubs.binding.StartBinding(request, metadata=metadata)
    call: grpc.Call = caught.value  # pyright: ignore[reportAssignmentType]
    [packed] = [value for key, value in call.trailing_metadata() or () if key == "grpc-status-details-bin"]
    assert isinstance(packed, bytes)
    status = status_pb2.Status.FromString(packed)
    assert status.code == grpc.StatusCode.FAILED_PRECONDITION.value[0]

    info, text, unmet = (
        error_details_pb2.ErrorInfo(),
        error_details_pb2.LocalizedMessage(),
        error_details_pb2.PreconditionFailure(),
    )
    for detail in status.details:
        for message in (info, text, unmet):
            detail.Unpack(message)
    assert (info.domain, info.reason) == ("sferum-binding", "CONTACT_NOT_OWNED")
    assert info.metadata["row"] == "D7"
    # Russian unless the call says otherwise.
    assert text.locale == "ru-RU"
    assert [violation.type for violation in unmet.violations] == ["USE_OWN_CONTACT"]
