"""The words of the steps: persons in every case of their names, contacts, profiles, chats, refusals, ways out.

A step's text is `step("{who:Person} привязывает {profile:Profile}")`; the types behind the colons are made here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from parse import with_pattern
from pytest_bdd import parsers

CAST = {
    "anya": "Аня Ани Ане Аню Аней",
    "boris": "Борис Бориса Борису Борисом Борисе",
    "vera": "Вера Веры Вере Веру Верой",
    "gleb": "Глеб Глеба Глебу Глебом Глебе",
    "dina": "Дина Дины Дине Дину Диной",
    "egor": "Егор Егора Егору Егором Егоре",
    "zhanna": "Жанна Жанны Жанне Жанну Жанной",
    "zoya": "Зоя Зои Зое Зою Зоей",
    "ivan": "Иван Ивана Ивану Иваном Иване",
    "kira": "Кира Киры Кире Киру Кирой",
}
"""Forms of the names of `worlds/cast.yaml`; persons of other worlds are named by id: `человек "anya"`."""

ROLES = {
    "PUPIL": "ученик ученика ученику учеником",
    "PARENT": "родитель родителя родителю родителем",
    "STAFF": "сотрудник сотрудника сотруднику сотрудником",
    "LEGAL_REPRESENTATIVE": "законный_представитель законного_представителя законному_представителю",
}

REASONS = {
    "войдите через Госуслуги": "ESIA_SESSION_REQUIRED",
    "учётная запись закрыта": "ACCOUNT_NOT_ELIGIBLE",
    "чужая учётная запись": "ACCOUNT_NOT_ACCESSIBLE",
    "контакт не указан": "CONTACT_REQUIRED",
    "это не телефон и не почта": "CONTACT_INVALID",
    "контакт не подтверждён": "CONTACT_NOT_VERIFIED",
    "контакт другого человека": "CONTACT_NOT_OWNED",
    "код неверен": "CONTACT_CODE_INVALID",
    "дневник уже привязан": "DIARY_ACCOUNT_ALREADY_BOUND",
    "вход во VK ID отменён": "USER_CANCELLED",
    "нет учебного профиля": "LEARNING_PROFILE_REQUIRED",
    "не видно, чей это профиль": "OWNERSHIP_UNVERIFIED",
    "НЕ удалось авторизоваться": "VK_PROFILE_ALREADY_BOUND",
    "профиль другого человека": "VK_PROFILE_NOT_OWNED",
    "роль не подходит": "VK_ROLE_MISMATCH",
    "вход во VK ID не удался": "VK_AUTH_FAILED",
    "сервис временно недоступен": "PROVIDER_UNAVAILABLE",
    "попытка уже закончена": "ATTEMPT_NOT_PENDING",
    "неверный запрос": "REQUEST_INVALID",
    "нет доступа": "RESOURCE_NOT_ACCESSIBLE",
    "так может не каждый": "CALLER_NOT_ALLOWED",
    "нужен приём в школе": "VISIT_REQUIRED",
    "снимок не годится": "ATTACHMENT_INVALID",
    "в заявке другой номер": "TICKET_MISMATCH",
    "не доказано, что профиль свой": "TICKET_UNPROVEN",
    "слишком часто": "RATE_LIMITED",
}
"""What a refusal is called; the names of `ErrorReason` are understood too."""

REMEDIES = {
    "войти через Госуслуги": "SIGN_IN_ESIA",
    "подтвердить контакт": "VERIFY_CONTACT",
    "разрешить VK ID передать контакт": "GRANT_VK_SCOPES",
    "отменить привязку здесь": "UNBIND_HERE",
    "отменить привязку в другой учётной записи": "UNBIND_IN_OTHER_ACCOUNT",
    "привязать свой профиль": "REBIND_OWN_PROFILE",
    "создать учебный профиль": "CREATE_LEARNING_PROFILE",
    "указать свой контакт": "USE_OWN_CONTACT",
    "прийти в школу": "VISIT_SCHOOL",
    "написать в поддержку": "SUPPORT_TICKET",
    "повторить": "RETRY",
    "освободить профиль входом во VK ID": "RELEASE_BY_VK_PROOF",
}
"""What a way out is called."""

CHAT_KINDS = {"ученики": "PUPILS", "родители": "PARENTS"}
FAULTS: dict[str, dict[str, Any]] = {
    "отвечает 500": {"kind": "STATUS", "status": 500},
    "отвечает 502": {"kind": "STATUS", "status": 502},
    "отвечает 503": {"kind": "STATUS", "status": 503},
    "рвёт связь": {"kind": "DROP"},
    "отвечает испорченным JSON": {"kind": "MALFORMED_JSON"},
    "сообщает server_error с кодом 200": {"kind": "ERROR_WITH_200", "error": "server_error"},
    "сообщает temporarily_unavailable с кодом 200": {"kind": "ERROR_WITH_200", "error": "temporarily_unavailable"},
    "сообщает invalid_grant с кодом 200": {"kind": "ERROR_WITH_200", "error": "invalid_grant"},
    "молчит": {"kind": "HANG"},
    "делает дело и молчит": {"kind": "HANG_AFTER"},
    "называет другого пользователя": {"kind": "OTHER_USER"},
}
"""What a provider does wrong."""

ENDPOINTS = {
    "при обмене кода": ("VK_ID", "/oauth2/auth"),
    "на вопрос о пользователе": ("VK_ID", "/oauth2/user_info"),
    "на вопрос об учебном профиле": ("VK_ID", "/method/users.get"),
    "на вопрос о контактах": ("ESIA", "/ctts"),
}
"""At what it does so: provider and end of the path."""

_FORMS = {form: key for key, forms in CAST.items() for form in forms.split()}
_ROLE_FORMS = {form.replace("_", " "): key for key, forms in ROLES.items() for form in forms.split()}


def _one_of(words: Sequence[str]) -> str:
    return "|".join(sorted((word.replace(" ", r"\s") for word in words), key=len, reverse=True))


_PERSON = rf'(?:{_one_of(list(_FORMS))}|(?:человек(?:а|у|ом)?\s)?"[\w.-]+")'
_WHO = rf"{_PERSON}(?:\sкак\s(?:{_one_of(list(_ROLE_FORMS))}))?"
_CONTACT = rf'(?:(?:сво[йюяе]\w*\s)?(?:телефон\w?|почт\w|номер\w?)(?:\s(?:{_PERSON}|"[^"]*"))?|"[^"]*")'
_PROFILE = rf'(?:(?:свой|второй|новый учебный|чужой)(?:\sпрофиль)?|профиль\s{_PERSON}|профиль\sс\sлогином\s"[^"]*")'
_REASON = rf"(?:{_one_of(list(REASONS))}|[A-Z_]+)"
_REMEDY = rf"(?:{_one_of(list(REMEDIES))}|[A-Z_]+)"


@dataclass(frozen=True)
class Who:
    """A person in a step, in one of the own roles if it is named.

    Attributes:
        id: Key of the person.
        role: Role of the account, None if the person has one only.
    """

    id: str
    role: str | None = None


@dataclass(frozen=True)
class Contact:
    """A contact in a step: literal, or somebody's phone or e-mail address.

    Attributes:
        kind: "phone", "email" or "literal".
        owner: Key of the person; None is who acts.
        literal: The text, if it was quoted.
    """

    kind: str
    owner: str | None = None
    literal: str = ""


@dataclass(frozen=True)
class Profile:
    """A learning profile in a step, by the VK ID sign-in that leads to it.

    Attributes:
        kind: "own", "second", "new", "person" or "login".
        owner: Key of the person, or the login.
    """

    kind: str
    owner: str = ""


def person_id(text: str) -> str:
    """Returns the key of a person who is named in any form."""
    return _FORMS.get(text) or text.split('"')[1]


@with_pattern(_WHO)
def who(string: str) -> Who:
    """Reads a person, such as «Жанны как сотрудника»."""
    name, _, role = string.partition(" как ")
    return Who(person_id(name), _ROLE_FORMS[role] if role else None)


@with_pattern(rf"{_PERSON}(?:(?:,\s|\sи\s){_PERSON})*")
def persons(string: str) -> list[str]:
    """Reads several persons, such as «Веру и Глеба»."""
    return [person_id(part) for part in string.replace(" и ", ", ").split(", ")]


@with_pattern(_CONTACT)
def contact(string: str) -> Contact:
    """Reads a contact, such as «свою почту», «телефон Веры», «"+79…"»."""
    if '"' in string and "человек" not in string:
        return Contact("literal", literal=string.split('"')[1])
    words = string.split(" ", 1)
    if words[0].startswith("сво"):
        return Contact("email" if words[1].startswith("почт") else "phone")
    kind = "email" if words[0].startswith("почт") else "phone"
    return Contact(kind, person_id(words[1]) if len(words) > 1 else None)


@with_pattern(_PROFILE)
def profile(string: str) -> Profile:
    """Reads a profile, such as «свой профиль», «профиль Веры»."""
    if string.startswith("профиль с логином"):
        return Profile("login", string.split('"')[1])
    if string.startswith("профиль"):
        return Profile("person", person_id(string.partition(" ")[2]))
    kinds = {"свой": "own", "второй": "second", "новый": "new"}
    return Profile(kinds[string.split(" ")[0]])


@with_pattern(r"(?:ученики|родители)\s\w+(?:,\s(?:ученики|родители)\s\w+)*")
def chats(string: str) -> list[tuple[str, str]]:
    """Reads chats, such as «ученики 5А, родители 9Б», as pairs of class and kind."""
    pairs = (part.split(" ") for part in string.split(", "))
    return sorted((name, CHAT_KINDS[kind]) for kind, name in pairs)


@with_pattern(_REASON)
def reason(string: str) -> str:
    """Reads a refusal by what it is called, or by its reason."""
    return string if string.isupper() else REASONS[string]


@with_pattern(rf"{_REMEDY}(?:,\s{_REMEDY})*")
def remedies(string: str) -> list[str]:
    """Reads ways out, such as «прийти в школу, написать в поддержку»."""
    return [REMEDIES.get(part, part) for part in string.split(", ")]


@with_pattern(_one_of(list(FAULTS)))
def fault(string: str) -> dict[str, Any]:
    """Reads what a provider does wrong."""
    return dict(FAULTS[string])


@with_pattern(_one_of(list(ENDPOINTS)))
def endpoint(string: str) -> tuple[str, str]:
    """Reads at what a provider does it."""
    return ENDPOINTS[string]


@with_pattern(r"STRICT|LENIENT|ROLE_ONLY")
def policy(string: str) -> str:
    """Reads an ownership policy."""
    return string


@with_pattern(r"\d{1,2}[А-Я]")
def school_class(string: str) -> str:
    """Reads the name of a class."""
    return string


@with_pattern(r"минут[аы]?")
def minutes(string: str) -> str:
    """Reads «минут» in the form that the number needs."""
    return string


@with_pattern(r"раза?")
def times(string: str) -> str:
    """Reads «раз» in the form that the number needs."""
    return string


@with_pattern(r"ученик(?:а|ов)?|ученица|ученицы")
def pupils(string: str) -> str:
    """Reads «учеников» in the form that the number needs."""
    return string


TYPES: dict[str, Callable[[str], Any]] = {
    "Person": who,
    "Persons": persons,
    "Contact": contact,
    "Profile": profile,
    "Chats": chats,
    "Reason": reason,
    "Remedies": remedies,
    "Fault": fault,
    "Endpoint": endpoint,
    "Policy": policy,
    "Class": school_class,
    "Minutes": minutes,
    "Times": times,
    "Pupils": pupils,
}


def _one_phrase_of(known: Mapping[str, Any]) -> Callable[[str], Any]:
    @with_pattern(_one_of(list(known)))
    def phrase(string: str) -> Any:
        return known[string]

    return phrase


class Phrase(parsers.parse):
    """A step's text.

    Attributes:
        choices: What may stand for the types that this text has beside those of this module.
    """

    def __init__(self, text: str, choices: Mapping[str, Sequence[str]], types: Mapping[str, Any]) -> None:
        super().__init__(text, extra_types=dict(types), case_sensitive=True)
        self.choices = choices


def step(text: str, **words: Mapping[str, Any]) -> Phrase:
    """Returns the parser of a step's text, with the types of this module.

    Args:
        text: The text, such as "{who:Person} привязывает {profile:Profile}".
        words: Further types: the phrases that one may be, with what each means.
    """
    own = {name: _one_phrase_of(known) for name, known in words.items()}
    return Phrase(text, {name: list(known) for name, known in words.items()}, {**TYPES, **own})
