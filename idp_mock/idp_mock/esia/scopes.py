"""ESIA's scopes: which there are, what a person reads about them, and how a token states them."""

from __future__ import annotations

from collections.abc import Iterable

#: Scopes of a person and what the consent page calls them.
SCOPES: dict[str, str] = {
    "openid": "Вход через Госуслуги",
    "fullname": "Фамилия, имя и отчество",
    "birthdate": "Дата рождения",
    "gender": "Пол",
    "snils": "СНИЛС",
    "inn": "ИНН",
    "birthplace": "Место рождения",
    "id_doc": "Данные документа, удостоверяющего личность",
    "medical_doc": "Полис ОМС",
    "military_doc": "Военный билет",
    "foreign_passport_doc": "Заграничный паспорт",
    "drivers_licence_doc": "Водительское удостоверение",
    "birth_cert_doc": "Свидетельство о рождении",
    "residence_doc": "Вид на жительство",
    "temporary_residence_doc": "Разрешение на временное проживание",
    "email": "Адрес электронной почты",
    "mobile": "Номер мобильного телефона",
    "contacts": "Все контакты",
    "addresses": "Адреса",
    "vehicles": "Транспортные средства",
    "usr_org": "Организации",
    "usr_avt": "Изображение профиля",
    "self_employed": "Сведения о самозанятости",
    "kid_fullname": "Фамилии, имена и отчества детей",
    "kid_birthdate": "Даты рождения детей",
    "kid_gender": "Пол детей",
    "kid_snils": "СНИЛС детей",
    "kid_inn": "ИНН детей",
    "kid_birth_cert_doc": "Свидетельства о рождении детей",
    "kid_medical_doc": "Полисы ОМС детей",
    "kid_mobile": "Номера мобильных телефонов детей",
    "kid_email": "Адреса электронной почты детей",
}


def titles(scopes: Iterable[str]) -> list[str]:
    """What the consent page lists."""
    return [SCOPES[scope] for scope in scopes]


def stated(scopes: Iterable[str], oid: int) -> str:
    """The `scope` claim: each scope with its owner, `openid` without one, as client libraries' test data have it."""
    return " ".join(scope if scope == "openid" else f"{scope}?oid={oid}" for scope in scopes)
