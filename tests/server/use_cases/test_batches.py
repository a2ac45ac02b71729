"""Asking for many at once."""

from typing import Any

from binding_server.domain.reasons import Reason
from binding_server.store.sqlite import SqliteStore
from binding_server.use_cases.batches import batch_get_bindings, batch_list_chats
from binding_server.use_cases.read_bindings import BindingPage, BindingRef, get_binding, list_bindings
from binding_server.use_cases.services import Caller

from .expect import refused
from .following import EVERYWHERE, back_end, unbind
from .town import Town


async def accounts(town: Town, caller: Caller, *names: str) -> list[str | None]:
    refs = [BindingRef(account_id=name) for name in names]
    found = await batch_get_bindings(town.services, caller, refs)
    return [view.binding.account_id if view else None for view in found]


class TestBindings:
    async def test_it_answers_in_the_order_of_the_request_and_tells_what_is_not_there(self, town: Town) -> None:
        for name in ("vera", "anya", "lev"):
            await town.bind(name)
        order = ["lev", "nobody", "anya", "kira", "vera"]
        assert await accounts(town, EVERYWHERE, *order) == ["lev", None, "anya", None, "vera"]
        assert await accounts(town, back_end("strict"), *order) == [None, None, "anya", None, "vera"]
        assert await accounts(town, back_end(), *order) == [None] * 5
        assert await accounts(town, await town.caller("vera"), *order) == [None, None, "anya", None, "vera"]
        assert await accounts(town, await town.caller("ivan"), *order) == [None, None, "anya", None, "vera"]

    async def test_it_answers_as_get_binding_does(self, town: Town) -> None:
        await town.bind("vera")
        await unbind(town, "vera")
        await town.bind("vera")
        ended = await town.bind("anya")
        await unbind(town, "anya")
        assert ended.binding
        vera = await town.caller("vera")
        refs = [BindingRef(account_id="vera"), BindingRef(ended.binding.binding.id), BindingRef(account_id="anya")]
        views = await batch_get_bindings(town.services, vera, refs)
        assert views == [await get_binding(town.services, vera, ref) for ref in refs]
        assert [view.in_full for view in views if view] == [True, False, False]


class TestChats:
    async def test_it_answers_in_the_order_of_the_request(self, town: Town) -> None:
        for name in ("vera", "anya", "lev"):
            await town.bind(name)
        order = ["lev", "nobody", "anya", "boris", "vera"]

        async def seen(caller: Caller) -> list[list[str] | None]:
            found = await batch_list_chats(town.services, caller, order)
            return [[chat.school_class.id for chat in each.chats] if each else None for each in found]

        assert await seen(EVERYWHERE) == [["s7-5a"], None, ["s5-5a"], [], ["s5-5a", "s5-9b"]]
        assert await seen(await town.caller("vera")) == [None, None, ["s5-5a"], [], ["s5-5a", "s5-9b"]]
        assert await seen(back_end("lenient")) == [["s7-5a"], None, None, None, None]


async def test_it_takes_no_more_statements_for_many_than_for_one(town: Town) -> None:
    for name in ("vera", "anya", "lev"):
        await town.bind(name)

    async def statements(names: list[str]) -> int:
        counted: list[str] = []
        raw = raw_connection(town.store)
        raw.set_trace_callback(counted.append)
        await accounts(town, EVERYWHERE, *names)
        await batch_list_chats(town.services, EVERYWHERE, names)
        raw.set_trace_callback(None)
        return len(counted)

    one = await statements(["vera"])
    assert await statements(["vera", "anya", "lev", *(f"nobody{place}" for place in range(497))]) <= one + 3


def raw_connection(store: SqliteStore) -> Any:
    """Looks through to the database itself, to count what it is asked."""
    inline: Any = store._engine._engine
    return inline._connection.raw


class TestMunicipality:
    async def test_it_is_listed_for_its_back_ends(self, town: Town) -> None:
        for name in ("vera", "anya", "lev"):
            await town.bind(name)
        first = await self.page(town, back_end("strict"), 1, None)
        assert [view.binding.account_id for view in first.bindings] == ["anya"]
        assert not first.bindings[0].in_full
        assert first.counts == {"OK": 2}
        second = await self.page(town, back_end("strict"), 1, first.next)
        assert [view.binding.account_id for view in second.bindings] == ["vera"]
        assert second.next is None
        assert second.counts == {}

    async def test_it_is_closed_to_others(self, town: Town) -> None:
        for caller in (back_end("lenient"), back_end(), await town.caller("vera"), await town.caller("zhanna")):
            with refused(Reason.CALLER_NOT_ALLOWED):
                await self.page(town, caller, 1, None)

    async def page(self, town: Town, caller: Caller, size: int, before: str | None) -> BindingPage:
        return await list_bindings(town.services, caller, None, None, None, None, size, before, "strict")
