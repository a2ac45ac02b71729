"""Fields, names and contacts that are wrong: a stated answer each, and nothing written."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from binding_client import errors
from binding_client.client import BindingClient
from binding_client.testing import World
from sferum.binding.v1.binding_service_pb2 import AuthorizationResult
from sferum.binding.v1.resources_pb2 import Binding, BindingAttempt

from .acting import active, history, nothing_claimed, refusal, signed_in

REDIRECT = "http://127.0.0.1:8100/"


@pytest.mark.rules("I10")
def test_unknown_account_and_another_persons_it_is_the_same_answer(world: World) -> None:
    gleb = world.person("gleb")
    told = []
    for account in ("accounts/vera-parent", "accounts/nobody"):
        with refusal(errors.AccountNotAccessible) as refused:
            gleb.start_binding(account)
        told.append((refused.value.message, refused.value.metadata, refused.value.field_violations))
    assert told[0] == told[1]
    assert nothing_claimed(world.person("vera"))


def test_unknown_attempt_and_another_persons_it_is_the_same_answer(world: World) -> None:
    vera, gleb = world.person("vera"), world.person("gleb")
    attempt, redirect = signed_in(vera)
    told = []
    for name in (attempt.name, "attempts/nobody"):
        with refusal(errors.ResourceNotAccessible) as refused:
            gleb.client.complete_binding(name=name, result=redirect.authorization_result())
        told.append((refused.value.message, refused.value.metadata))
    assert told[0] == told[1]
    assert vera.complete(attempt, redirect).binding.state == Binding.STATE_ACTIVE


@pytest.mark.rules("D3")
@pytest.mark.parametrize(
    ("contact", "kind"),
    [
        ("", errors.ContactRequired),
        (" \t ", errors.ContactRequired),
        ("телефон", errors.ContactInvalid),
        ("+7900", errors.ContactInvalid),
        ("8900000010355", errors.ContactInvalid),
        ("112", errors.ContactInvalid),
        ("vera@", errors.ContactInvalid),
        ("@example.org", errors.ContactInvalid),
        ("vera example.org", errors.ContactInvalid),
        ("vera@example.org, gleb@example.org", errors.ContactInvalid),
        ("+79000000103\x00", errors.ContactInvalid),
    ],
)
def test_contact_that_is_none_it_is_d3_with_the_field(
    world: World, contact: str, kind: type[errors.BindingError]
) -> None:
    vera = world.person("vera")
    with refusal(kind, "D3") as refused:
        vera.start_binding(contact=contact)
    assert [field for field, _ in refused.value.field_violations] == ["contact"]
    assert nothing_claimed(vera)


def start(**changed: str) -> Callable[[BindingClient], object]:
    """StartBinding with one field changed."""
    fields = {"account": "accounts/vera-parent", "contact": "+79000000103", "redirect_uri": REDIRECT} | changed
    return lambda client: client.start_binding(**fields)  # pyright: ignore[reportArgumentType]


def complete(**result: str) -> Callable[[BindingClient], object]:
    """CompleteBinding with a result."""
    return lambda client: client.complete_binding(name="attempts/any", result=AuthorizationResult(**result))


def create(**changed: str) -> Callable[[BindingClient], object]:
    """CreateBinding with one field changed."""
    fields = {
        "account": "accounts/vera-parent",
        "contact": "+79000000103",
        "code": "code",
        "code_verifier": "v" * 43,
        "redirect_uri": REDIRECT,
        "device_id": "device",
    } | changed
    return lambda client: client.create_binding(**fields)  # pyright: ignore[reportArgumentType]


BAD_FIELDS: list[tuple[Callable[[BindingClient], object], str]] = [
    (start(contact="9" * 321), "contact"),
    (start(redirect_uri=""), "redirect_uri"),
    (start(redirect_uri="https://dnevnik.example/" + "a" * 2000), "redirect_uri"),
    (start(account=""), "account"),
    (start(account="vera-parent"), "account"),
    (start(account="accounts/" + "a" * 101), "account"),
    (start(account="accounts/../vera"), "account"),
    (start(via_pupil="anya"), "via_pupil"),
    (start(request_id="r" * 65), "request_id"),
    (complete(code="c" * 2001, state="s"), "result.code"),
    (complete(code="c", error="access_denied", state="s"), "result"),
    (complete(state="s"), "result"),
    (create(code=""), "code"),
    (create(code_verifier="short"), "code_verifier"),
    (create(device_id=""), "device_id"),
    (lambda client: client.complete_binding(name="attempts/"), "name"),
    (lambda client: client.cancel_attempt(name="bindings/1"), "name"),
    (lambda client: client.get_binding(name="accounts/vera-parent"), "name"),
    (lambda client: client.list_bindings(parent="persons/vera"), "parent"),
    (lambda client: client.list_bindings(parent="accounts/vera-parent", page_size=501), "page_size"),
    (lambda client: client.list_bindings(parent="accounts/vera-parent", page_size=-1), "page_size"),
    (lambda client: client.list_bindings(parent="accounts/vera-parent", page_token="!"), "page_token"),
    (lambda client: client.list_chats(parent="accounts/vera-parent", page_size=501), "page_size"),
    (lambda client: client.list_chats(parent="accounts/vera-parent", page_token="!"), "page_token"),
    (lambda client: client.unbind(name="accounts/vera-parent/binding", etag="e" * 101), "etag"),
    (lambda client: client.get_account(name="accounts/"), "name"),
    (lambda client: client.list_accounts(parent="accounts/vera-parent"), "parent"),
]


@pytest.mark.parametrize(("call", "field"), BAD_FIELDS)
def test_field_that_breaks_its_rule_it_is_named_and_nothing_is_written(
    world: World, call: Callable[[BindingClient], object], field: str
) -> None:
    vera = world.person("vera")
    with refusal(errors.RequestInvalid) as refused:
        call(vera.client)
    assert field in [name for name, _ in refused.value.field_violations]
    assert nothing_claimed(vera)
    # Authentication comes first: nobody learns rules without a session.
    with refusal(errors.EsiaSessionRequired, "D1"):
        call(world.client())


def test_every_bad_field_of_a_request_it_is_named_at_once(world: World) -> None:
    with refusal(errors.RequestInvalid) as refused:
        world.person("vera").client.start_binding(account="x", contact="9" * 321, redirect_uri="")
    assert {field for field, _ in refused.value.field_violations} == {"account", "contact", "redirect_uri"}


def test_complete_a_pending_attempt_without_a_result_it_is_refused_and_the_attempt_goes_on(world: World) -> None:
    vera = world.person("vera")
    attempt, redirect = signed_in(vera)
    with refusal(errors.RequestInvalid) as refused:
        vera.complete(attempt)
    assert [field for field, _ in refused.value.field_violations] == ["result"]
    assert vera.complete(attempt, redirect).attempt.state == BindingAttempt.STATE_COMPLETED


@pytest.mark.rules("I6")
def test_request_id_with_other_content_it_is_refused_and_the_first_stays(world: World) -> None:
    vera = world.person("vera")
    first = vera.start_binding(request_id="one")
    with refusal(errors.RequestIdReused) as refused:
        vera.start_binding(contact="vera@example.org", request_id="one")
    assert [field for field, _ in refused.value.field_violations] == ["request_id"]
    assert vera.start_binding(request_id="one") == first

    redirect = vera.vk_sign_in(first)
    bound = vera.complete(first, redirect, request_id="two")
    other = vera.start_binding()
    with refusal(errors.RequestIdReused):
        vera.complete(other, vera.vk_sign_in(other), request_id="two")
    assert vera.complete(first, redirect, request_id="two").binding == bound.binding

    ended = vera.client.unbind(name=bound.binding.name, request_id="three")
    again = vera.bind().binding
    with refusal(errors.RequestIdReused):
        vera.client.unbind(name=again.name, request_id="three")
    assert vera.client.unbind(name=bound.binding.name, request_id="three") == ended
    assert [binding.name for binding in active(vera)] == [again.name]


@pytest.mark.rules("I6")
def test_request_id_of_another_person_it_is_another_request(world: World) -> None:
    vera, gleb = world.person("vera"), world.person("gleb")
    assert vera.start_binding(request_id="same").name != gleb.start_binding(request_id="same").name


@pytest.mark.rules("I6")
def test_refused_request_repeated_it_is_the_same_refusal(world: World) -> None:
    anya = world.person("anya")
    attempt, redirect = signed_in(anya, vk="+79000000103")
    decisions = []
    for _ in range(2):
        with refusal(errors.VkProfileNotOwned, "D15") as refused:
            anya.complete(attempt, redirect, request_id="one")
        decisions.append(refused.value.decision)
    assert decisions[0]
    assert decisions[0] == decisions[1]
    assert history(anya) == []
