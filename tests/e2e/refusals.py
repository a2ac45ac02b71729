"""How every reason comes about with which the service refuses."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from binding_client import errors
from binding_client.client import BindingClient
from binding_client.errors import BindingError
from binding_client.esia import EsiaClient
from binding_client.testing import Actor, Stack, World
from sferum.binding.v1.binding_service_pb2 import AuthorizationResult

from .acting import signed_in
from .auditing import ITEMS
from .documents import SECOND_LOGIN, Document, person_in, with_policy, with_second_vk_login

REDIRECT = "http://127.0.0.1:8100/"


class Speaker(Actor):
    """A person whose calls are answered in a language."""

    language = "ru"

    @property
    def client(self) -> BindingClient:
        """The service with this person's token and language."""
        return super().client.using(language=self.language)


@dataclass(frozen=True)
class Stage:
    """A world, and the language in which its people are answered."""

    stack: Stack
    world: World
    language: str

    def person(self, key: str) -> Speaker:
        speaker = Speaker(self.world, self.world.person(key).facts)
        speaker.language = self.language
        return speaker

    def service(self, name: str) -> BindingClient:
        return self.world.service_client(name).using(language=self.language)


@dataclass(frozen=True)
class Case:
    """How a reason comes about; the last call of `act` raises it.

    Attributes:
        reason: the class of the reason.
        act: what is done.
        row: the row of the decision table.
        remedies: ways out, best first.
        changed: what is changed in the demo's document before.
        fields: fields that are named.
        facts: further metadata.
    """

    reason: type[BindingError]
    act: Callable[[Stage], object]
    row: str = ""
    remedies: Sequence[str] = ()
    changed: Callable[[Document], Document] = copy.deepcopy
    fields: Sequence[str] = ()
    facts: tuple[tuple[str, str], ...] = ()


def without_a_visit(stage: Stage) -> object:
    boris = stage.person("boris")
    desk = stage.person("ivan").client.using(on_behalf_of=boris.access_token())
    return desk.unbind(name=f"{boris.account()}/binding")


def with_a_screenshot_that_is_none(stage: Stage) -> object:
    boris = stage.person("boris")
    return boris.client.create_ticket(account=boris.account(), **{**ITEMS, "screenshot": b"no picture"})


def closed(document: Document) -> Document:
    changed = copy.deepcopy(document)
    person_in(changed, "gleb")["accounts"] = [{"role": "PARENT", "closed": True}]
    return changed


def unverified(document: Document) -> Document:
    changed = copy.deepcopy(document)
    person_in(changed, "boris")["esia"]["contacts"][0]["verified"] = False
    return changed


def personal(document: Document) -> Document:
    changed = copy.deepcopy(document)
    person_in(changed, "vera")["vk_id"][0]["profiles"] = [{"user_id": 700300103, "kind": "PERSONAL"}]
    return changed


def pupil_profile(document: Document) -> Document:
    changed = copy.deepcopy(document)
    person_in(changed, "vera")["vk_id"][0]["profiles"][0]["roles"] = ["PUPIL"]
    return changed


def lenient(document: Document) -> Document:
    return with_policy(document, "LENIENT")


def asking_for_another_code_at_once(stage: Stage) -> None:
    vera = stage.person("vera")
    vera.client.send_contact_code(contact="new@example.org")
    vera.client.send_contact_code(contact="new@example.org")


def without_a_session(stage: Stage) -> None:
    stage.world.client().using(language=stage.language).list_my_accounts()


def with_few_scopes(stage: Stage) -> None:
    vera = stage.person("vera")
    key = stage.stack.programs.esia_key("EDIARY66")
    scopes = ["openid", "fullname"]
    system = EsiaClient(stage.world.esia_url, "EDIARY66", key.key_pem, key.certificate_pem, REDIRECT, scopes)
    came = vera.browser.sign_in_esia(system.authorization_url(), vera.facts.esia_login, vera.facts.esia_password)
    vera.tokens = system.exchange(came.code)
    vera.start_binding()


def twice_with_another_profile(stage: Stage) -> None:
    vera = stage.person("vera")
    vera.bind()
    vera.bind(vk=SECOND_LOGIN)


def in_both_accounts(stage: Stage) -> None:
    zhanna = stage.person("zhanna")
    zhanna.bind("STAFF")
    zhanna.bind("PARENT")


def after_another_person(stage: Stage) -> None:
    stage.person("anya").bind(vk="+79000000103")
    stage.person("vera").bind()


def with_a_foreign_state(stage: Stage) -> None:
    vera = stage.person("vera")
    attempt, redirect = signed_in(vera)
    result = AuthorizationResult(code=redirect.code, state="foreign", device_id=redirect.device_id)
    vera.client.complete_binding(name=attempt.name, result=result)


def while_vk_id_is_down(stage: Stage) -> None:
    vera = stage.person("vera")
    attempt, redirect = signed_in(vera)
    stage.world.control.create_fault(provider="VK_ID", endpoint="/oauth2/auth", kind="DROP")
    vera.complete(attempt, redirect)


def after_cancelling(stage: Stage) -> None:
    vera = stage.person("vera")
    attempt, redirect = signed_in(vera)
    vera.client.cancel_attempt(name=attempt.name)
    vera.complete(attempt, redirect)


def with_a_long_request_id(stage: Stage) -> None:
    stage.person("vera").start_binding(request_id="r" * 65)


def with_a_used_request_id(stage: Stage) -> None:
    vera = stage.person("vera")
    vera.start_binding(request_id="one", contact="+79000000103")
    vera.start_binding(request_id="one", contact="vera@example.org")


def with_a_stale_etag(stage: Stage) -> None:
    vera = stage.person("vera")
    binding = vera.bind().binding
    vera.client.unbind(name=binding.name, etag=binding.etag)
    vera.bind()
    vera.client.unbind(name="accounts/vera-parent/binding", etag='"999"')


def importing_without_a_token(stage: Stage) -> None:
    stage.world.client().using(language=stage.language).import_roster(requests=iter(()))


def importing_without_the_right(stage: Stage) -> None:
    stage.service("reports").import_roster(requests=iter(()))


CASES = [
    Case(errors.EsiaSessionRequired, without_a_session, "D1", ["SIGN_IN_ESIA"], facts=(("cause", "MISSING"),)),
    Case(errors.EsiaScopeRequired, with_few_scopes, remedies=["SIGN_IN_ESIA"]),
    Case(
        errors.AccountNotEligible,
        lambda stage: stage.person("gleb").start_binding("accounts/gleb-parent"),
        "D2",
        ["VISIT_SCHOOL"],
        closed,
    ),
    Case(
        errors.AccountNotAccessible,
        lambda stage: stage.person("vera").start_binding("accounts/gleb-parent"),
        remedies=["SIGN_IN_ESIA"],
    ),
    Case(
        errors.ContactRequired,
        lambda stage: stage.person("vera").start_binding(contact="  "),
        "D3",
        ["USE_OWN_CONTACT"],
        fields=["contact"],
    ),
    Case(
        errors.ContactInvalid,
        lambda stage: stage.person("vera").start_binding(contact="позвоните мне"),
        "D3",
        ["USE_OWN_CONTACT"],
        fields=["contact"],
    ),
    Case(
        errors.ContactNotVerified,
        lambda stage: stage.person("boris").start_binding(),
        "D4",
        ["VERIFY_CONTACT"],
        unverified,
    ),
    Case(
        errors.ContactNotOwned,
        lambda stage: stage.person("anya").start_binding(contact="+79000000103"),
        "D5",
        ["USE_OWN_CONTACT"],
    ),
    Case(
        errors.ContactNotOwned,
        lambda stage: stage.person("vera").start_binding(contact="anya@example.org"),
        "D6",
        ["USE_OWN_CONTACT"],
    ),
    Case(
        errors.ContactNotOwned,
        lambda stage: stage.person("vera").start_binding(contact="+79000000110"),
        "D7",
        ["USE_OWN_CONTACT"],
    ),
    Case(
        errors.DiaryAccountAlreadyBound,
        twice_with_another_profile,
        "D8",
        ["UNBIND_HERE", "REBIND_OWN_PROFILE"],
        with_second_vk_login,
    ),
    Case(errors.UserCancelled, lambda stage: stage.person("vera").bind(decision="deny"), "D9", ["RETRY"]),
    Case(
        errors.LearningProfileRequired,
        lambda stage: stage.person("vera").bind(),
        "D10",
        ["CREATE_LEARNING_PROFILE", "RETRY"],
        personal,
    ),
    Case(
        errors.OwnershipUnverified,
        lambda stage: stage.person("vera").bind(scopes=["vkid.personal_info"]),
        "D11",
        ["GRANT_VK_SCOPES"],
    ),
    Case(
        errors.VkProfileAlreadyBound,
        in_both_accounts,
        "D13",
        ["UNBIND_IN_OTHER_ACCOUNT"],
        facts=(("same_person", "true"),),
    ),
    Case(
        errors.VkProfileAlreadyBound,
        after_another_person,
        "D14",
        ["UNBIND_IN_OTHER_ACCOUNT", "VISIT_SCHOOL", "SUPPORT_TICKET"],
        lenient,
        facts=(("same_person", "false"), ("holder_role", "FAMILY"), ("holder_organisation_kind", "SCHOOL")),
    ),
    Case(
        errors.VkProfileNotOwned,
        lambda stage: stage.person("anya").bind(vk="+79000000103"),
        "D15",
        ["REBIND_OWN_PROFILE"],
        facts=(("hint", "problem-2"),),
    ),
    Case(
        errors.VkProfileNotOwned,
        lambda stage: stage.person("vera").bind(vk="anya@example.org"),
        "D16",
        ["REBIND_OWN_PROFILE"],
        facts=(("hint", "problem-3"),),
    ),
    Case(
        errors.VkProfileNotOwned,
        lambda stage: stage.person("vera").bind(vk="+79000000110"),
        "D17",
        ["REBIND_OWN_PROFILE"],
    ),
    Case(errors.VkRoleMismatch, lambda stage: stage.person("vera").bind(), "D18", ["VISIT_SCHOOL"], pupil_profile),
    Case(errors.VkAuthFailed, with_a_foreign_state, "D21", ["RETRY"]),
    Case(errors.ProviderUnavailable, while_vk_id_is_down, "D22", ["RETRY"], facts=(("provider", "VK_ID"),)),
    Case(errors.AttemptNotPending, after_cancelling, remedies=["RETRY"], facts=(("state", "CANCELLED"),)),
    Case(errors.RequestInvalid, with_a_long_request_id, remedies=["RETRY"], fields=["request_id"]),
    Case(errors.RequestIdReused, with_a_used_request_id, remedies=["RETRY"], fields=["request_id"]),
    Case(
        errors.RedirectUriNotAllowed,
        lambda stage: stage.person("vera").start_binding(redirect_uri="https://elsewhere.example/vk"),
        remedies=["SUPPORT_TICKET"],
        fields=["redirect_uri"],
    ),
    Case(
        errors.ResourceNotAccessible,
        lambda stage: stage.person("vera").client.get_binding(name="bindings/nobody-has-this"),
        remedies=["SIGN_IN_ESIA"],
    ),
    Case(errors.CallerUnknown, importing_without_a_token, remedies=["SUPPORT_TICKET"]),
    Case(errors.CallerNotAllowed, importing_without_the_right, remedies=["SIGN_IN_ESIA"]),
    Case(errors.EtagMismatch, with_a_stale_etag, remedies=["RETRY"]),
    Case(
        errors.RateLimited,
        asking_for_another_code_at_once,
        remedies=["RETRY"],
        facts=(("limit", "CONTACT_CODE_RESEND"),),
    ),
    Case(
        errors.ContactCodeInvalid,
        lambda stage: stage.person("vera").client.confirm_contact(contact="new@example.org", code="123456"),
        remedies=["VERIFY_CONTACT"],
        facts=(("cause", "VOID"),),
    ),
    Case(errors.VisitRequired, without_a_visit, remedies=["VISIT_SCHOOL"], facts=(("state", "NONE"),)),
    Case(
        errors.AttachmentInvalid,
        with_a_screenshot_that_is_none,
        remedies=["RETRY"],
        fields=["screenshot"],
        facts=(("problem", "NOT_AN_IMAGE"),),
    ),
    Case(
        errors.ResumeTokenInvalid,
        lambda stage: next(iter(stage.person("vera").client.watch_bindings(resume_token="nonsense"))),
        remedies=["RETRY"],
        fields=["resume_token"],
    ),
]
