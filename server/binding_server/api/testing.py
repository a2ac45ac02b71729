"""TestingService: the clock of a world, and its end."""

# ruff: noqa: N802 - the names are those of the contract

from datetime import UTC

from sferum.binding.v1 import testing_service_pb2 as pb
from sferum.binding.v1 import testing_service_pb2_grpc

from binding_server.api.call import Call, Worlds
from binding_server.clock import WorldClock
from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal


class TestingServicer(testing_service_pb2_grpc.TestingServiceServicer):
    """Served with `--test-worlds` only."""

    __test__ = False  # the name begins like a test's

    def __init__(self, worlds: Worlds) -> None:
        self._worlds = worlds

    async def GetClock(self, request: pb.GetClockRequest, call: Call) -> pb.Clock:
        """Returns the world's time."""
        return _time(call.world.clock)

    async def SetClock(self, request: pb.SetClockRequest, call: Call) -> pb.Clock:
        """Freezes the clock, or lets it run again."""
        call.world.clock.freeze(request.time.ToDatetime(UTC) if request.HasField("time") else None)
        return _time(call.world.clock)

    async def AdvanceClock(self, request: pb.AdvanceClockRequest, call: Call) -> pb.Clock:
        """Moves the clock forward."""
        try:
            call.world.clock.advance(request.duration.ToTimedelta())
        except OverflowError as error:
            raise Refusal(Reason.REQUEST_INVALID, fields=[("duration", "beyond the year 9999")]) from error
        return _time(call.world.clock)

    async def DropWorld(self, request: pb.DropWorldRequest, call: Call) -> pb.DropWorldResponse:
        """Forgets the world."""
        await self._worlds.drop(call.world.name)
        return pb.DropWorldResponse()


def _time(clock: WorldClock) -> pb.Clock:
    answer = pb.Clock(frozen=clock.frozen)
    answer.time.FromDatetime(clock.now())
    return answer
