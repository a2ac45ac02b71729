"""Worlds over the control API: made, filled, copied, kept, put back, dropped."""

import base64
import copy
import hashlib
import json
import pickle
import zlib
from typing import Any

import pytest
from idp_mock.app import Simulator
from idp_mock.world import OtherVersion, SnapshotError, World, WorldErrors, Worlds, load_document

from .calling import CLIENT, Caller, esia_token, person_of, vk_user

PAVEL = {"id": "pavel", "name": {"last": "Ильин", "first": "Павел"}, "gender": "M", "birth_date": "1980-01-01"}


async def persons(call: Caller, world: str) -> list[str]:
    document = (await call("GetWorldDocument", world=world))["document"]
    return [person["id"] for person in document["persons"]]


async def test_a_fork_has_what_the_source_is_now_and_nothing_of_what_happened_it_is_apart(
    call: Caller, simulator: Simulator
) -> None:
    await call("CreateWorld", world="one")
    await call("UpdatePerson", world="one", id="vera", patch={"name": {"first": "Вероника"}})
    await call("UpdateSettings", world="one", patch={"one_time_code": "000000"})
    await call("SetClock", world="one", time="2030-01-01T00:00:00Z")
    token = await esia_token(call, "one", "vera")
    simulator.worlds.get("one").inbox.send("+79000000103", "text")  # pyright: ignore[reportOptionalMemberAccess]

    await call("ForkWorld", world="two", source="one")
    await call("CreatePerson", world="one", person=PAVEL)

    vera = (await call("GetPerson", world="two", id="vera"))["document"]
    assert vera["name"]["first"] == "Вероника"
    assert (await call("GetClock", world="two"))["time"] == "2030-01-01T00:00:00Z"
    assert simulator.worlds.get("two").settings.one_time_code == "000000"  # pyright: ignore[reportOptionalMemberAccess]
    assert await persons(call, "two") == ["anya", "vera", "mark"]
    assert (await call("ListInboxMessages", world="two"))["messages"] == []
    assert (await person_of(simulator, "one", token)).status_code == 200
    assert (await person_of(simulator, "two", token)).status_code == 401


async def test_changes_of_a_fork_and_of_its_forks_it_is_only_they_that_have_them(one_way: Caller) -> None:
    for number in range(12):
        await one_way("ForkWorld", world=f"w{number}", source=f"w{number - 1}" if number else "default")
        await one_way("CreatePerson", world=f"w{number}", person={**PAVEL, "id": f"p{number}"})
        await one_way("UpdatePerson", world=f"w{number}", id="vera", patch={"esia": {"login": f"vera{number}"}})

    for number in range(12):
        assert await persons(one_way, f"w{number}") == ["anya", "vera", "mark", *(f"p{n}" for n in range(number + 1))]
        assert (await one_way("GetPerson", world=f"w{number}", id="vera"))["document"]["esia"][
            "login"
        ] == f"vera{number}"
        assert await one_way("CreatePerson", world=f"w{number}", person={**PAVEL, "id": "p0"}) == "ALREADY_EXISTS"
    assert await persons(one_way, "default") == ["anya", "vera", "mark"]


async def test_a_reset_world_it_is_as_it_was_made(call: Caller, simulator: Simulator, document: dict[str, Any]) -> None:
    document["settings"] = {"esia_access_ttl_s": 77}
    await call("CreateWorld", world="one", document=document)
    await call("SetClock", world="one", time="2030-01-01T00:00:00Z")
    await call("ForkWorld", world="two", source="one")
    before = await call("GetWorldDocument", world="two")
    token = await esia_token(call, "two", "vera")
    await call("CreateFamily", world="two")
    await call("UpdateSettings", world="two", patch={"esia_access_ttl_s": None})
    await call("AdvanceClock", world="two", duration="90s")
    await call("CreateFault", world="two", fault=FAULT)

    await call("ResetWorld", world="two")

    assert await call("GetWorldDocument", world="two") == before
    assert (await call("GetClock", world="two"))["time"] == "2030-01-01T00:00:00Z"
    assert (await call("ListFaults", world="two"))["faults"] == []
    assert (await person_of(simulator, "two", token)).status_code == 401
    await call("ResetWorld", world="one")
    assert (await call("GetClock", world="one"))["frozen"] is False


FAULT = {"provider": "PROVIDER_ESIA", "endpoint": "/rs/prns/1", "kind": "FAULT_KIND_STATUS", "status": 500}


async def test_a_snapshot_holds_all_of_a_world_it_is_put_back_even_under_another_name(
    call: Caller, simulator: Simulator
) -> None:
    await call("CreateWorld", world="one")
    await call("SetClock", world="one", party="PROVIDER_ESIA", skew="60s")
    token = await esia_token(call, "one", "vera", offline=True)
    vk = await call("MintVkTokens", world="one", person="vera", app_id=51000066)
    simulator.worlds.get("one").inbox.send("+79000000103", "text", "123456")  # pyright: ignore[reportOptionalMemberAccess]
    await call("CreateFault", world="one", fault=FAULT)
    family = await call("CreateFamily", world="one", children=[{}])

    kept = (await call("SnapshotWorld", world="one"))["snapshot"]
    await call("DropWorld", world="one")
    for name in ("one", "two"):
        await call("RestoreWorld", world=name, snapshot=kept)

    for name in ("one", "two"):
        assert (await person_of(simulator, name, token)).status_code == 200
        assert (await vk_user(simulator, name, vk["access_token"]))["user"]["user_id"] == "700300103"
        assert family["children"][0] in await persons(call, name)
        assert (await call("GetClock", world=name, party="PROVIDER_ESIA"))["skew"] == "60s"
        assert [one["text"] for one in (await call("ListInboxMessages", world=name))["messages"]] == ["text"]
        assert [one["endpoint"] for one in (await call("ListFaults", world=name))["faults"]] == ["/rs/prns/1"]
        # Numbers go on where they were.
        assert (await call("CreateFault", world=name, fault=FAULT))["id"] == "2"
    await call("DropWorld", world="one")
    assert (await person_of(simulator, "two", token)).status_code == 200


async def test_fresh_numbers_after_a_restore_elsewhere_it_is_none_that_the_snapshot_has(
    document: dict[str, Any],
) -> None:
    here, there = Worlds(load_document(document)), Worlds(load_document(document))
    for _ in range(3):
        here.numbers.fresh_seed()
    number = here.default.new_user_id()

    there.restore("one", here.snapshot(here.default))

    assert there.numbers.fresh_seed() == here.numbers.fresh_seed()
    assert there.default.new_user_id() > number


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda head: {**head, "version": 0}, "FAILED_PRECONDITION"),
        (lambda head: {**head, "product": "sferum-binding"}, "FAILED_PRECONDITION"),
        (lambda head: {**head, "shapes": {name: ["other"] for name in head["shapes"]}}, "FAILED_PRECONDITION"),
        (lambda head: {**head, "digest": "00"}, "INVALID_ARGUMENT"),
        (lambda head: {**head, "document": {"version": 2}}, "INVALID_ARGUMENT"),
        (lambda head: {"product": head["product"], "version": head["version"]}, "INVALID_ARGUMENT"),
        (lambda head: [], "INVALID_ARGUMENT"),
    ],
)
async def test_a_snapshot_of_another_version_or_damaged_it_is_refused_and_the_world_stays(
    document: dict[str, Any], change: Any, code: str
) -> None:
    worlds = Worlds(load_document(document))
    one = worlds.create("one")
    one.inbox.send("+79000000103", "text")
    head, _, body = worlds.snapshot(one).partition(b"\n")
    bad = json.dumps(change(json.loads(head))).encode() + b"\n" + body

    expected = OtherVersion if code == "FAILED_PRECONDITION" else SnapshotError
    with pytest.raises(expected):
        worlds.restore("one", bad)

    assert worlds.get("one") is one


@pytest.mark.parametrize("data", [b"", b"\x00\xff", b"{}", b"[" * 100_000, b"null\n"])
def test_bytes_that_are_no_snapshot_it_is_refused(document: dict[str, Any], data: bytes) -> None:
    worlds = Worlds(load_document(document))
    with pytest.raises(SnapshotError):
        worlds.restore("one", data)
    assert worlds.get("one") is None


async def test_a_snapshot_that_is_refused_it_is_by_its_reason(call: Caller) -> None:
    kept = base64.b64decode((await call("SnapshotWorld"))["snapshot"])
    older = base64.b64encode(kept.replace(b'"version": 1', b'"version": 0', 1)).decode()
    assert await call("RestoreWorld", snapshot=older) == "FAILED_PRECONDITION"
    assert await call("RestoreWorld", snapshot=base64.b64encode(kept[:-1]).decode()) == "INVALID_ARGUMENT"
    assert await call("RestoreWorld") == "INVALID_ARGUMENT"


class Evil:
    """What a pickle would do to whoever loads it."""

    def __reduce__(self) -> Any:
        return print, ("loaded",)


def test_a_snapshot_that_would_call_something_it_is_refused(
    document: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    worlds = Worlds(load_document(document))
    head = json.loads(worlds.snapshot(worlds.default).partition(b"\n")[0])
    for evil in (
        pickle.dumps({"clock": Evil()}),
        b"cidp_mock.world.files\nload_file\n(V/etc/passwd\ntR.",
        b"cos\nsystem\n.",
    ):
        body = zlib.compress(evil)
        head["digest"] = hashlib.sha256(body).hexdigest()
        with pytest.raises(SnapshotError):
            worlds.restore("one", json.dumps(head).encode() + b"\n" + body)
    assert capsys.readouterr().out == ""


async def test_filling_it_is_all_or_nothing(one_way: Caller) -> None:
    await one_way("CreateWorld", world="one")
    part: dict[str, Any] = {
        "classes": [{"id": "6b", "organisation": "school", "year": 2026, "name": "6Б"}],
        "persons": [{**PAVEL, "enrolments": ["6b"]}, {**PAVEL, "id": "petya", "enrolments": ["5a"]}],
        "guardianships": [{"guardian": "vera", "pupil": "petya", "kind": "PARENT"}],
        "clients": {"vk_id": [{"app_id": 7, "name": "Другое"}]},
    }
    bad = copy.deepcopy(part)
    bad["persons"][1]["enrolments"] = ["7c"]

    assert await one_way("FillWorld", world="one", document=bad) == "INVALID_ARGUMENT"
    assert await persons(one_way, "one") == ["anya", "vera", "mark"]
    assert (await one_way("FillWorld", world="one", document=part))["persons"] == 5
    assert await one_way("FillWorld", world="one", document=part) == "INVALID_ARGUMENT"
    assert await one_way("FillWorld", world="one", document={"settings": {}}) == "INVALID_ARGUMENT"
    assert await one_way("FillWorld", world="one", document={"persons": [{**PAVEL, "id": "x"}]}) != "INVALID_ARGUMENT"


def test_a_fault_of_what_fills_a_world_it_is_told_by_its_own_path(document: dict[str, Any]) -> None:
    world = World("one", load_document(document))

    with pytest.raises(WorldErrors) as raised:
        world.fill(
            {"persons": [PAVEL, {**PAVEL, "gender": "X"}], "clients": {"esia": [document["clients"]["esia"][0]]}}
        )

    paths = [error.path for error in raised.value.errors]
    assert paths == [("clients", "esia", 0, "mnemonic"), ("persons", 1, "gender"), ("persons", 1, "id")]
    assert [child.id for child in world.children("vera")] == ["anya"]
    world.fill({"persons": [PAVEL], "guardianships": [{"guardian": "vera", "pupil": "pavel", "kind": "PARENT"}]})
    assert [child.id for child in world.children("vera")] == ["anya", "pavel"]


async def test_a_world_with_a_time_without_use_it_is_dropped_after_it(document: dict[str, Any]) -> None:
    now = 0.0
    worlds = Worlds(load_document(document), monotonic=lambda: now)
    worlds.create("one", ttl_s=10)
    worlds.fork("two", "one", ttl_s=20)
    worlds.create("three")
    now = 9.0
    assert worlds.get("one") is not None
    now = 18.0
    assert worlds.get("one") is not None
    now = 28.0

    assert worlds.get("one") is None
    assert [world.name for world in worlds.list()] == ["default", "three"]
    worlds.create("one")
    now = 1e9
    assert worlds.get("one") is not None


async def test_a_time_without_use_it_is_told_and_kept_over_a_reset(one_way: Caller) -> None:
    assert (await one_way("CreateWorld", world="one", ttl="3600s"))["ttl"] == "3600s"
    assert (await one_way("ResetWorld", world="one"))["ttl"] == "3600s"
    assert "ttl" not in await one_way("ForkWorld", world="two", source="one")
    for ttl in ("0s", "-1s", "400000000s"):
        assert await one_way("CreateWorld", world="three", ttl=ttl) == "INVALID_ARGUMENT"
    await one_way("CreateWorld", world="gone", ttl="0.000001s")
    assert await one_way("GetWorld", world="gone") == "NOT_FOUND"


HOSTILE = ["", ".", "..", "a/b", "a b", "x" * 65, "мир", "a\n", "%2e", "a;b", "<b>", "\x00"]


async def test_a_hostile_name_it_is_refused_by_every_call_that_makes_a_world(one_way: Caller) -> None:
    kept = (await one_way("SnapshotWorld"))["snapshot"]
    before = (await one_way("ListWorlds"))["worlds"]
    for name in HOSTILE:
        assert await one_way("CreateWorld", world=name) == "INVALID_ARGUMENT"
        assert await one_way("ForkWorld", world=name) == "INVALID_ARGUMENT"
        if name:
            assert await one_way("RestoreWorld", world=name, snapshot=kept) == "INVALID_ARGUMENT"
    assert (await one_way("ListWorlds"))["worlds"] == before


async def test_two_tests_in_one_world_it_is_told_to_the_second(one_way: Caller) -> None:
    await one_way("CreateWorld", world="one")
    assert await one_way("CreateWorld", world="one") == "ALREADY_EXISTS"
    assert await one_way("ForkWorld", world="one") == "ALREADY_EXISTS"


UNKNOWN: dict[str, dict[str, Any]] = {
    "GetWorld": {},
    "FillWorld": {"document": {}},
    "UpdateSettings": {"patch": {}},
    "SnapshotWorld": {},
    "ResetWorld": {},
    "DropWorld": {},
    "CreateFamily": {},
    "MintEsiaToken": {"person": "vera", "client": CLIENT},
    "MintVkCode": {"person": "vera", "authorization_uri": "http://x/"},
    "MintVkTokens": {"person": "vera", "app_id": 1},
    "GetClock": {"party": "PROVIDER_ESIA"},
    "SetClock": {},
    "AdvanceClock": {"duration": "1s"},
}


async def test_an_unknown_world_it_is_not_found(one_way: Caller) -> None:
    for method, fields in UNKNOWN.items():
        assert await one_way(method, world="none", **fields) == "NOT_FOUND", method
    assert await one_way("ForkWorld", world="new", source="none") == "NOT_FOUND"
    assert [world["world"] for world in (await one_way("ListWorlds"))["worlds"]] == ["default"]


async def test_settings_that_break_the_schema_it_is_refused_and_they_stay(one_way: Caller) -> None:
    before = (await one_way("UpdateSettings", world="default", patch={}))["settings"]
    for patch in ({"login_hint": "always"}, {"one_time_code": "12345"}, {"unknown": 1}, {"esia_code_ttl_s": 0}):
        assert await one_way("UpdateSettings", patch=patch) == "INVALID_ARGUMENT"
    assert await one_way("UpdateSettings") == "INVALID_ARGUMENT"
    assert (await one_way("UpdateSettings", patch={}))["settings"] == before
