"""The inbox as a page: where a person at a browser finds the one-time codes that no real phone receives."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from idp_mock.web import UNFRAMED, Pages

if TYPE_CHECKING:
    from idp_mock.control.calls import ControlCalls

REFRESH_S = 3
"""How often the page asks for new messages, in seconds."""


def inbox_route(calls: "Callable[[], ControlCalls]") -> Route:
    """`GET /inbox?world=default&recipient=`: the messages of a world, newest first; 404 for an unknown world."""
    pages = Pages()

    async def show(request: Request) -> Response:
        from sferum.simulator.v1 import control_service_pb2 as pb

        from idp_mock.control.calls import ControlError

        world = request.query_params.get("world", "default")
        recipient = request.query_params.get("recipient", "").strip()
        wanted = pb.ListInboxMessagesRequest(world=world, recipient=recipient)
        try:
            answer = await calls().call("ListInboxMessages", wanted)
        except ControlError as error:
            return HTMLResponse("Нет такого мира.", error.code.value)
        messages = [
            {
                "code": message.code,
                "recipient": message.recipient,
                "text": message.text,
                "time": message.send_time.ToDatetime().strftime("%d.%m.%Y %H:%M:%S UTC"),
            }
            for message in reversed(answer.messages)
        ]
        page = pages.environment.get_template("control/inbox.html")
        text = page.render(world=world, recipient=recipient, messages=messages)
        return HTMLResponse(text, headers={**UNFRAMED, "cache-control": "no-store", "refresh": str(REFRESH_S)})

    return Route("/inbox", show)
