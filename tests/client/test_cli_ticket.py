"""`sferum ticket` against a fake service."""

from pathlib import Path

import grpc
import pytest
from binding_client.cli.ticket import MAX_SCREENSHOT_BYTES, StateName
from sferum.binding.v1.support_service_pb2 import ListTicketsResponse, ResolveTicketRequest
from sferum.binding.v1.ticket_pb2 import Screenshot, SupportTicket

from .fakes import FakeServer, refusal
from .test_cli_back_end import Command

TICKET = SupportTicket(
    name="tickets/t1",
    state=SupportTicket.STATE_OPEN,
    account="accounts/boris-pupil",
    filed_by="persons/boris",
    municipality="Екатеринбург",
    school_name="Школа № 5",
    full_name="Громов [bold]Борис",
    vk_user_id="700300102",
    screenshot=Screenshot(media_type="image/png", width=640, height=480, content=b"png"),
    resolution="Готово.",
)
ITEMS = {
    "--account": "boris-pupil",
    "--municipality": "Екатеринбург",
    "--school": "Школа № 5",
    "--full-name": "Громов Борис",
    "--vk-id": "700300102",
}


@pytest.fixture
def sferum(server: FakeServer, tmp_path: Path) -> Command:
    return Command(server, tmp_path / "state")


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    file = tmp_path / "error.png"
    file.write_bytes(b"picture")
    return file


def words(picture: Path, **changed: str) -> list[str]:
    given = {**ITEMS, "--screenshot": str(picture), **changed}
    return [word for pair in given.items() for word in pair]


@pytest.mark.parametrize(("lang", "said"), [("ru", "Заявка принята"), ("en", "The ticket is filed")])
def test_create_sends_all_items__it_says_the_number(
    sferum: Command, server: FakeServer, picture: Path, lang: str, said: str
) -> None:
    server.on("CreateTicket", TICKET)
    shown = sferum(
        "ticket", "create", "--lang", lang, *words(picture), "--steps", "Отменяли.", "--decision", "17"
    ).output
    assert said in shown
    assert "t1" in shown
    [request] = server.calls("CreateTicket")
    assert (request.account, request.municipality, request.school_name, request.full_name, request.vk_user_id) == (
        "accounts/boris-pupil",
        "Екатеринбург",
        "Школа № 5",
        "Громов Борис",
        "700300102",
    )
    assert (request.screenshot, request.school_steps, request.decision) == (b"picture", "Отменяли.", "17")
    assert request.request_id


@pytest.mark.parametrize("option", [*ITEMS, "--screenshot"])
def test_create_without_an_item__it_names_the_option(
    sferum: Command, server: FakeServer, picture: Path, option: str
) -> None:
    given = words(picture)
    place = given.index(option)
    assert option in sferum("ticket", "create", *given[:place], *given[place + 2 :], code=2).output
    assert server.calls("CreateTicket") == []


def test_create_with_a_large_picture__it_is_refused_here(sferum: Command, server: FakeServer, picture: Path) -> None:
    picture.write_bytes(b" " * (MAX_SCREENSHOT_BYTES + 1))
    assert "--screenshot" in sferum("ticket", "create", *words(picture), code=2).output
    assert server.calls("CreateTicket") == []


@pytest.mark.parametrize(("lang", "said"), [("ru", "ждет поддержки"), ("en", "waits for support")])
def test_show_tells_everything__it_saves_the_picture(
    sferum: Command, server: FakeServer, tmp_path: Path, lang: str, said: str
) -> None:
    server.on("GetTicket", TICKET)
    shown = sferum("ticket", "show", "t1", "--lang", lang, "--save", str(tmp_path / "kept.png")).output
    for text in (said, "t1", "Екатеринбург", "Школа № 5", "Громов [bold]Борис", "700300102", "640 x 480", "Готово."):
        assert text in shown
    assert (tmp_path / "kept.png").read_bytes() == b"png"
    assert server.calls("GetTicket")[0].name == "tickets/t1"


@pytest.mark.parametrize(
    ("option", "parent"), [("--account", "accounts/x"), ("--organisation", "organisations/x"), ("", "")]
)
def test_list_asks_for_what_is_named__it_is_a_table(
    sferum: Command, server: FakeServer, option: str, parent: str
) -> None:
    server.on("ListTickets", ListTicketsResponse(tickets=[TICKET]))
    shown = sferum("ticket", "list", *([option, "x"] if option else []), "--state", "open").output
    assert "boris-pupil" in shown
    [request] = server.calls("ListTickets")
    assert (request.parent, request.state) == (parent, SupportTicket.STATE_OPEN)


def test_list_of_two_parents__it_is_refused(sferum: Command, server: FakeServer) -> None:
    sferum("ticket", "list", "--account", "x", "--organisation", "y", code=2)
    assert server.calls("ListTickets") == []


def test_states_it_has_all_of_the_contract() -> None:
    named = {f"STATE_{state}" for state in StateName}
    assert named == set(SupportTicket.State.keys()) - {"STATE_UNSPECIFIED"}


@pytest.mark.parametrize(
    ("word", "action"),
    [("unbind", ResolveTicketRequest.ACTION_UNBIND), ("close", ResolveTicketRequest.ACTION_CLOSE)],
)
def test_resolve_calls_with_supports_own_key__it_says_how_it_ended(
    sferum: Command, server: FakeServer, word: str, action: int
) -> None:
    sferum("key", "support")
    server.on("ResolveTicket", SupportTicket(name="tickets/t1", state=SupportTicket.STATE_UNBOUND))
    given = ["--agent", "agent-7", "--service", "support", "--account", "kira-parent", "--resolution", "Готово."]
    assert "t1" in sferum("ticket", "resolve", "t1", word, *given).output
    [request] = server.calls("ResolveTicket")
    assert (request.name, request.action, request.account, request.agent, request.resolution) == (
        "tickets/t1",
        action,
        "accounts/kira-parent",
        "agent-7",
        "Готово.",
    )
    assert server.metadata[-1]["authorization"].startswith("Bearer ey")


def test_resolve_that_is_refused__it_says_why(sferum: Command, server: FakeServer) -> None:
    sferum("key", "support")
    refused = refusal(grpc.StatusCode.FAILED_PRECONDITION, "TICKET_MISMATCH", message="Номер не совпадает.")
    server.on("ResolveTicket", refused)
    shown = sferum("ticket", "resolve", "t1", "unbind", "--agent", "a", "--service", "support", code=1).output
    assert "Номер не совпадает." in shown
