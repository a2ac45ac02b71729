"""DirectoryService."""

# ruff: noqa: N802 - the names are those of the contract

from collections.abc import AsyncIterable

from sferum.binding.v1 import directory_service_pb2 as pb
from sferum.binding.v1 import resources_pb2

from binding_server.api import convert_answers as answers
from binding_server.api import convert_in as given
from binding_server.api import convert_out as out
from binding_server.api.call import Call
from binding_server.api.convert_roster import reconciled, roster_effect, roster_error, roster_report, roster_stream
from binding_server.api.validation import RequestRules
from binding_server.domain.names import name_words
from binding_server.use_cases.directory import get_account, list_accounts, list_my_accounts
from binding_server.use_cases.import_roster import import_roster, list_effects, list_errors
from binding_server.use_cases.reconcile import reconcile_chats
from binding_server.use_cases.records import AccountSearch

_BOUND = {resources_pb2.Binding.STATE_ACTIVE: True, resources_pb2.Binding.STATE_UNBOUND: False}
_PAGE = 500


class DirectoryServicer:
    """Each method: convert in, one use case, convert out."""

    def __init__(self, rules: RequestRules) -> None:
        self._rules = rules

    async def ImportRoster(
        self, requests: AsyncIterable[pb.ImportRosterRequest], call: Call
    ) -> pb.ImportRosterResponse:
        """Takes a roster."""
        roster = await roster_stream(requests, self._rules)
        report = await import_roster(
            call.services,
            call.caller,
            roster.parts,
            mode=roster.mode,
            dry_run=roster.dry_run,
            atomic=roster.atomic,
        )
        return roster_report(report, call.language)

    async def ListRosterErrors(self, request: pb.ListRosterErrorsRequest, call: Call) -> pb.ListRosterErrorsResponse:
        """Lists the records that an import skipped."""
        found, following = await list_errors(
            call.services,
            call.caller,
            int(given.id_of(request.parent)),
            given.page_number(request.page_token) or 0,
            request.page_size or _PAGE,
        )
        return pb.ListRosterErrorsResponse(
            errors=[roster_error(each, call.language) for each in found],
            next_page_token=given.page_token(None if following is None else str(following)),
        )

    async def ListRosterEffects(self, request: pb.ListRosterEffectsRequest, call: Call) -> pb.ListRosterEffectsResponse:
        """Lists what a dry run has shown."""
        found, following = await list_effects(
            call.services,
            call.caller,
            int(given.id_of(request.parent)),
            given.page_number(request.page_token) or 0,
            request.page_size or _PAGE,
        )
        return pb.ListRosterEffectsResponse(
            effects=[roster_effect(each, call.language) for each in found],
            next_page_token=given.page_token(None if following is None else str(following)),
        )

    async def ReconcileChats(self, request: pb.ReconcileChatsRequest, call: Call) -> pb.ReconcileChatsResponse:
        """Compares memberships with what they follow from, and repairs them."""
        collection = request.parent.partition("/")[0]
        parent = given.id_of(request.parent) if request.parent else ""
        done = await reconcile_chats(
            call.services,
            call.caller,
            organisation_id=parent if collection == "organisations" else "",
            municipality_id=parent if collection == "municipalities" else "",
            dry_run=request.dry_run,
            after=given.page_start(request.page_token),
            limit=request.page_size or _PAGE,
        )
        return reconciled(done, given.page_token(done.next), call.language)

    async def GetAccount(self, request: pb.GetAccountRequest, call: Call) -> resources_pb2.DiaryAccount:
        """Returns an account."""
        return out.account(await get_account(call.services, call.caller, given.id_of(request.name)))

    async def ListAccounts(self, request: pb.ListAccountsRequest, call: Call) -> pb.ListAccountsResponse:
        """Lists the accounts of an organisation."""
        page = await list_accounts(
            call.services,
            call.caller,
            organisation_id=given.id_of(request.parent),
            wanted=AccountSearch(
                words=name_words(request.query),
                class_id=given.optional_id_of(request.school_class),
                bound=_BOUND.get(request.binding_state),
            ),
            limit=given.page_size(request.page_size),
            after=given.page_start(request.page_token),
        )
        accounts = [out.account(account) for account in page.accounts]
        return pb.ListAccountsResponse(accounts=accounts, next_page_token=given.page_token(page.next))

    async def ListMyAccounts(self, request: pb.ListMyAccountsRequest, call: Call) -> pb.ListMyAccountsResponse:
        """Says who the caller is."""
        return answers.my_accounts(await list_my_accounts(call.services, call.caller))
