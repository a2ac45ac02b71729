"""Nothing of the contract is forgotten."""

import inspect
from typing import Any

import pytest
from binding_client import AsyncBindingClient, BindingClient, errors
from binding_client._rpc import RETRIED_METHODS
from binding_client.control import AsyncSimulatorControl, SimulatorControl
from google.protobuf.descriptor import MethodDescriptor
from sferum.binding.v1 import (
    binding_service_pb2,
    chat_service_pb2,
    contact_service_pb2,
    directory_service_pb2,
    error_reason_pb2,
    support_service_pb2,
    testing_service_pb2,
)
from sferum.simulator.v1 import control_service_pb2, journal_service_pb2

PRODUCT = [
    binding_service_pb2,
    chat_service_pb2,
    contact_service_pb2,
    directory_service_pb2,
    support_service_pb2,
    testing_service_pb2,
]


def methods_of(*modules: Any) -> list[MethodDescriptor]:
    return [
        method
        for module in modules
        for service in module.DESCRIPTOR.services_by_name.values()
        for method in service.methods
    ]


def snake_case(name: str) -> str:
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name).lstrip("_")


@pytest.mark.parametrize("client", [BindingClient, AsyncBindingClient])
@pytest.mark.parametrize("method", methods_of(*PRODUCT), ids=lambda method: method.name)
def test_every_rpc_has_a_method_with_its_fields__it_is_in_both_clients(client: type, method: MethodDescriptor) -> None:
    parameters = inspect.signature(getattr(client, snake_case(method.name))).parameters
    fields = {"requests"} if method.client_streaming else {field.name for field in method.input_type.fields}
    assert set(parameters) - {"self", "timeout_s"} == fields
    assert all(parameters[name].kind is inspect.Parameter.KEYWORD_ONLY for name in fields)


@pytest.mark.parametrize("control", [SimulatorControl, AsyncSimulatorControl])
@pytest.mark.parametrize("method", methods_of(control_service_pb2, journal_service_pb2), ids=lambda method: method.name)
def test_every_control_rpc_has_a_method__it_is_in_both_controls(control: type, method: MethodDescriptor) -> None:
    assert inspect.isfunction(getattr(control, snake_case(method.name), None))


def test_every_reason_has_an_exception__it_is_found_by_the_reason() -> None:
    named = [value.name for value in error_reason_pb2.ErrorReason.DESCRIPTOR.values if value.number]
    missing = [name for name in named if errors.error_class(name.removeprefix("ERROR_REASON_")) is errors.BindingError]
    assert missing == []


def test_no_exception_stands_for_a_reason_that_there_is_not__it_is_one_to_one() -> None:
    transport = {errors.ServiceUnavailable}
    classes = set(errors.BindingError.__subclasses__()) - transport
    assert sorted(cls.known_reason for cls in classes) == sorted(errors.reasons())


def test_calls_that_spend_a_code_are_not_retried__it_is_a_promise() -> None:
    retried = {method for methods in RETRIED_METHODS.values() for method in methods}
    assert retried.isdisjoint(
        {"CompleteBinding", "CreateBinding", "ImportRoster", "AdvanceClock", "SendContactCode", "ConfirmContact"}
    )
    known = {(method.containing_service.name, method.name) for method in methods_of(*PRODUCT)}
    assert {(service, method) for service, methods in RETRIED_METHODS.items() for method in methods} <= known


@pytest.mark.parametrize("name", [name for name in dir(BindingClient) if not name.startswith("_")])
def test_public_methods_are_explained__it_is_in_their_docstring(name: str) -> None:
    assert inspect.getdoc(getattr(BindingClient, name))
    assert inspect.getdoc(getattr(AsyncBindingClient, name))
