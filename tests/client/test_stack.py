"""The stack for tests, and the command against it, over real wires."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from binding_client.cli.app import app
from binding_client.errors import CallerNotAllowed, EsiaSessionRequired, ResourceNotAccessible
from binding_client.headless import Person
from binding_client.testing import AsyncStack, Stack, World
from binding_client.watch import Event, SnapshotEnd, SnapshotStart
from sferum.binding.v1.resources_pb2 import Binding, ChatKind
from typer.testing import CliRunner

READS = ["BindingService/GetBinding", "BindingService/BatchGetBindings", "BindingService/WatchBindings"]
SERVICES = {
    "tagil-only": {"methods": READS, "municipalities": ["tagil"]},
    "helper": {"methods": [*READS, "BindingService/Unbind"], "municipalities": "*", "acts_for": ["EDIARY66"]},
    "by-list": READS,
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    state = tmp_path_factory.mktemp("stack")
    with Stack(test_worlds=True, state_dir=state / "stack", cli_state_dir=state / "cli", services=SERVICES) as stack:
        yield stack


@pytest.fixture
def world(stack: Stack) -> Iterator[World]:
    with stack.world() as world:
        yield world


@pytest.mark.scenario("H04")
def test_a_mother_of_two_binds_once__it_is_one_binding_with_two_chats(world: World) -> None:
    vera, anya = world.person("vera"), world.person("anya")
    answer = vera.bind(via_pupil=anya.account())
    assert answer.binding.state == Binding.STATE_ACTIVE
    assert {(chat.school_class, chat.kind) for chat in vera.chats()} == {
        ("classes/s5-2026-5a", ChatKind.CHAT_KIND_PARENTS),
        ("classes/s5-2026-9b", ChatKind.CHAT_KIND_PARENTS),
    }


@pytest.mark.scenario("H09")
def test_a_father_registers_on_the_way__it_is_bound(world: World) -> None:
    assert world.person("mark").bind().binding.state == Binding.STATE_ACTIVE


def test_worlds_do_not_meet__it_is_one_profile_in_each(stack: Stack) -> None:
    with stack.world() as one, stack.world() as other:
        first, second = one.person("vera").bind(), other.person("vera").bind()
        assert first.binding.vk_user_id == second.binding.vk_user_id
        one.person("vera").unbind()
        assert other.person("vera").chats()


def test_a_world_of_ones_own__it_is_what_the_document_says(stack: Stack) -> None:
    document = {**stack.default.document, "guardianships": [{"guardian": "vera", "pupil": "boris", "kind": "PARENT"}]}
    with stack.world(document) as world:
        world.person("vera").bind()
        assert [chat.school_class for chat in world.person("vera").chats()] == ["classes/s5-2026-9b"]


def test_both_clocks_move__it_is_seen_by_the_session(world: World) -> None:
    vera = world.person("vera")
    vera.sign_in()
    before = world.now()
    world.advance(timedelta(hours=2))
    assert world.now() - before >= timedelta(hours=2)
    with pytest.raises(EsiaSessionRequired):
        vera.start_binding()
    vera.sign_in()
    assert vera.start_binding().name


def test_both_clocks_can_stand__it_is_the_same_instant(world: World) -> None:
    instant = datetime(2027, 9, 1, 8, tzinfo=UTC)
    world.freeze(instant)
    world.advance(timedelta(minutes=1))
    assert world.now() == instant + timedelta(minutes=1)
    attempt = world.person("vera").start_binding()
    assert attempt.create_time.ToDatetime(UTC) == world.now()


async def test_a_killed_service_comes_back__it_is_with_what_it_had() -> None:
    async with AsyncStack() as stack:
        vera, anya = stack.person("vera"), stack.person("anya")
        bound = await vera.bind()
        await stack.kill_server()
        await stack.restart_server()
        client = await vera.client()
        assert (await client.get_binding(name=f"{vera.account()}/binding")).name == bound.binding.name
        await anya.bind()
        assert await anya.chats()


def test_back_ends_have_a_whole_policy__it_is_theirs(world: World) -> None:
    anya = world.person("anya")
    name = anya.bind().binding.name
    for reader in ("helper", "by-list"):
        assert world.service_client(reader).get_binding(name=name).name == name
    with pytest.raises(ResourceNotAccessible):
        world.service_client("tagil-only").get_binding(name=name)
    helper = world.service_client("helper", on_behalf_of=anya.access_token)
    assert helper.unbind(name=name).binding.state == Binding.STATE_UNBOUND
    with pytest.raises(CallerNotAllowed):
        world.service_client("by-list", on_behalf_of=anya.access_token).unbind(name=name)


async def test_the_async_stack_has_back_ends_too__it_is_awaited() -> None:
    async with AsyncStack(services=SERVICES) as stack:
        anya, client = stack.person("anya"), stack.service_client("helper")
        async with client.watch_bindings() as watch:
            steps = [await anext(watch) for _ in range(2)]
            assert [type(step) for step in steps] == [SnapshotStart, SnapshotEnd]
            name = (await anya.bind()).binding.name
            event = await anext(watch)
            assert isinstance(event, Event)
            assert event.event.binding.name == name
        asked = [name, "bindings/none", name]
        found = (await client.batch_get_bindings(names=asked)).results
        assert [result.binding.name for result in found] == [name, "", name]
        helper = stack.service_client("helper", on_behalf_of=await anya.access_token())
        await helper.unbind(name=name)


class Command:
    """The command with the stack's addresses."""

    def __init__(self, stack: Stack) -> None:
        cli = stack.programs.options.cli_state_dir
        self._environment = {
            "SFERUM_SERVER": stack.grpc,
            "SFERUM_ESIA_URL": stack.esia,
            "SFERUM_CONTROL": stack.control_grpc,
            "SFERUM_STATE_DIR": str(cli),
            "COLUMNS": "160",
        }

    def __call__(self, *arguments: str, code: int = 0) -> str:
        result = CliRunner().invoke(app, list(arguments), env=self._environment)
        assert result.exit_code == code, result.output
        return result.output


@pytest.fixture
def sferum(stack: Stack) -> Command:
    return Command(stack)


def test_the_command_binds_headless__it_is_seen_and_undone(sferum: Command) -> None:
    sferum("login", "--headless", "--login", "vera", "--password", "vera-esia")
    shown = sferum("bind", "--headless", "--phone", "+79000000103", "--preview", "--yes")
    assert shown.count("700300103") == 2
    assert "Родители" in sferum("chats")
    again = sferum("bind", "--headless", "--phone", "+79000000103", "--preview")
    assert "700300103" in again
    assert "Ничего не привязано" not in again
    assert "D16" in sferum(
        *("bind", "--headless", "--login", "gleb", "--password", "gleb-esia"),
        *("--phone", "+79000000102", "--contact", "+79000000104"),
        code=1,
    )
    sferum("login", "--headless", "--login", "vera", "--password", "vera-esia")
    sferum("unbind")
    assert "Родители" not in sferum("chats")


def test_the_command_refuses_a_wrong_password__it_is_exit_code_one(sferum: Command) -> None:
    sferum("login", "--headless", "--login", "vera", "--password", "wrong", code=1)


def test_the_command_calls_any_method__it_is_told_by_reflection(sferum: Command) -> None:
    sferum("login", "--headless", "--login", "vera", "--password", "vera-esia")
    assert "sferum.binding.v1.ChatService/ListChats" in sferum("call").splitlines()
    mine = json.loads(sferum("call", "DirectoryService/ListMyAccounts"))
    assert [account["name"] for account in mine["accounts"]] == ["accounts/vera-parent"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("BindingService/GetBinding", '{"name": "bindings/none"}'), 1),
        (("BindingService/NoSuchMethod", "{}"), 2),
        (("BindingService/GetBinding", '{"nam": 1}'), 2),
        (("DirectoryService/ImportRoster", "{}"), 2),
    ],
)
def test_the_command_calls_what_cannot_be__it_is_told(sferum: Command, arguments: tuple[str, ...], code: int) -> None:
    sferum("login", "--headless", "--login", "vera", "--password", "vera-esia")
    sferum("call", *arguments, code=code)


def test_the_command_sends_a_roster__it_is_known_already(sferum: Command, demo_world: Path) -> None:
    sferum("roster", "import", str(demo_world))


def test_the_command_waits_for_a_browser__it_is_the_loopback_redirect(
    sferum: Command, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The browser is a headless person in another thread, who follows the last redirect to the command's listener."""
    browsers: list[threading.Thread] = []

    def browse(url: str) -> None:
        with httpx.Client(trust_env=False) as http:
            person = Person(http)
            if url.startswith(stack.esia):
                came = person.sign_in_esia(url, "boris", "boris-esia")
            else:
                came = person.sign_in_vk(url, "+79000000102", inbox=stack.control.last_code)
            http.get(came)

    def open_browser(url: str) -> None:
        browsers.append(threading.Thread(target=browse, args=(url,)))
        browsers[-1].start()

    monkeypatch.setattr("webbrowser.open", open_browser)
    sferum("login", "--timeout", "20")
    shown = sferum("bind", "--contact", "+79000000102", "--timeout", "20")
    for browser in browsers:
        browser.join()
    assert "700300102" in shown
