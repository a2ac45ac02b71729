"""The forms that make something new: a person at VK ID, and a learning profile.

That a learning profile is made within the authorization is known of the flow; the fields are inferred from school
guides.
"""

import re
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import get_args

from idp_mock.vkid.flow import Flow, Step, after_profile, after_sign_in
from idp_mock.vkid.forms import Form, FormError
from idp_mock.vkid.identity import find_login, identity_of
from idp_mock.world import VkProfile, World
from idp_mock.world.vk_schema import ProfileRole, Sex

ROLES: Mapping[str, ProfileRole] = MappingProxyType({"PUPIL": "PUPIL", "PARENT": "PARENT", "TEACHER": "TEACHER"})
"""Roles that people may give themselves; an administrator is made by the school's application."""

_TEXT_MAX = 64
_ORGANISATION_MAX = 200
_CLASS_MAX = 50
_YOUNG_GRADE, _YOUNG_AGE = 4, 11


def register(world: World, flow: Flow, form: Form) -> Step | None:
    """Registers the person who proved to hold an unknown phone or e-mail address."""
    contact = flow.proven
    assert contact is not None
    first_name, last_name = _name(form, "first_name", "имя"), _name(form, "last_name", "фамилию")
    birthday = _birthday(form.text("birthday"), world.clock_of("vk_id").now().date())
    sex = _sex(form.text("sex"))
    match form.text("create_learning"):
        case "yes":
            profile = _learning_profile(world, form)
        case "no":
            profile = VkProfile(user_id=world.new_user_id(), kind="PERSONAL")
        case _:
            raise FormError(
                "create_learning_invalid",
                "Выберите, создавать ли учебный профиль.",
                "expected create_learning to be yes or no",
            )
    if "@" in contact:
        _check_email(world, profile, birthday)
    identity = find_login(world, contact)
    if identity is None:  # else: registered meanwhile in another window, by who holds the same contact
        is_email = "@" in contact
        registered = world.register_vk_login(
            phone=None if is_email else contact,
            email=contact if is_email else None,
            first_name=first_name,
            last_name=last_name,
            birthday=birthday,
            sex=sex,
            profiles=[profile],
        )
        identity = identity_of(*registered)
    flow.proven = None
    flow.who = identity.key
    flow.browser.sign_in(world, identity.key)
    return after_sign_in(world, flow, identity)


def learning(world: World, flow: Flow, form: Form) -> Step | None:
    """Adds a learning profile to the login and chooses it."""
    assert flow.who is not None
    found = world.vk_login(flow.who.login_id)
    assert found is not None
    person, login, profile = world.add_vk_profile(found[1], _learning_profile(world, form))
    flow.user_id = profile.user_id
    return after_profile(world, flow, identity_of(person, login))


def _check_email(world: World, profile: VkProfile, birthday: date) -> None:
    """Only pupils of the first four classes may do without a phone, says a school's guide.

    Raises:
        FormError: the person is somebody else, and the world does not let everybody.
    """
    allowed = world.settings.vk_email_registration
    is_pupil = profile.kind == "LEARNING" and "PUPIL" in profile.roles
    young = is_pupil and _is_young(profile, birthday, world.clock_of("vk_id").now().date())
    if allowed == "nobody" or (allowed == "young_pupils" and not young):
        who = "a pupil of the classes 1 to 4" if allowed == "young_pupils" else "nobody"
        raise FormError(
            "email_registration",
            "По электронной почте регистрируются только ученики 1–4 классов. Введите номер телефона.",
            f"expected {who} to register by e-mail (vk_email_registration is {allowed}), got somebody else",
        )


def _is_young(profile: VkProfile, birthday: date, today: date) -> bool:
    """Whether a pupil is in one of the first four classes: by the class if it tells, else by the age."""
    grades = [int(found[1]) for name in profile.class_names if (found := re.match(r"\s*([0-9]{1,2})", name))]
    if grades:
        return 1 <= grades[0] <= _YOUNG_GRADE
    return today.year - birthday.year - ((today.month, today.day) < (birthday.month, birthday.day)) <= _YOUNG_AGE


def _learning_profile(world: World, form: Form) -> VkProfile:
    role = ROLES.get(form.text("role"))
    if role is None:
        raise FormError("role_invalid", "Выберите роль.", f"expected role to be one of {', '.join(ROLES)}")
    organisation = form.text("organisation")
    if len(organisation) > _ORGANISATION_MAX or not organisation.isprintable():
        raise FormError(
            "organisation_invalid",
            f"Название школы не длиннее {_ORGANISATION_MAX} знаков.",
            f"expected organisation of at most {_ORGANISATION_MAX} printable characters, got {len(organisation)}",
        )
    school_class = form.text("school_class")
    if len(school_class) > _CLASS_MAX or not school_class.isprintable():
        raise FormError(
            "school_class_invalid",
            f"Название класса не длиннее {_CLASS_MAX} знаков.",
            f"expected school_class of at most {_CLASS_MAX} printable characters, got {len(school_class)}",
        )
    known = bool(organisation) and world.organisation(organisation) is not None
    return VkProfile(
        user_id=world.new_user_id(),
        kind="LEARNING",
        roles=[role],
        organisations=[organisation] if known else [],
        organisation_names=[organisation] if organisation and not known else [],
        class_names=[school_class] if school_class else [],
    )


def _name(form: Form, field: str, title: str) -> str:
    value = form.text(field)
    if not 1 <= len(value) <= _TEXT_MAX or not value.isprintable():
        raise FormError(
            f"{field}_invalid",
            f"Введите {title}, до {_TEXT_MAX} знаков.",
            f"expected {field} of 1 to {_TEXT_MAX} characters",
        )
    return value


def _birthday(text: str, today: date) -> date:
    found = re.fullmatch(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})", text)
    try:
        birthday = date(int(found[3]), int(found[2]), int(found[1])) if found else None
    except ValueError:
        birthday = None
    if birthday is None or birthday.year < 1900 or birthday > today:
        raise FormError(
            "birthday_invalid",
            "Введите дату рождения в виде ДД.ММ.ГГГГ.",
            "expected birthday to be a past date as DD.MM.YYYY",
        )
    return birthday


def _sex(text: str) -> Sex:
    found = next((sex for sex in get_args(Sex) if sex == text), None)
    if found is None:
        raise FormError("sex_invalid", "Выберите пол.", "expected sex to be female or male")
    return found
