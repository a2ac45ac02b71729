"""Calls any method of a gRPC server by name with JSON, knowing only what the server tells of itself by reflection."""

from typing import Any

import grpc
from google.protobuf import descriptor_pool, json_format, message_factory
from google.protobuf.descriptor import MethodDescriptor
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from binding_client._rpc import Token, channel_options, parse_target
from binding_client.errors import from_rpc_error

_OURS = "sferum.binding.v1."


class UnknownMethod(Exception):
    """The server does not tell of such a method, or it is a streaming one. `name` is the method as asked for."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class ReflectedServer:
    """A server, seen through its reflection (the blocking kind; use it as a context manager).

    Args:
        target: `host:port`, or `grpcs://host:port` for TLS.
        token: bearer token, or a function that returns one; None for none.
        language: `ru` or `en`.
    """

    def __init__(self, target: str, *, token: Token = None, language: str = "ru") -> None:
        address, tls = parse_target(target, None)
        options = channel_options(address)
        self._channel = (
            grpc.secure_channel(address, tls, options=options)
            if tls
            else grpc.insecure_channel(address, options=options)
        )
        self._token = token
        self._language = language
        self._database = ProtoReflectionDescriptorDatabase(self._channel)
        self._pool = descriptor_pool.DescriptorPool(self._database)

    def __enter__(self) -> "ReflectedServer":
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()

    def methods(self) -> list[str]:
        """Returns the methods of all services as `package.Service/Method`. Raises ServiceUnavailable."""
        try:
            services = sorted(self._database.get_services())
        except grpc.RpcError as error:
            raise from_rpc_error(error) from None
        found = [self._pool.FindServiceByName(name) for name in services if "reflection" not in name]
        return [f"{service.full_name}/{method.name}" for service in found for method in service.methods]

    def call(self, name: str, body: str, *, timeout_s: float = 20.0) -> str:
        """Calls a unary method.

        Args:
            name: `Service/Method`, with the package in front unless it is the binding service's own.
            body: the request in proto JSON; empty for an empty request.
            timeout_s: deadline in seconds.

        Returns:
            The answer in proto JSON.

        Raises:
            UnknownMethod: the server does not tell of it.
            ValueError: the body is not JSON of the request's shape.
            BindingError: the server refuses.
        """
        method = self._method(name)
        asked: Any = message_factory.GetMessageClass(method.input_type)
        request = asked()
        try:
            json_format.Parse(body or "{}", request, descriptor_pool=self._pool)
        except json_format.ParseError as error:
            raise ValueError(str(error)) from None
        answer = message_factory.GetMessageClass(method.output_type)
        metadata = [("accept-language", self._language)]
        token = self._token() if callable(self._token) else self._token
        if token:
            metadata.append(("authorization", f"Bearer {token}"))
        path = f"/{method.containing_service.full_name}/{method.name}"
        invoke: Any = self._channel.unary_unary(
            path,
            request_serializer=asked.SerializeToString,
            response_deserializer=answer.FromString,
        )
        try:
            result = invoke(request, metadata=metadata, timeout=timeout_s)
        except grpc.RpcError as error:
            raise from_rpc_error(error) from None
        return json_format.MessageToJson(result, ensure_ascii=False, descriptor_pool=self._pool)

    def _method(self, name: str) -> MethodDescriptor:
        service, _, method = name.replace("/", ".").rpartition(".")
        for candidate in (service, _OURS + service):
            try:
                found = self._pool.FindServiceByName(candidate).methods_by_name[method]
            except KeyError:
                continue
            except grpc.RpcError as error:
                raise from_rpc_error(error) from None
            if not (found.client_streaming or found.server_streaming):
                return found
        raise UnknownMethod(name)
