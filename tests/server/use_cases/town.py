"""A small town for tests of use cases: the real store in memory, and what people do."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from binding_server.chats.embedded import EmbeddedChatProvider
from binding_server.clock import WorldClock
from binding_server.domain.model import Attempt, Role
from binding_server.domain.roster import (
    RosterItem,
)
from binding_server.ids import RandomIds
from binding_server.images.screenshots import PillowScreenshots
from binding_server.store.sqlite import SqliteStore
from binding_server.store.vault import Vault
from binding_server.use_cases.attempts import cancel_attempt
from binding_server.use_cases.complete_binding import complete_binding
from binding_server.use_cases.identity_ports import VkProfile
from binding_server.use_cases.outcomes import AuthorizationResult, Completion
from binding_server.use_cases.services import Caller, Services
from binding_server.use_cases.start_binding import start_binding

from .cast import CONTACTS, FORMS, NOON, OIDS, PARENT, PUPIL, REDIRECT, STAFF, profile
from .fakes import FakeEsia, FakeRedirects, FakeVk, NoServiceTokens, identity


@dataclass
class Town:
    """Services over the store, and what people do. `waiting` is set once a call has waited for another."""

    services: Services
    store: SqliteStore
    esia: FakeEsia
    vk: FakeVk
    clock: WorldClock
    waiting: asyncio.Event
    signed_in: int = 0

    async def caller(self, name: str, time_left_s: Callable[[], float] = lambda: 10.0) -> Caller:
        """Returns a person's call with a live ESIA session."""
        oid = OIDS[name]
        person = await self.store.person_by_oid(oid)
        return Caller(time_left_s, person=person, identity=identity(oid), token=f"esia-{oid}")

    async def start(
        self, name: str, account: str = "", contact: str = "", *, via: str | None = None, request: str = ""
    ) -> Attempt:
        """Starts an attempt, by default in the own account with the own contact."""
        caller = await self.caller(name)
        stated = contact or CONTACTS[name]
        return await start_binding(self.services, caller, account or name, stated, REDIRECT, via, request)

    def sign_in(self, attempt: Attempt, answer: VkProfile | BaseException, code: str = "") -> AuthorizationResult:
        """Signs in at VK ID with an attempt's address; returns what the redirect brings."""
        self.signed_in += 1
        code = code or f"code-{self.signed_in}"
        self.vk.yields[code] = answer
        return AuthorizationResult(state=attempt.oauth_state, code=code, device_id="device")

    async def complete(
        self,
        name: str,
        attempt: Attempt,
        result: AuthorizationResult | None,
        *,
        preview: bool = False,
        request: str = "",
        release: bool = False,
        time_left_s: Callable[[], float] = lambda: 10.0,
    ) -> Completion:
        """Completes an attempt."""
        caller = await self.caller(name, time_left_s)
        return await complete_binding(self.services, caller, attempt.id, result, preview, request, release)

    async def bind(
        self, name: str, account: str = "", *, contact: str = "", answer: VkProfile | None = None, roles: str = ""
    ) -> Completion:
        """Leads the whole flow, by default with the own contact and the own profile in the fitting role."""
        context = await self.store.account(account or name)
        assert context is not None
        fitting = {Role.PUPIL: PUPIL, Role.STAFF: STAFF}.get(context.account.role, PARENT)
        attempt = await self.start(name, account, contact)
        return await self.complete(name, attempt, self.sign_in(attempt, answer or profile(name, fitting)))

    async def cancel(self, name: str, attempt: Attempt) -> Attempt:
        """Cancels an attempt."""
        return await cancel_attempt(self.services, await self.caller(name), attempt.id)

    async def attempt(self, attempt: Attempt) -> Attempt:
        """Returns an attempt as it is now."""
        found = await self.store.attempt(attempt.id)
        assert found is not None
        return found

    async def roster(self, *items: RosterItem) -> None:
        """Changes the directory, without letting memberships follow."""
        outcomes = await self.store.apply_roster(items, self.clock.now())
        assert "FAILED" not in {outcome.change for outcome in outcomes}

    async def rows(self, sql: str) -> list[dict[str, Any]]:
        """Returns what stands in the database."""
        return await self.store._engine.read(lambda c: [dict(cast(Mapping[str, Any], row)) for row in c.all(sql)])

    async def is_bound(self, account: str) -> bool:
        """Tells whether an account has an ACTIVE binding."""
        return await self.store.active_binding(account) is not None


def make_town(store: SqliteStore, vault: Vault) -> Town:
    """Puts a town together over a store that holds the directory."""
    clock = WorldClock()
    clock.freeze(NOON)
    esia, vk = FakeEsia(), FakeVk()
    for name, text in CONTACTS.items():
        esia.say(name, text)
    waiting = asyncio.Event()

    async def sleep(seconds: float) -> None:
        waiting.set()
        await asyncio.sleep(0)

    services = Services(
        store=store,
        esia=esia,
        vk=vk,
        vault=vault,
        contacts=FORMS,
        clock=clock,
        ids=RandomIds(clock),
        chats=EmbeddedChatProvider(),
        redirects=FakeRedirects(),
        service_tokens=NoServiceTokens(),
        screenshots=PillowScreenshots(),
        instance_id="test",
        sleep=sleep,
    )
    return Town(services, store, esia, vk, clock, waiting)
