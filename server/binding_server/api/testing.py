"""TestingService: the clock of a world, its copies, and its end."""

# ruff: noqa: N802 - the names are those of the contract

from datetime import UTC

from sferum.binding.v1 import testing_service_pb2 as pb

from binding_server.api.call import Call
from binding_server.api.call_journal import AnsweredCall
from binding_server.api.worlds import TestWorlds
from binding_server.clock import WorldClock
from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal

_BEYOND = "outside the years 1 to 9999"


class TestingServicer:
    """Served with `--test-worlds` only."""

    __test__ = False  # the name begins like a test's

    def __init__(self, worlds: TestWorlds) -> None:
        self._worlds = worlds

    async def GetClock(self, request: pb.GetClockRequest, call: Call) -> pb.Clock:
        """Returns the world's time."""
        return _time(call.world.clock)

    async def SetClock(self, request: pb.SetClockRequest, call: Call) -> pb.Clock:
        """Freezes the clock, sets it apart from the real one, or lets it run again; not back to before what the world
        has recorded, unless that is wished."""
        if request.HasField("time") and request.HasField("skew"):
            raise Refusal(Reason.REQUEST_INVALID, fields=[("skew", "not together with time")])
        clock = WorldClock()
        try:
            if request.HasField("time"):
                clock.freeze(request.time.ToDatetime(UTC))
            else:
                clock.run_ahead(request.skew.ToTimedelta())
        except (OverflowError, ValueError) as error:
            field = "time" if request.HasField("time") else "skew"
            raise Refusal(Reason.REQUEST_INVALID, fields=[(field, _BEYOND)]) from error
        newest = None if request.allow_backwards else self._worlds.newest(call.world.name)
        if newest is not None and clock.now() < newest:
            text = f"the world has records of {newest:%Y-%m-%dT%H:%M:%SZ}: reset it, or set allow_backwards"
            raise Refusal(Reason.REQUEST_INVALID, fields=[("time", text)])
        call.world.clock.put(clock.state)
        return _time(call.world.clock)

    async def AdvanceClock(self, request: pb.AdvanceClockRequest, call: Call) -> pb.Clock:
        """Moves the clock forward."""
        try:
            call.world.clock.advance(request.duration.ToTimedelta())
        except OverflowError as error:
            raise Refusal(Reason.REQUEST_INVALID, fields=[("duration", _BEYOND)]) from error
        return _time(call.world.clock)

    async def ForkWorld(self, request: pb.ForkWorldRequest, call: Call) -> pb.ForkWorldResponse:
        """Makes a copy of the world."""
        await self._worlds.fork(request.world, call.world.name)
        return pb.ForkWorldResponse()

    async def SnapshotWorld(self, request: pb.SnapshotWorldRequest, call: Call) -> pb.SnapshotWorldResponse:
        """Returns all of the world."""
        return pb.SnapshotWorldResponse(snapshot=await self._worlds.snapshot(call.world.name))

    async def RestoreWorld(self, request: pb.RestoreWorldRequest, call: Call) -> pb.RestoreWorldResponse:
        """Puts the world back to a snapshot."""
        await self._worlds.restore(call.world.name, request.snapshot)
        return pb.RestoreWorldResponse()

    async def ResetWorld(self, request: pb.ResetWorldRequest, call: Call) -> pb.ResetWorldResponse:
        """Puts the world back to how it was made."""
        await self._worlds.reset(call.world.name)
        return pb.ResetWorldResponse()

    async def ListCalls(self, request: pb.ListCallsRequest, call: Call) -> pb.ListCallsResponse:
        """Lists what the world has answered."""
        answered = call.world.journal.after(request.after) if call.world.journal is not None else []
        return pb.ListCallsResponse(calls=[_answered(one) for one in answered])

    async def DropWorld(self, request: pb.DropWorldRequest, call: Call) -> pb.DropWorldResponse:
        """Forgets the world."""
        await self._worlds.drop(call.world.name)
        return pb.DropWorldResponse()


def _time(clock: WorldClock) -> pb.Clock:
    answer = pb.Clock(frozen=clock.frozen)
    answer.time.FromDatetime(clock.now())
    answer.skew.FromTimedelta(clock.state.ahead)
    return answer


def _answered(call: AnsweredCall) -> pb.AnsweredCall:
    message = pb.AnsweredCall(
        number=call.number,
        method=call.method,
        code=call.code,
        reason=call.reason,
        row=call.row,
        actor=call.actor,
        client=call.client,
    )
    message.real_time.FromDatetime(call.real_time)
    message.duration.FromMicroseconds(round(call.seconds * 1_000_000))
    return message
