"""The control's calls about clocks."""

from datetime import UTC, datetime

from sferum.simulator.v1 import control_service_pb2 as pb

from idp_mock.control import convert
from idp_mock.control.base import Calls
from idp_mock.control.errors import Code, ControlError
from idp_mock.world import Clock, Provider, World

_PARTIES: tuple[Provider, ...] = ("esia", "vk_id")


class ClockCalls(Calls):
    """Clocks stand still, run apart, and go forward."""

    def _get_clock(self, request: pb.GetClockRequest) -> pb.Clock:
        world, party = self.world(request.world), convert.to_provider(request.party, "party")
        return convert.from_clock(_clock(world, party), party)

    def _set_clock(self, request: pb.SetClockRequest) -> pb.Clock:
        world, party = self.world(request.world), convert.to_provider(request.party, "party")
        if request.HasField("time") and request.HasField("skew"):
            raise ValueError("skew: not together with time")
        clock = _clock(world, party)
        before = clock.stand
        try:
            if request.HasField("time"):
                clock.freeze(convert.to_instant(request.time))
            else:
                clock.run_ahead(request.skew.ToTimedelta())
            for concerned in (party,) if party else _PARTIES:
                convert.from_clock(world.clock_of(concerned), concerned)
                if not request.allow_backwards:
                    _check_not_before_issued(world, concerned)
        except (ValueError, OverflowError, ControlError) as error:
            clock.stand = before
            if isinstance(error, OverflowError):
                raise ValueError("outside the years 1 to 9999") from None
            raise
        return convert.from_clock(clock, party)

    def _advance_clock(self, request: pb.AdvanceClockRequest) -> pb.Clock:
        world, party = self.world(request.world), convert.to_provider(request.party, "party")
        if not request.HasField("duration"):
            raise ValueError("duration: must be set")
        clock = _clock(world, party)
        before = clock.stand
        clock.advance(request.duration.ToTimedelta())
        try:
            for concerned in _PARTIES:
                world.clock_of(concerned).now()
        except OverflowError:
            clock.stand = before
            raise ValueError("duration: beyond the year 9999 for a party") from None
        return convert.from_clock(clock, party)


def _clock(world: World, party: Provider | None) -> Clock:
    return world.clock_of(party) if party else world.clock


def _check_not_before_issued(world: World, party: Provider) -> None:
    issued = world.last_issued(party)
    if issued is not None and world.clock_of(party).timestamp() < issued:
        name = {"esia": "ESIA", "vk_id": "VK ID"}[party]
        at = f"{datetime.fromtimestamp(issued, UTC):%Y-%m-%dT%H:%M:%SZ}"
        text = f"{name} has issued codes or tokens at {at}: reset the world, or set allow_backwards"
        raise ControlError(Code.FAILED_PRECONDITION, text)
