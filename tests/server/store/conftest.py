"""The store's tests are a conformance suite: each runs against every engine."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from binding_server.store.sqlite import SqliteStore, WorldTemplate
from binding_server.store.store import SqlStore
from binding_server.store.vault import Vault
from binding_server.use_cases.ports import Store

from .samples import DIRECTORY, NOON, SECRET, Records


@pytest.fixture(scope="session")
def template() -> WorldTemplate:
    return WorldTemplate.build()


@pytest.fixture(scope="session")
def vault() -> Vault:
    return Vault(SECRET)


@pytest.fixture(params=["sqlite-file", "sqlite-memory"])
async def store(
    request: pytest.FixtureRequest, tmp_path: Path, template: WorldTemplate, vault: Vault
) -> AsyncIterator[SqlStore]:
    """A store of each kind, with the sample directory."""
    if request.param == "sqlite-file":
        opened: SqlStore = SqliteStore.open(tmp_path / "binding.sqlite3", vault)
    else:
        opened = SqliteStore.in_memory(template, vault)
    outcomes = await opened.apply_roster(DIRECTORY, NOON)
    assert {outcome.change for outcome in outcomes} == {"CREATED"}
    yield opened
    await opened.close()


@pytest.fixture
def port(store: SqlStore) -> Store:
    """The same store, seen as what the use cases need; the type checker holds them together."""
    return store


@pytest.fixture
def records(store: SqlStore, vault: Vault) -> Records:
    return Records(store, vault)
