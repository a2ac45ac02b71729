"""Between the control's messages about families and the simulator's own objects."""

from typing import Any, cast

from sferum.simulator.v1 import control_service_pb2 as pb

from idp_mock.control.convert import from_document
from idp_mock.world.family import Child, Family, FamilyPlan, Policy, Vk


def to_plan(request: pb.CreateFamilyRequest) -> FamilyPlan:
    """What the family shall be like.

    Raises:
        ValueError: a value is unknown.
    """
    policy = _name("policy", pb.OwnershipPolicy, request.policy, "OWNERSHIP_POLICY_")
    vk = _name("vk", pb.FamilyVk, request.vk, "FAMILY_VK_")
    return FamilyPlan(
        children=[Child(child.age, child.class_name, child.gender) for child in request.children],
        parents=request.parents if request.HasField("parents") else 1,
        guardians=request.guardians,
        teacher=request.teacher,
        vk=cast(Vk, vk or "LEARNING"),
        policy=cast(Policy | None, policy),
        organisation=request.organisation,
        prefix=request.prefix,
        recorded=not request.unrecorded,
        verified=not request.unverified,
    )


def from_family(family: Family) -> pb.Family:
    """A family that was made."""
    return pb.Family(
        seed=family.seed,
        parents=family.parents,
        guardians=family.guardians,
        children=family.children,
        document=from_document(family.roster),
    )


def _name(field: str, enum: Any, value: int, prefix: str) -> str | None:
    """The name of an enum's value without its prefix; None if it is unspecified."""
    if value not in enum.values():
        raise ValueError(f"{field}: unknown value")
    name = enum.Name(value).removeprefix(prefix)
    return None if name == "UNSPECIFIED" else name
