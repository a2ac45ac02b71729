"""Confirms contacts by one-time codes (row D4's way out)."""

from dataclasses import dataclass
from datetime import datetime

from binding_server.domain.contact_codes import CODE_LIFE, RESEND_AFTER, Verdict, Wait, message
from binding_server.domain.facts import ContactStated
from binding_server.domain.model import ContactSource
from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal
from binding_server.use_cases.callers import require_person
from binding_server.use_cases.contact_ports import CodeMessage, NotifierUnavailable
from binding_server.use_cases.evidence import PROVIDER_RETRY_S, StatedContact, live_contacts, state_contact
from binding_server.use_cases.limits import rate_limited
from binding_server.use_cases.outcomes import audit
from binding_server.use_cases.services import Caller, Services

_KEPT_BACK_S = 1.0
"""Seconds of the call that a message must leave, so that what became of it can be noted."""


@dataclass(frozen=True, slots=True)
class CodeSent:
    """A code that went out."""

    contact_mask: str
    expires_at: datetime
    resend_at: datetime


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A contact that the person is known to use since then."""

    contact_mask: str
    at: datetime


async def send_contact_code(services: Services, caller: Caller, contact: str, language: str) -> CodeSent:
    """Sends a one-time code to a contact that the person states as the own one.

    The answer does not tell whether somebody else uses the contact, unless a school has recorded that.

    Args:
        contact: phone number or e-mail address, as typed.
        language: of the message, `ru` or `en`.

    Raises:
        Refusal: CONTACT_REQUIRED, CONTACT_INVALID, D1, ESIA_SCOPE_REQUIRED, CONTACT_NOT_OWNED, RATE_LIMITED,
            PROVIDER_UNAVAILABLE with `provider` ESIA or NOTIFIER; then the code that was sent before stays good.
    """
    person = require_person(caller)
    stated = _valid(services, contact)
    await live_contacts(services, caller)
    await _require_not_recorded_for_another(services, person.id, stated)
    code, now = services.ids.new_code(), services.clock.now()
    digest = services.vault.contact_code_digest(person.id, stated.digest, code)
    number = await services.store.add_contact_code(person.id, stated.digest, digest, now)
    if isinstance(number, Wait):
        raise rate_limited(number.limit, (number.until - now).total_seconds())
    assert stated.contact is not None
    subject, text = message(code, language)
    try:
        await services.notifier.send(
            CodeMessage(stated.contact, subject, text, code), caller.time_left_s() - _KEPT_BACK_S
        )
    except NotifierUnavailable as unavailable:
        # One that may arrive all the same stays good, and counts: nobody is to be flooded by way of a slow gateway.
        if not unavailable.sent:
            await services.store.drop_contact_code(number)
        metadata = {"provider": "NOTIFIER"}
        refusal = Refusal(Reason.PROVIDER_UNAVAILABLE, metadata=metadata, retry_after_s=PROVIDER_RETRY_S)
        raise refusal from unavailable
    await services.store.contact_code_sent(number, audit(services, caller, "contact.send_code", None))
    return CodeSent(stated.mask, now + CODE_LIFE, now + RESEND_AFTER)


async def confirm_contact(services: Services, caller: Caller, contact: str, code: str) -> Confirmed:
    """Confirms a contact by the code that was sent to it: from now on the person uses it.

    Args:
        contact: the contact, as typed.
        code: the digits, as typed; blanks do not matter.

    Raises:
        Refusal: CONTACT_REQUIRED, CONTACT_INVALID, D1, ESIA_SCOPE_REQUIRED, D22 (ESIA), CONTACT_CODE_INVALID,
            CONTACT_NOT_OWNED if a school has recorded it for somebody else in the meantime.
    """
    person = require_person(caller)
    stated = _valid(services, contact)
    await live_contacts(services, caller)
    now = services.clock.now()
    digest = services.vault.contact_code_digest(person.id, stated.digest, "".join(code.split()))
    record = audit(services, caller, "contact.confirm", None)
    found = await services.store.confirm_contact(person.id, stated.digest, digest, now, record)
    if found.trial.verdict is Verdict.WRONG:
        metadata = {"cause": "WRONG", "tries_left": str(found.trial.tries_left)}
        raise Refusal(Reason.CONTACT_CODE_INVALID, metadata=metadata)
    if found.trial.verdict is Verdict.VOID:
        raise Refusal(Reason.CONTACT_CODE_INVALID, metadata={"cause": "VOID"})
    if found.taken:
        raise Refusal(Reason.CONTACT_NOT_OWNED)
    return Confirmed(stated.mask, now)


def _valid(services: Services, contact: str) -> StatedContact:
    stated = state_contact(services, contact)
    if stated.stated is ContactStated.MISSING:
        raise Refusal(Reason.CONTACT_REQUIRED)
    if stated.stated is ContactStated.MALFORMED:
        raise Refusal(Reason.CONTACT_INVALID)
    return stated


async def _require_not_recorded_for_another(services: Services, person_id: str, stated: StatedContact) -> None:
    user = (await services.store.users_of([stated.digest])).get(stated.digest)
    if user is not None and user.person_id != person_id and user.source == ContactSource.SCHOOL:
        raise Refusal(Reason.CONTACT_NOT_OWNED)
