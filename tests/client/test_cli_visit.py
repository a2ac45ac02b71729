"""The sferum command at the school's desk, against the whole stack."""

import json
from collections.abc import Iterator

import pytest
from binding_client.cli.app import app
from binding_client.cli.state import State
from binding_client.testing import Stack
from typer.testing import CliRunner


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(test_worlds=True, cli_state_dir=tmp_path_factory.mktemp("state")) as running:
        yield running


class Command:
    """The command of Ivan, operator of the school."""

    def __init__(self, stack: Stack) -> None:
        directory = stack.programs.options.cli_state_dir
        assert directory is not None
        self.state = State(directory)
        self._environment = {
            "SFERUM_SERVER": stack.grpc,
            "SFERUM_ESIA_URL": stack.esia,
            "SFERUM_CONTROL": stack.control_grpc,
            "SFERUM_STATE_DIR": str(directory),
            "COLUMNS": "220",
        }

    def __call__(self, *arguments: str, code: int = 0) -> str:
        result = CliRunner().invoke(app, list(arguments), env=self._environment)
        assert result.exit_code == code, result.output
        return result.output

    def log_in(self, who: str) -> None:
        """Signs in as a person of the demo."""
        self("login", "--headless", "--login", who, "--password", f"{who}-esia")

    def open(self, who: str, code: int = 0) -> str:
        """Opens a visit of a person of the demo."""
        return self("visit", "open", "--headless", "--login", who, "--password", f"{who}-esia", code=code)


@pytest.fixture
def sferum(stack: Stack) -> Iterator[Command]:
    command = Command(stack)
    yield command
    command.state.forget_visit()


@pytest.mark.scenario("G01")
def test_an_operator_leads_a_whole_visit__it_is_unbound_bound_and_told(sferum: Command) -> None:
    sferum.log_in("boris")
    sferum("bind", "--headless", "--phone", "+79000000102")
    sferum.log_in("ivan")

    opened = sferum.open("boris")
    assert "boris" in opened
    assert "открыт" in opened
    before = sferum("visit", "diagnose")
    sferum("visit", "unbind")
    assert sferum("visit", "diagnose") != before
    assert "9Б" in sferum("visit", "bind", "--headless", "--phone", "+79000000102")
    visit = sferum.state.visit()
    assert "закрыт" in sferum("visit", "close")
    assert sferum.state.visitor().session() is None

    told = [json.loads(line) for line in sferum("audit", "--visit", visit, "--json").splitlines()]
    assert [record["action"] for record in told][:3] == ["visit.close", "binding.create", "binding.authorize"]
    assert {record["actor"] for record in told} == {"persons/ivan"}
    number = next(record["decision"] for record in told if record["action"] == "binding.create")
    assert "D19" in sferum("decision", number)
    assert "SCHOOL_ASSISTED" in sferum("audit", "--organisation", "shkola-5", "--action", "binding.unbind")
    sferum.log_in("boris")
    assert "ivan" in sferum("audit", "--account", "boris-pupil")
    sferum("unbind")


def test_an_operator_who_signs_in_as_oneself__it_is_no_visit(sferum: Command) -> None:
    sferum.log_in("ivan")
    assert "вошли вы сами" in sferum.open("ivan", code=2)
    assert sferum.state.visit() == ""


def test_somebody_who_is_no_operator__it_is_refused_with_the_reason(sferum: Command) -> None:
    sferum.log_in("vera")
    assert "CALLER_NOT_ALLOWED" in sferum.open("boris", code=1)


def test_no_visit_is_open__it_is_told_what_to_do(sferum: Command) -> None:
    sferum.log_in("ivan")
    for command in ("diagnose", "unbind", "close"):
        assert "sferum visit open" in sferum("visit", command, code=2)


def test_staff_looks_for_people__it_is_by_name_class_and_binding(sferum: Command) -> None:
    sferum.log_in("ivan")
    found = sferum("search", "shkola-5", "воронова", "--class", "s5-2026-5a", "--unbound")
    assert "anya-pupil" in found
    assert "vera-parent" in found
    assert "boris-pupil" not in found
    assert "CALLER_NOT_ALLOWED" in sferum("search", "shkola-7", code=1)
