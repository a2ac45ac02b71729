"""docs/problems.md is true: the calls, buttons, commands and names that it tells exist."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer
from binding_client.cli.app import app
from binding_server.domain.decision import TABLE
from diary_web.texts import CATALOGUES
from sferum.binding.v1 import (
    binding_service_pb2,
    error_reason_pb2,
    resources_pb2,
    support_service_pb2,
)

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/problems.md").read_text("utf-8")
SECTIONS = re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]
CODE = re.findall(r"`([^`]+)`", PAGE)
LABELS = {
    "Привязать учебный профиль Сферума",
    "Отменить привязку Сферума",
    "Отменить привязку профиля",
    "Чаты",
    "НЕ удалось авторизоваться",
}
"""Buttons and titles of the public instruction; «Госуслуги» is a name."""


def methods() -> set[str]:
    """Every method of the contract."""
    services = [
        service
        for file in (binding_service_pb2.DESCRIPTOR, support_service_pb2.DESCRIPTOR)
        for service in file.services_by_name.values()
    ]
    return {f"{service.name}/{method.name}" for service in services for method in service.methods}


def names() -> set[str]:
    """Names of reasons, remedies, diagnoses, policies and entry points, without prefix where the page leaves it out."""
    found: set[str] = set(resources_pb2.EntryPoint.keys())
    for kind, prefix in (
        (error_reason_pb2.ErrorReason, "ERROR_REASON_"),
        (resources_pb2.RemedyAction, "REMEDY_ACTION_"),
        (resources_pb2.Diagnosis, "DIAGNOSIS_"),
        (resources_pb2.OwnershipPolicy, "OWNERSHIP_POLICY_"),
    ):
        found |= {name.removeprefix(prefix) for name in kind.keys()}  # noqa: SIM118 - an enum's wrapper
    return found | {row for row, _, _ in TABLE}


def fields() -> set[str]:
    """Names of request fields."""
    messages = (
        support_service_pb2.CreateTicketRequest,
        support_service_pb2.ResolveTicketRequest,
        binding_service_pb2.CompleteBindingRequest,
    )
    return {field.name for message in messages for field in message.DESCRIPTOR.fields}


def test_calls_it_names_those_of_the_contract() -> None:
    told = {code for code in CODE if "/" in code and "." not in code}
    assert told
    assert told <= methods()


def test_names_it_uses_those_of_the_contract() -> None:
    told = {code for code in CODE if re.fullmatch(r"[A-Z][A-Z0-9_]+", code)}
    assert told
    assert told <= names()
    written = {code for code in CODE if re.fullmatch(r"[a-z_]+", code)}
    assert written <= fields()


def test_labels_it_has_those_of_the_pages() -> None:
    told = set(re.findall(r"«([^»]+)»", PAGE))
    assert told - {"Госуслуги", "Госуслуг"} == LABELS
    shown = "\n".join(CATALOGUES["ru"].values())
    assert [label for label in LABELS if label not in shown] == []


@pytest.mark.parametrize("line", sorted({code for code in CODE if code.startswith("sferum ")}))
def test_commands_it_has_those_of_the_program(line: str) -> None:
    command: Any = typer.main.get_command(app)
    for word in line.split()[1:]:
        if word.startswith("--"):
            assert word in {option for each in command.params for option in each.opts}
        else:
            command = command.commands[word]


def test_all_code_it_is_of_a_kind_that_is_checked() -> None:
    kinds = (r"\w+/\w+", r"[A-Z][A-Z0-9_]+", r"[a-z_]+", r"sferum .+", r"\S+@\S+")
    assert [code for code in CODE if not any(re.fullmatch(kind, code) for kind in kinds)] == []


@pytest.mark.parametrize("number", [1, 2, 3])
def test_each_problem_it_has_a_page_of_what_everybody_does(number: int) -> None:
    section = next(text for text in SECTIONS if text.startswith(f"{number}. "))
    who = [line.split("|")[1].strip() for line in section.splitlines() if line.startswith("| ")]
    assert {"школа / the school", "поддержка / support"} <= set(who)
    person = section.split("школа / the school")[0]
    assert "«Отменить привязку профиля»" in person
    assert "`BindingService/Unbind`" in person
    assert "«Привязать учебный профиль Сферума»" in person
    assert "`BindingService/CompleteBinding`" in person
    assert "`SupportService/OpenVisit`" in section
    assert "`SupportService/ResolveTicket`" in section


def test_the_ticket_it_asks_for_five_items() -> None:
    section = SECTIONS[-1]
    items = re.findall(r"^(\d)\. .*\(`(\w+)`\)", section, re.MULTILINE)
    assert items == [
        ("1", "municipality"),
        ("2", "school_name"),
        ("3", "full_name"),
        ("4", "vk_user_id"),
        ("5", "screenshot"),
    ]


@pytest.mark.parametrize("readme", ["README.md", "README.ru.md"])
def test_both_readmes_it_is_linked_from(readme: str) -> None:
    assert "(docs/problems.md)" in (ROOT / readme).read_text("utf-8")
