"""Requests to arguments, answers to messages."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from binding_server.api import convert_answers as answers
from binding_server.api import convert_in as given
from binding_server.api import convert_out as out
from binding_server.domain.decision import Outcome, RowResult
from binding_server.domain.model import (
    Account,
    AccountContext,
    Attempt,
    AttemptState,
    Binding,
    BindingState,
    Chat,
    ChatKind,
    ChatMember,
    ChatsState,
    Diagnosis,
    EducationalRole,
    EndReason,
    EntryPoint,
    Evidence,
    MemberState,
    Person,
    Policy,
    RefusalRecord,
    Role,
    SchoolClass,
)
from binding_server.domain.reasons import Reason, Remedy
from binding_server.domain.refusal import Refusal
from binding_server.use_cases.diagnose import AccountDiagnosis, Explanation
from binding_server.use_cases.outcomes import BindingView, Completion, Preview
from binding_server.use_cases.read_bindings import BindingPage, BindingRef, Unbound
from sferum.binding.v1 import binding_service_pb2, resources_pb2

NOW = datetime(2026, 11, 24, 12, 0, 0, 500_000, tzinfo=UTC)
CLASS = SchoolClass("s5-2026-5a", "shkola-5", 2026, "5А")
BINDING = Binding(
    id="b1",
    account_id="vera-parent",
    person_id="vera",
    vk_user_id="700300103",
    vk_digest=b"",
    state=BindingState.ACTIVE,
    diagnosis=Diagnosis.PUPIL_PROFILE_IN_PARENT_ACCOUNT,
    evidence=(Evidence(Diagnosis.PUPIL_PROFILE_IN_PARENT_ACCOUNT, NOW),),
    chats=ChatsState.READY,
    roles=frozenset({EducationalRole.STAFF, EducationalRole.PUPIL}),
    policy=Policy.LENIENT,
    contact_digest=b"",
    contact_mask="v***@example.org",
    via_pupil="anya-pupil",
    created_at=NOW,
    version=3,
)
ATTEMPT = Attempt(
    id="a1",
    account_id="vera-parent",
    person_id="vera",
    state=AttemptState.PENDING,
    contact_digest=b"",
    contact_mask="+7 *** *** ** 03",
    redirect_uri="https://dnevnik.example/vk",
    oauth_state="s",
    code_verifier="v",
    authorization_uri="http://vk/authorize",
    policy=Policy.STRICT,
    via_pupil=None,
    created_at=NOW,
    expires_at=NOW,
)


@pytest.mark.parametrize(
    ("wanted", "kind", "prefix"),
    [
        (Role, resources_pb2.Role, "ROLE_"),
        (EducationalRole, resources_pb2.EducationalRole, "EDUCATIONAL_ROLE_"),
        (Policy, resources_pb2.OwnershipPolicy, "OWNERSHIP_POLICY_"),
        (Diagnosis, resources_pb2.Diagnosis, "DIAGNOSIS_"),
        (EntryPoint, resources_pb2.EntryPoint, "ENTRY_POINT_"),
        (AttemptState, resources_pb2.BindingAttempt.State, "STATE_"),
        (BindingState, resources_pb2.Binding.State, "STATE_"),
        (ChatsState, resources_pb2.Binding.ChatsState, "CHATS_STATE_"),
        (EndReason, resources_pb2.Binding.EndReason, "END_REASON_"),
        (ChatKind, resources_pb2.ChatKind, "CHAT_KIND_"),
        (MemberState, resources_pb2.ChatMember.State, "STATE_"),
        (Outcome, binding_service_pb2.DecisionRow.Outcome, "OUTCOME_"),
    ],
)
def test_has_the_same_names_in_domain_and_contract(wanted, kind, prefix):
    names = {name.removeprefix(prefix) for name in kind.keys()} - {"UNSPECIFIED"}  # noqa: SIM118
    assert {member.value for member in wanted} - {"UNSPECIFIED"} == names
    for name in names:
        assert given.member(kind, prefix, kind.Value(prefix + name), wanted) == wanted(name)
    assert given.member(kind, prefix, 0, wanted) is None


def test_shows_the_holder_the_vk_id_number_and_others_a_mask():
    assert out.binding(BindingView(BINDING, in_full=True), "ru").vk_user_id == "700300103"
    assert out.binding(BindingView(BINDING, in_full=False), "ru").vk_user_id == "*****0103"


def test_writes_a_binding():
    found = out.binding(BindingView(BINDING, in_full=True), "en")
    assert (found.name, found.account, found.via_pupil) == (
        "bindings/b1",
        "accounts/vera-parent",
        "accounts/anya-pupil",
    )
    assert found.state == resources_pb2.Binding.STATE_ACTIVE
    assert found.chats == resources_pb2.Binding.CHATS_STATE_READY
    assert found.policy == resources_pb2.OWNERSHIP_POLICY_LENIENT
    assert list(found.educational_roles) == [
        resources_pb2.EDUCATIONAL_ROLE_PUPIL,
        resources_pb2.EDUCATIONAL_ROLE_STAFF,
    ]
    assert found.etag == '"3"'
    assert found.create_time.ToDatetime(UTC) == NOW
    assert not found.HasField("end_time")
    assert found.evidence[0].description
    assert found.evidence[0].remedies[0].action == resources_pb2.REMEDY_ACTION_UNBIND_HERE


def test_writes_how_a_binding_ended():
    ended = replace(
        BINDING,
        state=BindingState.UNBOUND,
        ended_at=NOW,
        end_reason=EndReason.USER,
        end_entry_point=EntryPoint.CHATS_TAB,
    )
    found = answers.unbound(Unbound(BindingView(ended, in_full=True), already=True), "ru")
    assert found.already_unbound
    assert found.message
    assert found.binding.end_reason == resources_pb2.Binding.END_REASON_USER
    assert found.binding.end_entry_point == resources_pb2.ENTRY_POINT_CHATS_TAB
    assert found.binding.end_time.ToDatetime(UTC) == NOW


def test_shows_the_address_for_the_browser_while_it_is_of_use():
    assert out.attempt(ATTEMPT).authorization_uri == "http://vk/authorize"
    record = RefusalRecord("VK_ROLE_MISMATCH", "D18")
    failed = out.attempt(replace(ATTEMPT, state=AttemptState.FAILED, refusal=record, binding_id=None))
    assert (failed.authorization_uri, failed.binding) == ("", "")
    assert failed.refusal == 15


def test_writes_an_account():
    context = AccountContext(
        account=Account("vera-parent", "vera", Role.PARENT, closed=True),
        person=Person("vera", 1, "Воронова Вера"),
        classes=(CLASS,),
        policies=frozenset({Policy.LENIENT, Policy.STRICT}),
        pupil_accounts=("anya-pupil",),
        active_binding_id="b1",
    )
    found = out.account(context)
    assert (found.name, found.person, found.binding) == ("accounts/vera-parent", "persons/vera", "bindings/b1")
    assert (found.role, found.state) == (resources_pb2.ROLE_PARENT, resources_pb2.DiaryAccount.STATE_CLOSED)
    assert found.policy == resources_pb2.OWNERSHIP_POLICY_STRICT
    assert list(found.pupils) == ["accounts/anya-pupil"]
    assert (found.classes[0].name, found.classes[0].organisation) == ("classes/s5-2026-5a", "organisations/shkola-5")


def test_writes_chats_and_members():
    chat = out.chat(Chat("c1", CLASS, ChatKind.PARENTS, ready=True, created_at=NOW, member_count=2))
    assert (chat.name, chat.school_class, chat.display_name) == ("chats/c1", "classes/s5-2026-5a", "5А · Родители")
    member = out.chat_member(
        ChatMember("c1", "vera-parent", "Воронова Вера", EducationalRole.PARENT, MemberState.MEMBER, NOW)
    )
    assert (member.name, member.account) == ("chats/c1/members/vera-parent", "accounts/vera-parent")
    assert member.state == resources_pb2.ChatMember.STATE_MEMBER


def test_answers_a_completion():
    found = answers.completion(Completion(BindingView(BINDING, in_full=True), already=True, decision="K7"), "ru")
    assert (found.already_bound, found.decision, found.binding.name) == (True, "K7", "bindings/b1")
    assert found.message
    assert not found.HasField("preview")


def test_answers_a_preview():
    preview = Preview("Вера", "700300103", "+7 *** *** ** 03", "", frozenset(), ["5А · Родители"], Diagnosis.OK)
    found = answers.completion(Completion(preview=preview, attempt=ATTEMPT), "ru")
    assert (found.preview.vk_user_id, found.preview.diagnosis) == ("700300103", resources_pb2.DIAGNOSIS_OK)
    assert list(found.preview.chat_titles) == ["5А · Родители"]
    assert not found.HasField("binding")


def test_answers_a_page_of_bindings_with_counts():
    page = BindingPage([BindingView(BINDING, in_full=False)], "b1", {Diagnosis.OK: 4})
    found = answers.bindings(page, "ru")
    assert given.page_start(found.next_page_token) == "b1"
    assert [(count.diagnosis, count.bindings) for count in found.counts] == [(resources_pb2.DIAGNOSIS_OK, 4)]
    assert answers.bindings(BindingPage([], None, {}), "ru").next_page_token == ""


@pytest.mark.parametrize(
    ("diagnosis", "last"),
    [(None, None), (None, Reason.VK_PROFILE_ALREADY_BOUND), (Diagnosis.OK, None)],
)
def test_answers_a_diagnosis(diagnosis, last):
    found = AccountDiagnosis(diagnosis, 1 if last else 0, (), (Remedy.VISIT_SCHOOL,), None, last)
    answer = answers.account_diagnosis(found, "en")
    assert answer.message
    assert answer.last_refusal == (13 if last else 0)
    assert answer.remedies[0].action == resources_pb2.REMEDY_ACTION_VISIT_SCHOOL
    assert not answer.HasField("binding")


@pytest.mark.parametrize(("deciding", "reason"), [(None, None), ("D19", None), ("D5", Reason.CONTACT_NOT_OWNED)])
def test_answers_an_explanation(deciding, reason):
    rows = [RowResult("D1", Outcome.PASSED), RowResult("D5", Outcome.REFUSES, reason, facts=(("contact.user", "x"),))]
    answer = answers.explanation(Explanation(rows, deciding, Policy.STRICT, reason, ()), "ru")
    assert (answer.deciding_row, bool(answer.message)) == (deciding or "", True)
    assert answer.rows[0].outcome == binding_service_pb2.DecisionRow.OUTCOME_PASSED
    assert dict(answer.rows[1].facts) == {"contact.user": "x"}
    assert all(row.description for row in answer.rows)


def test_reads_names():
    assert given.id_of("accounts/vera-parent") == "vera-parent"
    assert given.optional_id_of("") is None
    assert given.binding_ref("bindings/b1") == BindingRef(binding_id="b1")
    assert given.binding_ref("accounts/vera-parent/binding") == BindingRef(account_id="vera-parent")


def test_reads_what_the_redirect_brought():
    request = binding_service_pb2.CompleteBindingRequest(name="attempts/a1")
    assert given.authorization_result(request) is None
    request.result.code, request.result.state, request.result.device_id = "c", "s", "d"
    found = given.authorization_result(request)
    assert found is not None
    assert (found.code, found.state, found.device_id, found.error) == ("c", "s", "d", "")


@pytest.mark.parametrize("last", ["b1", "01jd0000000000000000000000", "vera-parent", None])
def test_reads_its_own_page_tokens(last):
    assert given.page_start(given.page_token(last)) == last


@pytest.mark.parametrize("token", ["=", "a", "@@@@", "0LPQtA", "кто"])
def test_refuses_page_tokens_that_no_page_gave(token):
    with pytest.raises(Refusal) as raised:
        given.page_start(token)
    assert raised.value.reason is Reason.REQUEST_INVALID
    assert raised.value.fields[0][0] == "page_token"


def test_gives_pages_of_fifty_unless_asked():
    assert (given.page_size(0), given.page_size(7)) == (50, 7)
