"""What back ends ask: many at once, and what happens from now on."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from sferum.binding.v1.binding_service_pb2 import (
    BatchGetBindingsRequest,
    BatchGetBindingsResponse,
    BindingEventKind,
    WatchBindingsRequest,
    WatchFilter,
)
from sferum.binding.v1.chat_service_pb2 import (
    BatchListChatsRequest,
    BatchListChatsResponse,
    ChatEventKind,
    WatchChatsRequest,
)

from binding_client._async.calls import Calls
from binding_client.watch import AsyncWatch, BindingStep, ChatStep

BATCH_SIZE = 500
"""The service takes so many names in a call."""


def _parts(names: Iterable[str]) -> tuple[list[str], Iterator[list[str]]]:
    """Returns the names as asked for, and each once in parts that the service takes."""
    asked = list(names)
    once = list(dict.fromkeys(asked))
    return asked, (once[start : start + BATCH_SIZE] for start in range(0, len(once), BATCH_SIZE))


def _bindings(asked: Sequence[str], answers: Iterable[BatchGetBindingsResponse]) -> BatchGetBindingsResponse:
    found = {result.name: result for answer in answers for result in answer.results}
    return BatchGetBindingsResponse(results=[found[name] for name in asked])


def _chats(asked: Sequence[str], answers: Iterable[BatchListChatsResponse]) -> BatchListChatsResponse:
    found = {result.parent: result for answer in answers for result in answer.results}
    return BatchListChatsResponse(results=[found[name] for name in asked])


class BackEndCalls(Calls):
    """Batches and watches."""

    async def batch_get_bindings(
        self, *, names: Iterable[str], timeout_s: float | None = None
    ) -> BatchGetBindingsResponse:
        """Returns bindings by name, one result per name in the order asked for.

        Any number of names, in calls of 500; a name that comes twice is asked for once and answered twice. What there
        is not, and what the caller may not read, has a `reason` in place of its binding.

        Args:
            names: Each `bindings/{binding}` or `accounts/{account}/binding`.
            timeout_s: Seconds to wait for each call; the client's own if None.
        """
        asked, parts = _parts(names)
        method = self.stubs.binding.BatchGetBindings
        answers = [await self._call(method, BatchGetBindingsRequest(names=part), timeout_s) for part in parts]
        return _bindings(asked, answers)

    async def batch_list_chats(
        self, *, parents: Iterable[str], timeout_s: float | None = None
    ) -> BatchListChatsResponse:
        """Returns the chats of accounts, one result per account in the order asked for, as `batch_get_bindings` does.

        Args:
            parents: Each `accounts/{account}`.
            timeout_s: Seconds to wait for each call; the client's own if None.
        """
        asked, parts = _parts(parents)
        method = self.stubs.chat.BatchListChats
        answers = [await self._call(method, BatchListChatsRequest(parents=part), timeout_s) for part in parts]
        return _chats(asked, answers)

    def watch_bindings(
        self,
        *,
        filter: WatchFilter | None = None,
        kinds: Iterable[BindingEventKind] = (),
        resume_token: str = "",
    ) -> AsyncWatch[BindingStep]:
        """Follows bindings: a snapshot first, or from a token; then every event once, in commit order.

        The watch reconnects and goes on by itself; iterating raises only what that cannot cure, such as
        ResumeTokenInvalid, ResumeTokenExpired, CallerNotAllowed. `binding_client.follow` keeps a store in step.

        Args:
            filter: Which bindings; all that the caller may read if None.
            kinds: Which events; all if empty.
            resume_token: A token of an earlier watch with the same filter and kinds.
        """
        return AsyncWatch(_bindings_watch(self, filter, kinds), resume_token)

    def watch_chats(
        self,
        *,
        filter: WatchFilter | None = None,
        kinds: Iterable[ChatEventKind] = (),
        resume_token: str = "",
    ) -> AsyncWatch[ChatStep]:
        """Follows chats and their members, in the manner of `watch_bindings`."""
        return AsyncWatch(_chats_watch(self, filter, kinds), resume_token)


def _bindings_watch(
    client: Calls, wanted: WatchFilter | None, kinds: Iterable[BindingEventKind]
) -> Callable[[str], Any]:
    request = WatchBindingsRequest(filter=wanted, kinds=kinds)

    def start(token: str) -> Any:
        request.resume_token = token
        # A watch has no end of its own: no time limit.
        return client.stubs.binding.WatchBindings(request, **client._settings.options())

    return start


def _chats_watch(client: Calls, wanted: WatchFilter | None, kinds: Iterable[ChatEventKind]) -> Callable[[str], Any]:
    request = WatchChatsRequest(filter=wanted, kinds=kinds)

    def start(token: str) -> Any:
        request.resume_token = token
        return client.stubs.chat.WatchChats(request, **client._settings.options())

    return start
