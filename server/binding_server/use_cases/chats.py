"""Reads the class chats that bindings make visible."""

from collections.abc import Sequence
from dataclasses import dataclass

from binding_server.domain.model import Chat, ChatMember
from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal
from binding_server.use_cases.callers import readable_account, reads_organisation
from binding_server.use_cases.services import Caller, Services


@dataclass(frozen=True, slots=True)
class ChatPage:
    """A page of chats; `next` is the id after which the next page begins, None on the last."""

    chats: Sequence[Chat]
    next: str | None


@dataclass(frozen=True, slots=True)
class MemberPage:
    """A page of members; `next` is the account id after which the next page begins, None on the last."""

    members: Sequence[ChatMember]
    next: str | None


async def list_chats(services: Services, caller: Caller, account_id: str, limit: int, after: str | None) -> ChatPage:
    """Returns what the tab «Чаты» of an account shows, in its order. Raises Refusal: ACCOUNT_NOT_ACCESSIBLE."""
    await readable_account(services, caller, account_id)
    chats = await services.store.chats_of_account(account_id)
    begin = next((index + 1 for index, chat in enumerate(chats) if chat.id == after), 0)
    page = chats[begin : begin + limit]
    return ChatPage(page, page[-1].id if len(chats) > begin + limit else None)


async def get_chat(services: Services, caller: Caller, chat_id: str) -> Chat:
    """Returns a chat that the caller or a represented child sees, or of an organisation that the caller reads: its
    staff, and back ends of its municipality.

    Raises:
        Refusal: RESOURCE_NOT_ACCESSIBLE for any other, existing or not.
    """
    chat = await services.store.chat(chat_id)
    reads = await reads_organisation(services, caller, chat.school_class.organisation_id if chat else "")
    if chat is None or not (reads or await _sees(services, caller, chat)):
        raise Refusal(Reason.RESOURCE_NOT_ACCESSIBLE)
    return chat


async def _sees(services: Services, caller: Caller, chat: Chat) -> bool:
    own = await services.store.accounts_of(caller.person.id) if caller.person else ()
    readable = {context.account.id for context in own} | {pupil for context in own for pupil in context.pupil_accounts}
    for account_id in sorted(readable):
        if any(visible.id == chat.id for visible in await services.store.chats_of_account(account_id)):
            return True
    return False


async def list_chat_members(
    services: Services, caller: Caller, chat_id: str, limit: int, after: str | None
) -> MemberPage:
    """Returns the members of a chat that the caller may read, by account id. Raises Refusal."""
    await get_chat(services, caller, chat_id)
    members = await services.store.chat_members(chat_id, limit + 1, after)
    page = members[:limit]
    return MemberPage(page, page[-1].account_id if len(members) > limit else None)
