"""A world while it runs: look-ups, changes, copies."""

from datetime import date
from typing import Any

import pytest
from idp_mock.world import AlreadyExists, NotFound, VkProfile, World, WorldErrors, Worlds, load_document, merge_patch


@pytest.fixture
def worlds(document: dict[str, Any]) -> Worlds:
    return Worlds(load_document(document))


@pytest.fixture
def world(worlds: Worlds) -> World:
    return worlds.default


@pytest.mark.parametrize(
    "text",
    ["vera", " VERA ", "+79000000103", "8 (900) 000-01-03", "9000000103", "000-000-603 09", "00000060309"],
)
def test_esia_finds_a_person_by_any_of_her_logins(world: World, text: str) -> None:
    person = world.esia_by_login(text)

    assert person is not None
    assert person.id == "vera"


@pytest.mark.parametrize("text", ["vera@example.org", "nobody", "", "+79000000112"])
def test_esia_does_not_find_a_person_by_what_is_not_her_login(world: World, text: str) -> None:
    assert world.esia_by_login(text) is None


@pytest.mark.parametrize("text", ["+79000000103", "79000000103", "8-900-000-01-03", "vera.vk@EXAMPLE.org"])
def test_vk_id_finds_a_login_however_it_is_written(world: World, text: str) -> None:
    found = world.vk_login(text)

    assert found is not None
    assert (found[0].id, found[1].id) == ("vera", "+79000000103")


def test_clients_and_children_are_found(world: World) -> None:
    assert world.esia_client("DIARY") is not None
    assert world.esia_client("OTHER") is None
    assert world.vk_client("51000066") is world.vk_client(51000066) is not None
    assert world.vk_client("fifty") is None
    assert [child.id for child in world.children("vera")] == ["anya"]


@pytest.mark.parametrize(
    ("uri", "allowed"),
    [
        ("http://127.0.0.1:4711/any?x=1", True),
        ("http://localhost/back", True),
        ("http://[::1]:80/", True),
        ("https://127.0.0.1/", False),
        ("http://127.0.0.1.example/", False),
        ("http://user@127.0.0.1/", False),
        ("http://127.0.0.1/#part", False),
        ("http://[broken/", False),
        ("https://diary.example/vk", False),
    ],
)
def test_a_loopback_client_may_use_addresses_of_this_machine_only(world: World, uri: str, allowed: bool) -> None:
    client = world.esia_client("DIARY")

    assert client is not None
    assert client.allows_redirect(uri) is allowed


def test_other_clients_may_use_what_is_listed_only(world: World) -> None:
    client = world.vk_client(51000066)

    assert client is not None
    assert client.allows_redirect("https://diary.example/vk")
    assert not client.allows_redirect("https://diary.example/vk/")
    assert not client.allows_redirect("http://127.0.0.1/vk")


def test_a_person_is_changed_by_a_merge_patch(world: World) -> None:
    world.update_person("vera", {"name": {"middle": None}, "esia": {"password": "new"}, "recorded_contacts": []})

    person = world.person("vera")
    assert person is not None
    assert person.esia is not None
    assert (person.name.middle, person.esia.password, person.recorded_contacts) == (None, "new", [])
    assert person.esia.oid == 1000300103


def test_a_change_that_breaks_the_world_changes_nothing(world: World) -> None:
    before = world.document

    for patch in ({"enrolments": ["6b"]}, {"cat": 1}, {"gender": None}, {"id": "other"}):
        with pytest.raises(WorldErrors):
            world.update_person("vera", patch)
    with pytest.raises(AlreadyExists):
        world.add_person({"id": "vera"})
    with pytest.raises(NotFound):
        world.update_person("nobody", {})

    assert world.document is before


def test_a_change_moves_all_that_a_person_is_found_by(world: World) -> None:
    world.update_person(
        "vera",
        {
            "esia": {"oid": 7, "login": "vp", "snils": None, "contacts": [{"type": "MBT", "value": "+79000000555"}]},
            "vk_id": [{"email": "v@example.org", "profiles": [{"user_id": 8, "kind": "PERSONAL"}]}],
            "recorded_contacts": [],
        },
    )

    vera = world.person("vera")
    gone = ["vera", "+79000000103", "000-000-603 09"]
    assert vera is not None
    assert world.esia_by_login("vp") is world.person_by_oid(7) is vera
    assert [world.esia_by_login(text) for text in gone] == [None] * 3
    assert (world.person_by_oid(1000300103), world.vk_login("+79000000103")) == (None, None)
    assert world.vk_profile(700300103) is None
    assert world.vk_profile(8) == (vera, vera.vk_id[0], vera.vk_id[0].profiles[0])
    world.update_person("mark", {"esia": {"oid": 1000300103, "login": "vera", "password": "m"}})


def test_a_change_refused_keeps_all_that_a_person_is_found_by(world: World) -> None:
    taken = {"oid": 9, "login": "VERA", "password": "m"}

    with pytest.raises(WorldErrors):
        world.update_person("mark", {"esia": taken})
    with pytest.raises(WorldErrors):
        world.add_person({**PAVEL, "esia": taken})
    with pytest.raises(WorldErrors):
        world.update_person("vera", {"esia": {"oid": 9}, "enrolments": ["6b"]})

    assert (world.person("pavel"), world.person_by_oid(9)) == (None, None)
    assert world.person_by_oid(1000300103) is world.person("vera") is not None
    world.add_person({**PAVEL, "esia": {**taken, "login": "pavel"}})
    with pytest.raises(WorldErrors):
        world.update_person("mark", {"esia": taken})


PAVEL = {"id": "pavel", "name": {"last": "И", "first": "П"}, "gender": "M", "birth_date": "1987-10-03"}


def test_numbers_in_strings_are_the_same_numbers(world: World) -> None:
    with pytest.raises(WorldErrors):
        world.update_person("mark", {"esia": {"oid": "1000300103", "login": "m", "password": "m"}})


def test_who_stands_first_in_the_document_signs_in_with_a_shared_contact(world: World) -> None:
    contact = {"type": "MBT", "value": "+79000000777", "verified": True}
    for key, oid in (("mark", 11), ("anya", 12)):
        world.update_person(key, {"esia": {"oid": oid, "login": key, "password": "m", "contacts": [contact]}})
    found = world.esia_by_login("+79000000777")
    world.update_person("anya", {"esia": None})
    left = world.esia_by_login("+79000000777")

    assert found is not None
    assert left is not None
    assert (found.id, left.id) == ("anya", "mark")


def test_what_a_world_was_made_from_does_not_change(document: dict[str, Any]) -> None:
    file = load_document(document)
    world = World("mine", file)
    world.update_person("vera", {"gender": "M"})
    world.add_person(PAVEL)

    assert file == load_document(document)
    assert len(world.document.persons) == len(file.persons) + 1


def register(world: World, phone: str) -> str:
    profile = VkProfile(user_id=world.new_user_id(), kind="PERSONAL")
    person, _ = world.register_vk_login(
        phone=phone, first_name="М", last_name="И", birthday=date(1987, 10, 3), sex="male", profiles=[profile]
    )
    return person.id


def test_a_new_vk_login_belongs_to_the_one_person_who_uses_the_number(world: World) -> None:
    assert register(world, "8 900 000-01-12") == "mark"
    with pytest.raises(AlreadyExists):
        register(world, "+79000000112")


def test_a_new_vk_login_with_an_unknown_number_is_a_new_persons(world: World) -> None:
    person = world.person(register(world, "+79000000999"))

    assert person is not None
    assert person.id not in ("anya", "vera", "mark")
    assert world.vk_profile(person.vk_id[0].profiles[0].user_id) is not None


def test_a_profile_is_added_to_a_login(world: World) -> None:
    found = world.vk_login("+79000000103")
    assert found is not None

    _, login, profile = world.add_vk_profile(found[1], VkProfile(user_id=world.new_user_id(), kind="PERSONAL"))

    assert [item.kind for item in login.profiles] == ["LEARNING", "PERSONAL"]
    assert world.vk_profile(profile.user_id) is not None
    with pytest.raises(WorldErrors):
        world.add_vk_profile(login, profile)


def test_new_vk_numbers_are_unique_over_worlds(worlds: Worlds) -> None:
    other = worlds.create("other")

    assert worlds.default.new_user_id() != other.new_user_id()


def test_a_copy_is_the_world_as_it_was_loaded_and_independent(worlds: Worlds) -> None:
    worlds.default.update_person("vera", {"gender": "M"})
    copy = worlds.create("copy")
    copy.update_person("mark", {"gender": "F"})
    copy.inbox.send("+79000000103", "text")

    original, copied = worlds.default.person("mark"), copy.person("vera")
    assert original is not None
    assert copied is not None
    assert (original.gender, copied.gender) == ("M", "F")
    assert worlds.default.inbox.messages() == []


@pytest.mark.parametrize("name", ["", "a/b", "..", "й", "x" * 65, "a b"])
def test_a_world_needs_a_name_that_fits_into_a_url(worlds: Worlds, name: str) -> None:
    with pytest.raises(ValueError):
        worlds.create(name)


def test_state_of_a_room_belongs_to_its_world(worlds: Worlds) -> None:
    class Room:
        pass

    other = worlds.create("other")

    assert worlds.default.of(Room) is worlds.default.of(Room)
    assert worlds.default.of(Room) is not other.of(Room)


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
        ({"a": "foo"}, "bar", "bar"),
    ],
)
def test_merge_patch_does_what_rfc_7396_says(target: Any, patch: Any, result: Any) -> None:
    assert merge_patch(target, patch) == result
