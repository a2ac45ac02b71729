"""The simulator for pytest: installed with `sferum-idp-mock`, there is nothing to switch on.

Fixtures: `idp_mock` (the providers, started once, or attached to), `idp_world` (a fresh world for each test),
`idp_family` (a fresh family in it), `idp_clock`, `idp_faults`, `idp_journal`. A failed test prints its world's journal,
its seed and the line that replays it.

Nothing of the simulator is imported until a test asks for it.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from idp_mock.testing import Clock, FamilyOf, Faults, Journal, Providers, World

_WORLDS = pytest.StashKey[list["World"]]()
_SHARED = pytest.StashKey["Providers"]()
_LINES = 60


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the plugin; each can stand in the ini file too."""
    group = parser.getgroup("sferum-idp-mock", "simulator of ESIA and VK ID")
    for name, text in {
        "idp-mock-world": "world file that worlds are copies of; without it nobody lives in them",
        "idp-mock-url": "control address of a simulator that runs already, such as http://127.0.0.1:8103",
        "idp-mock-token": "its control token",
        "idp-mock-seed": "seed of all families of the run, to replay a failure",
    }.items():
        group.addoption(f"--{name}", default=None, help=text)
        parser.addini(name.replace("-", "_"), text, default="")
    group.addoption(
        "--idp-mock-shared",
        action="store_true",
        help="with pytest-xdist: one simulator for all workers, not one for each",
    )


def _option(config: pytest.Config, name: str) -> str:
    return str(config.getoption(f"--{name}") or config.getini(name.replace("-", "_")) or "")


def pytest_configure(config: pytest.Config) -> None:
    """Chooses the run's seed, and starts the one simulator for all workers if that is wished."""
    worker = getattr(config, "workerinput", None)
    chosen = _option(config, "idp-mock-seed")
    seed = int(chosen) if chosen else (worker or {}).get("idp_mock_seed") or random.SystemRandom().randint(1, 9_000_000)
    config.stash[_SEED] = seed


_SEED = pytest.StashKey[int]()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tells a worker of pytest-xdist the seed, and where the shared simulator is."""
    config: pytest.Config = node.config
    node.workerinput["idp_mock_seed"] = config.stash[_SEED]
    if config.getoption("--idp-mock-shared") and not _option(config, "idp-mock-url"):
        if _SHARED not in config.stash:
            config.stash[_SHARED] = _start(config)
        node.workerinput["idp_mock_addresses"] = config.stash[_SHARED].addresses


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stops the simulator that all workers shared."""
    if _SHARED in config.stash:
        config.stash[_SHARED].stop()


def _start(config: pytest.Config) -> Providers:
    from idp_mock.testing import Providers

    world = _option(config, "idp-mock-world")
    return Providers.start(config.rootpath / world if world else None)


@pytest.fixture(scope="session")
def idp_mock(pytestconfig: pytest.Config) -> Iterator[Providers]:
    """ESIA and VK ID: started once in a thread, shared by all workers, or attached to, as the options say."""
    from idp_mock.testing import Providers

    url, addresses = _option(pytestconfig, "idp-mock-url"), getattr(pytestconfig, "workerinput", {})
    if url:
        yield Providers.attach(url, _option(pytestconfig, "idp-mock-token"))
    elif "idp_mock_addresses" in addresses:
        yield Providers(json.loads(addresses["idp_mock_addresses"]))
    else:
        with _start(pytestconfig) as providers:
            yield providers


@pytest.fixture
def idp_world(idp_mock: Providers, request: pytest.FixtureRequest) -> Iterator[World]:
    """A world of the test's own; forgotten at its end."""
    from idp_mock.testing import World

    readable = re.sub(r"[^A-Za-z0-9]+", "-", request.node.name).strip("-")[:40] or "test"
    name = f"{readable}-{random.SystemRandom().getrandbits(32):08x}"
    with World.create(idp_mock, name, seed=_seed_of(request)) as world:
        request.node.stash.setdefault(_WORLDS, []).append(world)
        yield world


def _seed_of(request: pytest.FixtureRequest) -> int:
    """Follows from the run's seed and the test's name: a test alone meets the same families as in the whole run."""
    return random.Random(f"{request.config.stash[_SEED]} {request.node.nodeid}").randint(1, 9_000_000)  # noqa: S311


@pytest.fixture
def idp_family(idp_world: World) -> FamilyOf:
    """A mother and a child, with school, ESIA accounts and VK profiles; `idp_world.family(...)` makes others."""
    return idp_world.family()


@pytest.fixture
def idp_clock(idp_world: World) -> Clock:
    """The time of the test's world."""
    return idp_world.clock


@pytest.fixture
def idp_faults(idp_world: World) -> Faults:
    """What goes wrong in the test's world."""
    return idp_world.faults


@pytest.fixture
def idp_journal(idp_world: World) -> Journal:
    """What came to the providers of the test's world."""
    return idp_world.journal


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Adds to a failure what its world saw."""
    report = yield
    if report.when == "call" and report.failed:
        for world in item.stash.get(_WORLDS, []):
            report.sections.append((f"simulator, world {world.name}", _told(item, world)))
    return report


def _told(item: pytest.Item, world: World) -> str:
    from idp_mock.testing import ControlFailed

    try:
        lines = world.journal.lines()
    except ControlFailed as error:
        lines = [f"the journal cannot be read: {error}"]
    if len(lines) > _LINES:
        lines = [f"… {len(lines) - _LINES} entries before", *lines[-_LINES:]]
    replay = f"pytest '{item.nodeid}' --idp-mock-seed {item.config.stash[_SEED]}"
    return "\n".join([*lines, f"seed {item.config.stash[_SEED]}; to replay: {replay}"])


__all__ = ["idp_clock", "idp_family", "idp_faults", "idp_journal", "idp_mock", "idp_world"]
