"""Who calls, by the token; what persons may read of accounts and chats."""

import base64
import json

import pytest
from binding_server.domain.model import Role
from binding_server.domain.reasons import Reason
from binding_server.domain.roster import AccountItem, GuardianshipItem
from binding_server.use_cases.callers import authenticate
from binding_server.use_cases.chats import get_chat, list_chat_members, list_chats
from binding_server.use_cases.directory import get_account, list_accounts, list_my_accounts
from binding_server.use_cases.services import Caller

from .cast import OIDS
from .expect import refused
from .fakes import NoServiceTokens
from .town import Town


def jwt(header: object) -> str:
    """Returns an unsigned token with a header."""
    return base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode() + ".e30.AA"


async def call(town: Town, token: str) -> Caller:
    """Authenticates."""
    return await authenticate(town.services, token, lambda: 10.0)


class TestAToken:
    async def test_of_esia_names_a_person(self, town: Town) -> None:
        caller = await call(town, f"esia-{OIDS['vera']}")
        assert caller.person is not None
        assert (caller.person.id, caller.actor, caller.client_id) == ("vera", "person:vera", "EDIARY66")

    async def test_of_esia_may_name_somebody_unknown(self, town: Town) -> None:
        caller = await call(town, "esia-5")
        assert (caller.person, caller.actor) == (None, "unknown")

    async def test_of_a_back_end_names_it(self, town: Town) -> None:
        caller = await call(town, NoServiceTokens.TOKEN)
        assert caller.service is not None
        assert (caller.actor, caller.client_id) == ("service:roster-feed", "service:roster-feed")

    @pytest.mark.rules("D1")
    @pytest.mark.parametrize(("token", "cause"), [("", "MISSING"), ("nonsense", "MALFORMED"), ("a.b.c", "MALFORMED")])
    async def test_that_is_none_asks_for_esia(self, town: Town, token: str, cause: str) -> None:
        with refused(Reason.ESIA_SESSION_REQUIRED, "D1") as refusal:
            await call(town, token)
        assert refusal().metadata == {"cause": cause}

    async def test_of_an_unknown_back_end_is_refused(self, town: Town) -> None:
        with refused(Reason.CALLER_UNKNOWN):
            await call(town, jwt({"alg": "ES256"}))

    @pytest.mark.parametrize("header", [{"alg": "RS256", "sbt": "access"}, {}, [], "text", 5, None])
    async def test_that_is_no_back_ends_is_for_esia_to_judge(self, town: Town, header: object) -> None:
        with refused(Reason.ESIA_SESSION_REQUIRED, "D1"):
            await call(town, jwt(header))

    @pytest.mark.parametrize("text", ["[" * 6000, "чужое", "\xff\xfe"])
    async def test_that_is_malicious_is_refused_as_any_other(self, town: Town, text: str) -> None:
        header = base64.urlsafe_b64encode(text.encode()).decode() if text.isascii() else text
        with refused(Reason.ESIA_SESSION_REQUIRED, "D1"):
            await call(town, f"{header}.e30.AA")


class TestAccounts:
    async def test_of_the_caller_come_with_the_childrens_and_the_organisations(self, town: Town) -> None:
        mine = await list_my_accounts(town.services, await town.caller("zhanna"))
        assert [context.account.id for context in mine.accounts] == ["zhanna", "zhanna-parent"]
        assert [context.account.id for context in mine.pupils] == ["zoya"]
        assert mine.organisations == ["s5"]

    @pytest.mark.parametrize("name", ["anya", "vera", "gleb", "ivan", "zhanna"])
    async def test_are_read_by_holder_family_and_school(self, town: Town, name: str) -> None:
        context = await get_account(town.services, await town.caller(name), "anya")
        assert context.account.id == "anya"

    @pytest.mark.parametrize(
        ("name", "account"), [("kira", "anya"), ("boris", "anya"), ("ivan", "lev"), ("anya", "vera")]
    )
    async def test_are_hidden_from_others(self, town: Town, name: str, account: str) -> None:
        with refused(Reason.ACCOUNT_NOT_ACCESSIBLE):
            await get_account(town.services, await town.caller(name), account)

    async def test_of_a_pupil_who_is_a_parent_too_are_hidden_from_the_pupils_parents(self, town: Town) -> None:
        await town.roster(
            AccountItem("boris-parent", "boris", Role.PARENT, closed=False),
            GuardianshipItem("boris", "lev", "PARENT", ended=False),
        )
        vera = await town.caller("vera")
        assert (await get_account(town.services, vera, "boris")).account.id == "boris"
        with refused(Reason.ACCOUNT_NOT_ACCESSIBLE):
            await get_account(town.services, vera, "boris-parent")

    async def test_of_an_organisation_are_listed_in_pages_for_its_staff(self, town: Town) -> None:
        caller = await town.caller("ivan")
        first = await list_accounts(town.services, caller, "s5", 4, None)
        rest = await list_accounts(town.services, caller, "s5", 100, first.next)
        found = [context.account.id for context in (*first.accounts, *rest.accounts)]
        assert found == sorted(found)
        assert set(found) == {
            *("anya", "boris", "egor", "zoya", "vera", "gleb", "dina", "zhanna", "zhanna-parent", "ivan")
        }
        assert rest.next is None
        with refused(Reason.CALLER_NOT_ALLOWED):
            await list_accounts(town.services, caller, "s7", 4, None)


class TestChats:
    async def test_are_listed_in_pages_for_holder_family_and_school(self, town: Town) -> None:
        await town.bind("vera")
        caller = await town.caller("vera")
        first = await list_chats(town.services, caller, "vera", 1, None)
        rest = await list_chats(town.services, caller, "vera", 1, first.next)
        assert [chat.school_class.id for chat in (*first.chats, *rest.chats)] == ["s5-5a", "s5-9b"]
        assert rest.next is None
        with refused(Reason.ACCOUNT_NOT_ACCESSIBLE):
            await list_chats(town.services, await town.caller("kira"), "vera", 1, None)

    async def test_are_read_by_members_and_by_the_school_only(self, town: Town) -> None:
        await town.bind("vera")
        [chat, _] = await town.store.chats_of_account("vera")
        for name in ("vera", "ivan"):
            assert (await get_chat(town.services, await town.caller(name), chat.id)).id == chat.id
        for name, wanted in (("gleb", chat.id), ("kira", chat.id), ("vera", "no-chat")):
            with refused(Reason.RESOURCE_NOT_ACCESSIBLE):
                await get_chat(town.services, await town.caller(name), wanted)

    async def test_of_a_child_are_read_by_those_who_represent_it(self, town: Town) -> None:
        await town.bind("anya")
        [chat] = await town.store.chats_of_account("anya")
        assert (await get_chat(town.services, await town.caller("vera"), chat.id)).id == chat.id
        with refused(Reason.RESOURCE_NOT_ACCESSIBLE):
            await get_chat(town.services, await town.caller("kira"), chat.id)

    async def test_show_their_members_in_pages(self, town: Town) -> None:
        await town.bind("vera")
        await town.bind("gleb")
        [chat, _] = await town.store.chats_of_account("vera")
        caller = await town.caller("vera")
        first = await list_chat_members(town.services, caller, chat.id, 1, None)
        rest = await list_chat_members(town.services, caller, chat.id, 5, first.next)
        assert [member.account_id for member in (*first.members, *rest.members)] == ["gleb", "vera"]
        assert rest.next is None
