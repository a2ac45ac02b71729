"""The profile page of an account: the contact field and the two buttons."""

from __future__ import annotations

import secrets
from typing import Any

from binding_client import AsyncBindingClient
from sferum.binding.v1.resources_pb2 import DiaryAccount
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from diary_web.pages.mine import Mine, load_mine
from diary_web.pages.refusal import Refusal
from diary_web.web import client_of, render


def routes() -> list[Route]:
    """Addresses of this page."""
    return [Route("/accounts/{account}", profile)]


async def profile(request: Request) -> Response:
    """Shows an account: a form to bind, or the binding's facts and «Отменить привязку Сферума»."""
    return await profile_page(request, via=request.query_params.get("via", ""))


async def profile_page(
    request: Request, *, via: str, contact: str = "", refusal: Refusal | None = None, status: int = 200
) -> Response:
    """The profile page, also as the answer to a contact that was refused.

    Args:
        request: has the account's id in its path.
        via: id of the child through which a parent came, or empty.
        contact: what the person typed, to be corrected.
        refusal: why the contact was refused.
        status: HTTP status.
    """
    account_id = request.path_params["account"]
    binding = None
    async with client_of(request) as client:
        mine = await load_mine(request, client)
        account = await find_account(mine, client, account_id)
        own = mine.own(account_id) is not None
        if own and account.binding:
            binding = await client.get_binding(name=account.binding)
    values: dict[str, Any] = {
        **account_values(mine, account, via),
        "binding": binding,
        "contact": contact,
        "refusal": refusal,
        "request_nonce": secrets.token_hex(8),
    }
    return render(request, "profile", values, status)


async def find_account(mine: Mine, client: AsyncBindingClient, account_id: str) -> DiaryAccount:
    """The account with this id; the service refuses one that the person may not see."""
    known = mine.own(account_id) or mine.pupil(account_id)
    return known or await client.get_account(name=f"accounts/{account_id}")


def account_values(mine: Mine, account: DiaryAccount, via: str) -> dict[str, Any]:
    """What the frame of an account's pages shows."""
    return {
        "account": account,
        "own": account in mine.accounts,
        "via": mine.pupil(via) if via else None,
        "representing": mine.representing(account),
    }
