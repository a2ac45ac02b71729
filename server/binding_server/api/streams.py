"""Answers in a stream: written one by one as the client reads them, ended when the client does not read or the server
goes down."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from google.protobuf.message import Message

from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal

PATIENCE_S = 60.0
"""How long a client may leave one message unread before its stream ends."""


class GoingDown(Exception):
    """The server takes its leave: the client goes on at another one, or at this one when it is back."""


class Streams:
    """The streams under way.

    Args:
        patience_s: how long a message may wait to be read. gRPC's flow control holds what a client has not read; beyond
            that, nothing is kept for it.
    """

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._under_way: set[asyncio.Task[Any]] = set()
        self._draining = False

    async def send(self, answers: AsyncGenerator[Message], context: Any) -> None:
        """Writes answers until there are no more.

        Raises:
            Refusal: CONSUMER_TOO_SLOW.
            GoingDown: the server stops.
        """
        if self._draining:
            raise GoingDown
        task = asyncio.current_task()
        assert task is not None
        self._under_way.add(task)
        try:
            # The client learns at once that it is heard, though nothing may happen for long.
            await context.send_initial_metadata(())
            async with aclosing(answers):
                async for answer in answers:
                    await self._write(answer, context)
        except asyncio.CancelledError:
            if not self._draining:
                raise
            task.uncancel()
            raise GoingDown from None
        finally:
            self._under_way.discard(task)

    def drain(self) -> None:
        """Ends all streams, those to come too."""
        self._draining = True
        for task in self._under_way:
            task.cancel()

    async def _write(self, answer: Message, context: Any) -> None:
        try:
            async with asyncio.timeout(self._patience_s):
                await context.write(answer)
        except TimeoutError as error:
            raise Refusal(Reason.CONSUMER_TOO_SLOW) from error
