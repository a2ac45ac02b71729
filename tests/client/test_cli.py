"""The sferum command against a fake service: what it asks, shows and leaves behind."""

import stat
from pathlib import Path
from typing import Any

import grpc
import pytest
from binding_client.cli.app import app
from binding_client.cli.state import Session, State
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import error_details_pb2
from sferum.binding.v1.binding_service_pb2 import (
    DecisionRow,
    DiagnoseAccountResponse,
    ExplainBindingResponse,
    UnbindResponse,
)
from sferum.binding.v1.chat_service_pb2 import ListChatsResponse
from sferum.binding.v1.contact_service_pb2 import ConfirmContactResponse, SendContactCodeResponse
from sferum.binding.v1.directory_service_pb2 import (
    ImportRosterResponse,
    ListMyAccountsResponse,
    ListRosterEffectsResponse,
    ListRosterErrorsResponse,
    ReconcileChatsResponse,
    RosterEffect,
)
from sferum.binding.v1.error_reason_pb2 import ErrorReason
from sferum.binding.v1.resources_pb2 import Chat, Diagnosis, DiaryAccount, EntryPoint, Remedy, Role
from typer.testing import CliRunner, Result

from .fakes import FakeServer, refusal

VERA = DiaryAccount(name="accounts/vera-parent", role=Role.ROLE_PARENT, display_name="Воронова Вера")
ANYA = DiaryAccount(name="accounts/anya-pupil", role=Role.ROLE_PUPIL, display_name="Воронова Анна")


class Command:
    """The command with a state folder and a fake service."""

    def __init__(self, server: FakeServer, directory: Path) -> None:
        self.server = server
        self.state = State(directory)

    def __call__(self, *arguments: str, stdin: str = "") -> Result:
        environment = {"SFERUM_STATE_DIR": str(self.state.directory), "SFERUM_SERVER": self.server.target}
        environment |= {"COLUMNS": "160", "SFERUM_LANG": ""}
        return CliRunner().invoke(app, list(arguments), input=stdin, env=environment)


@pytest.fixture
def sferum(server: FakeServer, tmp_path: Path) -> Command:
    server.on("ListMyAccounts", ListMyAccountsResponse(accounts=[VERA], pupils=[ANYA]))
    return Command(server, tmp_path / "state")


def test_the_kept_session_goes_along__it_is_the_bearer(sferum: Command, server: FakeServer) -> None:
    sferum.state.keep(Session("the-token", 1000300103, "http://esia.example"))
    result = sferum("accounts", "--lang", "en")
    assert result.exit_code == 0
    assert "vera-parent" in result.output
    assert "anya-pupil" in result.output
    assert server.metadata[0]["authorization"] == "Bearer the-token"
    assert server.metadata[0]["accept-language"] == "en"


def test_russian_is_spoken_unless_told__it_is_asked_for_too(sferum: Command, server: FakeServer) -> None:
    assert sferum("accounts").exit_code == 0
    assert server.metadata[0]["accept-language"] == "ru"


def test_the_session_file_is_private__it_is_for_its_owner(sferum: Command) -> None:
    sferum.state.keep(Session("t", 1, "u"))
    file = sferum.state.directory / "session.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sferum.state.session() == Session("t", 1, "u")


@pytest.mark.parametrize("content", ["", "[]", "{", '{"access_token": "t"}'])
def test_a_broken_session_file_is_no_session__it_is_not_an_error(sferum: Command, content: str) -> None:
    sferum.state.directory.mkdir()
    (sferum.state.directory / "session.json").write_text(content)
    assert sferum.state.session() is None


def test_the_only_account_need_not_be_named__it_is_found(sferum: Command, server: FakeServer) -> None:
    server.on("ListChats", ListChatsResponse(chats=[Chat(name="chats/1", display_name="5А · Родители", ready=True)]))
    result = sferum("chats")
    assert "5А · Родители" in result.output
    assert server.calls("ListChats")[0].parent == "accounts/vera-parent"
    sferum("chats", "--account", "anya-pupil")
    assert server.calls("ListChats")[1].parent == "accounts/anya-pupil"


def test_names_from_outside_are_shown_as_they_are__it_is_without_markup_and_commands(
    sferum: Command, server: FakeServer
) -> None:
    vera = DiaryAccount(name="accounts/vera-parent", display_name="[/x] [red]Вера\x1b]0;title\x07\u202e")
    server.on("ListMyAccounts", ListMyAccountsResponse(accounts=[vera]))
    server.on("ListChats", ListChatsResponse(chats=[Chat(name="chats/1", display_name="5А [/1] [bold]")]))
    accounts, chats = sferum("accounts"), sferum("chats")
    assert (accounts.exit_code, chats.exit_code) == (0, 0)
    assert "[/x] [red]Вера" in accounts.output
    assert "5А [/1] [bold]" in chats.output
    assert not set("\x07\u202e") & set(accounts.output)
    assert "\x1b]0" not in accounts.output


def test_several_accounts_must_be_named__it_is_a_wrong_use(sferum: Command, server: FakeServer) -> None:
    server.on("ListMyAccounts", ListMyAccountsResponse(accounts=[VERA, ANYA]))
    result = sferum("chats")
    assert result.exit_code == 2
    assert "anya-pupil" in result.output


def test_a_refusal_is_a_panel__it_is_exit_code_one(sferum: Command, server: FakeServer) -> None:
    links = [error_details_pb2.Help.Link(description="Отвяжите там [bold]", url="https://dnevnik.example")]
    server.on(
        "Unbind",
        refusal(
            grpc.StatusCode.ALREADY_EXISTS,
            "VK_PROFILE_ALREADY_BOUND",
            message="НЕ удалось авторизоваться",
            metadata={"row": "D14", "decision": "42"},
            details=[error_details_pb2.Help(links=links)],
        ),
    )
    result = sferum("unbind")
    assert result.exit_code == 1
    for shown in ("НЕ удалось авторизоваться", "VK_PROFILE_ALREADY_BOUND", "D14", "42", "Отвяжите там [bold]"):
        assert shown in result.output
    assert "Traceback" not in result.output


def test_a_service_that_is_not_there_is_a_panel__it_is_exit_code_one(sferum: Command, server: FakeServer) -> None:
    server.stop()
    result = sferum("accounts")
    assert result.exit_code == 1
    assert "UNAVAILABLE" in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        ("bind", "--headless"),
        ("login", "--headless", "--login", "vera"),
        ("bind", "--headless", "--phone", "+7", "--login", "vera"),
        ("bind", "--account", "vera-parent"),
        ("accounts", "--lang", "de"),
        ("roster", "import", "no-such-file.yaml"),
        ("no-such-command",),
    ],
)
def test_a_wrong_use_is_told__it_is_exit_code_two(sferum: Command, arguments: tuple[str, ...]) -> None:
    assert sferum(*arguments).exit_code == 2


def test_unbinding_says_whence__it_is_a_client(sferum: Command, server: FakeServer) -> None:
    server.on("Unbind", UnbindResponse(message="Готово"))
    assert "Готово" in sferum("unbind").output
    request = server.calls("Unbind")[0]
    assert (request.name, request.entry_point) == ("accounts/vera-parent/binding", EntryPoint.ENTRY_POINT_API)


def test_a_diagnosis_is_shown__it_is_with_ways_out(sferum: Command, server: FakeServer) -> None:
    answer = DiagnoseAccountResponse(
        diagnosis=Diagnosis.DIAGNOSIS_PARENT_PROFILE_IN_PUPIL_ACCOUNT,
        problem=2,
        message="Виден чат родителя",
        remedies=[Remedy(description="Отвяжите здесь")],
        last_refusal=ErrorReason.ERROR_REASON_VK_PROFILE_ALREADY_BOUND,
    )
    server.on("DiagnoseAccount", answer)
    output = sferum("diagnose").output
    for shown in (
        "PARENT_PROFILE_IN_PUPIL_ACCOUNT",
        "Виден чат родителя",
        "Отвяжите здесь",
        "VK_PROFILE_ALREADY_BOUND",
    ):
        assert shown in output


def test_an_explanation_is_shown__it_is_the_table(sferum: Command, server: FakeServer) -> None:
    rows = [
        DecisionRow(row="D1", outcome=DecisionRow.OUTCOME_PASSED, facts={"session": "true"}),
        DecisionRow(
            row="D4",
            outcome=DecisionRow.OUTCOME_REFUSES,
            reason=ErrorReason.ERROR_REASON_CONTACT_NOT_VERIFIED,
        ),
    ]
    server.on("ExplainBinding", ExplainBindingResponse(rows=rows, deciding_row="D4", message="Отказ"))
    output = sferum("explain", "--contact", "+79000000103").output
    assert "CONTACT_NOT_VERIFIED" in output
    assert "session=true" in output
    assert server.calls("ExplainBinding")[0].contact == "+79000000103"


def test_a_code_is_asked_for_and_given__it_is_the_contact_service(sferum: Command, server: FakeServer) -> None:
    until = Timestamp(seconds=1_795_000_000)
    server.on("SendContactCode", SendContactCodeResponse(contact_masked="n***@example.org", expire_time=until))
    server.on("ConfirmContact", ConfirmContactResponse(contact_masked="n***@example.org"))
    sent = sferum("contact", "send", "new@example.org")
    assert (sent.exit_code, "n***@example.org" in sent.output) == (0, True)
    assert sferum("contact", "confirm", "new@example.org", "042137", "--lang", "en").exit_code == 0
    [asked], [given] = server.calls("SendContactCode"), server.calls("ConfirmContact")
    assert asked.contact == "new@example.org"
    assert (given.contact, given.code) == ("new@example.org", "042137")


def test_a_wrong_code__it_is_told_as_a_refusal(sferum: Command, server: FakeServer) -> None:
    server.on(
        "ConfirmContact",
        refusal(grpc.StatusCode.FAILED_PRECONDITION, "CONTACT_CODE_INVALID", message="Код не подошел."),
    )
    result = sferum("contact", "confirm", "new@example.org", "1")
    assert result.exit_code != 0
    assert "Код не подошел." in result.output


def test_a_roster_is_sent__it_is_with_a_service_token(sferum: Command, server: FakeServer, demo_world: Path) -> None:
    server.on("ImportRoster", ImportRosterResponse(created=60))
    result = sferum("roster", "import", str(demo_world))
    assert result.exit_code == 0
    assert server.metadata[0]["authorization"].count(".") == 2
    assert (sferum.state.directory / "roster-feed.key").exists()


def test_bad_records_are_listed__it_is_exit_code_one(sferum: Command, server: FakeServer, demo_world: Path) -> None:
    error = ImportRosterResponse.RecordError(
        index=3, line=17, field="guardianship.pupil_id", reason=ErrorReason.ERROR_REASON_REQUEST_INVALID
    )
    server.on("ImportRoster", ImportRosterResponse(failed=1, errors=[error]))
    result = sferum("roster", "import", str(demo_world))
    assert result.exit_code == 1
    for shown in ("17", "guardianship.pupil_id", "REQUEST_INVALID"):
        assert shown in result.output


def test_a_broken_world_file_is_a_panel__it_is_exit_code_one(sferum: Command, tmp_path: Path) -> None:
    file = tmp_path / "broken.yaml"
    file.write_text("persons: [", encoding="utf-8")
    result = sferum("roster", "import", str(file))
    assert result.exit_code == 1
    assert "broken.yaml:1" in result.output


def test_a_sign_in_page_that_is_not_there_is_a_panel__it_is_exit_code_one(sferum: Command, free_port: int) -> None:
    url = f"http://127.0.0.1:{free_port}"
    result = sferum("login", "--headless", "--login", "a", "--password", "b", "--esia-url", url)
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    assert not (sferum.state.directory / "session.json").exists()


def test_nobody_comes_back_from_the_browser__it_is_exit_code_one(
    sferum: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Any] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    result = sferum("login", "--timeout", "1", "--esia-url", "http://esia.example")
    assert result.exit_code == 1
    assert opened[0].startswith("http://esia.example/aas/oauth2/ac?")
    assert opened[0] in result.output


def test_a_dry_run_is_imported__it_says_what_would_follow_even_beyond_the_answer(
    sferum: Command, server: FakeServer, tmp_path: Path
) -> None:
    joins = RosterEffect(kind=RosterEffect.KIND_JOINED, message="anya-pupil: joins the chat «5А»")
    error = ImportRosterResponse.RecordError(line=7, field="enrolment.class_id")
    answer = ImportRosterResponse(name="imports/4", dry_run=True, failed=1, effect_count=2, effects=[joins])
    server.on("ImportRoster", answer)
    pages = [
        ListRosterEffectsResponse(effects=[joins], next_page_token="n"),
        ListRosterEffectsResponse(effects=[joins]),
    ]
    server.on("ListRosterEffects", lambda request, context: pages[bool(request.page_token)])
    server.on("ListRosterErrors", ListRosterErrorsResponse(errors=[error]))
    file = tmp_path / "world.yaml"
    file.write_text("municipalities: [{id: m, name: М}]", encoding="utf-8")
    result = sferum("roster", "import", str(file), "--dry-run", "--atomic", "--lang", "en")
    assert result.exit_code == 1
    assert result.output.count("joins the chat «5А»") == 2
    assert "enrolment.class_id" in result.output
    (part,) = server.calls("ImportRoster")[0]
    assert (part.dry_run, part.atomic) == (True, True)


def test_reconciling__it_goes_through_all_pages_and_says_what_differed(sferum: Command, server: FakeServer) -> None:
    left = RosterEffect(kind=RosterEffect.KIND_LEFT, message="anya-pupil: leaves the chat «9Б»")
    pages = [ReconcileChatsResponse(checked=2, changes=[left], next_page_token="n"), ReconcileChatsResponse(checked=1)]
    server.on("ReconcileChats", lambda request, context: pages[bool(request.page_token)])
    result = sferum("roster", "reconcile", "--organisation", "shkola-5", "--dry-run", "--lang", "en")
    assert result.exit_code == 0
    assert "Bindings checked: 3" in result.output
    assert "leaves the chat «9Б»" in result.output
    assert {(call.parent, call.dry_run) for call in server.calls("ReconcileChats")} == {
        ("organisations/shkola-5", True)
    }
