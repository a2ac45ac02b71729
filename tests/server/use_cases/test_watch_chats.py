"""Following chats."""

from collections.abc import Sequence

from binding_server.domain.roster import EnrolmentItem
from binding_server.use_cases.watch_chats import AccountChats, ChatChange, ChatChangeKind

from .following import EVERYWHERE, Follower, back_end, chats, send, unbind
from .town import Town

CREATED, CHANGED = ChatChangeKind.CREATED, ChatChangeKind.MEMBERSHIP_CHANGED


def classes(found: AccountChats | None) -> list[str]:
    assert found is not None
    return [chat.school_class.id for chat in found.chats]


def told(changes: Sequence[ChatChange]) -> list[tuple[str, list[str]]]:
    """Returns account and classes of changed memberships, or the class of a chat that was made."""
    return [
        (change.account_chats.account_id, classes(change.account_chats))
        if change.account_chats
        else ("made", [change.chat.school_class.id] if change.chat else [])
        for change in changes
    ]


async def at_the_end(follower: Follower) -> Follower:
    await follower.snapshot()
    return follower


async def test_it_shows_the_chats_of_bound_accounts_and_then_what_happens(town: Town) -> None:
    await town.bind("vera")
    follower = chats(town, EVERYWHERE)
    (shown,) = await follower.snapshot()
    assert (shown.account_id, classes(shown)) == ("vera", ["s5-5a", "s5-9b"])
    await town.bind("anya")
    await unbind(town, "vera")
    assert told(await follower.changes(3)) == [("anya", ["s5-5a"]), ("made", ["s5-5a"]), ("vera", [])]


async def test_it_tells_a_chat_once_however_many_come(town: Town) -> None:
    follower = await at_the_end(chats(town, EVERYWHERE, kinds={CREATED}, heartbeat_s=0.1))
    for name in ("vera", "gleb"):
        await town.bind(name)
    assert told(await follower.changes(2)) == [("made", ["s5-5a"]), ("made", ["s5-9b"])]
    assert await follower.is_silent()


async def test_it_tells_that_memberships_follow_a_roster(town: Town) -> None:
    await town.bind("vera")
    follower = await at_the_end(chats(town, await town.caller("vera"), kinds={CHANGED}))
    await send(town, EnrolmentItem("boris", "s5-9b", ended=True))
    assert told(await follower.changes(1)) == [("vera", ["s5-5a"])]


async def test_it_shows_no_chats_of_those_who_went_elsewhere(town: Town) -> None:
    await town.bind("lev")
    left = await at_the_end(chats(town, back_end("lenient"), heartbeat_s=0.1))
    entered = await at_the_end(chats(town, back_end("strict")))
    await send(town, EnrolmentItem("lev", "s5-5a", ended=False), EnrolmentItem("lev", "s7-5a", ended=True))
    assert told(await left.changes(1)) == [("lev", [])]
    assert await left.is_silent()
    assert told(await entered.changes(1)) == [("lev", ["s5-5a"])]


async def test_it_shows_persons_the_chats_of_their_own(town: Town) -> None:
    follower = await at_the_end(chats(town, await town.caller("polina"), heartbeat_s=0.1))
    await town.bind("vera")
    await town.bind("lev")
    assert told(await follower.changes(2)) == [("lev", ["s7-5a"]), ("made", ["s7-5a"])]
    assert await follower.is_silent()
