"""Which requests a fault strikes, and which rules are refused."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from idp_mock.control.arming import arm
from idp_mock.world import Fault, FaultKind, World, load_document
from idp_mock.world.faults import Faults, Stage, Who
from sferum.simulator.v1 import control_service_pb2 as pb

TOKENS = "/oauth2/auth"


def strikes(faults: Faults, who: Who, times: int = 1, path: str = TOKENS) -> list[bool]:
    return [faults.strike("vk_id", path, lambda: who) is not None for _ in range(times)]


def test_it_strikes_only_the_client_and_the_person_of_the_rule() -> None:
    faults = Faults()
    faults.create(FaultKind.STATUS, TOKENS, "vk_id", client="7", person="vera", times=9)

    assert strikes(faults, Who("7", "vera")) == [True]
    assert strikes(faults, Who("8", "vera")) == [False]
    assert strikes(faults, Who("7", "anya")) == [False]
    assert strikes(faults, Who()) == [False]


def test_it_counts_only_the_requests_that_match() -> None:
    faults = Faults()
    faults.create(FaultKind.DROP, TOKENS, "vk_id", person="vera", skip=1, times=1)

    assert strikes(faults, Who(person="anya"), 3) == [False] * 3
    assert strikes(faults, Who(person="vera"), 3) == [False, True, False]


def test_it_strikes_the_same_requests_again_for_the_same_seed() -> None:
    def run(seed: int) -> list[bool]:
        faults = Faults()
        faults.create(FaultKind.STATUS, TOKENS, "vk_id", probability=0.3, seed=seed, times=1000)
        return strikes(faults, Who(), 200)

    assert run(7) == run(7)
    assert run(7) != run(8)
    assert 30 <= sum(run(7)) <= 90


def test_it_strikes_any_endpoint_if_none_is_said() -> None:
    faults = Faults()
    fault = faults.create(FaultKind.WRONG_STATE)

    assert list(faults.armed(Stage.ANSWER, "esia", "/aas/oauth2/ac")) == [fault]
    assert list(faults.armed(Stage.REQUEST, "esia", "/aas/oauth2/ac")) == []


@pytest.fixture
def world() -> World:
    person = {"id": "vera", "name": {"last": "Л", "first": "В"}, "gender": "F", "birth_date": "1986-11-02"}
    return World("w", load_document({"version": 1, "persons": [person]}))


def armed(world: World, **rule: Any) -> Fault:
    return arm(world, ParseDict({"provider": "PROVIDER_VK_ID", **rule}, pb.Fault()))


MALFORMED = {
    "kind": {},
    "endpoint": {"kind": "FAULT_KIND_STATUS"},
    "skip": {"kind": "FAULT_KIND_DROP", "endpoint": TOKENS, "skip": -1},
    "times": {"kind": "FAULT_KIND_DROP", "endpoint": TOKENS, "times": -1},
    "latency": {"kind": "FAULT_KIND_LATENCY", "endpoint": TOKENS},
    "status": {"kind": "FAULT_KIND_STATUS", "endpoint": TOKENS, "status": 99},
    "probability": {"kind": "FAULT_KIND_DROP", "endpoint": TOKENS, "probability": 1.5},
    "field": {"kind": "FAULT_KIND_MISSING_FIELD", "endpoint": TOKENS},
    "value": {"kind": "FAULT_KIND_DROP", "endpoint": TOKENS, "value": "x"},
    "other": {"kind": "FAULT_KIND_TOKEN_OF_ANOTHER", "endpoint": TOKENS, "other": "nobody"},
    "person": {"kind": "FAULT_KIND_DROP", "endpoint": TOKENS, "person": "nobody"},
}


@pytest.mark.parametrize("key", MALFORMED)
def test_it_refuses_a_malformed_rule_and_names_the_key(world: World, key: str) -> None:
    with pytest.raises(ValueError) as refused:
        armed(world, **MALFORMED[key])

    assert f"fault.{key}" in str(refused.value).split(":")[0]
    assert not world.faults.list()


def test_it_refuses_a_field_where_none_is_used(world: World) -> None:
    with pytest.raises(ValueError, match=r"^fault\.field"):
        armed(world, kind="FAULT_KIND_DROP", endpoint=TOKENS, field="user_id")


def test_it_refuses_a_header_with_a_line_break(world: World) -> None:
    with pytest.raises(ValueError, match=r"^fault\.value"):
        armed(world, kind="FAULT_KIND_WRONG_CONTENT_TYPE", endpoint=TOKENS, value="text/html\r\nset-cookie: a=b")
