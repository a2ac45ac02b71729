"""Records of a roster as items of the directory."""

from collections.abc import AsyncIterator

import pytest
from binding_server.api.convert_roster import roster_report, roster_stream
from binding_server.api.validation import RequestRules
from binding_server.domain.model import DutyKind, Policy, Role
from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal
from binding_server.domain.roster import (
    AccountItem,
    DutyItem,
    EnrolmentItem,
    GuardianshipItem,
    MunicipalityItem,
    OrganisationItem,
    PersonItem,
    SchoolClassItem,
)
from binding_server.use_cases.roster_report import FaultyRecord, RawContact, RosterError, RosterReport
from sferum.binding.v1 import directory_service_pb2, resources_pb2
from sferum.binding.v1 import roster_pb2 as pb


async def batches(*requests: list[pb.RosterRecord]):
    async def stream() -> AsyncIterator[directory_service_pb2.ImportRosterRequest]:
        for records in requests:
            yield directory_service_pb2.ImportRosterRequest(records=records)

    return [part.records async for part in (await roster_stream(stream(), RequestRules())).parts]


CASES = [
    (
        pb.RosterRecord(municipality=pb.MunicipalityRecord(id="m", display_name="М")),
        MunicipalityItem("m", "М", Policy.STRICT),
    ),
    (
        pb.RosterRecord(
            municipality=pb.MunicipalityRecord(
                id="m", display_name="М", ownership_policy=resources_pb2.OWNERSHIP_POLICY_LENIENT
            )
        ),
        MunicipalityItem("m", "М", Policy.LENIENT),
    ),
    (
        pb.RosterRecord(organisation=pb.OrganisationRecord(id="o", municipality_id="m", display_name="О")),
        OrganisationItem("o", "m", "О", "SCHOOL"),
    ),
    (
        pb.RosterRecord(
            organisation=pb.OrganisationRecord(
                id="o", municipality_id="m", display_name="О", kind=pb.ORGANISATION_KIND_COLLEGE
            )
        ),
        OrganisationItem("o", "m", "О", "COLLEGE"),
    ),
    (
        pb.RosterRecord(school_class=pb.SchoolClassRecord(id="c", organisation_id="o", year=2026, display_name="5А")),
        SchoolClassItem("c", "o", 2026, "5А"),
    ),
    (pb.RosterRecord(person=pb.PersonRecord(id="p", display_name="П")), PersonItem("p", None, "П")),
    (pb.RosterRecord(person=pb.PersonRecord(id="p", display_name="П", esia_oid=5)), PersonItem("p", 5, "П")),
    (
        pb.RosterRecord(account=pb.AccountRecord(id="a", person_id="p", role=resources_pb2.ROLE_STAFF, closed=True)),
        AccountItem("a", "p", Role.STAFF, closed=True),
    ),
    (
        pb.RosterRecord(enrolment=pb.EnrolmentRecord(person_id="p", class_id="c", ended=True)),
        EnrolmentItem("p", "c", ended=True),
    ),
    (
        pb.RosterRecord(
            guardianship=pb.GuardianshipRecord(
                guardian_id="g", pupil_id="p", kind=pb.GUARDIANSHIP_KIND_LEGAL_REPRESENTATIVE
            )
        ),
        GuardianshipItem("g", "p", "LEGAL_REPRESENTATIVE", ended=False),
    ),
    (
        pb.RosterRecord(duty=pb.DutyRecord(person_id="p", organisation_id="o", kind=pb.DUTY_KIND_OPERATOR)),
        DutyItem("p", "o", DutyKind.OPERATOR, None, ended=False),
    ),
    (
        pb.RosterRecord(contact=pb.ContactRecord(person_id="p", value="+79000000103", ended=True)),
        RawContact("p", "+79000000103", ended=True),
    ),
]


@pytest.mark.parametrize(("record", "item"), CASES, ids=lambda each: type(each).__name__)
async def test_reads_a_record(record, item):
    record.line = 7
    ((found,),) = await batches([record])
    assert (found.line, found.item) == (7, item)


def test_knows_every_kind_of_record():
    kinds = {record.WhichOneof("record") for record, _ in CASES}
    assert kinds == {field.name for field in pb.RosterRecord.DESCRIPTOR.oneofs_by_name["record"].fields}


async def test_passes_over_a_record_that_breaks_a_rule_and_keeps_the_others():
    good = pb.RosterRecord(person=pb.PersonRecord(id="p", display_name="П"))
    bad = pb.RosterRecord(line=3, person=pb.PersonRecord(id="!", display_name=""))
    ((first, second, third),) = await batches([good, bad, pb.RosterRecord()])
    assert first.item == PersonItem("p", None, "П")
    assert isinstance(second.item, FaultyRecord)
    assert (second.line, second.item.field) == (3, "person.id")
    assert isinstance(third.item, FaultyRecord)


async def test_refuses_a_request_without_records():
    with pytest.raises(Refusal) as raised:
        await batches([])
    assert raised.value.fields[0][0] == "records"


@pytest.mark.parametrize(
    ("reason", "problem"),
    [
        (Reason.REQUEST_INVALID, "unknown"),
        (Reason.REQUEST_INVALID, "taken"),
        (Reason.REQUEST_INVALID, "must be at least 1 characters"),
        (Reason.CONTACT_INVALID, "malformed"),
    ],
)
def test_reports_what_became_of_a_roster(reason, problem):
    report = RosterReport(1, 2, 3, 1, [RosterError(4, 7, "guardianship.pupil_id", reason, problem)])
    found = roster_report(report, "en")
    assert (found.created, found.updated, found.unchanged, found.failed) == (1, 2, 3, 1)
    error = found.errors[0]
    assert (error.index, error.line, error.field) == (4, 7, "guardianship.pupil_id")
    assert error.message
