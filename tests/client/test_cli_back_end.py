"""Commands for other back ends against a fake service."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import grpc
import pytest
import yaml
from binding_client.cli.app import app
from binding_client.cli.back_end import DiagnosisName, Kind
from binding_client.cli.state import Session, State
from joserfc import jwt
from joserfc.jwk import ECKey
from sferum.binding.v1.binding_service_pb2 import BindingEvent, BindingEventKind, ListBindingsResponse
from sferum.binding.v1.binding_service_pb2 import WatchBindingsResponse as Step
from sferum.binding.v1.error_reason_pb2 import ErrorReason
from sferum.binding.v1.resources_pb2 import Binding, Diagnosis
from typer.testing import CliRunner, Result

from .fakes import FakeServer, refusal
from .watching import Script, complete, quiet, told

ANYA = Binding(
    name="bindings/b1",
    account="accounts/anya-pupil",
    state=Binding.STATE_ACTIVE,
    diagnosis=Diagnosis.DIAGNOSIS_OK,
    vk_user_id="*****0101",
)
BOUND = Step(
    event=BindingEvent(
        number=5, kind=BindingEventKind.BINDING_EVENT_KIND_CREATED, account="accounts/anya-pupil", binding=ANYA
    ),
    resume_token="t5",
)
REFUSED = Step(
    event=BindingEvent(
        number=6,
        kind=BindingEventKind.BINDING_EVENT_KIND_REFUSED,
        account="accounts/gleb-parent",
        refusal=ErrorReason.ERROR_REASON_VK_PROFILE_NOT_OWNED,
    ),
    resume_token="t6",
)


class Command:
    """The command with a state folder and a fake service."""

    def __init__(self, server: FakeServer, directory: Path) -> None:
        self.state = State(directory)
        self.environment = {
            "SFERUM_STATE_DIR": str(directory),
            "SFERUM_SERVER": server.target,
            "COLUMNS": "160",
            "SFERUM_LANG": "",
        }

    def __call__(self, *arguments: str, code: int = 0) -> Result:
        result = CliRunner().invoke(app, list(arguments), env=self.environment)
        assert result.exit_code == code, result.output
        return result


@pytest.fixture
def sferum(server: FakeServer, tmp_path: Path) -> Command:
    return Command(server, tmp_path / "state")


def test_a_key_is_made_once__it_is_told_what_the_callers_file_needs(sferum: Command, server: FakeServer) -> None:
    entry = yaml.safe_load(sferum("key", "chat").output)["services"]["chat"]
    assert Path(entry["public_key_file"]).read_text().startswith("-----BEGIN PUBLIC KEY-----")
    private = (sferum.state.directory / "chat.key").read_bytes()
    sferum("key", "chat")
    assert (sferum.state.directory / "chat.key").read_bytes() == private
    server.on("ListBindings", ListBindingsResponse())
    sferum("bindings", "--municipality", "ekaterinburg", "--service", "chat")
    token = server.metadata[0]["authorization"].removeprefix("Bearer ")
    key = ECKey.import_key(Path(entry["public_key_file"]).read_bytes())
    assert jwt.decode(token, key, algorithms=["ES256"]).claims["iss"] == "chat"


@pytest.mark.parametrize("name", ["../chat", "", "a b", "/tmp/x"])
def test_a_key_has_a_name_that_the_callers_file_takes__it_is_else_a_wrong_use(sferum: Command, name: str) -> None:
    sferum("key", name, code=2)


@pytest.mark.parametrize("command", ["watch", "bindings"])
def test_a_service_without_a_key_is_a_wrong_use__it_is_told_how_to_make_one(sferum: Command, command: str) -> None:
    assert "sferum key chat" in sferum(command, "--organisation", "o", "--service", "chat", code=2).output


def test_a_watch_is_lines__it_is_the_snapshot_and_then_events(sferum: Command, script: Script) -> None:
    script.plays(([Step(snapshot=ANYA), complete("t4"), BOUND, REFUSED, quiet("t7")], "hang"))
    sferum.state.keep(Session("the-token", 1, "http://esia.example"))
    lines = sferum("watch", "--limit", "6", "--lang", "en").output.splitlines()
    for line, parts in zip(
        lines,
        [
            ["Active"],
            ["accounts/anya-pupil", "bindings/b1"],
            ["Events"],
            ["5", "bound", "bindings/b1"],
            ["6", "refused", "accounts/gleb-parent", "VK_PROFILE_NOT_OWNED"],
            ["nothing new"],
            ["--resume-token t7"],
        ],
        strict=True,
    ):
        assert all(part in line for part in parts)
    assert script.server.metadata[0]["authorization"] == "Bearer the-token"


def test_a_watch_is_json__it_is_an_object_a_line_with_its_token(sferum: Command, script: Script) -> None:
    script.plays(([Step(snapshot=ANYA), complete("t4"), BOUND, quiet("t6")], "hang"))
    lines: list[dict[str, Any]] = [
        json.loads(line) for line in sferum("watch", "--json", "--limit", "5").stdout.splitlines()
    ]
    assert [line["step"] for line in lines] == ["snapshot_start", "snapshot", "snapshot_end", "event", "heartbeat"]
    assert [line["token"] for line in lines] == ["", "", "t4", "t5", "t6"]
    assert lines[1]["binding"]["account"] == "accounts/anya-pupil"
    assert lines[3]["event"]["kind"] == "BINDING_EVENT_KIND_CREATED"


def test_what_is_asked_for_is_passed_on__it_is_filter_kinds_and_token(sferum: Command, script: Script) -> None:
    script.plays(([quiet("t3")], "hang"))
    sferum(
        *("watch", "--municipality", "ekaterinburg", "--organisation", "organisations/shkola-5"),
        *("--account", "anya-pupil", "--kind", "created", "--kind", "REMOVED", "--resume-token", "t2", "--limit", "1"),
    )
    request = script.server.calls("WatchBindings")[0]
    assert request.filter.municipality == "municipalities/ekaterinburg"
    assert request.filter.organisation == "organisations/shkola-5"
    assert request.filter.account == "accounts/anya-pupil"
    assert list(request.kinds) == [
        BindingEventKind.BINDING_EVENT_KIND_CREATED,
        BindingEventKind.BINDING_EVENT_KIND_REMOVED,
    ]
    assert request.resume_token == "t2"


def test_a_watch_that_cannot_go_on_is_a_panel__it_is_exit_code_one(sferum: Command, server: FakeServer) -> None:
    server.on("WatchBindings", refusal(grpc.StatusCode.OUT_OF_RANGE, "RESUME_TOKEN_EXPIRED"))
    assert "RESUME_TOKEN_EXPIRED" in sferum("watch", "--resume-token", "t", code=1).output


def test_ctrl_c_is_the_end_of_a_watch__it_is_exit_code_zero(sferum: Command, script: Script) -> None:
    script.plays(([told("bindings/1"), complete("t1")], "hang"))
    process = subprocess.Popen(
        [sys.executable, "-c", "from binding_client.cli import main; main()", "watch", "--lang", "en"],
        env={**os.environ, **sferum.environment, "SFERUM_LANG": "en", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    shown = [process.stdout.readline() for _ in range(3)]
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert shown[2].startswith("Events")
    assert process.returncode == 0, errors
    assert "--resume-token t1" in errors
    assert "Traceback" not in errors


def listed(count: int) -> Any:
    """Answers pages of a list."""

    def answer(request: Any, context: Any) -> ListBindingsResponse:
        first = int(request.page_token or 0)
        last = min(count, first + request.page_size)
        return ListBindingsResponse(
            bindings=[Binding(name=f"bindings/b{number}", account="accounts/a") for number in range(first, last)],
            next_page_token=str(last) if last < count else "",
            counts=[
                ListBindingsResponse.Count(diagnosis=Diagnosis.DIAGNOSIS_OK, bindings=count - 1),
                ListBindingsResponse.Count(diagnosis=Diagnosis.DIAGNOSIS_CONTACT_STALE, bindings=1),
            ],
        )

    return answer


def test_bindings_are_listed_over_pages__it_is_all_of_them(sferum: Command, server: FakeServer) -> None:
    server.on("ListBindings", listed(1203))
    lines = sferum("bindings", "--organisation", "shkola-5", "--limit", "5000", "--json").stdout.splitlines()
    assert [json.loads(line)["name"] for line in lines] == [f"bindings/b{number}" for number in range(1203)]
    assert [request.parent for request in server.calls("ListBindings")] == ["organisations/shkola-5"] * 3


def test_a_table_has_a_limit__it_is_told(sferum: Command, server: FakeServer) -> None:
    server.on("ListBindings", listed(12))
    output = sferum("bindings", "--account", "a", "--limit", "10", "--lang", "en").output
    assert "b9" in output
    assert "b10" not in output
    assert "The first 10 are shown." in output


def test_counts_are_shown_alone__it_is_one_small_call(sferum: Command, server: FakeServer) -> None:
    server.on("ListBindings", listed(9))
    output = sferum("bindings", "--municipality", "tagil", "--counts").output
    for shown in ("OK", "8", "CONTACT_STALE", "1"):
        assert shown in output
    assert "b0" not in output
    request = server.calls("ListBindings")[0]
    assert (request.parent, request.page_size) == ("municipalities/tagil", 1)


def test_a_diagnosis_is_asked_for__it_is_passed_on(sferum: Command, server: FakeServer) -> None:
    server.on("ListBindings", listed(0))
    sferum("bindings", "--organisation", "o", "--diagnosis", "contact_stale")
    assert server.calls("ListBindings")[0].diagnosis == Diagnosis.DIAGNOSIS_CONTACT_STALE


@pytest.mark.parametrize(
    "arguments",
    [
        ("bindings",),
        ("bindings", "--organisation", "o", "--account", "a"),
        ("bindings", "--organisation", "o", "--diagnosis", "WRONG"),
        ("watch", "--kind", "wrong"),
        ("watch", "--limit", "-1"),
    ],
)
def test_a_wrong_use_is_told__it_is_exit_code_two(sferum: Command, arguments: tuple[str, ...]) -> None:
    sferum(*arguments, code=2)


def test_what_can_be_typed_is_what_there_is__it_is_the_enums_of_the_contract() -> None:
    kinds = [value.name for value in BindingEventKind.DESCRIPTOR.values if value.number]
    assert [f"BINDING_EVENT_KIND_{kind.name}" for kind in Kind] == kinds
    diagnoses = [value.name for value in Diagnosis.DESCRIPTOR.values if value.number]
    assert [f"DIAGNOSIS_{diagnosis.name}" for diagnosis in DiagnosisName] == diagnoses
