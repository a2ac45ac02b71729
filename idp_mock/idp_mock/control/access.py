"""Who may control: whoever has the token, where there is one."""

import base64
import binascii
import hmac
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import grpc.aio
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_HEALTH_PATH = "/healthz"
_OPEN_SERVICES = ("/grpc.health.", "/grpc.reflection.")
_MESSAGE = "expected the control token as `authorization: Bearer …`"


def admits(header: str, token: str) -> bool:
    """Whether an `authorization` header carries the token: as Bearer, or as the password of Basic, for browsers."""
    scheme, _, value = header.partition(" ")
    value = value.strip()
    if scheme.lower() == "basic":
        try:
            value = base64.b64decode(value, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return False
    elif scheme.lower() != "bearer":
        return False
    return hmac.compare_digest(value.encode(), token.encode())


class TokenOnly:
    """ASGI middleware that lets nobody in without the token, but to ask whether the program is well.

    Args:
        app: the control calls and pages.
        token: the token.
    """

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves a request, or refuses it with HTTP 401."""
        guarded = scope["type"] == "http" and scope["path"] != _HEALTH_PATH
        if guarded and not admits(Headers(scope=scope).get("authorization", ""), self._token):
            headers = {"www-authenticate": 'Basic realm="control", charset="UTF-8"'}
            refusal = JSONResponse({"code": "UNAUTHENTICATED", "message": _MESSAGE}, 401, headers)
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)


class TokenInterceptor(grpc.aio.ServerInterceptor):
    """Refuses calls without the token; health and reflection are open.

    Args:
        token: the token.
    """

    def __init__(self, token: str) -> None:
        self._token = token

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        """Returns the method's handler, or one that refuses."""
        details: Any = handler_call_details
        handler = await continuation(handler_call_details)
        if handler is None or details.method.startswith(_OPEN_SERVICES):
            return handler
        given = dict(details.invocation_metadata or ()).get("authorization", "")
        if admits(given if isinstance(given, str) else "", self._token):
            return handler
        return _refusing(handler)


def _refusing(handler: Any) -> Any:
    async def refuse(_request: Any, context: Any) -> Any:
        await context.abort(grpc.StatusCode.UNAUTHENTICATED, _MESSAGE)

    async def refuse_stream(_request: Any, context: Any) -> Any:
        await context.abort(grpc.StatusCode.UNAUTHENTICATED, _MESSAGE)
        yield None

    if handler.response_streaming:
        make = (
            grpc.stream_stream_rpc_method_handler if handler.request_streaming else grpc.unary_stream_rpc_method_handler
        )
        return make(refuse_stream, handler.request_deserializer, handler.response_serializer)
    make = grpc.stream_unary_rpc_method_handler if handler.request_streaming else grpc.unary_unary_rpc_method_handler
    return make(refuse, handler.request_deserializer, handler.response_serializer)
