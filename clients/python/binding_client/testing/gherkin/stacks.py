"""The stack that scenarios play on, and the stage of each."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from binding_client.testing.gherkin.stage import Stage
from binding_client.testing.stack import Stack

StackFor = Callable[[Mapping[str, str]], Stack]
"""Returns the stack that has the settings, started if it is not running yet."""

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


@pytest.fixture(scope="session")
def gherkin_stacks(gherkin_options: dict[str, Any]) -> Iterator[StackFor]:
    """One stack for all scenarios of the session, and one more for each other choice of settings."""
    with ExitStack() as running:
        started: dict[tuple[tuple[str, str], ...], Stack] = {}

        def stack_for(settings: Mapping[str, str]) -> Stack:
            key = tuple(sorted(settings.items()))
            if key not in started:
                options = {"services": READERS, **gherkin_options}
                environment = {**options.pop("environment", {}), **settings}
                made = Stack(test_worlds=True, environment=environment, **options)
                started[key] = running.enter_context(made)
            return started[key]

        yield stack_for


STAGE = pytest.StashKey[Stage]()
"""Where a test's stage lies."""


@pytest.fixture
def stage(request: pytest.FixtureRequest, gherkin_stacks: StackFor) -> Iterator[Stage]:
    """The stage of one scenario; its world is dropped at the end."""
    stage = Stage(gherkin_stacks)
    request.node.stash[STAGE] = stage
    yield stage
    stage.close()


def world_file(path: Path | str) -> dict[str, Any]:
    """Returns the options of a stack with a world file."""
    return {"world": Path(path)}
