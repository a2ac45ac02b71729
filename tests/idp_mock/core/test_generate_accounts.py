"""Accounts and contacts of generated persons are as the shares promise."""

from collections import Counter, defaultdict
from itertools import chain
from typing import Any

import pytest

from .towns import PUPILS, SHARES, about, adults, pupils, share, town

SEEDS = (1, 2, 3)


@pytest.fixture(params=SEEDS, ids=lambda seed: f"seed {seed}")
def world(request: pytest.FixtureRequest) -> dict[str, Any]:
    return town(request.param)


def test_children_under_14_have_child_accounts_and_nobody_else(world: dict[str, Any]) -> None:
    for person in world["persons"]:
        if "esia" in person:
            young = "enrolments" in person and person["birth_date"] > "2012-09-01"
            assert (person["esia"].get("level") == "CHILD") is young


def test_some_have_no_account_at_esia_and_some_none_at_vk_id(world: dict[str, Any]) -> None:
    grown = adults(world)
    young = [pupil for pupil in pupils(world) if pupil["birth_date"] > "2012-09-01"]
    older = [pupil for pupil in pupils(world) if pupil["birth_date"] <= "2012-09-01"]

    for people, wanted in zip((grown, young, older), SHARES.esia, strict=True):
        assert share((person for person in people if "esia" in person), people) == about(wanted)
    reachable = 1 - (1 - SHARES.phone) * (1 - SHARES.email)
    assert share((person for person in grown if "vk_id" in person), grown) == about(SHARES.vk_id[0] * reachable)


def test_some_have_several_vk_logins_and_profiles(world: dict[str, Any]) -> None:
    logins = [person["vk_id"] for person in world["persons"] if "vk_id" in person]
    first = [[profile["kind"] for profile in own[0]["profiles"]] for own in logins]
    both = [own for own in logins if len(own) == 2 or {"phone", "email"} <= own[0].keys()]

    assert share((own for own in both if len(own) == 2), both) == pytest.approx(2 * 0.06 / 1.06, abs=0.03)
    for kinds, wanted in (
        (["LEARNING"], "learning"),
        (["PERSONAL", "LEARNING"], "both"),
        (["PERSONAL"], "personal"),
    ):
        assert share(first.count(kinds), first) == about(SHARES.vk_profiles.shares[wanted])


def test_contacts_at_esia_are_of_all_states(world: dict[str, Any]) -> None:
    stated = Counter(
        (contact["type"], contact.get("verified", False))
        for person in adults(world)
        if "esia" in person
        for contact in person["esia"].get("contacts", ())
    )
    accounts = sum(1 for person in adults(world) if "esia" in person)

    for kind, owned, states in (
        ("MBT", SHARES.phone, SHARES.phone_at_esia.shares),
        ("EML", SHARES.email, SHARES.email_at_esia.shares),
    ):
        assert stated[kind, True] / accounts == about(owned * states["verified"])
        assert stated[kind, False] / accounts == about(owned * states["not verified"])


def test_a_phone_is_verified_once_and_young_children_share_a_parents(world: dict[str, Any]) -> None:
    verified = Counter(
        contact["value"]
        for person in world["persons"]
        for contact in person.get("esia", {}).get("contacts", ())
        if contact.get("verified")
    )
    users = defaultdict[str, set[str]](set)
    for person in world["persons"]:
        for contact in person.get("recorded_contacts", ()):
            users[contact].add(person["id"])
    vk = [login["phone"] for person in world["persons"] for login in person.get("vk_id", ()) if "phone" in login]
    owners = {person["id"] for person in adults(world)}
    shared = [keys for keys in users.values() if len(keys) > 1]

    assert set(verified.values()) == {1}
    assert len(vk) == len(set(vk))
    assert len(shared) > PUPILS / 50
    assert all(len(keys & owners) <= 1 for keys in shared)


def test_every_phone_is_of_the_fictional_pool_and_every_address_of_an_example(world: dict[str, Any]) -> None:
    values = chain.from_iterable(
        [
            *person.get("recorded_contacts", ()),
            *(contact["value"] for contact in person.get("esia", {}).get("contacts", ())),
        ]
        for person in world["persons"]
    )
    assert all(value.startswith("+7900") if value[0] == "+" else value.endswith("@example.org") for value in values)


def test_every_snils_has_a_right_check_sum(world: dict[str, Any]) -> None:
    for person in world["persons"]:
        if "esia" in person:
            number, _, check = person["esia"]["snils"].replace("-", "").partition(" ")
            total = sum(int(digit) * weight for digit, weight in zip(number, range(9, 0, -1), strict=True))
            assert int(check) == (total % 101) % 100
