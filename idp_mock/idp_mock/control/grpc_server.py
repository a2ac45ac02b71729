"""The control service over gRPC, with health and reflection."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import grpc.aio
from google.protobuf import message_factory
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer
from grpc_reflection.v1alpha import reflection_pb2
from grpc_reflection.v1alpha.reflection import aio as reflection

from idp_mock.control.access import TokenInterceptor
from idp_mock.control.calls import SERVICES, ControlCalls, ControlError

_LOG = logging.getLogger(__name__)

_REFLECTION = ("grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection")
_HEALTH = "grpc.health.v1.Health"
_NAMES = tuple(service.full_name for service in SERVICES)

_OPTIONS = (
    # Two servers that share a port silently would each see a part of the calls.
    ("grpc.so_reuseport", 0),
    # Documents of big worlds are bigger than the 4 MB default.
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
)


async def grpc_server(calls: ControlCalls, token: str = "") -> grpc.aio.Server:
    """The server, with all services, not yet bound to a port.

    Args:
        calls: the calls.
        token: what callers must carry; nothing if empty.
    """
    server = grpc.aio.server(options=_OPTIONS, interceptors=[TokenInterceptor(token)] if token else [])
    server.add_generic_rpc_handlers((*_control(calls), *_reflection()))
    servicer = HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    for name in ("", *_NAMES):
        await servicer.set(name, health_pb2.HealthCheckResponse.SERVING)
    return server


def _control(calls: ControlCalls) -> list[grpc.GenericRpcHandler]:
    return [
        grpc.method_handlers_generic_handler(
            service.full_name,
            {
                method.name: grpc.unary_unary_rpc_method_handler(
                    _behaviour(calls, method.name),
                    request_deserializer=message_factory.GetMessageClass(method.input_type).FromString,
                    response_serializer=message_factory.GetMessageClass(method.output_type).SerializeToString,
                )
                for method in service.methods
            },
        )
        for service in SERVICES
    ]


def _behaviour(calls: ControlCalls, method: str) -> Callable[[Message, Any], Awaitable[Message]]:
    async def behaviour(request: Message, context: grpc.aio.ServicerContext) -> Message:
        try:
            return await calls.call(method, request)
        except ControlError as error:
            code, text = grpc.StatusCode[error.code.name], error.message
        except Exception:
            _LOG.exception("%s failed", method)
            code, text = grpc.StatusCode.INTERNAL, "internal error"
        await context.abort(code, text)
        raise AssertionError("abort raises")

    return behaviour


def _reflection() -> list[grpc.GenericRpcHandler]:
    """grpcio-reflection registers v1alpha only; the messages of v1, for which today's clients ask, are the same."""
    servicer = reflection.ReflectionServicer((*_NAMES, _HEALTH, *_REFLECTION))
    handler = grpc.stream_stream_rpc_method_handler(
        servicer.ServerReflectionInfo,
        request_deserializer=reflection_pb2.ServerReflectionRequest.FromString,
        response_serializer=reflection_pb2.ServerReflectionResponse.SerializeToString,
    )
    return [grpc.method_handlers_generic_handler(service, {"ServerReflectionInfo": handler}) for service in _REFLECTION]
