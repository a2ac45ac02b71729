"""Families by one call."""

from typing import Any

import pytest
from idp_mock.world import NotFound, Worlds, load_document
from idp_mock.world.generate.persons import snils

from .calling import Caller, esia_token


def numbers_of(document: dict[str, Any]) -> list[Any]:
    """Everything that nobody else may have."""
    found: list[Any] = []
    for person in document["persons"]:
        esia = person["esia"]
        found += [esia["oid"], esia["snils"], esia["login"], *(contact["value"] for contact in esia["contacts"])]
        found += [profile["user_id"] for login in person.get("vk_id", ()) for profile in login["profiles"]]
    return found


async def test_a_family_it_is_whole_and_can_sign_in(call: Caller) -> None:
    made = await call("CreateFamily", children=[{"class_name": "5А"}, {"age": 15, "gender": "M"}], parents=2)

    prefix = f"f{made['seed']}"
    assert made["parents"] == [f"{prefix}-mother", f"{prefix}-father"]
    assert made["children"] == [f"{prefix}-child1", f"{prefix}-child2"]
    document = made["document"]
    mother, father, first, second = document["persons"]
    assert (mother["gender"], father["gender"], second["gender"]) == ("F", "M", "M")
    assert first["name"]["middle"].startswith(father["name"]["first"][:2])
    assert [one["name"] for one in document["classes"]] == ["5А", "9А"]
    assert [(link["guardian"], link["pupil"], link["kind"]) for link in document["guardianships"]] == [
        (guardian["id"], pupil["id"], "PARENT") for guardian in (mother, father) for pupil in (first, second)
    ]
    assert [person["esia"]["level"] for person in (mother, first, second)] == ["CONFIRMED", "CHILD", "CONFIRMED"]
    assert [mother["vk_id"][0]["profiles"][0]["roles"], first["vk_id"][0]["profiles"][0]["roles"]] == [
        ["PARENT"],
        ["PUPIL"],
    ]
    assert document["municipalities"][0]["ownership_policy"] == "STRICT"
    assert await esia_token(call, "default", mother["id"])
    assert (await call("GetPerson", id=mother["id"]))["document"]["esia"]["login"] == mother["id"]
    # Its roster is a world of its own.
    load_document(document)


async def test_two_families_without_a_seed_it_is_that_no_number_is_shared_over_worlds(one_way: Caller) -> None:
    await one_way("CreateWorld", world="one")
    seen: list[Any] = []
    for world in ("default", "one", "default", "one"):
        made = await one_way(
            "CreateFamily", world=world, children=[{}, {}], parents=2, guardians=1, vk="FAMILY_VK_BOTH"
        )
        seen += numbers_of(made["document"])
    assert len(seen) == len(set(seen))


async def test_the_same_seed_it_is_the_same_family_in_any_world(one_way: Caller) -> None:
    await one_way("CreateWorld", world="one")
    wishes: dict[str, Any] = {"seed": 7, "children": [{}], "teacher": True, "prefix": "ivanovy"}
    here, there = [await one_way("CreateFamily", world=world, **wishes) for world in ("default", "one")]
    assert here == there
    assert here["parents"] == ["ivanovy-mother"]
    assert await one_way("CreateFamily", **wishes) == "INVALID_ARGUMENT"
    assert (await one_way("CreateFamily", **{**wishes, "seed": 8, "prefix": ""}))["document"] != here["document"]


async def test_the_wishes_of_a_family_it_is_as_they_say(one_way: Caller) -> None:
    made = await one_way(
        "CreateFamily",
        children=[{}],
        parents=0,
        guardians=2,
        teacher=True,
        vk="FAMILY_VK_NONE",
        policy="OWNERSHIP_POLICY_LENIENT",
        unrecorded=True,
        unverified=True,
    )
    document = made["document"]
    assert len(made["guardians"]) == 2
    assert {link["kind"] for link in document["guardianships"]} == {"LEGAL_REPRESENTATIVE"}
    assert document["persons"][0]["duties"][0]["kind"] == "CLASS_TEACHER"
    assert (
        document["persons"][0]["duties"][0]["class"] == document["persons"][2]["enrolments"][0]["class"]
        if isinstance(document["persons"][2]["enrolments"][0], dict)
        else document["persons"][2]["enrolments"][0]
    )
    assert document["municipalities"][0]["ownership_policy"] == "LENIENT"
    for person in document["persons"]:
        assert not person.get("vk_id")
        assert person["recorded_contacts"] == []
        assert not any(contact["verified"] for contact in person["esia"]["contacts"])


async def test_a_family_in_a_school_that_is_there_it_is_in_its_classes(one_way: Caller) -> None:
    wishes: dict[str, Any] = {"organisation": "school", "children": [{"class_name": "5А"}, {"class_name": "6Б"}]}
    made = await one_way("CreateFamily", **wishes)
    assert [one["id"] for one in made["document"]["classes"]] == ["5a", f"f{made['seed']}-class1"]
    assert [one["id"] for one in made["document"]["municipalities"]] == ["city"]
    assert await one_way("CreateFamily", organisation="nowhere") == "NOT_FOUND"
    assert await one_way("CreateFamily", policy="OWNERSHIP_POLICY_LENIENT", organisation="school") == "INVALID_ARGUMENT"


BAD: list[dict[str, Any]] = [
    {"seed": -1},
    {"seed": 10_000_000},
    {"prefix": "a/b"},
    {"prefix": "x" * 61},
    {"parents": 3},
    {"parents": -1},
    {"guardians": 5},
    {"parents": 0},
    {"parents": 0, "children": [{}], "teacher": True},
    {"children": [{}] * 13},
    {"children": [{"age": 5}]},
    {"children": [{"gender": "X"}]},
    {"children": [{"class_name": "x" * 51}]},
    {"vk": 99},
]


async def test_wishes_that_cannot_be_it_is_refused_and_nobody_comes(one_way: Caller) -> None:
    for wishes in BAD:
        assert await one_way("CreateFamily", **wishes) == "INVALID_ARGUMENT", wishes
    assert (await one_way("GetWorld"))["persons"] == 3


def test_every_snils_of_a_family_it_is_right(document: dict[str, Any]) -> None:
    from datetime import date

    from idp_mock.world.family import Child, FamilyPlan, make_family

    worlds = Worlds(load_document(document))
    family = make_family(worlds.default, FamilyPlan([Child()] * 12, 2, 4), 9_999_999, date(2026, 10, 1))
    for person in family.added["persons"]:
        text = person["esia"]["snils"]
        assert snils(int(text[:11].replace("-", ""))) == text
    with pytest.raises(NotFound):
        make_family(worlds.default, FamilyPlan(organisation="none"), 1, date(2026, 10, 1))
