"""The control service over HTTP: `POST /control/v1/{Method}` with the request in proto JSON.

Names of fields are those of the proto file; fields without a value are written out. Errors are
`{"code": "NOT_FOUND", "message": "…"}` with the HTTP status that fits.

`POST /control/v1/worlds/{world}/inbox` is what a gateway for text messages looks like to whoever sends them: it takes
`{"recipient": "+79…", "text": "…", "code": "…"}` into the inbox of a world.
"""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from idp_mock.control.inbox_page import inbox_route
from idp_mock.world import json_schema

if TYPE_CHECKING:
    from idp_mock.control.calls import ControlCalls


def control_app(calls: "Callable[[], ControlCalls]", *, token: bool = False) -> Starlette:
    """The application.

    Args:
        token: callers need the control token; only told in the OpenAPI document.
        calls: gives the calls; asked at the first of them, so that the program answers before protobuf is loaded.
    """

    async def call(request: Request) -> Response:
        return await _call(calls(), request.path_params["method"], await request.body())

    async def described(_: Request) -> Response:
        from idp_mock.control.calls import SERVICES
        from idp_mock.control.openapi import openapi

        return JSONResponse(openapi(SERVICES, token=token))

    async def deliver(request: Request) -> Response:
        return _deliver(calls(), request.path_params["world"], await request.body())

    return Starlette(
        routes=[
            Route("/healthz", _healthz),
            inbox_route(calls),
            Route("/control/v1/schema", _schema),
            Route("/control/v1/worlds/{world}/inbox", deliver, methods=["POST"]),
            Route("/control/v1/openapi.json", described),
            Route("/control/v1/{method}", call, methods=["POST"]),
        ]
    )


async def _healthz(_: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _schema(_: Request) -> Response:
    return JSONResponse(json_schema(), media_type="application/schema+json")


async def _call(calls: "ControlCalls", method: str, body: bytes) -> Response:
    from google.protobuf import json_format, message_factory

    from idp_mock.control.calls import METHODS, ControlError
    from idp_mock.control.convert import to_json

    descriptor = METHODS.get(method)
    if descriptor is None:
        return _error(404, "NOT_FOUND", f"there is no method {method!r}")
    message = message_factory.GetMessageClass(descriptor.input_type)()
    try:
        json_format.Parse(body.decode() or "{}", message)
        answer = await calls.call(method, message)
    except json_format.ParseError as error:
        return _error(400, "INVALID_ARGUMENT", str(error))
    except UnicodeDecodeError:
        return _error(400, "INVALID_ARGUMENT", "the body is not UTF-8")
    except ControlError as error:
        return _error(error.code.value, error.code.name, error.message)
    return JSONResponse(to_json(answer))


def _deliver(calls: "ControlCalls", world: str, body: bytes) -> Response:
    from idp_mock.control.calls import ControlError

    try:
        document: Any = json.loads(body)
    except (ValueError, RecursionError):
        return _error(400, "INVALID_ARGUMENT", "the body is not JSON")
    fields = document if isinstance(document, dict) else {}
    recipient, text, code = (fields.get(name, "") for name in ("recipient", "text", "code"))
    if not (isinstance(recipient, str) and isinstance(text, str) and isinstance(code, str) and recipient and text):
        return _error(400, "INVALID_ARGUMENT", "recipient and text must be set, and code be text if it is")
    try:
        number = calls.deliver(world, recipient, text, code)
    except ControlError as error:
        return _error(error.code.value, error.code.name, error.message)
    return JSONResponse({"number": number})


def _error(status: int, code: str, message: str) -> Response:
    return JSONResponse({"code": code, "message": message}, status)
