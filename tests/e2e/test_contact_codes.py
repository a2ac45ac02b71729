"""One-time codes: a contact is confirmed, guessed at, shared, taken over, lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from binding_client import errors
from binding_client.testing import Actor, Stack, World
from sferum.binding.v1.resources_pb2 import Binding, Diagnosis

from .acting import nothing_claimed, refusal, signed_in
from .conftest import NewWorld
from .documents import Document, copy_of, person_in

VERAS_PHONE = "+79000000103"
GLEBS_PHONE = "+79000000104"
NEW_EMAIL = "new@example.org"
WRONG = "000000x"


def sent(world: World, recipient: str) -> list[str]:
    """The codes that went to a recipient, oldest first."""
    return [message["code"] for message in world.control.list_inbox_messages(recipient)]


def code_for(actor: Actor, contact: str) -> str:
    """Has a code sent and returns it."""
    actor.client.send_contact_code(contact=contact)
    return sent(actor.world, contact)[-1]


@pytest.mark.rules("D4", "A1")
@pytest.mark.parametrize("spelling", ["New@Example.ORG", " new@example.org\u200e"])
def test_contact_that_nobody_is_known_to_use_it_is_the_persons_after_the_code(world: World, spelling: str) -> None:
    vera = world.person("vera")
    with refusal(errors.ContactNotVerified, "D4"):
        vera.start_binding(contact=NEW_EMAIL)
    code = code_for(vera, NEW_EMAIL)
    assert code.isdigit()
    assert len(code) == 6
    vera.client.confirm_contact(contact=spelling, code=f" {code[:3]} {code[3:]} ")
    done = vera.bind(contact=NEW_EMAIL)
    assert (done.binding.diagnosis, done.binding.contact_masked) == (Diagnosis.DIAGNOSIS_OK, "n***@example.org")


@pytest.mark.rules("D11")
def test_number_that_vk_id_returns_and_nobody_is_known_to_use_it_is_bound_after_the_code(
    new_world: NewWorld, document: Document
) -> None:
    person_in(document, "boris")["vk_id"][0]["phone"] = "+79000000120"
    boris = new_world(document).person("boris")
    with refusal(errors.OwnershipUnverified, "D11") as refused:
        boris.bind(vk="+79000000120")
    assert refused.value.remedies == ["VERIFY_CONTACT"]
    boris.confirm_contact("+79000000120")
    assert boris.bind(vk="+79000000120").binding.diagnosis == Diagnosis.DIAGNOSIS_OK


def test_code_that_is_guessed_it_is_void_after_five_tries_and_a_new_one_helps(world: World) -> None:
    vera = world.person("vera")
    code = code_for(vera, NEW_EMAIL)
    for left in (4, 3, 2, 1, 0):
        with refusal(errors.ContactCodeInvalid) as refused:
            vera.client.confirm_contact(contact=NEW_EMAIL, code=WRONG)
        assert (refused.value.metadata["cause"], refused.value.metadata["tries_left"]) == ("WRONG", str(left))
    for guess in (WRONG, code):
        with refusal(errors.ContactCodeInvalid) as refused:
            vera.client.confirm_contact(contact=NEW_EMAIL, code=guess)
        assert refused.value.metadata["cause"] == "VOID"
    world.advance(timedelta(seconds=61))
    vera.confirm_contact(NEW_EMAIL)


def test_code_of_before_it_is_void_once_a_new_one_went_out(world: World) -> None:
    vera = world.person("vera")
    first = code_for(vera, NEW_EMAIL)
    world.advance(timedelta(seconds=61))
    second = code_for(vera, NEW_EMAIL)
    if first != second:
        with refusal(errors.ContactCodeInvalid) as refused:
            vera.client.confirm_contact(contact=NEW_EMAIL, code=first)
        assert refused.value.metadata["cause"] == "WRONG"
    vera.client.confirm_contact(contact=NEW_EMAIL, code=second)
    with refusal(errors.ContactCodeInvalid) as refused:
        vera.client.confirm_contact(contact=NEW_EMAIL, code=second)
    assert refused.value.metadata["cause"] == "VOID"


def test_code_after_ten_minutes_it_is_void(world: World) -> None:
    vera = world.person("vera")
    answer = vera.client.send_contact_code(contact=NEW_EMAIL)
    code = sent(world, NEW_EMAIL)[-1]
    assert (answer.expire_time.seconds - answer.resend_time.seconds) == 9 * 60
    world.advance(timedelta(minutes=10, seconds=1))
    with refusal(errors.ContactCodeInvalid) as refused:
        vera.client.confirm_contact(contact=NEW_EMAIL, code=code)
    assert refused.value.metadata["cause"] == "VOID"


def test_code_of_somebody_else_it_is_no_good(world: World) -> None:
    vera, gleb = world.person("vera"), world.person("gleb")
    code = code_for(vera, NEW_EMAIL)
    with refusal(errors.ContactCodeInvalid) as refused:
        gleb.client.confirm_contact(contact=NEW_EMAIL, code=code)
    assert refused.value.metadata["cause"] == "VOID"
    with refusal(errors.ContactCodeInvalid) as refused:
        vera.client.confirm_contact(contact="other@example.org", code=code)
    assert refused.value.metadata["cause"] == "VOID"
    vera.client.confirm_contact(contact=NEW_EMAIL, code=code)


def test_codes_of_two_persons_for_one_contact_it_is_the_later_ones(world: World) -> None:
    vera, gleb = world.person("vera"), world.person("gleb")
    veras, glebs = code_for(vera, NEW_EMAIL), code_for(gleb, NEW_EMAIL)
    vera.client.confirm_contact(contact=NEW_EMAIL, code=veras)
    vera.bind(contact=NEW_EMAIL)
    gleb.client.confirm_contact(contact=NEW_EMAIL, code=glebs)
    assert vera.diagnose().diagnosis == Diagnosis.DIAGNOSIS_CONTACT_STALE
    assert gleb.bind(contact=NEW_EMAIL).binding.diagnosis == Diagnosis.DIAGNOSIS_OK


def test_contact_that_a_school_recorded_for_somebody_else_it_gets_no_code(world: World) -> None:
    anya = world.person("anya")
    with refusal(errors.ContactNotOwned):
        anya.client.send_contact_code(contact=VERAS_PHONE)
    assert sent(world, VERAS_PHONE) == []


def test_contact_that_a_school_records_for_somebody_else_meanwhile_it_is_that_ones(world: World) -> None:
    vera, gleb = world.person("vera"), world.person("gleb")
    code = code_for(vera, NEW_EMAIL)
    changed = copy_of(world.document)
    person_in(changed, "gleb")["recorded_contacts"].append(NEW_EMAIL)
    world.import_roster(changed)
    with refusal(errors.ContactNotOwned):
        vera.client.confirm_contact(contact=NEW_EMAIL, code=code)
    with refusal(errors.ContactNotOwned, "D7"):
        vera.start_binding(contact=NEW_EMAIL)
    gleb.confirm_contact(NEW_EMAIL)
    assert gleb.bind(contact=NEW_EMAIL).binding.diagnosis == Diagnosis.DIAGNOSIS_OK


@pytest.mark.rules("D4")
def test_what_is_no_contact_it_gets_no_code(world: World) -> None:
    vera = world.person("vera")
    for call in (vera.client.send_contact_code, lambda contact: vera.client.confirm_contact(contact=contact, code="1")):
        with refusal(errors.ContactRequired):
            call(contact="  ")
        with refusal(errors.ContactInvalid):
            call(contact="почта")
        with refusal(errors.RequestInvalid):
            call(contact="1" * 400)
    with refusal(errors.RequestInvalid):
        vera.client.confirm_contact(contact=NEW_EMAIL, code="")


@pytest.mark.rules("D1")
def test_session_that_has_ended_at_esia_it_gets_no_code(world: World) -> None:
    vera = world.person("vera")
    ended = vera.access_token()
    vera.sign_out()
    with refusal(errors.EsiaSessionRequired, "D1"):
        world.client(ended).send_contact_code(contact=NEW_EMAIL)
    assert sent(world, NEW_EMAIL) == []


def test_codes_again_and_again_it_has_limits_by_time_by_contact_and_by_person(world: World) -> None:
    vera, gleb, boris = world.person("vera"), world.person("gleb"), world.person("boris")
    world.freeze(world.now())

    def limited(actor: Actor, contact: str) -> tuple[str, float | None]:
        with refusal(errors.RateLimited) as refused:
            actor.client.send_contact_code(contact=contact)
        return refused.value.metadata["limit"], refused.value.retry_after_s

    vera.client.send_contact_code(contact=NEW_EMAIL)
    assert limited(vera, NEW_EMAIL) == ("CONTACT_CODE_RESEND", 60.0)
    for _ in range(2):
        world.advance(timedelta(seconds=60))
        vera.client.send_contact_code(contact=NEW_EMAIL)
    for _ in range(2):
        world.advance(timedelta(seconds=60))
        gleb.client.send_contact_code(contact=NEW_EMAIL)
    # Whoever asks: five an hour to one contact.
    assert limited(boris, NEW_EMAIL) == ("CONTACT_CODES_TO_CONTACT", 3600.0 - 4 * 60)
    for number in range(7):
        vera.client.send_contact_code(contact=f"new-{number}@example.org")
    assert limited(vera, "one-more@example.org")[0] == "CONTACT_CODES_BY_PERSON"
    assert len(sent(world, NEW_EMAIL)) == 5
    world.advance(timedelta(hours=1))
    vera.sign_in()
    vera.client.send_contact_code(contact=NEW_EMAIL)


@pytest.mark.rules("I10")
def test_contact_that_somebody_else_uses_and_one_that_nobody_uses_it_is_the_same_answer(
    new_world: NewWorld, document: Document
) -> None:
    # Gleb has his phone at ESIA only: no school stands above that.
    person_in(document, "gleb")["recorded_contacts"] = []
    world = new_world(document)
    world.freeze(world.now())
    gleb, vera = world.person("gleb"), world.person("vera")
    gleb.bind(contact=GLEBS_PHONE)
    used, unused = GLEBS_PHONE, "+79000000904"
    answers = [vera.client.send_contact_code(contact=contact) for contact in (used, unused)]
    assert answers[0] == answers[1]
    told = []
    for contact in (used, unused):
        with refusal(errors.ContactCodeInvalid) as refused:
            vera.client.confirm_contact(contact=contact, code=WRONG)
        told.append((str(refused.value), dict(refused.value.metadata)))
    assert told[0] == told[1]


@pytest.mark.scenario("C08")
def test_contact_that_a_code_took_between_start_and_completion_it_is_not_owned_and_nothing_is_claimed(
    new_world: NewWorld, document: Document
) -> None:
    person_in(document, "boris")["recorded_contacts"] = []
    world = new_world(document)
    boris, kira = world.person("boris"), world.person("kira")
    contact = boris.facts.contact
    attempt, redirect = signed_in(boris)
    kira.confirm_contact(contact)
    with refusal(errors.ContactNotOwned, "D5"):
        boris.complete(attempt, redirect)
    assert nothing_claimed(boris)


@pytest.fixture(scope="module")
def silent() -> Iterator[Stack]:
    """A stack whose mail goes to a port where nobody listens, and which can send no text messages at all."""
    nowhere = {"BINDING_NOTIFIER_EMAIL_URL": "smtp://127.0.0.1:9", "BINDING_NOTIFIER_SMS_URL": "http://127.0.0.1:9/"}
    with Stack(test_worlds=True, environment=nowhere) as running:
        yield running


@pytest.mark.parametrize("contact", [NEW_EMAIL, "+79000000904"])
def test_message_that_cannot_be_sent_it_is_unavailable_and_costs_nothing(silent: Stack, contact: str) -> None:
    with silent.world() as world:
        vera = world.person("vera")
        for _ in range(12):
            with refusal(errors.ProviderUnavailable) as refused:
                vera.client.send_contact_code(contact=contact)
            assert refused.value.metadata["provider"] == "NOTIFIER"
            assert refused.value.retry_after_s


def test_binding_with_the_contact_that_was_confirmed_it_is_kept_over_a_roster(world: World) -> None:
    vera = world.person("vera")
    vera.confirm_contact(NEW_EMAIL)
    bound: Any = vera.bind(contact=NEW_EMAIL)
    world.import_roster()
    assert vera.diagnose().diagnosis == Diagnosis.DIAGNOSIS_OK
    assert bound.binding.state == Binding.STATE_ACTIVE
