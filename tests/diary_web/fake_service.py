"""A binding service that answers from a small story and refuses when told to. It decides nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf import any_pb2
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status
from sferum.binding.v1 import (
    binding_service_pb2,
    binding_service_pb2_grpc,
    chat_service_pb2,
    chat_service_pb2_grpc,
    contact_service_pb2,
    contact_service_pb2_grpc,
    directory_service_pb2,
    directory_service_pb2_grpc,
    resources_pb2,
)

VK_AUTHORIZE = "https://vk.example/authorize"


@dataclass
class Call:
    """One call that reached the service."""

    method: str
    request: Any
    metadata: dict[str, str]


@dataclass
class Refusal:
    """What a method is to answer instead."""

    code: grpc.StatusCode
    reason: str
    message: str = "Отказ службы."
    remedies: tuple[tuple[str, str], ...] = ()
    metadata: dict[str, str] = field(default_factory=dict)


def account(name: str, role: str, display_name: str, pupils: tuple[str, ...] = ()) -> resources_pb2.DiaryAccount:
    return resources_pb2.DiaryAccount(
        name=f"accounts/{name}",
        person=f"persons/{name.partition('-')[0]}",
        role=f"ROLE_{role}",
        display_name=display_name,
        state=resources_pb2.DiaryAccount.STATE_ACTIVE,
        classes=[resources_pb2.SchoolClass(name="classes/s5-2026-5a", display_name="5А", year=2026)],
        pupils=[f"accounts/{pupil}" for pupil in pupils],
    )


class FakeService(
    binding_service_pb2_grpc.BindingServiceServicer,
    chat_service_pb2_grpc.ChatServiceServicer,
    contact_service_pb2_grpc.ContactServiceServicer,
    directory_service_pb2_grpc.DirectoryServiceServicer,
):
    """Vera, parent of Anya and Boris; what she binds is there until she unbinds."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.refusals: dict[str, list[Refusal]] = {}
        self.accounts = [account("vera-parent", "PARENT", "Воронова Вера Павловна", ("anya-pupil", "boris-pupil"))]
        self.pupils = [
            account("anya-pupil", "PUPIL", "Воронова Анна Глебовна"),
            account("boris-pupil", "PUPIL", "Воронов Борис Глебович"),
        ]
        self.binding: resources_pb2.Binding | None = None
        self.diagnosis = binding_service_pb2.DiagnoseAccountResponse()
        self.preview_diagnosis = resources_pb2.DIAGNOSIS_OK
        self._attempts = 0

    def refuse(self, method: str, refusal: Refusal) -> None:
        """The next call of `method` is refused."""
        self.refusals.setdefault(method, []).append(refusal)

    def called(self, method: str) -> list[Any]:
        """Requests of the method so far."""
        return [call.request for call in self.calls if call.method == method]

    def bind(self) -> None:
        """Binds Vera's account without a call."""
        self.binding = resources_pb2.Binding(
            name="bindings/b1",
            account="accounts/vera-parent",
            state=resources_pb2.Binding.STATE_ACTIVE,
            diagnosis=resources_pb2.DIAGNOSIS_OK,
            chats=resources_pb2.Binding.CHATS_STATE_READY,
            vk_user_id="700300103",
            educational_roles=[resources_pb2.EDUCATIONAL_ROLE_PARENT],
            contact_masked="+7 *** *** ** 03",
            create_time=Timestamp(seconds=1_795_000_000),
            etag="e1",
        )
        self.accounts[0].binding = self.binding.name

    async def note(self, method: str, request: Any, context: grpc.aio.ServicerContext) -> None:
        metadata = {key: str(value) for key, value in context.invocation_metadata() or ()}
        self.calls.append(Call(method, request, metadata))
        if waiting := self.refusals.get(method):
            await _abort(context, waiting.pop(0))

    async def ListMyAccounts(self, request: Any, context: grpc.aio.ServicerContext) -> Any:
        await self.note("ListMyAccounts", request, context)
        return directory_service_pb2.ListMyAccountsResponse(
            person="persons/vera", accounts=self.accounts, pupils=self.pupils
        )

    async def GetAccount(self, request: Any, context: grpc.aio.ServicerContext) -> Any:
        await self.note("GetAccount", request, context)
        await _abort(context, Refusal(grpc.StatusCode.PERMISSION_DENIED, "ACCOUNT_NOT_ACCESSIBLE"))

    async def StartBinding(self, request: Any, context: grpc.aio.ServicerContext) -> Any:
        await self.note("StartBinding", request, context)
        self._attempts += 1
        return resources_pb2.BindingAttempt(
            name=f"attempts/a{self._attempts}",
            account=request.account,
            state=resources_pb2.BindingAttempt.STATE_PENDING,
            authorization_uri=f"{VK_AUTHORIZE}?client_id=51000066&state=vk-state-{self._attempts}",
        )

    async def SendContactCode(self, request: Any, context: grpc.aio.ServicerContext) -> Any:
        await self.note("SendContactCode", request, context)
        return contact_service_pb2.SendContactCodeResponse(contact_masked="+7 *** *** ** 77")

    async def ConfirmContact(self, request: Any, context: grpc.aio.ServicerContext) -> Any:
        await self.note("ConfirmContact", request, context)
        return contact_service_pb2.ConfirmContactResponse(contact_masked="+7 *** *** ** 77")

    async def CompleteBinding(self, request: Any, context: grpc.aio.ServicerContext) -> Any:
        await self.note("CompleteBinding", request, context)
        if request.preview:
            preview = binding_service_pb2.BindingPreview(
                profile_name="Вера Воронова",
                vk_user_id="700300103",
                phone_masked="+7 *** *** ** 03",
                educational_roles=[resources_pb2.EDUCATIONAL_ROLE_PARENT],
                chat_titles=["5А · Родители"],
                diagnosis=self.preview_diagnosis,
            )
            return binding_service_pb2.CompleteBindingResponse(preview=preview)
        self.bind()
        return binding_service_pb2.CompleteBindingResponse(binding=self.binding, message="Учебный профиль привязан.")

    async def CancelAttempt(self, request: Any, context: grpc.aio.ServicerContext) -> Any:
        await self.note("CancelAttempt", request, context)
        return resources_pb2.BindingAttempt(name=request.name, state=resources_pb2.BindingAttempt.STATE_CANCELLED)

    async def GetBinding(self, request: Any, context: grpc.aio.ServicerContext) -> Any:
        await self.note("GetBinding", request, context)
        return self.binding

    async def Unbind(self, request: Any, context: grpc.aio.ServicerContext) -> Any:
        await self.note("Unbind", request, context)
        self.binding = None
        self.accounts[0].binding = ""
        return binding_service_pb2.UnbindResponse(message="Привязка отменена.")

    async def DiagnoseAccount(self, request: Any, context: grpc.aio.ServicerContext) -> Any:
        await self.note("DiagnoseAccount", request, context)
        answer = binding_service_pb2.DiagnoseAccountResponse()
        answer.CopyFrom(self.diagnosis)
        if self.binding is not None:
            answer.binding.CopyFrom(self.binding)
        return answer

    async def ListChats(self, request: Any, context: grpc.aio.ServicerContext) -> Any:
        await self.note("ListChats", request, context)
        if self.binding is None:
            return chat_service_pb2.ListChatsResponse()
        # Two pages, so that a client that reads only the first one is seen.
        if not request.page_token:
            return chat_service_pb2.ListChatsResponse(chats=[_chat("c1", "5А · Родители")], next_page_token="more")
        return chat_service_pb2.ListChatsResponse(chats=[_chat("c2", "9Б · Родители")])

    async def ListChatMembers(self, request: Any, context: grpc.aio.ServicerContext) -> Any:
        await self.note("ListChatMembers", request, context)
        member = resources_pb2.ChatMember(
            name=f"{request.parent}/members/gleb-parent",
            account="accounts/gleb-parent",
            display_name="Воронов Глеб Андреевич",
            educational_role=resources_pb2.EDUCATIONAL_ROLE_PARENT,
            state=resources_pb2.ChatMember.STATE_MEMBER,
        )
        return chat_service_pb2.ListChatMembersResponse(members=[member])

    def serve(self, server: grpc.aio.Server) -> int:
        """Adds the service to a server on a free loopback port and returns the port."""
        binding_service_pb2_grpc.add_BindingServiceServicer_to_server(self, server)
        chat_service_pb2_grpc.add_ChatServiceServicer_to_server(self, server)
        contact_service_pb2_grpc.add_ContactServiceServicer_to_server(self, server)
        directory_service_pb2_grpc.add_DirectoryServiceServicer_to_server(self, server)
        return server.add_insecure_port("127.0.0.1:0")


def _chat(chat_id: str, title: str) -> resources_pb2.Chat:
    kind = resources_pb2.CHAT_KIND_PARENTS
    return resources_pb2.Chat(name=f"chats/{chat_id}", kind=kind, display_name=title, member_count=1, ready=True)


# The stubs of grpc.aio do not know abort_with_status.
async def _abort(context: Any, refusal: Refusal) -> None:
    metadata = {**refusal.metadata, "remedies": ",".join(action for action, _ in refusal.remedies)}
    violations = [
        error_details_pb2.PreconditionFailure.Violation(type=action, description=sentence)
        for action, sentence in refusal.remedies
    ]
    details = [
        error_details_pb2.ErrorInfo(reason=refusal.reason, domain="sferum-binding", metadata=metadata),
        error_details_pb2.LocalizedMessage(locale="ru", message=refusal.message),
        error_details_pb2.PreconditionFailure(violations=violations),
    ]
    packed = []
    for detail in details:
        box = any_pb2.Any()
        box.Pack(detail)
        packed.append(box)
    status = status_pb2.Status(code=refusal.code.value[0], message=refusal.message, details=packed)
    await context.abort_with_status(rpc_status.to_status(status))
