"""A town of its own for each test."""

from collections.abc import AsyncIterator

import pytest
from binding_server.store.sqlite import SqliteStore, WorldTemplate
from binding_server.store.vault import Vault

from .cast import NOON, directory
from .town import Town, make_town


@pytest.fixture(scope="session")
def template() -> WorldTemplate:
    return WorldTemplate.build()


@pytest.fixture(scope="session")
def vault() -> Vault:
    return Vault(b"\x07" * 32)


@pytest.fixture
async def town(template: WorldTemplate, vault: Vault) -> AsyncIterator[Town]:
    store = SqliteStore.in_memory(template, vault)
    outcomes = await store.apply_roster(directory(vault), NOON)
    assert {outcome.change for outcome in outcomes} == {"CREATED"}
    yield make_town(store, vault)
    await store.close()
