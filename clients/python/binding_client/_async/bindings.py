"""Binding, diagnosing and chats."""

from sferum.binding.v1 import (
    binding_service_pb2,
    chat_service_pb2,
)
from sferum.binding.v1.binding_service_pb2 import (
    AuthorizationResult,
    CompleteBindingResponse,
    DiagnoseAccountResponse,
    ExplainBindingResponse,
    ListBindingsResponse,
    UnbindResponse,
)
from sferum.binding.v1.chat_service_pb2 import ListChatMembersResponse, ListChatsResponse
from sferum.binding.v1.resources_pb2 import Binding, BindingAttempt, Chat, Diagnosis, EntryPoint

from binding_client._async.calls import Calls
from binding_client._rpc import new_request_id


class BindingCalls(Calls):
    """Bindings and chats."""

    # BindingService

    async def start_binding(
        self,
        *,
        account: str,
        contact: str,
        redirect_uri: str,
        via_pupil: str = "",
        request_id: str = "",
        timeout_s: float | None = None,
    ) -> BindingAttempt:
        """Starts a binding attempt; its `authorization_uri` is where the person's browser goes.

        Args:
            account: `accounts/{account}`, the caller's own.
            contact: The person's working phone number or e-mail address, as typed.
            redirect_uri: Where VK ID sends the browser back to; from the caller's allow-list.
            via_pupil: Account of the child through which a parent came.
            request_id: Name of the request; made here if empty, so that the call may be repeated safely.
            timeout_s: Seconds to wait; the client's own if None.
        """
        request = binding_service_pb2.StartBindingRequest(
            account=account,
            contact=contact,
            redirect_uri=redirect_uri,
            via_pupil=via_pupil,
            request_id=request_id or new_request_id(),
        )
        return await self._call(self.stubs.binding.StartBinding, request, timeout_s)

    async def complete_binding(
        self,
        *,
        name: str,
        result: AuthorizationResult | None = None,
        preview: bool = False,
        request_id: str = "",
        release_other: bool = False,
        timeout_s: float | None = None,
    ) -> CompleteBindingResponse:
        """Finishes an attempt with what VK ID's redirect brought. Never repeated by this client.

        Args:
            name: `attempts/{attempt}`.
            result: What the redirect brought (`headless.Redirect.authorization_result()` reads one); None if the
                attempt is AUTHORIZED.
            preview: Stop at AUTHORIZED and answer what would be bound.
            request_id: Name of the request.
            release_other: End the own profile's binding in another account, where the service allows that.
            timeout_s: Seconds to wait; the client's own if None.
        """
        request = binding_service_pb2.CompleteBindingRequest(
            name=name, result=result, preview=preview, request_id=request_id, release_other=release_other
        )
        return await self._call(self.stubs.binding.CompleteBinding, request, timeout_s)

    async def cancel_attempt(self, *, name: str, timeout_s: float | None = None) -> BindingAttempt:
        """Cancels an attempt; one that has ended is returned as it is."""
        request = binding_service_pb2.CancelAttemptRequest(name=name)
        return await self._call(self.stubs.binding.CancelAttempt, request, timeout_s)

    async def create_binding(
        self,
        *,
        account: str,
        contact: str,
        code: str,
        code_verifier: str,
        redirect_uri: str,
        device_id: str,
        via_pupil: str = "",
        request_id: str = "",
        timeout_s: float | None = None,
    ) -> CompleteBindingResponse:
        """Binds in one call, after a VK ID sign-in that the caller led itself. Never repeated by this client.

        Args:
            account: `accounts/{account}`, the caller's own.
            contact: The person's working phone number or e-mail address, as typed.
            code: The authorization code; it is sent to VK ID once.
            code_verifier: The PKCE verifier.
            redirect_uri: The redirect URI of the authorization.
            device_id: The device id that came with the code.
            via_pupil: Account of the child through which a parent came.
            request_id: Name of the request.
            timeout_s: Seconds to wait; the client's own if None.
        """
        request = binding_service_pb2.CreateBindingRequest(
            account=account,
            contact=contact,
            code=code,
            code_verifier=code_verifier,
            redirect_uri=redirect_uri,
            device_id=device_id,
            via_pupil=via_pupil,
            request_id=request_id,
        )
        return await self._call(self.stubs.binding.CreateBinding, request, timeout_s)

    async def get_binding(self, *, name: str, timeout_s: float | None = None) -> Binding:
        """Returns `bindings/{binding}`, or an account's ACTIVE one by `accounts/{account}/binding`."""
        request = binding_service_pb2.GetBindingRequest(name=name)
        return await self._call(self.stubs.binding.GetBinding, request, timeout_s)

    async def list_bindings(
        self,
        *,
        parent: str,
        state: Binding.State = Binding.STATE_UNSPECIFIED,
        diagnosis: Diagnosis = Diagnosis.DIAGNOSIS_UNSPECIFIED,
        page_size: int = 0,
        page_token: str = "",
        timeout_s: float | None = None,
    ) -> ListBindingsResponse:
        """Lists bindings of `accounts/{account}` or `organisations/{organisation}`, newest first."""
        request = binding_service_pb2.ListBindingsRequest(
            parent=parent, state=state, diagnosis=diagnosis, page_size=page_size, page_token=page_token
        )
        return await self._call(self.stubs.binding.ListBindings, request, timeout_s)

    async def unbind(
        self,
        *,
        name: str,
        entry_point: EntryPoint = EntryPoint.ENTRY_POINT_API,
        etag: str = "",
        request_id: str = "",
        timeout_s: float | None = None,
    ) -> UnbindResponse:
        """Ends a binding.

        Args:
            name: `bindings/{binding}` or `accounts/{account}/binding`.
            entry_point: Which button was pressed.
            etag: End it only if it still has this etag.
            request_id: Name of the request; made here if empty, so that the call may be repeated safely.
            timeout_s: Seconds to wait; the client's own if None.
        """
        request = binding_service_pb2.UnbindRequest(
            name=name, entry_point=entry_point, etag=etag, request_id=request_id or new_request_id()
        )
        return await self._call(self.stubs.binding.Unbind, request, timeout_s)

    async def diagnose_account(self, *, name: str, timeout_s: float | None = None) -> DiagnoseAccountResponse:
        """Says what is wrong with the binding of `accounts/{account}`, and the ways out."""
        request = binding_service_pb2.DiagnoseAccountRequest(name=name)
        return await self._call(self.stubs.binding.DiagnoseAccount, request, timeout_s)

    async def explain_binding(
        self, *, account: str, contact: str = "", attempt: str = "", timeout_s: float | None = None
    ) -> ExplainBindingResponse:
        """Plays the decision table for an account without changing anything.

        Args:
            account: `accounts/{account}`.
            contact: The contact that would be stated.
            attempt: An AUTHORIZED attempt of the account, whose VK facts are used.
            timeout_s: Seconds to wait; the client's own if None.
        """
        request = binding_service_pb2.ExplainBindingRequest(account=account, contact=contact, attempt=attempt)
        return await self._call(self.stubs.binding.ExplainBinding, request, timeout_s)

    # ChatService

    async def list_chats(
        self, *, parent: str, page_size: int = 0, page_token: str = "", timeout_s: float | None = None
    ) -> ListChatsResponse:
        """Lists the chats that `accounts/{account}` sees now."""
        request = chat_service_pb2.ListChatsRequest(parent=parent, page_size=page_size, page_token=page_token)
        return await self._call(self.stubs.chat.ListChats, request, timeout_s)

    async def get_chat(self, *, name: str, timeout_s: float | None = None) -> Chat:
        """Returns `chats/{chat}`."""
        return await self._call(self.stubs.chat.GetChat, chat_service_pb2.GetChatRequest(name=name), timeout_s)

    async def list_chat_members(
        self, *, parent: str, page_size: int = 0, page_token: str = "", timeout_s: float | None = None
    ) -> ListChatMembersResponse:
        """Lists the members of `chats/{chat}`, ordered by account."""
        request = chat_service_pb2.ListChatMembersRequest(parent=parent, page_size=page_size, page_token=page_token)
        return await self._call(self.stubs.chat.ListChatMembers, request, timeout_s)
