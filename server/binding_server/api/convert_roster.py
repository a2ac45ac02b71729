"""Records of a roster as items of the directory, and the report about them."""

import re
from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sferum.binding.v1 import directory_service_pb2, resources_pb2, roster_pb2

from binding_server.api.convert_in import member
from binding_server.api.convert_out import name, reason
from binding_server.api.validation import RequestRules
from binding_server.domain import catalogue
from binding_server.domain.model import DutyKind, Policy, Role
from binding_server.domain.reasons import Reason
from binding_server.domain.reconcile import Effect
from binding_server.domain.refusal import Refusal
from binding_server.domain.roster import (
    AccountItem,
    DutyItem,
    EnrolmentItem,
    GuardianshipItem,
    MunicipalityItem,
    OrganisationItem,
    PersonItem,
    RosterItem,
    RosterMode,
    SchoolClassItem,
)
from binding_server.domain.texts import effect_text
from binding_server.use_cases.reconcile import Reconciled
from binding_server.use_cases.roster_report import (
    FaultyRecord,
    RawContact,
    RosterError,
    RosterInput,
    RosterPart,
    RosterReport,
)

_RECORD_FIELD = re.compile(r"records\[([0-9]+)\]\.?(.*)")
_PROBLEMS = {
    "self": (
        "Человек не может быть своим собственным представителем. Исправьте или уберите запись.",
        "Nobody represents himself. Mend the record, or leave it out.",
    ),
    "cycle": (
        "Этот обучающийся сам, прямо или через других, представляет этого взрослого. Исправьте одну из записей.",
        "This pupil represents this adult, directly or through others. Mend one of the records.",
    ),
    "second_teacher": (
        "У класса уже есть классный руководитель. Сначала передайте, что прежний закончил.",
        "The class has a class teacher already. First tell that the former one has ended.",
    ),
    "second_class": (
        "Обучающийся уже в другом классе этой школы в этом учебном году. Сначала передайте, что он выбыл из того.",
        "The pupil is in another class of this school in this school year. First tell that that has ended.",
    ),
    "gone_on": (
        "Этот класс уже продолжается как другой. Укажите тот класс.",
        "This class goes on as another one already. Name that one.",
    ),
    "not_earlier": (
        "Класс может продолжаться только как класс более позднего учебного года. Исправьте год или продолжение.",
        "A class can only go on as one of a later school year. Mend the year, or what it continues.",
    ),
    "has_chats": (
        "У нового класса уже есть свои чаты, поэтому чаты прежнего не могут стать его чатами. Уберите продолжение.",
        "The new class has chats of its own already, so it cannot take over another's. Leave out what it continues.",
    ),
    "unknown": (
        "Запись, на которую указывает поле, не передана. Передайте сначала ее.",
        "The field refers to a record that was never sent. Send that one first.",
    ),
    "taken": (
        "Значение поля уже занято другой записью. Исправьте его или сначала измените ту запись.",
        "The field's value is held by another record. Mend it, or change that record first.",
    ),
    "foreign": (
        "Запись относится к муниципалитету, списки которого ваша система не ведет. Уберите ее.",
        "The record belongs to a municipality whose rosters are not yours to keep. Leave it out.",
    ),
}


@dataclass(frozen=True, slots=True)
class RosterStream:
    """A roster as it comes in: how it is meant, and its parts."""

    mode: RosterMode
    dry_run: bool
    atomic: bool
    parts: AsyncIterator[RosterPart]


async def roster_stream(
    requests: AsyncIterable[directory_service_pb2.ImportRosterRequest], rules: RequestRules
) -> RosterStream:
    """Returns the roster of a stream, once its first message has come; a record that breaks a rule is a faulty one.

    Reading the parts raises Refusal REQUEST_INVALID for a request that breaks a rule as a whole, such as one without
    records.
    """
    rest = aiter(requests)
    first = await anext(rest, None)
    full = first is not None and first.mode == directory_service_pb2.ROSTER_MODE_FULL
    mode = RosterMode.FULL if full else RosterMode.INCREMENTAL
    told = first or directory_service_pb2.ImportRosterRequest()
    return RosterStream(mode, told.dry_run, told.atomic, _parts(first, rest, rules))


async def _parts(
    first: directory_service_pb2.ImportRosterRequest | None,
    rest: AsyncIterator[directory_service_pb2.ImportRosterRequest],
    rules: RequestRules,
) -> AsyncIterator[RosterPart]:
    request = first
    while request is not None:
        faults: dict[int, FaultyRecord] = {}
        for path, problem in rules.violations(request):
            found = _RECORD_FIELD.fullmatch(path)
            if found is None:
                raise Refusal(Reason.REQUEST_INVALID, fields=[(path, problem)])
            place = int(found[1])
            faults.setdefault(place, FaultyRecord(found[2], problem, _persons(request.records[place])))
        records = [
            RosterInput(record.line, faults.get(place) or roster_item(record))
            for place, record in enumerate(request.records)
        ]
        yield RosterPart(records, request.complete)
        request = await anext(rest, None)


def roster_item(record: roster_pb2.RosterRecord) -> RosterItem | RawContact:
    """Returns the item that a record holds."""
    kind = record.WhichOneof("record") or ""
    return _ITEMS[kind](getattr(record, kind))


def roster_report(report: RosterReport, language: str) -> directory_service_pb2.ImportRosterResponse:
    """Returns what became of a roster."""
    return directory_service_pb2.ImportRosterResponse(
        name=name("imports", str(report.run)),
        created=report.created,
        updated=report.updated,
        unchanged=report.unchanged,
        failed=report.failed,
        ended=report.ended,
        unbound=report.unbound,
        dry_run=report.dry_run,
        errors=[roster_error(each, language) for each in report.errors],
        effects=[roster_effect(each, language) for each in report.effects],
        effect_count=report.effect_count,
    )


def roster_error(error: RosterError, language: str) -> directory_service_pb2.ImportRosterResponse.RecordError:
    """Returns a record that was skipped."""
    return directory_service_pb2.ImportRosterResponse.RecordError(
        index=error.index,
        line=error.line,
        field=error.field,
        reason=reason(error.reason),
        message=_problem(error.reason, error.problem, language),
    )


def roster_effect(effect: Effect, language: str) -> directory_service_pb2.RosterEffect:
    """Returns what follows for an account."""
    return directory_service_pb2.RosterEffect(
        kind=f"KIND_{effect.kind}",
        account=name("accounts", effect.account_id),
        binding=name("bindings", effect.binding_id),
        school_class=name("classes", effect.class_id),
        chat_kind=f"CHAT_KIND_{effect.chat_kind or 'UNSPECIFIED'}",
        message=effect_text(effect, language),
    )


def reconciled(done: Reconciled, next_token: str, language: str) -> directory_service_pb2.ReconcileChatsResponse:
    """Returns a page of a reconcile run."""
    return directory_service_pb2.ReconcileChatsResponse(
        checked=done.checked,
        changes=[roster_effect(each, language) for each in done.changes],
        next_page_token=next_token,
    )


def _persons(record: roster_pb2.RosterRecord) -> tuple[str, ...]:
    """Returns the persons whom a record names, whatever else is wrong with it."""
    kind = record.WhichOneof("record") or ""
    names = ("id",) if kind == "person" else ("person_id", "guardian_id", "pupil_id")
    held = getattr(record, kind, None)
    return tuple(found for name in names if (found := getattr(held, name, "")))


def _problem(why: Reason, problem: str, language: str) -> str:
    if problem in _PROBLEMS:
        return _PROBLEMS[problem][language == catalogue.EN]
    message = catalogue.message(why, None, language)
    return f"{message} ({problem})" if why is Reason.REQUEST_INVALID else message


def _municipality(found: roster_pb2.MunicipalityRecord) -> MunicipalityItem:
    policy = member(resources_pb2.OwnershipPolicy, "OWNERSHIP_POLICY_", found.ownership_policy, Policy)
    return MunicipalityItem(found.id, found.display_name, policy or Policy.STRICT)


def _organisation(found: roster_pb2.OrganisationRecord) -> OrganisationItem:
    kind = roster_pb2.OrganisationKind.Name(found.kind or roster_pb2.ORGANISATION_KIND_SCHOOL)
    kind = kind.removeprefix("ORGANISATION_KIND_")
    return OrganisationItem(found.id, found.municipality_id, found.display_name, kind)


def _school_class(found: roster_pb2.SchoolClassRecord) -> SchoolClassItem:
    return SchoolClassItem(found.id, found.organisation_id, found.year, found.display_name, found.continues or None)


def _person(found: roster_pb2.PersonRecord) -> PersonItem:
    return PersonItem(found.id, found.esia_oid or None, found.display_name, found.birth_date or None)


def _account(found: roster_pb2.AccountRecord) -> AccountItem:
    role = Role(resources_pb2.Role.Name(found.role).removeprefix("ROLE_"))
    return AccountItem(found.id, found.person_id, role, found.closed)


def _enrolment(found: roster_pb2.EnrolmentRecord) -> EnrolmentItem:
    return EnrolmentItem(found.person_id, found.class_id, found.ended)


def _guardianship(found: roster_pb2.GuardianshipRecord) -> GuardianshipItem:
    kind = roster_pb2.GuardianshipKind.Name(found.kind).removeprefix("GUARDIANSHIP_KIND_")
    return GuardianshipItem(found.guardian_id, found.pupil_id, kind, found.ended)


def _duty(found: roster_pb2.DutyRecord) -> DutyItem:
    kind = DutyKind(roster_pb2.DutyKind.Name(found.kind).removeprefix("DUTY_KIND_"))
    return DutyItem(found.person_id, found.organisation_id, kind, found.class_id or None, found.ended)


def _contact(found: roster_pb2.ContactRecord) -> RawContact:
    return RawContact(found.person_id, found.value, found.ended)


_ITEMS: Mapping[str, Callable[[Any], RosterItem | RawContact]] = {
    "municipality": _municipality,
    "organisation": _organisation,
    "school_class": _school_class,
    "person": _person,
    "account": _account,
    "enrolment": _enrolment,
    "guardianship": _guardianship,
    "duty": _duty,
    "contact": _contact,
}
