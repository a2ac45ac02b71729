"""Watches and batches: requests in, steps and results out."""

from collections.abc import Iterable, Sequence

from sferum.binding.v1 import binding_service_pb2 as pb
from sferum.binding.v1 import chat_service_pb2 as chat_pb
from sferum.binding.v1 import resources_pb2

from binding_server.api import convert_in as given
from binding_server.api import convert_out as out
from binding_server.domain.reasons import Reason
from binding_server.use_cases.outcomes import BindingView
from binding_server.use_cases.scopes import WatchFilter
from binding_server.use_cases.watch import Step
from binding_server.use_cases.watch_bindings import BindingChange, BindingChangeKind
from binding_server.use_cases.watch_chats import AccountChats, ChatChange, ChatChangeKind


def watch_filter(found: pb.WatchFilter) -> WatchFilter:
    """Returns what a watch asks for."""
    return WatchFilter(
        municipality_id=given.optional_id_of(found.municipality),
        organisation_id=given.optional_id_of(found.organisation),
        account_id=given.optional_id_of(found.account),
    )


def binding_kinds(numbers: Iterable[int]) -> frozenset[BindingChangeKind]:
    """Returns the kinds of events that a watch of bindings asks for."""
    names = (pb.BindingEventKind.Name(number) for number in numbers)  # pyright: ignore[reportArgumentType]
    return frozenset(BindingChangeKind(name.removeprefix("BINDING_EVENT_KIND_")) for name in names)


def chat_kinds(numbers: Iterable[int]) -> frozenset[ChatChangeKind]:
    """Returns the kinds of events that a watch of chats asks for."""
    names = (chat_pb.ChatEventKind.Name(number) for number in numbers)  # pyright: ignore[reportArgumentType]
    return frozenset(ChatChangeKind(name.removeprefix("CHAT_EVENT_KIND_")) for name in names)


def binding_step(step: Step[BindingView, BindingChange], language: str) -> pb.WatchBindingsResponse:
    """Returns a step of a watch of bindings."""
    if step.snapshot is not None:
        return pb.WatchBindingsResponse(snapshot=out.binding(step.snapshot, language))
    if step.snapshot_end:
        return pb.WatchBindingsResponse(snapshot_end=pb.SnapshotEnd(), resume_token=step.token)
    if step.change is not None:
        return pb.WatchBindingsResponse(event=_binding_event(step.change, language), resume_token=step.token)
    return pb.WatchBindingsResponse(heartbeat=pb.Heartbeat(), resume_token=step.token)


def _binding_event(change: BindingChange, language: str) -> pb.BindingEvent:
    account = out.name("accounts", change.account_id)
    binding: resources_pb2.Binding | None = None
    if change.view:
        binding = out.binding(change.view, language)
    elif change.binding_id:
        binding = resources_pb2.Binding(name=out.name("bindings", change.binding_id), account=account)
    return pb.BindingEvent(
        number=change.number,
        kind=f"BINDING_EVENT_KIND_{change.kind}",
        event_time=out.timestamp(change.at),
        account=account,
        binding=binding,
        refusal=out.reason(change.refusal),
    )


def chat_step(step: Step[AccountChats, ChatChange]) -> chat_pb.WatchChatsResponse:
    """Returns a step of a watch of chats."""
    if step.snapshot is not None:
        return chat_pb.WatchChatsResponse(snapshot=_account_chats(step.snapshot))
    if step.snapshot_end:
        return chat_pb.WatchChatsResponse(snapshot_end=pb.SnapshotEnd(), resume_token=step.token)
    if step.change is not None:
        return chat_pb.WatchChatsResponse(event=_chat_event(step.change), resume_token=step.token)
    return chat_pb.WatchChatsResponse(heartbeat=pb.Heartbeat(), resume_token=step.token)


def _chat_event(change: ChatChange) -> chat_pb.ChatEvent:
    return chat_pb.ChatEvent(
        number=change.number,
        kind=f"CHAT_EVENT_KIND_{change.kind}",
        event_time=out.timestamp(change.at),
        chat=out.chat(change.chat) if change.chat else None,
        account_chats=_account_chats(change.account_chats) if change.account_chats else None,
    )


def _account_chats(found: AccountChats) -> chat_pb.AccountChats:
    return chat_pb.AccountChats(
        account=out.name("accounts", found.account_id), chats=[out.chat(each) for each in found.chats]
    )


def batch_of_bindings(
    names: Sequence[str], views: Sequence[BindingView | None], language: str
) -> pb.BatchGetBindingsResponse:
    """Returns what became of each name, in their order."""
    result = pb.BatchGetBindingsResponse.Result
    absent = out.reason(Reason.RESOURCE_NOT_ACCESSIBLE)
    return pb.BatchGetBindingsResponse(
        results=[
            result(name=name, binding=out.binding(view, language)) if view else result(name=name, reason=absent)
            for name, view in zip(names, views, strict=True)
        ]
    )


def batch_of_chats(parents: Sequence[str], answers: Sequence[AccountChats | None]) -> chat_pb.BatchListChatsResponse:
    """Returns what became of each account, in their order."""
    result = chat_pb.BatchListChatsResponse.Result
    absent = out.reason(Reason.ACCOUNT_NOT_ACCESSIBLE)
    return chat_pb.BatchListChatsResponse(
        results=[
            result(parent=parent, chats=[out.chat(each) for each in answer.chats])
            if answer
            else result(parent=parent, reason=absent)
            for parent, answer in zip(parents, answers, strict=True)
        ]
    )
