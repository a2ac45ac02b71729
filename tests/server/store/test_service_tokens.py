"""Used tokens of back ends, and what the directory says of an organisation."""

import asyncio
from pathlib import Path

from binding_server.domain.roster import AccountItem, OrganisationItem
from binding_server.store.sqlite import SqliteStore
from binding_server.store.vault import Vault
from binding_server.use_cases.ports import Store

from .samples import DIRECTORY, NOON, after


async def test_a_token_is_used_once_per_back_end(port: Store) -> None:
    assert await port.use_service_token("a", "1", after(60))
    assert not await port.use_service_token("a", "1", after(90))
    assert await port.use_service_token("b", "1", after(60))
    assert await port.use_service_token("a", "2", after(60))


async def test_of_many_that_come_at_once_with_one_token_one_is_first(port: Store) -> None:
    came = await asyncio.gather(*(port.use_service_token("a", "1", after(60)) for _ in range(20)))
    assert sorted(came) == [False] * 19 + [True]


async def test_the_oldest_are_forgotten_first_and_none_before_its_end(port: Store) -> None:
    for number in range(5):
        await port.use_service_token("a", str(number), after(number))
    assert await port.forget_service_tokens(after(3), 2) == 2
    assert [await port.use_service_token("a", str(number), after(9)) for number in range(5)] == [
        True,
        True,
        False,
        False,
        False,
    ]
    assert await port.forget_service_tokens(after(3), 10) == 2
    assert await port.forget_service_tokens(NOON, 10) == 0


async def test_it_is_remembered_over_a_restart(tmp_path: Path, vault: Vault) -> None:
    first = SqliteStore.open(tmp_path / "x.sqlite3", vault)
    assert await first.use_service_token("a", "1", after(60))
    await first.close()
    second = SqliteStore.open(tmp_path / "x.sqlite3", vault)
    assert not await second.use_service_token("a", "1", after(60))
    await second.close()


async def test_an_organisation_lies_in_a_municipality(port: Store) -> None:
    for organisation in DIRECTORY:
        if isinstance(organisation, OrganisationItem):
            assert await port.municipality_of(organisation.id) == organisation.municipality_id
    assert await port.municipality_of("none") is None


async def test_an_account_says_in_which_municipalities_it_lies(port: Store) -> None:
    places = {item.id: item.municipality_id for item in DIRECTORY if isinstance(item, OrganisationItem)}
    seen: set[str] = set()
    for item in DIRECTORY:
        if isinstance(item, AccountItem):
            context = await port.account(item.id)
            assert context is not None
            assert context.municipalities == {places[each] for each in context.organisations}
            seen |= context.municipalities
    assert seen
