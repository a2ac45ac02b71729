"""Nouns of the domain as messages of the contract. Enumerations have the same names there, with a prefix."""

from collections.abc import Iterable
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp
from sferum.binding.v1 import resources_pb2 as pb

from binding_server.domain import catalogue, texts
from binding_server.domain.diagnosis import REMEDIES
from binding_server.domain.model import (
    AccountContext,
    Attempt,
    AttemptState,
    Chat,
    ChatMember,
    Diagnosis,
    EducationalRole,
    Evidence,
    Policy,
    SchoolClass,
)
from binding_server.domain.ownership import strictest
from binding_server.domain.reasons import Remedy
from binding_server.use_cases.outcomes import BindingView

_UNSPECIFIED = "UNSPECIFIED"
_SHOWN_DIGITS = 4


def name(collection: str, id_: str | None) -> str:
    """Returns a resource name; empty if there is no such resource."""
    return f"{collection}/{id_}" if id_ else ""


def timestamp(moment: datetime | None) -> Timestamp | None:
    """Returns an instant; None for none."""
    if moment is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp


def diagnosis(value: Diagnosis | None) -> str:
    """Returns the contract's name of a diagnosis; UNSPECIFIED for none."""
    return f"DIAGNOSIS_{value or _UNSPECIFIED}"


def policy(value: Policy | None) -> str:
    """Returns the contract's name of a policy; UNSPECIFIED for none."""
    return f"OWNERSHIP_POLICY_{value or _UNSPECIFIED}"


def reason(value: str | None) -> str:
    """Returns the contract's name of a reason; UNSPECIFIED for none."""
    return f"ERROR_REASON_{value or _UNSPECIFIED}"


def educational_roles(roles: Iterable[EducationalRole]) -> list[str]:
    """Returns the contract's names of roles, in its order."""
    return [f"EDUCATIONAL_ROLE_{role}" for role in EducationalRole if role in set(roles)]


def remedies(values: Iterable[Remedy], language: str) -> list[pb.Remedy]:
    """Returns ways out with their sentences."""
    return [
        pb.Remedy(action=f"REMEDY_ACTION_{value}", description=catalogue.remedy_text(value, language))
        for value in values
    ]


def evidence(part: Evidence, language: str) -> pb.Evidence:
    """Returns one false part of a binding, with its ways out."""
    return pb.Evidence(
        diagnosis=diagnosis(part.diagnosis),
        observe_time=timestamp(part.observed_at),
        description=texts.diagnosis_text(part.diagnosis, language),
        remedies=remedies(REMEDIES[part.diagnosis], language),
    )


def etag(version: int) -> str:
    """Returns the etag of a version."""
    return f'"{version}"'


def binding(view: BindingView, language: str) -> pb.Binding:
    """Returns a binding; only the holder's view shows the VK ID number in full."""
    found = view.binding
    return pb.Binding(
        name=name("bindings", found.id),
        account=name("accounts", found.account_id),
        state=f"STATE_{found.state}",
        diagnosis=diagnosis(found.diagnosis),
        evidence=[evidence(part, language) for part in found.evidence],
        chats=f"CHATS_STATE_{found.chats}",
        vk_user_id=found.vk_user_id if view.in_full else mask_number(found.vk_user_id),
        educational_roles=educational_roles(found.roles),
        policy=policy(found.policy),
        contact_masked=found.contact_mask,
        via_pupil=name("accounts", found.via_pupil),
        create_time=timestamp(found.created_at),
        end_time=timestamp(found.ended_at),
        end_reason=f"END_REASON_{found.end_reason or _UNSPECIFIED}",
        end_entry_point=f"ENTRY_POINT_{found.end_entry_point}",
        etag=etag(found.version),
    )


def mask_number(vk_user_id: str) -> str:
    """Returns a VK ID number with its last four digits: `*****6789`."""
    hidden = max(len(vk_user_id) - _SHOWN_DIGITS, 0)
    return "*" * hidden + vk_user_id[hidden:]


def attempt(found: Attempt) -> pb.BindingAttempt:
    """Returns an attempt; the address for the browser only while it is of use."""
    pending = found.state is AttemptState.PENDING
    return pb.BindingAttempt(
        name=name("attempts", found.id),
        account=name("accounts", found.account_id),
        state=f"STATE_{found.state}",
        authorization_uri=found.authorization_uri if pending else "",
        expire_time=timestamp(found.expires_at),
        contact_masked=found.contact_mask,
        via_pupil=name("accounts", found.via_pupil),
        create_time=timestamp(found.created_at),
        refusal=reason(found.refusal.reason if found.refusal else None),
        binding=name("bindings", found.binding_id),
    )


def school_class(found: SchoolClass) -> pb.SchoolClass:
    """Returns a class."""
    return pb.SchoolClass(
        name=name("classes", found.id),
        organisation=name("organisations", found.organisation_id),
        year=found.year,
        display_name=found.display_name,
    )


def account(context: AccountContext) -> pb.DiaryAccount:
    """Returns a diary account with its classes."""
    return pb.DiaryAccount(
        name=name("accounts", context.account.id),
        person=name("persons", context.person.id),
        role=f"ROLE_{context.account.role}",
        display_name=context.person.display_name,
        state="STATE_CLOSED" if context.account.closed else "STATE_ACTIVE",
        classes=[school_class(each) for each in context.classes],
        pupils=[name("accounts", pupil) for pupil in context.pupil_accounts],
        policy=policy(strictest(context.policies)),
        binding=name("bindings", context.active_binding_id),
    )


def chat(found: Chat) -> pb.Chat:
    """Returns a class chat."""
    return pb.Chat(
        name=name("chats", found.id),
        school_class=name("classes", found.school_class.id),
        kind=f"CHAT_KIND_{found.kind}",
        display_name=texts.chat_title(found.school_class.display_name, found.kind),
        member_count=found.member_count,
        ready=found.ready,
        create_time=timestamp(found.created_at),
    )


def chat_member(found: ChatMember) -> pb.ChatMember:
    """Returns an account in a chat."""
    return pb.ChatMember(
        name=f"chats/{found.chat_id}/members/{found.account_id}",
        account=name("accounts", found.account_id),
        display_name=found.display_name,
        educational_role=f"EDUCATIONAL_ROLE_{found.educational_role}",
        state=f"STATE_{found.state}",
        join_time=timestamp(found.joined_at),
    )
