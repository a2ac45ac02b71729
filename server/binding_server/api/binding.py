"""BindingService."""

# ruff: noqa: N802 - the names are those of the contract

from collections.abc import AsyncGenerator

from sferum.binding.v1 import binding_service_pb2 as pb
from sferum.binding.v1 import resources_pb2

from binding_server.api import convert_answers as answers
from binding_server.api import convert_in as given
from binding_server.api import convert_out as out
from binding_server.api import convert_watch as watching
from binding_server.api.call import Call
from binding_server.domain.model import BindingState, Diagnosis, EntryPoint
from binding_server.use_cases.attempts import cancel_attempt
from binding_server.use_cases.batches import batch_get_bindings
from binding_server.use_cases.complete_binding import complete_binding
from binding_server.use_cases.create_binding import create_binding
from binding_server.use_cases.diagnose import diagnose_account, explain_binding
from binding_server.use_cases.read_bindings import get_binding, list_bindings, unbind
from binding_server.use_cases.start_binding import start_binding
from binding_server.use_cases.watch_bindings import watch_bindings


class BindingServicer:
    """Each method: convert in, one use case, convert out. Refusals are the interceptor's business."""

    async def StartBinding(self, request: pb.StartBindingRequest, call: Call) -> resources_pb2.BindingAttempt:
        """Starts an attempt."""
        attempt = await start_binding(
            call.services,
            call.caller,
            account_id=given.id_of(request.account),
            contact=request.contact,
            redirect_uri=request.redirect_uri,
            via_pupil=given.optional_id_of(request.via_pupil),
            request_id=request.request_id,
        )
        return out.attempt(attempt)

    async def CompleteBinding(self, request: pb.CompleteBindingRequest, call: Call) -> pb.CompleteBindingResponse:
        """Finishes an attempt."""
        found = await complete_binding(
            call.services,
            call.caller,
            attempt_id=given.id_of(request.name),
            result=given.authorization_result(request),
            preview=request.preview,
            request_id=request.request_id,
            release_other=request.release_other,
        )
        return answers.completion(found, call.language)

    async def CancelAttempt(self, request: pb.CancelAttemptRequest, call: Call) -> resources_pb2.BindingAttempt:
        """Cancels an attempt."""
        return out.attempt(await cancel_attempt(call.services, call.caller, given.id_of(request.name)))

    async def CreateBinding(self, request: pb.CreateBindingRequest, call: Call) -> pb.CompleteBindingResponse:
        """Binds in one call."""
        found = await create_binding(
            call.services,
            call.caller,
            account_id=given.id_of(request.account),
            contact=request.contact,
            code=request.code,
            code_verifier=request.code_verifier,
            redirect_uri=request.redirect_uri,
            device_id=request.device_id,
            via_pupil=given.optional_id_of(request.via_pupil),
            request_id=request.request_id,
        )
        return answers.completion(found, call.language)

    async def GetBinding(self, request: pb.GetBindingRequest, call: Call) -> resources_pb2.Binding:
        """Returns a binding."""
        view = await get_binding(call.services, call.caller, given.binding_ref(request.name))
        return out.binding(view, call.language)

    async def ListBindings(self, request: pb.ListBindingsRequest, call: Call) -> pb.ListBindingsResponse:
        """Lists bindings of an account, an organisation or a municipality."""
        page = await list_bindings(
            call.services,
            call.caller,
            account_id=given.id_within("accounts", request.parent),
            organisation_id=given.id_within("organisations", request.parent),
            state=given.member(resources_pb2.Binding.State, "STATE_", request.state, BindingState),
            diagnosis=given.member(resources_pb2.Diagnosis, "DIAGNOSIS_", request.diagnosis, Diagnosis),
            page_size=given.page_size(request.page_size),
            before=given.page_start(request.page_token),
            municipality_id=given.id_within("municipalities", request.parent),
        )
        return answers.bindings(page, call.language)

    async def Unbind(self, request: pb.UnbindRequest, call: Call) -> pb.UnbindResponse:
        """Ends a binding."""
        entry_point = given.member(resources_pb2.EntryPoint, "ENTRY_POINT_", request.entry_point, EntryPoint)
        found = await unbind(
            call.services,
            call.caller,
            given.binding_ref(request.name),
            entry_point=entry_point or EntryPoint.UNSPECIFIED,
            etag=request.etag,
            request_id=request.request_id,
        )
        return answers.unbound(found, call.language)

    async def DiagnoseAccount(self, request: pb.DiagnoseAccountRequest, call: Call) -> pb.DiagnoseAccountResponse:
        """Says what is wrong with an account's binding."""
        found = await diagnose_account(call.services, call.caller, given.id_of(request.name))
        return answers.account_diagnosis(found, call.language)

    async def ExplainBinding(self, request: pb.ExplainBindingRequest, call: Call) -> pb.ExplainBindingResponse:
        """Plays the decision table."""
        found = await explain_binding(
            call.services,
            call.caller,
            account_id=given.id_of(request.account),
            contact=request.contact,
            attempt_id=given.optional_id_of(request.attempt),
        )
        return answers.explanation(found, call.language)

    async def BatchGetBindings(self, request: pb.BatchGetBindingsRequest, call: Call) -> pb.BatchGetBindingsResponse:
        """Returns many bindings."""
        refs = [given.binding_ref(name) for name in request.names]
        views = await batch_get_bindings(call.services, call.caller, refs)
        return watching.batch_of_bindings(request.names, views, call.language)

    async def WatchBindings(
        self, request: pb.WatchBindingsRequest, call: Call
    ) -> AsyncGenerator[pb.WatchBindingsResponse]:
        """Follows bindings."""
        wanted, kinds = watching.watch_filter(request.filter), watching.binding_kinds(request.kinds)
        async for step in watch_bindings(call.services, call.caller, wanted, kinds, request.resume_token):
            yield watching.binding_step(step, call.language)
