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
    "bio": "Вход по биометрии",
    "ext_auth_result": "Результат входа по биометрии",
}

#: Scopes of an organisation; a token states them with `?org_oid=`.
ORG_SCOPES: dict[str, str] = {
    "org_shortname": "Сокращённое наименование организации",
    "org_fullname": "Полное наименование организации",
    "org_type": "Тип организации",
    "org_ogrn": "ОГРН организации",
    "org_inn": "ИНН организации",
    "org_leg": "Организационно-правовая форма",
    "org_kpp": "КПП организации",
    "org_agencyterrange": "Территориальная принадлежность ОГВ",
    "org_agencytype": "Тип ОГВ",
    "org_oktmo": "ОКТМО организации",
    "org_ctts": "Контакты организации",
    "org_addrs": "Адреса организации",
    "org_vhls": "Транспортные средства организации",
    "org_grps": "Группы доступа организации",
    "org_emps": "Сотрудники организации",
    "org_brhs": "Филиалы организации",
    "org_brhs_ctts": "Контакты филиалов",
    "org_brhs_addrs": "Адреса филиалов",
    "org_rcs": "Центры регистрации организации",
    "org_stms": "Системы организации",
    "org_invts": "Приглашения в организацию",
}

#: Scope of a system token about a person's consent, written `prm_chg?oid=…`.
CONSENT_SCOPE = "prm_chg"


def split(scope: str) -> tuple[str, str, str]:
    """Takes a scope apart: `org_inn?org_oid=1` is `org_inn`, `org_oid` and `1`; a plain one has empty ends."""
    name, _, query = scope.partition("?")
    key, _, value = query.partition("=")
    return name, key, value


def of_organisation(scopes: Iterable[str], oid: int) -> frozenset[str]:
    """Names of the scopes that open this organisation."""
    ending = f"?org_oid={oid}"
    return frozenset(scope.removesuffix(ending) for scope in scopes if scope.endswith(ending))


def titles(scopes: Iterable[str]) -> list[str]:
    """What the consent page lists."""
    return [SCOPES.get(scope) or ORG_SCOPES[scope] for scope in scopes]


def stated(scopes: Iterable[str], oid: int) -> str:
    """The `scope` claim: each scope with its owner, `openid` without one, as client libraries' test data have it."""
    return " ".join(scope if scope == "openid" or "?" in scope else f"{scope}?oid={oid}" for scope in scopes)
