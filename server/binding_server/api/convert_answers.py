"""Answers of use cases as answers of the contract, with their sentences."""

from sferum.binding.v1 import binding_service_pb2 as pb
from sferum.binding.v1 import directory_service_pb2

from binding_server.api import convert_out as out
from binding_server.api.convert_in import page_token
from binding_server.domain import catalogue, texts
from binding_server.domain.decision import RowResult
from binding_server.use_cases.diagnose import AccountDiagnosis, Explanation
from binding_server.use_cases.directory import MyAccounts
from binding_server.use_cases.outcomes import Completion, Preview
from binding_server.use_cases.read_bindings import BindingPage, Unbound


def completion(found: Completion, language: str) -> pb.CompleteBindingResponse:
    """Returns what a completed or previewed attempt led to."""
    outcome = "preview" if found.preview else "already_bound" if found.already else "bound"
    return pb.CompleteBindingResponse(
        binding=out.binding(found.binding, language) if found.binding else None,
        already_bound=found.already,
        preview=_preview(found.preview) if found.preview else None,
        attempt=out.attempt(found.attempt) if found.attempt else None,
        decision=found.decision,
        message=texts.sentence(outcome, language),
    )


def _preview(found: Preview) -> pb.BindingPreview:
    return pb.BindingPreview(
        profile_name=found.profile_name,
        vk_user_id=found.vk_user_id,
        phone_masked=found.phone_mask,
        email_masked=found.email_mask,
        educational_roles=out.educational_roles(found.roles),
        chat_titles=found.chat_titles,
        diagnosis=out.diagnosis(found.diagnosis),
    )


def bindings(page: BindingPage, language: str) -> pb.ListBindingsResponse:
    """Returns a page of bindings, with counts."""
    count = pb.ListBindingsResponse.Count
    return pb.ListBindingsResponse(
        bindings=[out.binding(view, language) for view in page.bindings],
        next_page_token=page_token(page.next),
        counts=[
            count(diagnosis=out.diagnosis(diagnosis), bindings=number) for diagnosis, number in page.counts.items()
        ],
    )


def unbound(found: Unbound, language: str) -> pb.UnbindResponse:
    """Returns an ended binding."""
    return pb.UnbindResponse(
        binding=out.binding(found.view, language),
        already_unbound=found.already,
        message=texts.sentence("already_unbound" if found.already else "unbound", language),
    )


def account_diagnosis(found: AccountDiagnosis, language: str) -> pb.DiagnoseAccountResponse:
    """Returns what is wrong with an account's binding."""
    return pb.DiagnoseAccountResponse(
        diagnosis=out.diagnosis(found.diagnosis),
        problem=found.problem,
        message=_diagnosis_message(found, language),
        evidence=[out.evidence(part, language) for part in found.evidence],
        remedies=out.remedies(found.remedies, language),
        binding=out.binding(found.binding, language) if found.binding else None,
        last_refusal=out.reason(found.last_refusal),
    )


def _diagnosis_message(found: AccountDiagnosis, language: str) -> str:
    if found.diagnosis:
        return texts.diagnosis_text(found.diagnosis, language)
    if found.last_refusal:
        refused = texts.sentence("last_refused", language)
        return f"{refused} {catalogue.message(found.last_refusal, None, language)}"
    return texts.sentence("not_bound", language)


def explanation(found: Explanation, language: str) -> pb.ExplainBindingResponse:
    """Returns the decision table as it was played."""
    if found.deciding_row is None:
        message = texts.sentence("open", language)
    elif found.reason is None:
        message = texts.row_text(found.deciding_row, language)
    else:
        message = catalogue.message(found.reason, found.deciding_row, language)
    return pb.ExplainBindingResponse(
        rows=[_row(row, language) for row in found.rows],
        deciding_row=found.deciding_row or "",
        policy=out.policy(found.policy),
        message=message,
        remedies=out.remedies(found.remedies, language),
    )


def _row(found: RowResult, language: str) -> pb.DecisionRow:
    return pb.DecisionRow(
        row=found.row,
        outcome=f"OUTCOME_{found.outcome}",
        reason=out.reason(found.reason),
        facts=dict(found.facts),
        description=texts.row_text(found.row, language),
    )


def my_accounts(found: MyAccounts) -> directory_service_pb2.ListMyAccountsResponse:
    """Returns who the caller is."""
    return directory_service_pb2.ListMyAccountsResponse(
        person=out.name("persons", found.person.id),
        accounts=[out.account(each) for each in found.accounts],
        pupils=[out.account(each) for each in found.pupils],
        organisations=[out.name("organisations", each) for each in found.organisations],
    )
