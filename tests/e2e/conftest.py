"""The whole stack as processes, once for a run; a world of its own for every test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from binding_client.testing import Stack, World

from .auditing import SERVICES as AUDITORS
from .documents import Document, copy_of, with_policy
from .streams import QUICK, SERVICES
from .visiting import with_operator_elsewhere

NewWorld = Callable[[Document | None], World]
"""Makes a world from a document, the demo's if None; it is dropped after the test."""


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The simulator and the binding service. `reports` is a back end that may call nothing."""
    with Stack(test_worlds=True, services={"reports": []}) as running:
        yield running


@pytest.fixture
def document(stack: Stack) -> dict[str, Any]:
    """The demo world's document, for the test to change."""
    return copy_of(stack.default.document)


@pytest.fixture
def new_world(stack: Stack) -> Iterator[NewWorld]:
    """Makes worlds."""
    with ExitStack() as worlds:

        def make(document: Document | None = None) -> World:
            return worlds.enter_context(stack.world(document))

        yield make


@pytest.fixture
def world(new_world: NewWorld) -> World:
    """The demo world: policy STRICT at the school of the cast."""
    return new_world(None)


@pytest.fixture
def lenient(new_world: NewWorld, document: Document) -> World:
    """The demo world with policy LENIENT everywhere."""
    return new_world(with_policy(document, "LENIENT"))


@pytest.fixture(scope="session")
def followed_worlds() -> Iterator[Stack]:
    """A stack with back ends that read everywhere, in one municipality, in the other one."""
    with Stack(test_worlds=True, services=SERVICES, environment=QUICK) as running:
        yield running


@pytest.fixture
def city(followed_worlds: Stack) -> Iterator[World]:
    """The demo world, of that stack."""
    with followed_worlds.world() as world:
        yield world


@pytest.fixture(scope="session")
def audited() -> Iterator[Stack]:
    """A stack with support of all, of one and of the other municipality."""
    with Stack(test_worlds=True, services=AUDITORS, environment={"BINDING_HOUSEKEEPING_S": "0.2"}) as running:
        yield running


@pytest.fixture
def town(audited: Stack) -> Iterator[World]:
    """The demo world of that stack, in which Kira is an operator at the other school."""
    with audited.world(with_operator_elsewhere(copy_of(audited.default.document))) as world:
        yield world
