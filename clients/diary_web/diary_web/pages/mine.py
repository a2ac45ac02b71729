"""Who the signed-in person is: own accounts and represented children, as the service tells them."""

from __future__ import annotations

from dataclasses import dataclass

from binding_client import AsyncBindingClient
from sferum.binding.v1.resources_pb2 import DiaryAccount
from starlette.requests import Request

from diary_web.labels import short_id
from diary_web.web import session_of


@dataclass(frozen=True)
class Mine:
    """Answer of ListMyAccounts, ready to look things up."""

    accounts: list[DiaryAccount]
    pupils: list[DiaryAccount]

    def own(self, account_id: str) -> DiaryAccount | None:
        """The own account with this id."""
        return next((account for account in self.accounts if short_id(account.name) == account_id), None)

    def pupil(self, account_id: str) -> DiaryAccount | None:
        """The represented child's account with this id."""
        return next((pupil for pupil in self.pupils if short_id(pupil.name) == account_id), None)

    def representing(self, pupil: DiaryAccount) -> DiaryAccount | None:
        """The own account that represents a child."""
        return next((account for account in self.accounts if pupil.name in account.pupils), None)


async def load_mine(request: Request, client: AsyncBindingClient) -> Mine:
    """Asks the service who the caller is, and remembers the name for the page header."""
    answer = await client.list_my_accounts()
    mine = Mine(list(answer.accounts), list(answer.pupils))
    if mine.accounts:
        session_of(request).person_name = mine.accounts[0].display_name
    return mine
