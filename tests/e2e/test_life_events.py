"""Life events over the wire: classes that go on, reports, all or nothing, reconcile runs; and a small region's year."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from binding_client.errors import BindingError
from binding_client.roster import chunks, import_roster, reconcile, roster_errors
from binding_client.testing import World
from sferum.binding.v1.directory_service_pb2 import RosterEffect
from sferum.binding.v1.roster_pb2 import EnrolmentRecord, GuardianshipRecord, RosterRecord, SchoolClassRecord

from .acting import tab
from .documents import CLASS_1V, CLASS_5A, CLASS_9B

ROLLOVER = Path(__file__).parents[2] / "bench" / "rollover.py"
CLASS_6A = "s5-2027-6a"
NEXT_YEAR = RosterRecord(
    line=1,
    school_class=SchoolClassRecord(
        id=CLASS_6A, organisation_id="shkola-5", year=2027, display_name="6А", continues=CLASS_5A
    ),
)


def moved(pupil: str, before: str, after: str) -> list[RosterRecord]:
    return [
        RosterRecord(line=1, enrolment=EnrolmentRecord(person_id=pupil, class_id=before, ended=True)),
        RosterRecord(line=2, enrolment=EnrolmentRecord(person_id=pupil, class_id=after)),
    ]


@pytest.mark.scenario("Y03")
@pytest.mark.rules("I3", "I5")
def test_a_class_goes_on__it_is_the_same_chats_under_the_new_name(world: World) -> None:
    anya, vera = world.person("anya"), world.person("vera")
    anya.bind()
    vera.bind()
    before = {chat.name for chat in anya.chats()}, {chat.name for chat in vera.chats()}
    answer = import_roster(world.service_client(), [NEXT_YEAR])
    assert (answer.created, answer.failed) == (1, 0)
    assert ({chat.name for chat in anya.chats()}, {chat.name for chat in vera.chats()}) == before
    assert tab(anya) == [(CLASS_6A, "PUPILS")]
    world.person("egor").bind()
    assert {chat.name for chat in world.person("egor").chats()} == before[0]
    assert import_roster(world.service_client(), [NEXT_YEAR]).unchanged == 1


@pytest.mark.scenario("Y01")
def test_a_dry_run__it_is_told_who_joins_and_leaves_what(world: World) -> None:
    world.person("anya").bind()
    answer = import_roster(world.service_client(), moved("anya", CLASS_5A, CLASS_1V), dry_run=True)
    said = [(effect.kind, effect.account, effect.school_class) for effect in answer.effects]
    assert said == [
        (RosterEffect.KIND_LEFT, "accounts/anya-pupil", f"classes/{CLASS_5A}"),
        (RosterEffect.KIND_JOINED, "accounts/anya-pupil", f"classes/{CLASS_1V}"),
    ]
    assert all(effect.message for effect in answer.effects)
    assert tab(world.person("anya")) == [(CLASS_5A, "PUPILS")]


def test_one_error_of_an_atomic_roster__it_is_nothing_that_changes(world: World) -> None:
    world.person("anya").bind()
    wrong = RosterRecord(line=9, guardianship=GuardianshipRecord(guardian_id="vera", pupil_id="vera", kind=1))  # pyright: ignore[reportArgumentType]
    records = [*moved("anya", CLASS_5A, CLASS_1V), wrong]
    answer = import_roster(world.service_client(), records, atomic=True)
    assert (answer.dry_run, [(error.line, error.field) for error in answer.errors]) == (
        True,
        [(9, "guardianship.guardian_id")],
    )
    assert tab(world.person("anya")) == [(CLASS_5A, "PUPILS")]
    assert not import_roster(world.service_client(), records[:2], atomic=True).dry_run
    assert tab(world.person("anya")) == [(CLASS_1V, "PUPILS")]


def test_more_errors_than_an_answer_holds__it_is_every_one_that_is_listed(world: World) -> None:
    count = 1500
    records = [
        RosterRecord(line=number, enrolment=EnrolmentRecord(person_id="anya", class_id="nowhere"))
        for number in range(1, count + 1)
    ]
    answer = import_roster(world.service_client(), records)
    assert (answer.failed, len(answer.errors)) == (count, 1000)
    listed = list(roster_errors(world.service_client(), answer.name))
    assert [error.line for error in listed] == list(range(1, count + 1))
    with pytest.raises(BindingError) as caught:
        world.service_client().list_roster_errors(parent="imports/999999")
    assert caught.value.reason == "RESOURCE_NOT_ACCESSIBLE"


@pytest.mark.rules("I12")
def test_a_settled_system__it_is_left_alone(world: World) -> None:
    for name in ("anya", "vera", "boris"):
        world.person(name).bind()
    import_roster(world.service_client(), moved("boris", CLASS_9B, CLASS_1V))
    checked: list[int] = []
    assert list(reconcile(world.service_client(), "organisations/shkola-5", checked.append)) == []
    assert checked == [3]
    assert list(reconcile(world.service_client(), dry_run=True)) == []


@pytest.mark.scenario("Y02")
@pytest.mark.scenario("Y04")
def test_a_family_changes__it_is_followed_at_once(world: World) -> None:
    anya, vera = world.person("anya"), world.person("vera")
    anya.bind()
    vera.bind()
    ended = GuardianshipRecord(guardian_id="vera", pupil_id="anya", kind=1, ended=True)  # pyright: ignore[reportArgumentType]
    import_roster(world.service_client(), [RosterRecord(guardianship=ended)])
    assert tab(vera) == [(CLASS_9B, "PARENTS")]
    parts = list(chunks(moved("anya", CLASS_5A, CLASS_1V), 1))
    assert world.service_client().import_roster(requests=parts).unbound == 0
    answer = import_roster(
        world.service_client(),
        [RosterRecord(enrolment=EnrolmentRecord(person_id="anya", class_id=CLASS_1V, ended=True))],
    )
    assert answer.unbound == 1


@pytest.mark.timeout(240)
def test_a_small_region_rolls_over_killed_in_the_middle__it_is_without_loss() -> None:
    done = subprocess.run(
        [sys.executable, str(ROLLOVER), "--pupils", "200"], capture_output=True, text=True, timeout=220
    )
    assert done.returncode == 0, done.stderr
    assert "undisturbed" in done.stdout
