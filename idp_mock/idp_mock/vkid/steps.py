"""What each page's form does: the steps of signing in and choosing. Registration has its own file."""

import re

from idp_mock.vkid import contacts, one_time_code
from idp_mock.vkid.consents import Consents
from idp_mock.vkid.errors import RedirectRefusal
from idp_mock.vkid.flow import Flow, Step, after_profile, after_sign_in
from idp_mock.vkid.forms import Form, FormError
from idp_mock.vkid.identity import find_login
from idp_mock.vkid.one_time_code import OneTimeCode, Verdict
from idp_mock.vkid.parameters import PROVIDERS
from idp_mock.vkid.scopes import PERSONAL_INFO
from idp_mock.world import World

OTHER = "other"
CREATE = "create"


def account(world: World, flow: Flow, form: Form) -> Step | None:
    """Takes the choice among the logins with a session in this browser."""
    flow.start_over()
    chosen = form.text("account")
    if chosen == OTHER:
        return Step.LOGIN
    identity = next((found for found in flow.browser.sessions(world) if found.key.login_id == chosen), None)
    if identity is None:
        raise FormError(
            "account_unknown", "Выберите аккаунт из списка.", "expected one of the offered accounts or other"
        )
    if "login" in flow.request.prompts:
        flow.code = one_time_code.send(world, identity.phone or identity.email or "")
        return Step.CODE
    flow.who = identity.key
    return after_sign_in(world, flow, identity)


def login(world: World, flow: Flow, form: Form) -> Step | None:
    """Takes a phone or e-mail address and sends the code; whether it is known is told after the code only."""
    flow.start_over()
    provider = form.text("provider")
    if provider in PROVIDERS:
        flow.provider = provider
        # The form of every provider asks the same: who has filled it in need not see it again.
        if not form.text("login"):
            return Step.LOGIN
    contact = contacts.normal(form.text("login"))
    if contact is None:
        raise FormError(
            "login_invalid",
            "Введите телефон в виде +7 900 000-00-00 или адрес электронной почты.",
            "expected login to be a phone or an e-mail address",
        )
    flow.code = one_time_code.send(world, contact)
    return Step.CODE


def code(world: World, flow: Flow, form: Form) -> Step | None:
    """Takes the one-time code, or the wish for another one."""
    awaited = flow.code
    assert awaited is not None
    match form.text("action"):
        case "change":
            flow.start_over()
            return Step.LOGIN
        case "resend" | "call" as action:
            return _send_again(world, flow, awaited, by_call=action == "call")
    match awaited.check(form.text("code"), world.clock_of("vk_id").now()):
        case Verdict.EXPIRED:
            raise FormError(
                "code_expired",
                "Код больше не действует. Запросите новый.",
                "expected a code sent less than 10 minutes ago",
            )
        case Verdict.WRONG:
            raise FormError(
                "code_wrong",
                f"Код не подходит. Осталось попыток: {awaited.tries_left}.",
                f"expected the code last sent to this contact, got another one; {awaited.tries_left} tries left",
            )
        case Verdict.EXHAUSTED:
            flow.start_over()
            raise FormError(
                "code_exhausted",
                "Код введён неверно слишком много раз. Начните сначала.",
                f"expected the right code within {one_time_code.TRIES} tries",
                step=Step.LOGIN,
            )
    flow.code = None
    identity = find_login(world, awaited.contact)
    if identity is None:
        flow.proven = awaited.contact
        return Step.REGISTER
    flow.who = identity.key
    flow.browser.sign_in(world, identity.key)
    return after_sign_in(world, flow, identity)


def _send_again(world: World, flow: Flow, last: OneTimeCode, *, by_call: bool) -> Step:
    wait_s = last.wait_s(world)
    if wait_s:
        raise FormError(
            "resend_too_early",
            f"Другой код можно запросить через {wait_s} с.",
            f"expected the wish for another code {world.settings.vk_resend_s} s after the last one, got it "
            f"{wait_s} s too early",
        )
    if by_call and "@" in last.contact:
        raise FormError(
            "call_impossible", "Позвонить можно только на телефон.", "expected a phone to call, got an e-mail address"
        )
    flow.code = (one_time_code.call if by_call else one_time_code.send)(world, last.contact)
    return Step.CODE


def profile(world: World, flow: Flow, form: Form) -> Step | None:
    """Takes the choice of a profile."""
    identity = flow.identity(world)
    assert identity is not None
    chosen = form.text("profile")
    if chosen == CREATE and not identity.learning:
        return Step.LEARNING
    found = identity.profile(int(chosen)) if re.fullmatch(r"[0-9]{1,19}", chosen) else None
    if found is None:
        raise FormError("profile_unknown", "Выберите профиль из списка.", "expected one of the offered profiles")
    flow.user_id = found.user_id
    return after_profile(world, flow, identity)


def consent(world: World, flow: Flow, form: Form) -> Step | None:
    """Takes the answer to what the application may see. `vkid.personal_info` cannot be left out."""
    identity = flow.identity(world)
    assert identity is not None
    match form.text("decision"):
        case "deny":
            raise RedirectRefusal("access_denied", "user denied access", "the person did not allow the access")
        case "allow":
            ticked = form.all("scope")
            allowed = [scope for scope in flow.request.scopes if scope in ticked or scope == PERSONAL_INFO]
            world.of(Consents).record(flow.request.app_id, identity.key, flow.request.scopes, allowed)
            return None
        case _:
            raise FormError(
                "decision_missing", "Разрешите доступ или откажитесь.", "expected decision to be allow or deny"
            )
