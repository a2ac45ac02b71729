"""What happened in a world, and letting something happen in the middle of it."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

from binding_client.aio import AsyncBindingClient
from binding_client.client import BindingClient
from binding_client.control import AsyncSimulatorControl, SimulatorControl
from binding_client.testing.timeline import arrows, lines

T = TypeVar("T")

_PATIENCE = timedelta(seconds=20)


class Looking:
    """A world's time line and diagrams, for tests that wait for answers."""

    control: SimulatorControl
    client: Callable[[], BindingClient]

    def timeline(self) -> str:
        """Returns what came to the providers and to the service, a line each, in the order in which it came; refusals
        with their explanation."""
        return "\n".join(lines(self.control.list_entries(), self.client().list_calls().calls))

    def diagram(self, format: str = "MERMAID") -> str:
        """Returns the same as a sequence diagram: browser, diary, ESIA, service, VK ID, messenger.

        Args:
            format: "MERMAID" or "SVG".
        """
        return self.control.export_journal(format, arrows=arrows(self.client().list_calls().calls))

    def meanwhile(
        self,
        do: Callable[[], T],
        happens: Callable[[], object],
        *,
        provider: str = "VK_ID",
        endpoint: str = "/oauth2/auth",
    ) -> T:
        """Lets something happen while something else is done: at the moment when it comes to a provider.

        Args:
            do: What is done, such as `lambda: vera.complete(attempt, redirect)`; runs in a thread.
            happens: What happens in between, such as a roster that moves the child.
            provider: "ESIA" or "VK_ID", whose endpoint is the moment.
            endpoint: End of its path.

        Returns:
            What `do` returned; what it raised is raised.
        """
        fault = self.control.create_fault(kind="PAUSE", provider=provider, endpoint=endpoint)
        with ThreadPoolExecutor(1) as worker:
            doing = worker.submit(do)
            try:
                self._wait_until_struck(fault["id"], doing.done)
                happens()
            finally:
                self.control.delete_faults(fault["id"])
            return doing.result()

    def _wait_until_struck(self, fault_id: str, over: Callable[[], bool]) -> None:
        waiting = threading.Event()
        for _ in range(int(_PATIENCE.total_seconds() / 0.01)):
            if any(fault["id"] == fault_id and int(fault["struck"]) for fault in self.control.list_faults()) or over():
                return
            waiting.wait(0.01)


class AsyncLooking:
    """A world's time line and diagrams, for an event loop."""

    control: AsyncSimulatorControl
    client: Callable[[], AsyncBindingClient]

    async def timeline(self) -> str:
        """Returns what came to the providers and to the service, as `Looking.timeline` does."""
        return "\n".join(lines(await self.control.list_entries(), (await self.client().list_calls()).calls))

    async def diagram(self, format: str = "MERMAID") -> str:
        """Returns the same as a sequence diagram, as `Looking.diagram` does."""
        return await self.control.export_journal(format, arrows=arrows((await self.client().list_calls()).calls))
