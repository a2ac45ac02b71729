"""Where armed faults strike: between the HTTP server and a provider."""

import asyncio
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from idp_mock.faults.answers import spoil
from idp_mock.faults.captured import Captured
from idp_mock.faults.dialect import Asked, Dialect, who_asks
from idp_mock.faults.events import EVENTS, happen
from idp_mock.faults.spoiling import Spoiling
from idp_mock.oauth.keys import SigningKeys
from idp_mock.web import DROP_CONNECTION, WORLD
from idp_mock.world import Fault, FaultKind, World
from idp_mock.world.faults import Stage, Who

STRUCK = "idp_mock.struck"
"""Key of the scope under which the kinds that have struck are told."""

_ON_CALLBACKS = frozenset(
    {
        FaultKind.WRONG_STATE,
        FaultKind.MISSING_STATE,
        FaultKind.DUPLICATE_CALLBACK,
        FaultKind.PROFILE_OF_ANOTHER,
    }
)
_MOST = 65_536
_HALF_JSON = b'{"access_token": "'


class FaultGate:
    """ASGI middleware that lets a world's armed faults strike. Stands inside `web.WorldPrefix`.

    Args:
        app: the provider.
        dialect: what faults have to know of it.
    """

    def __init__(self, app: ASGIApp, dialect: Dialect) -> None:
        self._app = app
        self._dialect = dialect
        self._stranger: SigningKeys | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves a request, or does to it what a fault says."""
        if scope["type"] != "http" or not scope[WORLD].faults.list():
            await self._app(scope, receive, send)
            return
        world: World = scope[WORLD]
        path = scope["path"].removeprefix(scope["root_path"])
        again, body = await _replayed(receive)
        asked = asked_of(scope, path, body)
        who = Who(*who_asks(self._dialect, world, asked))
        fault = world.faults.strike(self._dialect.provider, path, lambda: who)
        if fault is not None:
            scope.get(STRUCK, []).append(fault.kind.name)
        if fault is not None and fault.kind in EVENTS:
            happen(fault, self._dialect, world, who.client, who.person)
            fault = None
        if fault is None:
            await self._answer(world, path, who, scope, again, send)
        else:
            await self._strike(fault, path, scope, again, receive, send)

    async def _answer(self, world: World, path: str, who: Who, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves a request whose answer may be spoiled."""
        armed = list(world.faults.armed(Stage.ANSWER, self._dialect.provider, path))
        # The redirect that ends a sign-in comes from whichever page was the last.
        armed += [
            fault
            for fault in world.faults.any(_ON_CALLBACKS)
            if fault not in armed and fault.struck < fault.times and fault.provider in (None, self._dialect.provider)
        ]
        if self._dialect.keys(path):
            # What was done to the keys shows for as long as the fault is armed, however many tokens it has struck.
            armed += [fault for fault in world.faults.any({FaultKind.ROTATED_KEY}) if fault not in armed]
        if not armed:
            await self._app(scope, receive, send)
            return
        answer = await Captured.of(self._app, scope, receive)
        for fault in armed:
            if self._spoiled(fault, answer, world, path, who):
                scope.get(STRUCK, []).append(fault.kind.name)
                break
        await answer.send(send)

    def _spoiled(self, fault: Fault, answer: Captured, world: World, path: str, who: Who) -> bool:
        """Tries on a copy first: a request that cannot be struck does not count."""
        about = self._about(answer, world, who) if fault.client or fault.person else who
        if (fault.client and fault.client != about.client) or (fault.person and fault.person != about.person):
            return False
        spoiling = Spoiling(fault, answer.copy(), self._dialect, world, path, self._stranger_keys)
        if not spoil(spoiling):
            return False
        published = fault.kind is FaultKind.ROTATED_KEY and self._dialect.keys(path)
        if not published and not fault.strikes(about):
            return False
        for effect in spoiling.effects:
            effect()
        answer.take(spoiling.answer)
        return True

    def _about(self, answer: Captured, world: World, who: Who) -> Who:
        """Whose the answer is: a callback's code and a new token tell it better than the request did."""
        code = self._dialect.codes(world).find((answer.callback or {}).get("code", ""))
        if code is not None:
            client, owner = self._dialect.code_client_and_owner(code.data)
            return Who(client, self._dialect.person_of(world, owner))
        document = answer.document
        token = self._dialect.tokens(world).find(
            str(document.get("access_token", "")) if isinstance(document, dict) else ""
        )
        if token is not None:
            return Who(token.client_id, self._dialect.person_of(world, token.owner))
        return who

    def _stranger_keys(self) -> SigningKeys:
        if self._stranger is None:
            self._stranger = SigningKeys(None, f"{self._dialect.provider}-next")
        return self._stranger

    async def _strike(
        self, fault: Fault, path: str, scope: Scope, again: Receive, receive: Receive, send: Send
    ) -> None:
        """Strikes a request: `again` gives the provider what was read already, `receive` tells when the caller goes."""
        match fault.kind:
            case FaultKind.LATENCY:
                await _released(fault, fault.latency_s)
                await self._app(scope, again, send)
            case FaultKind.PAUSE:
                if await _let_go(fault, receive):
                    await self._app(scope, again, send)
            case FaultKind.HANG:
                if await _let_go(fault, receive):
                    answer = self._dialect.error(path, "temporarily_unavailable", 503)
                    await answer(scope, receive, send)
            case FaultKind.HANG_AFTER:
                captured = await Captured.of(self._app, scope, again)
                if await _let_go(fault, receive):
                    await captured.send(send)
            case FaultKind.DROP:
                await _drop(scope, receive)
            case FaultKind.DROP_AFTER:
                await Captured.of(self._app, scope, again)
                await _drop(scope, receive)
            case FaultKind.STATUS | FaultKind.ERROR_WITH_200:
                status = fault.status if fault.kind is FaultKind.STATUS else 200
                await self._dialect.error(path, fault.error, status)(scope, receive, send)
            case _:
                await Response(_HALF_JSON, 200, media_type="application/json")(scope, receive, send)


def asked_of(scope: Scope, path: str, body: bytes) -> Asked:
    """A request as faults and journal look at it. Nothing in it is too broken to be looked at."""
    headers = {key.lower(): value.decode("latin-1") for key, value in scope["headers"]}
    pairs = pairs_of(scope.get("query_string", b""))
    if "urlencoded" in headers.get(b"content-type", ""):
        pairs += pairs_of(body)
    scheme, _, bearer = headers.get(b"authorization", "").partition(" ")
    try:
        cookies = {name: morsel.value for name, morsel in SimpleCookie(headers.get(b"cookie", "")).items()}
    except CookieError:
        cookies = {}
    return Asked(path, dict(reversed(pairs)), cookies, bearer.strip() if scheme.lower() == "bearer" else "")


def pairs_of(encoded: bytes) -> list[tuple[str, str]]:
    """Names and values of a query or a form; none of one that is not worth reading."""
    try:
        return parse_qsl(encoded[:_MOST].decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=1000)
    except ValueError:
        return []


async def _replayed(receive: Receive) -> tuple[Receive, bytes]:
    """Reads the body, so that faults may look at it, and hands it to the provider as if nothing had been read."""
    messages: list[Message] = []
    body = bytearray()
    while True:
        message = await receive()
        messages.append(message)
        body.extend(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body"):
            break
    waiting = iter(messages)

    async def again() -> Message:
        message = next(waiting, None)
        return message if message is not None else await receive()

    return again, bytes(body)


async def _released(fault: Fault, timeout_s: float | None) -> None:
    try:
        async with asyncio.timeout(timeout_s):
            await fault.deleted.wait()
    except TimeoutError:
        pass


async def _let_go(fault: Fault, receive: Receive) -> bool:
    """Waits until the fault is deleted (True) or the caller goes (False)."""
    waits = [asyncio.ensure_future(_released(fault, None)), asyncio.ensure_future(_gone(receive))]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        return fault.deleted.is_set()
    finally:
        for wait in waits:
            wait.cancel()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _drop(scope: Scope, receive: Receive) -> None:
    drop = scope.get("state", {}).get(DROP_CONNECTION)
    if drop is None:
        raise ConnectionAbortedError("a fault drops the connection")
    drop()
    # To return earlier would look like a request without an answer, which the server reports as the program's fault.
    await _gone(receive)
