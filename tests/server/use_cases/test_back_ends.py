"""What back ends may do: by themselves within their municipalities, and on behalf of a person what that person may."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from binding_server.domain.model import EntryPoint
from binding_server.domain.reasons import Reason
from binding_server.use_cases.callers import authenticate, on_behalf_of, require_municipality, require_service
from binding_server.use_cases.chats import get_chat, list_chat_members, list_chats
from binding_server.use_cases.diagnose import diagnose_account, explain_binding
from binding_server.use_cases.directory import get_account, list_accounts, list_my_accounts
from binding_server.use_cases.housekeeping import BATCH, forget_service_tokens
from binding_server.use_cases.read_bindings import BindingRef, get_binding, list_bindings, unbind
from binding_server.use_cases.services import Caller, ServiceIdentity, Services, ServiceToken
from binding_server.use_cases.start_binding import start_binding

from .cast import CLIENT, CONTACTS, OIDS, REDIRECT
from .expect import refused
from .fakes import NoServiceTokens, identity
from .town import Town

Read = Callable[[Town, Caller, str], Awaitable[object]]


def back_end(*municipalities: str) -> Caller:
    """A back end by itself; of all municipalities if none is named."""
    return Caller(lambda: 10.0, service=ServiceIdentity("reports", frozenset(), frozenset(municipalities) or None))


async def behalf(town: Town, name: str, acts_for: str = CLIENT, token: str = "") -> Caller:
    """A back end that calls for a person."""
    service = ServiceIdentity("reports", frozenset(), frozenset(), frozenset({acts_for}))
    return await on_behalf_of(
        town.services, Caller(lambda: 10.0, service=service), token or f"esia-{OIDS.get(name, 5)}"
    )


async def a_chat(town: Town, account: str) -> str:
    return (await town.store.chats_of_account(account))[0].id


OF_AN_ACCOUNT: dict[str, tuple[Read, Reason]] = {
    "binding": (
        lambda town, caller, name: get_binding(town.services, caller, BindingRef(account_id=name)),
        Reason.RESOURCE_NOT_ACCESSIBLE,
    ),
    "bindings": (
        lambda town, caller, name: list_bindings(town.services, caller, name, None, None, None, 5, None),
        Reason.ACCOUNT_NOT_ACCESSIBLE,
    ),
    "diagnosis": (
        lambda town, caller, name: diagnose_account(town.services, caller, name),
        Reason.ACCOUNT_NOT_ACCESSIBLE,
    ),
    "chats": (
        lambda town, caller, name: list_chats(town.services, caller, name, 5, None),
        Reason.ACCOUNT_NOT_ACCESSIBLE,
    ),
    "account": (lambda town, caller, name: get_account(town.services, caller, name), Reason.ACCOUNT_NOT_ACCESSIBLE),
}
OF_AN_ORGANISATION: dict[str, Read] = {
    "bindings": lambda town, caller, name: list_bindings(town.services, caller, None, name, None, None, 5, None),
    "accounts": lambda town, caller, name: list_accounts(town.services, caller, name, 5, None),
}
OF_A_CHAT: dict[str, Read] = {
    "chat": lambda town, caller, name: get_chat(town.services, caller, name),
    "members": lambda town, caller, name: list_chat_members(town.services, caller, name, 5, None),
}


class TestByItself:
    @pytest.mark.parametrize("what", OF_AN_ACCOUNT)
    @pytest.mark.parametrize("caller", [back_end("strict"), back_end("lenient", "strict"), back_end()])
    async def test_it_reads_accounts_of_its_municipalities(self, town: Town, what: str, caller: Caller) -> None:
        await town.bind("anya")
        assert await OF_AN_ACCOUNT[what][0](town, caller, "anya")

    @pytest.mark.parametrize("what", OF_AN_ACCOUNT)
    @pytest.mark.parametrize("account", ["anya", "nobodys"])
    async def test_it_learns_nothing_of_others_not_even_that_they_exist(
        self, town: Town, what: str, account: str
    ) -> None:
        await town.bind("anya")
        read, reason = OF_AN_ACCOUNT[what]
        with refused(reason) as refusal:
            await read(town, back_end("lenient"), account)
        assert refusal().metadata == {}

    @pytest.mark.parametrize("what", OF_AN_ORGANISATION)
    async def test_it_reads_organisations_of_its_municipalities_only(self, town: Town, what: str) -> None:
        read = OF_AN_ORGANISATION[what]
        assert await read(town, back_end("strict"), "s5")
        for caller, organisation in ((back_end("lenient"), "s5"), (back_end("strict"), "none"), (back_end(), "none")):
            with refused(Reason.CALLER_NOT_ALLOWED) as refusal:
                await read(town, caller, organisation)
            assert refusal().metadata == {}

    @pytest.mark.parametrize("what", OF_A_CHAT)
    async def test_it_reads_chats_of_its_municipalities_only(self, town: Town, what: str) -> None:
        await town.bind("anya")
        chat = await a_chat(town, "anya")
        assert await OF_A_CHAT[what](town, back_end("strict"), chat)
        for caller, name in ((back_end("lenient"), chat), (back_end(), "none")):
            with refused(Reason.RESOURCE_NOT_ACCESSIBLE):
                await OF_A_CHAT[what](town, caller, name)

    async def test_it_sees_vk_id_numbers_masked_only(self, town: Town) -> None:
        await town.bind("anya")
        view = await get_binding(town.services, back_end(), BindingRef(account_id="anya"))
        page = await list_bindings(town.services, back_end(), "anya", None, None, None, 5, None)
        diagnosis = await diagnose_account(town.services, back_end(), "anya")
        assert diagnosis.binding
        assert not any(each.in_full for each in (view, *page.bindings, diagnosis.binding))

    async def test_it_does_nothing_that_is_a_persons(self, town: Town) -> None:
        done = await town.bind("anya")
        assert done.binding
        ref = BindingRef(binding_id=done.binding.binding.id)
        calls: list[Awaitable[object]] = [
            unbind(town.services, back_end(), ref, EntryPoint.API, "", ""),
            start_binding(town.services, back_end(), "vera", CONTACTS["vera"], REDIRECT, None, ""),
            explain_binding(town.services, back_end(), "anya", "", None),
            list_my_accounts(town.services, back_end()),
        ]
        for call in calls:
            with refused(Reason.CALLER_NOT_ALLOWED):
                await call
        assert await town.is_bound("anya")

    def test_a_municipality_by_name_it_is_one_of_its_own(self) -> None:
        require_municipality(back_end("strict"), "strict")
        require_municipality(back_end(), "strict")
        for caller in (back_end("lenient"), Caller(lambda: 10.0)):
            with refused(Reason.CALLER_NOT_ALLOWED):
                require_municipality(caller, "strict")


class TestOnBehalf:
    async def test_it_has_the_persons_rights_and_not_its_own(self, town: Town) -> None:
        await town.bind("anya")
        caller = replace(await behalf(town, "anya"), service=replace(NOBODY, municipalities=None))
        assert (await get_binding(town.services, caller, BindingRef(account_id="anya"))).in_full
        assert (await list_my_accounts(town.services, caller)).person.id == "anya"
        with refused(Reason.RESOURCE_NOT_ACCESSIBLE):
            await get_binding(town.services, caller, BindingRef(account_id="vera"))
        with refused(Reason.CALLER_NOT_ALLOWED):
            require_municipality(caller, "strict")

    async def test_the_audit_names_the_person_and_through_whom(self, town: Town) -> None:
        await town.bind("anya")
        caller = await behalf(town, "anya")
        await unbind(town.services, caller, BindingRef(account_id="anya"), EntryPoint.API, "", "")
        sql = "SELECT actor, client_id, account_id FROM audit WHERE action = 'binding.unbind'"
        [row] = await town.store._engine.read(lambda connection: connection.all(sql))
        assert (row["actor"], row["client_id"], row["account_id"]) == ("person:anya", "service:reports", "anya")

    async def test_browsers_return_where_the_back_end_says_not_the_diary(self, town: Town) -> None:
        caller = await behalf(town, "vera")
        with refused(Reason.REDIRECT_URI_NOT_ALLOWED):
            await start_binding(town.services, caller, "vera", CONTACTS["vera"], REDIRECT, None, "")

    async def test_a_token_given_to_another_system_it_is_refused(self, town: Town) -> None:
        with refused(Reason.CALLER_NOT_ALLOWED) as refusal:
            await behalf(town, "vera", acts_for="ANOTHER")
        assert refusal().metadata == {}

    @pytest.mark.parametrize(("token", "cause"), [(" ", "MALFORMED"), ("nonsense", "MALFORMED")])
    async def test_a_token_that_is_none_it_is_d1(self, town: Town, token: str, cause: str) -> None:
        with refused(Reason.ESIA_SESSION_REQUIRED, "D1") as refusal:
            await behalf(town, "vera", token=token)
        assert refusal().metadata == {"cause": cause}

    async def test_a_person_may_not_act_for_another(self, town: Town) -> None:
        with refused(Reason.CALLER_NOT_ALLOWED):
            await on_behalf_of(town.services, await town.caller("gleb"), f"esia-{OIDS['vera']}")

    async def test_somebody_unknown_to_the_directory_it_is_refused(self, town: Town) -> None:
        caller = await behalf(town, "nobody")
        with refused(Reason.ACCOUNT_NOT_ACCESSIBLE):
            await list_my_accounts(town.services, caller)

    async def test_it_imports_no_roster(self, town: Town) -> None:
        method = "DirectoryService/ImportRoster"
        caller = Caller(lambda: 10.0, service=replace(NOBODY, methods=frozenset({method})))
        require_service(caller, method)
        with refused(Reason.CALLER_NOT_ALLOWED):
            require_service(replace(caller, identity=identity(1)), method)


NOBODY = ServiceIdentity("reports", frozenset())


class Tokens(NoServiceTokens):
    """Lets each use of the fixed token have the id that comes next."""

    def __init__(self, town: Town, *ids: str) -> None:
        self.town = town
        self.ids = list(ids)

    def verify(self, token: str, now: object) -> ServiceToken:
        made = super().verify(token, self.town.clock.now())
        return replace(made, id=self.ids.pop(0))


class TestItsToken:
    def services(self, town: Town, *ids: str) -> Services:
        return replace(town.services, service_tokens=Tokens(town, *ids))

    async def test_it_is_good_for_one_call(self, town: Town) -> None:
        services = self.services(town, "1", "2", "1")
        for _ in range(2):
            await authenticate(services, NoServiceTokens.TOKEN, lambda: 10.0)
        with refused(Reason.CALLER_UNKNOWN):
            await authenticate(services, NoServiceTokens.TOKEN, lambda: 10.0)

    async def test_used_ones_are_forgotten_once_they_have_expired(self, town: Town) -> None:
        services = self.services(town, *(str(number) for number in range(BATCH + 1)), "late", "late")
        for _ in range(BATCH + 1):
            await authenticate(services, NoServiceTokens.TOKEN, lambda: 10.0)
        town.clock.advance(timedelta(minutes=4))
        await authenticate(services, NoServiceTokens.TOKEN, lambda: 10.0)
        assert await forget_service_tokens(services) == 0
        town.clock.advance(timedelta(minutes=1))
        assert await forget_service_tokens(services) == BATCH + 1
        with refused(Reason.CALLER_UNKNOWN):
            await authenticate(services, NoServiceTokens.TOKEN, lambda: 10.0)
