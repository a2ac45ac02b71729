"""Arms a fault that came over the control API, or says which key of it is wrong."""

from sferum.simulator.v1 import control_service_pb2 as pb

from idp_mock.control import convert
from idp_mock.world import Fault, FaultKind, World
from idp_mock.world.faults import Stage

_MAX_LATENCY_S = 600
_NEEDS_FIELD = {FaultKind.WRONG_FIELD, FaultKind.MISSING_FIELD, FaultKind.MISTYPED_FIELD}
_HAS_VALUE = {FaultKind.WRONG_FIELD, FaultKind.WRONG_CONTENT_TYPE}
_HAS_OTHER = {FaultKind.TOKEN_OF_ANOTHER, FaultKind.PROFILE_OF_ANOTHER, FaultKind.PHONE_REASSIGNED}


def arm(world: World, wanted: pb.Fault) -> Fault:
    """Arms a fault.

    Raises:
        ValueError: the rule is malformed; the text begins with the key.
    """
    kind = convert.to_fault_kind(wanted.kind)
    latency_s = wanted.latency.ToTimedelta().total_seconds()
    provider = convert.to_provider(wanted.provider)
    for problem in _problems(world, wanted, kind, latency_s):
        raise ValueError(problem)
    return world.faults.create(
        kind,
        wanted.endpoint.strip(),
        provider,
        skip=wanted.skip,
        times=wanted.times or 1,
        latency_s=latency_s,
        status=wanted.status or 503,
        error=wanted.error,
        client=wanted.client,
        person=wanted.person,
        probability=wanted.probability or 1.0,
        seed=wanted.seed,
        member=wanted.field,
        value=wanted.value,
        other=wanted.other,
    )


def _problems(world: World, wanted: pb.Fault, kind: FaultKind, latency_s: float) -> list[str]:
    rules = {
        "fault.endpoint: must be set for a fault that strikes a request": kind.stage is Stage.REQUEST
        and not wanted.endpoint.strip("/ "),
        "fault.skip, fault.times: must not be negative": wanted.skip < 0 or wanted.times < 0,
        f"fault.latency: must be more than 0 and at most {_MAX_LATENCY_S} s": kind is FaultKind.LATENCY
        and not 0 < latency_s <= _MAX_LATENCY_S,
        "fault.status: must be 200 to 599": kind is FaultKind.STATUS and not 200 <= (wanted.status or 503) <= 599,
        "fault.probability: must be more than 0 and at most 1": not 0 <= wanted.probability <= 1,
        f"fault.field: must be set for {kind.name}": kind in _NEEDS_FIELD and not wanted.field.strip(". "),
        f"fault.field: {kind.name} has no use for it": kind not in _NEEDS_FIELD and bool(wanted.field),
        f"fault.value: {kind.name} has no use for it": kind not in _HAS_VALUE and bool(wanted.value),
        f"fault.other: {kind.name} has no use for it": kind not in _HAS_OTHER and bool(wanted.other),
        f"fault.person: there is no person {wanted.person!r}": bool(wanted.person)
        and world.person(wanted.person) is None,
        f"fault.other: there is no person {wanted.other!r}": bool(wanted.other) and world.person(wanted.other) is None,
        "fault.value: must be one line of Latin letters, as a header is": kind is FaultKind.WRONG_CONTENT_TYPE
        and not (wanted.value.isascii() and wanted.value.isprintable()),
    }
    return [text for text, broken in rules.items() if broken]
