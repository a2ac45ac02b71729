"""ChatService."""

# ruff: noqa: N802 - the names are those of the contract

from collections.abc import AsyncGenerator

from sferum.binding.v1 import chat_service_pb2 as pb
from sferum.binding.v1 import resources_pb2

from binding_server.api import convert_in as given
from binding_server.api import convert_out as out
from binding_server.api import convert_watch as watching
from binding_server.api.call import Call
from binding_server.use_cases.batches import batch_list_chats
from binding_server.use_cases.chats import get_chat, list_chat_members, list_chats
from binding_server.use_cases.watch_chats import watch_chats


class ChatServicer:
    """Each method: convert in, one use case, convert out."""

    async def ListChats(self, request: pb.ListChatsRequest, call: Call) -> pb.ListChatsResponse:
        """Lists the chats that an account sees."""
        page = await list_chats(
            call.services,
            call.caller,
            account_id=given.id_of(request.parent),
            limit=given.page_size(request.page_size),
            after=given.page_start(request.page_token),
        )
        chats = [out.chat(chat) for chat in page.chats]
        return pb.ListChatsResponse(chats=chats, next_page_token=given.page_token(page.next))

    async def GetChat(self, request: pb.GetChatRequest, call: Call) -> resources_pb2.Chat:
        """Returns a chat."""
        return out.chat(await get_chat(call.services, call.caller, given.id_of(request.name)))

    async def ListChatMembers(self, request: pb.ListChatMembersRequest, call: Call) -> pb.ListChatMembersResponse:
        """Lists the members of a chat."""
        page = await list_chat_members(
            call.services,
            call.caller,
            chat_id=given.id_of(request.parent),
            limit=given.page_size(request.page_size),
            after=given.page_start(request.page_token),
        )
        members = [out.chat_member(member) for member in page.members]
        return pb.ListChatMembersResponse(members=members, next_page_token=given.page_token(page.next))

    async def BatchListChats(self, request: pb.BatchListChatsRequest, call: Call) -> pb.BatchListChatsResponse:
        """Lists the chats of many accounts."""
        accounts = [given.id_of(parent) for parent in request.parents]
        found = await batch_list_chats(call.services, call.caller, accounts)
        return watching.batch_of_chats(request.parents, found)

    async def WatchChats(self, request: pb.WatchChatsRequest, call: Call) -> AsyncGenerator[pb.WatchChatsResponse]:
        """Follows chats."""
        wanted, kinds = watching.watch_filter(request.filter), watching.chat_kinds(request.kinds)
        async for step in watch_chats(call.services, call.caller, wanted, kinds, request.resume_token):
            yield watching.chat_step(step)
