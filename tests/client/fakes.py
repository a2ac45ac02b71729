"""A binding service and a simulator control that say what a test tells them to, behind real gRPC."""

from collections.abc import Callable, Iterable, Iterator
from concurrent import futures
from typing import Any

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status
from sferum.binding.v1 import (
    binding_service_pb2_grpc,
    chat_service_pb2_grpc,
    contact_service_pb2_grpc,
    directory_service_pb2_grpc,
    support_service_pb2_grpc,
    testing_service_pb2_grpc,
)
from sferum.simulator.v1 import control_service_pb2_grpc

Handler = Callable[[Any, grpc.ServicerContext], Any]

SERVICES = {
    "binding": (binding_service_pb2_grpc, "BindingService"),
    "chat": (chat_service_pb2_grpc, "ChatService"),
    "contact": (contact_service_pb2_grpc, "ContactService"),
    "directory": (directory_service_pb2_grpc, "DirectoryService"),
    "support": (support_service_pb2_grpc, "SupportService"),
    "testing": (testing_service_pb2_grpc, "TestingService"),
    "control": (control_service_pb2_grpc, "ControlService"),
}


class FakeServer:
    """Answers by the handlers that a test puts in; keeps every request and the metadata that came with it."""

    def __init__(self, port: int = 0) -> None:
        self.handlers: dict[str, Handler] = {}
        self.requests: list[tuple[str, Any]] = []
        self.metadata: list[dict[str, Any]] = []
        self._server = grpc.server(futures.ThreadPoolExecutor(4))
        for module, service in SERVICES.values():
            servicer = self._servicer(getattr(module, f"{service}Servicer"))
            getattr(module, f"add_{service}Servicer_to_server")(servicer, self._server)
        self.target = f"127.0.0.1:{self._server.add_insecure_port(f'127.0.0.1:{port}')}"
        self._server.start()

    def on(self, method: str, answer: Any) -> None:
        """Says what a method answers: a message, or a handler."""
        self.handlers[method] = answer if callable(answer) else lambda request, context: answer

    def calls(self, method: str) -> list[Any]:
        return [request for name, request in self.requests if name == method]

    def stop(self) -> None:
        self._server.stop(None).wait()

    def _servicer(self, base: type) -> Any:
        servicer = base()
        for name in vars(base):
            if not name.startswith("_"):
                setattr(servicer, name, self._method(name))
        return servicer

    def _method(self, name: str) -> Handler:
        def method(request: Any, context: grpc.ServicerContext) -> Any:
            kept = list(request) if isinstance(request, Iterator) else request
            self.requests.append((name, kept))
            self.metadata.append(dict(context.invocation_metadata()))
            if name not in self.handlers:
                context.abort(grpc.StatusCode.UNIMPLEMENTED, name)
            return self.handlers[name](kept, context)

        return method


def refusal(
    code: grpc.StatusCode,
    reason: str,
    *,
    message: str = "Отказ",
    metadata: dict[str, str] | None = None,
    details: Iterable[Any] = (),
    domain: str = "sferum-binding",
) -> Handler:
    """Returns a handler that refuses as the binding service does."""
    status = status_pb2.Status(code=code.value[0], message=f"{reason}: refused")
    info = error_details_pb2.ErrorInfo(reason=reason, domain=domain, metadata=metadata or {})
    for detail in (info, error_details_pb2.LocalizedMessage(locale="ru-RU", message=message), *details):
        packed = any_pb2.Any()
        packed.Pack(detail)
        status.details.append(packed)

    def refuse(request: Any, context: grpc.ServicerContext) -> Any:
        context.abort_with_status(rpc_status.to_status(status))

    return refuse


def retry_info(seconds: int) -> error_details_pb2.RetryInfo:
    return error_details_pb2.RetryInfo(retry_delay=duration_pb2.Duration(seconds=seconds))
