"""The tab «Чаты»: chats with their members, what is wrong, and «Отменить привязку профиля»."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace

from binding_client import AsyncBindingClient
from sferum.binding.v1.resources_pb2 import Chat, ChatMember, Remedy
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from diary_web.labels import enum_name
from diary_web.pages.mine import load_mine
from diary_web.pages.profile import account_values, find_account
from diary_web.pages.refusal import WayOut, place_of, way_out
from diary_web.texts import Texts
from diary_web.web import client_of, render, session_of

PAGE_SIZE = 500
"""The most that the service returns at once."""

CHATS_AT_ONCE = 8
"""Member lists asked for side by side; a head of school may see many chats."""


@dataclass(frozen=True)
class ChatView:
    """A chat with its members."""

    chat: Chat
    members: list[ChatMember]


def routes() -> list[Route]:
    """Addresses of this page."""
    return [Route("/accounts/{account}/chats", chats)]


async def chats(request: Request) -> Response:
    """Shows the tab of an account."""
    account_id = request.path_params["account"]
    via = request.query_params.get("via", "")
    async with client_of(request) as client:
        mine = await load_mine(request, client)
        account = await find_account(mine, client, account_id)
        shown, diagnosis = await asyncio.gather(
            load_chats(client, account.name), client.diagnose_account(name=account.name)
        )
    values = {
        **account_values(mine, account, via),
        "chats": shown,
        "binding": diagnosis.binding if diagnosis.HasField("binding") else None,
        "diagnosis": diagnosis,
        "wrong": enum_name(diagnosis, "diagnosis") not in ("OK", "UNSPECIFIED"),
        "last_refusal": enum_name(diagnosis, "last_refusal"),
        "ways_out": ways_out(request, diagnosis.remedies),
        "request_nonce": secrets.token_hex(8),
    }
    return render(request, "chats", values)


def ways_out(request: Request, remedies: Iterable[Remedy]) -> list[WayOut]:
    """Remedies of a diagnosis, each with the page where it can be done."""
    t = Texts(session_of(request).language)
    place = place_of(request)
    ways = [way_out(enum_name(remedy, "action"), t, place, remedy.description) for remedy in remedies]
    # A way that is open on this very page needs no link.
    return [replace(way, link="") if way.link.partition("?")[0] == request.url.path else way for way in ways]


async def load_chats(client: AsyncBindingClient, account: str) -> list[ChatView]:
    """All chats that an account sees, each with all its members."""
    found: list[Chat] = []
    token = ""
    while True:
        page = await client.list_chats(parent=account, page_size=PAGE_SIZE, page_token=token)
        found.extend(page.chats)
        token = page.next_page_token
        if not token:
            break
    turns = asyncio.Semaphore(CHATS_AT_ONCE)
    return list(await asyncio.gather(*(_with_members(client, chat, turns) for chat in found)))


async def _with_members(client: AsyncBindingClient, chat: Chat, turns: asyncio.Semaphore) -> ChatView:
    members: list[ChatMember] = []
    token = ""
    async with turns:
        while True:
            page = await client.list_chat_members(parent=chat.name, page_size=PAGE_SIZE, page_token=token)
            members.extend(page.members)
            token = page.next_page_token
            if not token:
                return ChatView(chat, members)
