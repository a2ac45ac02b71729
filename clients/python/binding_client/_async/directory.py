"""What clients ask of the directory and, in tests, of a world's clock."""

from datetime import datetime, timedelta

from sferum.binding.v1 import directory_service_pb2, testing_service_pb2
from sferum.binding.v1.directory_service_pb2 import (
    ImportRosterRequest,
    ImportRosterResponse,
    ListAccountsResponse,
    ListMyAccountsResponse,
    ListRosterEffectsResponse,
    ListRosterErrorsResponse,
    ReconcileChatsResponse,
)
from sferum.binding.v1.resources_pb2 import Binding, DiaryAccount
from sferum.binding.v1.testing_service_pb2 import (
    Clock,
    DropWorldResponse,
    ForkWorldResponse,
    ListCallsResponse,
    ResetWorldResponse,
    RestoreWorldResponse,
    SnapshotWorldResponse,
)

from binding_client._async.calls import Calls
from binding_client._transport_aio import Stream, stream_of


class DirectoryCalls(Calls):
    """Directory and, in tests, a world's clock."""

    # DirectoryService

    async def import_roster(
        self,
        *,
        requests: Stream[ImportRosterRequest],
        timeout_s: float | None = None,
    ) -> ImportRosterResponse:
        """Sends a roster; `binding_client.roster` makes the requests from a world document.

        Args:
            requests: Parts of 1 to 1000 records each, in the order of what refers to what.
            timeout_s: Seconds to wait for the whole; the client's own if None.
        """
        return await self._call(self.stubs.directory.ImportRoster, stream_of(requests), timeout_s)

    async def list_roster_errors(
        self, *, parent: str, page_size: int = 0, page_token: str = "", timeout_s: float | None = None
    ) -> ListRosterErrorsResponse:
        """Lists every record that `imports/{import}` skipped."""
        request = directory_service_pb2.ListRosterErrorsRequest(
            parent=parent, page_size=page_size, page_token=page_token
        )
        return await self._call(self.stubs.directory.ListRosterErrors, request, timeout_s)

    async def list_roster_effects(
        self, *, parent: str, page_size: int = 0, page_token: str = "", timeout_s: float | None = None
    ) -> ListRosterEffectsResponse:
        """Lists everything that the dry run `imports/{import}` said would happen."""
        request = directory_service_pb2.ListRosterEffectsRequest(
            parent=parent, page_size=page_size, page_token=page_token
        )
        return await self._call(self.stubs.directory.ListRosterEffects, request, timeout_s)

    async def reconcile_chats(
        self,
        *,
        parent: str = "",
        dry_run: bool = False,
        page_size: int = 0,
        page_token: str = "",
        timeout_s: float | None = None,
    ) -> ReconcileChatsResponse:
        """Compares a page of bindings with the chats that they are in, and repairs what differs."""
        request = directory_service_pb2.ReconcileChatsRequest(
            parent=parent, dry_run=dry_run, page_size=page_size, page_token=page_token
        )
        return await self._call(self.stubs.directory.ReconcileChats, request, timeout_s)

    async def get_account(self, *, name: str, timeout_s: float | None = None) -> DiaryAccount:
        """Returns `accounts/{account}`."""
        request = directory_service_pb2.GetAccountRequest(name=name)
        return await self._call(self.stubs.directory.GetAccount, request, timeout_s)

    async def list_accounts(
        self,
        *,
        parent: str,
        query: str = "",
        school_class: str = "",
        binding_state: Binding.State = Binding.STATE_UNSPECIFIED,
        page_size: int = 0,
        page_token: str = "",
        timeout_s: float | None = None,
    ) -> ListAccountsResponse:
        """Lists the accounts of an organisation, for its staff.

        Args:
            parent: `organisations/{organisation}`.
            query: Beginnings of words of the name.
            school_class: `classes/{class}`: pupils, their representatives and class teachers of this class only.
            binding_state: ACTIVE for those who are bound, UNBOUND for those who are not.
            page_size: At most this many.
            page_token: From the answer before.
            timeout_s: Seconds to wait; the client's own if None.
        """
        request = directory_service_pb2.ListAccountsRequest(
            parent=parent,
            query=query,
            school_class=school_class,
            binding_state=binding_state,
            page_size=page_size,
            page_token=page_token,
        )
        return await self._call(self.stubs.directory.ListAccounts, request, timeout_s)

    async def list_my_accounts(self, *, timeout_s: float | None = None) -> ListMyAccountsResponse:
        """Says who the caller is: own accounts, the children's, and organisations with a duty."""
        request = directory_service_pb2.ListMyAccountsRequest()
        return await self._call(self.stubs.directory.ListMyAccounts, request, timeout_s)

    # TestingService

    async def get_clock(self, *, timeout_s: float | None = None) -> Clock:
        """Returns the time of the world."""
        return await self._call(self.stubs.testing.GetClock, testing_service_pb2.GetClockRequest(), timeout_s)

    async def set_clock(
        self,
        *,
        time: datetime | None = None,
        skew: timedelta | None = None,
        allow_backwards: bool = False,
        timeout_s: float | None = None,
    ) -> Clock:
        """Freezes the world's clock at an aware instant, or lets it run: with the real one, or so far ahead of it.

        Args:
            time: Where to freeze.
            skew: How far to run ahead of the real clock, negative for behind.
            allow_backwards: Go back even to before what the world has recorded.
            timeout_s: Seconds to wait; the client's own if None.
        """
        return await self._call(self.stubs.testing.SetClock, _set_clock(time, skew, allow_backwards), timeout_s)

    async def advance_clock(self, *, duration: timedelta, timeout_s: float | None = None) -> Clock:
        """Moves the world's clock forward."""
        request = testing_service_pb2.AdvanceClockRequest()
        request.duration.FromTimedelta(duration)
        return await self._call(self.stubs.testing.AdvanceClock, request, timeout_s)

    async def fork_world(self, *, world: str, timeout_s: float | None = None) -> ForkWorldResponse:
        """Makes a new world of that name as a copy of this one: directory, bindings, chats, clock."""
        request = testing_service_pb2.ForkWorldRequest(world=world)
        return await self._call(self.stubs.testing.ForkWorld, request, timeout_s)

    async def snapshot_world(self, *, timeout_s: float | None = None) -> SnapshotWorldResponse:
        """Returns all of the world in one piece."""
        return await self._call(self.stubs.testing.SnapshotWorld, testing_service_pb2.SnapshotWorldRequest(), timeout_s)

    async def restore_world(self, *, snapshot: bytes, timeout_s: float | None = None) -> RestoreWorldResponse:
        """Puts the world back to a snapshot, of itself or of another world of this service."""
        request = testing_service_pb2.RestoreWorldRequest(snapshot=snapshot)
        return await self._call(self.stubs.testing.RestoreWorld, request, timeout_s)

    async def reset_world(self, *, timeout_s: float | None = None) -> ResetWorldResponse:
        """Puts the world back to how it was made: empty, as it was forked, or to its restored snapshot."""
        return await self._call(self.stubs.testing.ResetWorld, testing_service_pb2.ResetWorldRequest(), timeout_s)

    async def list_calls(self, *, after: int = 0, timeout_s: float | None = None) -> ListCallsResponse:
        """Lists the calls that the service answered in the world, oldest first; only those with a greater number."""
        request = testing_service_pb2.ListCallsRequest(after=after)
        return await self._call(self.stubs.testing.ListCalls, request, timeout_s)

    async def drop_world(self, *, timeout_s: float | None = None) -> DropWorldResponse:
        """Forgets all of the world."""
        return await self._call(self.stubs.testing.DropWorld, testing_service_pb2.DropWorldRequest(), timeout_s)


def _set_clock(
    time: datetime | None, skew: timedelta | None, allow_backwards: bool
) -> testing_service_pb2.SetClockRequest:
    request = testing_service_pb2.SetClockRequest(allow_backwards=allow_backwards)
    if time is not None:
        request.time.FromDatetime(time)
    if skew is not None:
        request.skew.FromTimedelta(skew)
    return request
