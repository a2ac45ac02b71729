"""One entry per reason: its gRPC status, its messages, its ways out. The only place where a refusal's text stands.

The seed's own words: «НЕ удалось авторизоваться» for a profile that is bound already. All else is the product's
wording.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from binding_server.domain.reasons import Reason, Remedy
from binding_server.domain.ways_out import REMEDY_TEXTS

RU = "ru"
EN = "en"
LANGUAGES = (RU, EN)
"""Languages of messages, the default first."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a reason means on the wire. `status` is the name of a gRPC status code."""

    status: str
    ru: str
    en: str
    remedies: tuple[Remedy, ...] = ()

    def text(self, language: str) -> str:
        """Returns the message in a language; Russian for any that is not known."""
        return self.en if language == EN else self.ru


def entry(reason: Reason, row: str | None = None) -> Entry:
    """Returns the entry of a reason, or the one that a row of the decision table has of its own."""
    return _BY_ROW.get(row or "") or CATALOGUE[reason]


def message(reason: Reason, row: str | None, language: str, metadata: Mapping[str, str] | None = None) -> str:
    """Returns the message of a refusal in a language."""
    if reason is Reason.OWNERSHIP_UNVERIFIED and (metadata or {}).get("contact_returned") == "true":
        return _RETURNED_BUT_UNKNOWN.text(language)
    return entry(reason, row).text(language)


def remedy_text(remedy: Remedy, language: str) -> str:
    """Returns a way out as a sentence."""
    ru, en = REMEDY_TEXTS[remedy]
    return en if language == EN else ru


CATALOGUE: Mapping[Reason, Entry] = {
    Reason.ESIA_SESSION_REQUIRED: Entry(
        "UNAUTHENTICATED",
        "Войдите в электронный дневник через портал «Госуслуги».",
        "Sign in to the e-diary through Gosuslugi.",
        (Remedy.SIGN_IN_ESIA,),
    ),
    Reason.ESIA_SCOPE_REQUIRED: Entry(
        "PERMISSION_DENIED",
        "Разрешите порталу «Госуслуги» передать дневнику телефон и электронную почту.",
        "Let Gosuslugi pass your phone number and e-mail on to the e-diary.",
        (Remedy.SIGN_IN_ESIA,),
    ),
    Reason.ACCOUNT_NOT_ELIGIBLE: Entry(
        "PERMISSION_DENIED",
        "Учетная запись не связана с обучающимся.",
        "The account is not linked to a pupil.",
        (Remedy.VISIT_SCHOOL,),
    ),
    Reason.ACCOUNT_NOT_ACCESSIBLE: Entry(
        "PERMISSION_DENIED",
        "Эта учетная запись вам недоступна.",
        "This account is not accessible to you.",
        (Remedy.SIGN_IN_ESIA,),
    ),
    Reason.CONTACT_REQUIRED: Entry(
        "INVALID_ARGUMENT",
        "Укажите действующий номер телефона или электронную почту.",
        "State a working phone number or e-mail address.",
        (Remedy.USE_OWN_CONTACT,),
    ),
    Reason.CONTACT_INVALID: Entry(
        "INVALID_ARGUMENT",
        "Это не похоже ни на номер телефона, ни на электронную почту. Укажите действующий контакт.",
        "This is neither a phone number nor an e-mail address. State a working contact.",
        (Remedy.USE_OWN_CONTACT,),
    ),
    Reason.CONTACT_NOT_VERIFIED: Entry(
        "FAILED_PRECONDITION",
        "Подтвердите контакт кодом.",
        "Confirm the contact by a code.",
        (Remedy.VERIFY_CONTACT,),
    ),
    Reason.CONTACT_NOT_OWNED: Entry(
        "FAILED_PRECONDITION",
        "Контакт принадлежит другому человеку.",
        "The contact belongs to somebody else.",
        (Remedy.USE_OWN_CONTACT,),
    ),
    Reason.DIARY_ACCOUNT_ALREADY_BOUND: Entry(
        "FAILED_PRECONDITION",
        "К дневнику уже привязан другой учебный профиль. Нажмите «Отменить привязку Сферума» и повторите.",
        "Another learning profile is bound to this account. Press «Отменить привязку Сферума» and repeat.",
        (Remedy.UNBIND_HERE, Remedy.REBIND_OWN_PROFILE),
    ),
    Reason.USER_CANCELLED: Entry(
        "ABORTED",
        "Вход во VK ID отменен.",
        "The VK ID sign-in was cancelled.",
        (Remedy.RETRY,),
    ),
    Reason.LEARNING_PROFILE_REQUIRED: Entry(
        "FAILED_PRECONDITION",
        "Создайте учебный профиль и повторите привязку.",
        "Create a learning profile and bind again.",
        (Remedy.CREATE_LEARNING_PROFILE, Remedy.RETRY),
    ),
    Reason.OWNERSHIP_UNVERIFIED: Entry(
        "FAILED_PRECONDITION",
        "Разрешите VK ID передать номер телефона или почту.",
        "Let VK ID pass on your phone number or e-mail.",
        (Remedy.GRANT_VK_SCOPES,),
    ),
    Reason.VK_PROFILE_ALREADY_BOUND: Entry(
        "ALREADY_EXISTS",
        "НЕ удалось авторизоваться. Профиль VK ID уже привязан к другой учетной записи.",
        "Could not sign in. The VK ID profile is bound to another account.",
        (Remedy.UNBIND_IN_OTHER_ACCOUNT, Remedy.VISIT_SCHOOL, Remedy.SUPPORT_TICKET),
    ),
    Reason.VK_PROFILE_NOT_OWNED: Entry(
        "FAILED_PRECONDITION",
        "Учебный профиль принадлежит другому человеку.",
        "The learning profile belongs to somebody else.",
        (Remedy.REBIND_OWN_PROFILE,),
    ),
    Reason.VK_ROLE_MISMATCH: Entry(
        "FAILED_PRECONDITION",
        "Роль в Сферуме не совпадает с ролью в дневнике. Попросите школу пригласить вас с нужной ролью.",
        "The role in Sferum is not the role in the e-diary. Ask the school to invite you with the right role.",
        (Remedy.VISIT_SCHOOL,),
    ),
    Reason.VK_AUTH_FAILED: Entry(
        "ABORTED",
        "Не удалось завершить вход во VK ID. Начните заново.",
        "The VK ID sign-in could not be finished. Start again.",
        (Remedy.RETRY,),
    ),
    Reason.PROVIDER_UNAVAILABLE: Entry(
        "UNAVAILABLE",
        "Сервис временно недоступен, повторите позже.",
        "The service is unavailable for now, try again later.",
        (Remedy.RETRY,),
    ),
    Reason.ATTEMPT_NOT_PENDING: Entry(
        "FAILED_PRECONDITION",
        "Эта попытка привязки уже завершена. Начните заново.",
        "This binding attempt has ended. Start again.",
        (Remedy.RETRY,),
    ),
    Reason.REQUEST_INVALID: Entry(
        "INVALID_ARGUMENT",
        "Запрос составлен неверно: исправьте названные поля.",
        "The request is malformed: mend the fields named.",
        (Remedy.RETRY,),
    ),
    Reason.REQUEST_ID_REUSED: Entry(
        "INVALID_ARGUMENT",
        "Этот request_id уже использован с другим содержанием. Возьмите новый.",
        "This request_id was used with other content. Take a new one.",
        (Remedy.RETRY,),
    ),
    Reason.REDIRECT_URI_NOT_ALLOWED: Entry(
        "INVALID_ARGUMENT",
        "Адрес возврата не разрешен для этой системы. Внесите его в список разрешенных.",
        "The redirect URI is not allowed for this system. Add it to its allow-list.",
        (Remedy.SUPPORT_TICKET,),
    ),
    Reason.RESOURCE_NOT_ACCESSIBLE: Entry(
        "PERMISSION_DENIED",
        "Такой записи нет, или она вам недоступна.",
        "There is no such resource, or it is not accessible to you.",
        (Remedy.SIGN_IN_ESIA,),
    ),
    Reason.CALLER_UNKNOWN: Entry(
        "UNAUTHENTICATED",
        "Вызывающая система не опознана: нужен ее действующий подписанный токен.",
        "The calling system is not known: its own valid signed token is needed.",
        (Remedy.SUPPORT_TICKET,),
    ),
    Reason.CALLER_NOT_ALLOWED: Entry(
        "PERMISSION_DENIED",
        "У вызывающего нет права на этот метод.",
        "The caller may not use this method.",
        (Remedy.SIGN_IN_ESIA,),
    ),
    Reason.ETAG_MISMATCH: Entry(
        "ABORTED",
        "Привязка изменилась с тех пор, как ее прочитали. Прочитайте ее снова и повторите.",
        "The binding has changed since it was read. Read it again and repeat.",
        (Remedy.RETRY,),
    ),
    Reason.INTERNAL: Entry(
        "INTERNAL",
        "Внутренняя ошибка сервиса. Сообщите в поддержку номер запроса.",
        "An internal fault of the service. Tell support the request number.",
        (Remedy.SUPPORT_TICKET,),
    ),
    Reason.RESUME_TOKEN_INVALID: Entry(
        "INVALID_ARGUMENT",
        "С этим токеном продолжить нельзя: он испорчен или выдан для другого запроса. Начните со снимка.",
        "This token cannot be resumed with: it is broken, or was given for another request. Start with a snapshot.",
        (Remedy.RETRY,),
    ),
    Reason.RESUME_TOKEN_EXPIRED: Entry(
        "OUT_OF_RANGE",
        "События после этого токена уже не хранятся. Начните со снимка.",
        "The events after this token are kept no longer. Start with a snapshot.",
        (Remedy.RETRY,),
    ),
    Reason.CONSUMER_TOO_SLOW: Entry(
        "RESOURCE_EXHAUSTED",
        "События читаются медленнее, чем приходят. Продолжите с последнего полученного токена.",
        "Events are read more slowly than they come. Go on with the newest token received.",
        (Remedy.RETRY,),
    ),
    Reason.RATE_LIMITED: Entry(
        "RESOURCE_EXHAUSTED",
        "Слишком много попыток. Подождите и повторите.",
        "Too many attempts. Wait and repeat.",
        (Remedy.RETRY,),
    ),
    Reason.CONTACT_CODE_INVALID: Entry(
        "FAILED_PRECONDITION",
        "Код не подошел или больше не действует. Проверьте его или запросите новый.",
        "The code does not fit or is no longer good. Check it, or ask for a new one.",
        (Remedy.VERIFY_CONTACT,),
    ),
    Reason.VISIT_REQUIRED: Entry(
        "FAILED_PRECONDITION",
        "Действовать за пользователя можно только на приеме: он рядом и вошел через «Госуслуги».",
        "Staff may act for a person in an open visit only: the person is there and signed in through Gosuslugi.",
        (Remedy.VISIT_SCHOOL,),
    ),
    Reason.ATTACHMENT_INVALID: Entry(
        "INVALID_ARGUMENT",
        "Снимок экрана не подошел: нужно изображение PNG, JPEG или WebP до 3 МБ.",
        "The screenshot cannot be used: a PNG, JPEG or WebP image of at most 3 MiB is needed.",
        (Remedy.RETRY,),
    ),
    Reason.TICKET_MISMATCH: Entry(
        "FAILED_PRECONDITION",
        "Номер VK ID в заявке не совпадает с привязанным. Привязка не изменена.",
        "The VK ID number of the ticket is not the one that is bound. The binding was not changed.",
        (Remedy.SUPPORT_TICKET,),
    ),
    Reason.TICKET_UNPROVEN: Entry(
        "FAILED_PRECONDITION",
        "Не видно, что профиль ваш. Войдите во VK ID на странице привязки или придите в школу.",
        "Nothing shows that the profile is yours. Sign in at VK ID on the binding page, or come to the school.",
        (Remedy.REBIND_OWN_PROFILE, Remedy.VISIT_SCHOOL),
    ),
}

_RETURNED_BUT_UNKNOWN = Entry(
    "FAILED_PRECONDITION",
    "Подтвердите, что номер или почта, с которыми вы вошли во VK ID, ваши.",
    "Confirm that the number or e-mail with which you signed in at VK ID is yours.",
    (Remedy.VERIFY_CONTACT,),
)

_BY_ROW: Mapping[str, Entry] = {
    "D5": Entry(
        "FAILED_PRECONDITION",
        "Вход выполнен под учетной записью обучающегося: укажите контактные данные обучающегося.",
        "You are signed in as a pupil: state the pupil's own contact.",
        (Remedy.USE_OWN_CONTACT,),
    ),
    "D6": Entry(
        "FAILED_PRECONDITION",
        "Укажите свои контактные данные, а не данные ребенка.",
        "State your own contact, not the child's.",
        (Remedy.USE_OWN_CONTACT,),
    ),
    "D13": Entry(
        "ALREADY_EXISTS",
        "НЕ удалось авторизоваться. Профиль уже привязан к другой вашей учетной записи.",
        "Could not sign in. The profile is bound to another account of yours.",
        (Remedy.UNBIND_IN_OTHER_ACCOUNT,),
    ),
    "D15": Entry(
        "FAILED_PRECONDITION",
        "Выбран профиль родителя. Войдите во VK ID с номером обучающегося.",
        "A parent's profile was chosen. Sign in at VK ID with the pupil's number.",
        (Remedy.REBIND_OWN_PROFILE,),
    ),
    "D16": Entry(
        "FAILED_PRECONDITION",
        "Выбран профиль обучающегося. Войдите со своим номером.",
        "A pupil's profile was chosen. Sign in with your own number.",
        (Remedy.REBIND_OWN_PROFILE,),
    ),
}
