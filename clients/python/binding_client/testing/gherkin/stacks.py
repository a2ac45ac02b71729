"""The stack that scenarios play on, and the stage of each."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from binding_client.testing.gherkin.stage import Stage
from binding_client.testing.stack import Stack

READERS = {
    "reader": ["BindingService/GetBinding", "BindingService/ListBindings"],
    "support": {
        "methods": [
            f"SupportService/{name}"
            for name in (
                "CreateTicket",
                "GetTicket",
                "ListTickets",
                "ResolveTicket",
                "ListAuditRecords",
                "GetDecision",
            )
        ],
        "municipalities": "*",
    },
}
"""Back ends of the scenarios: one that reads bindings, and the support desk."""


@pytest.fixture(scope="session")
def gherkin_options() -> dict[str, Any]:
    """How the stack is run: the arguments of `Stack`. Override it, to name a world file, for instance."""
    return {}


class Stacks:
    """One stack for all scenarios of a session, and one more for each other choice of settings; started when needed.

    Attributes:
        running: Those that were started.
    """

    def __init__(self, options: Mapping[str, Any], until: ExitStack) -> None:
        """Takes the arguments of `Stack` and what stops the stacks in the end."""
        self.running: dict[tuple[tuple[str, str], ...], Stack] = {}
        self._options = options
        self._until = until

    def __call__(self, settings: Mapping[str, str]) -> Stack:
        """Returns the stack that has the settings."""
        key = tuple(sorted(settings.items()))
        if key not in self.running:
            options = {"services": READERS, **self._options}
            environment = {**options.pop("environment", {}), **settings}
            made = Stack(test_worlds=True, environment=environment, **options)
            self.running[key] = self._until.enter_context(made)
        return self.running[key]


@pytest.fixture(scope="session")
def gherkin_stacks(gherkin_options: dict[str, Any]) -> Iterator[Stacks]:
    """The stacks of the session."""
    with ExitStack() as until:
        yield Stacks(gherkin_options, until)


STAGE = pytest.StashKey[Stage]()
"""Where a test's stage lies."""


@pytest.fixture
def stage(request: pytest.FixtureRequest, gherkin_stacks: Stacks) -> Iterator[Stage]:
    """The stage of one scenario; its world is dropped at the end."""
    stage = Stage(gherkin_stacks)
    request.node.stash[STAGE] = stage
    yield stage
    stage.close()


def world_file(path: Path | str) -> dict[str, Any]:
    """Returns the options of a stack with a world file."""
    return {"world": Path(path)}
