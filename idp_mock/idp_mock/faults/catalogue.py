"""What each fault is, in one sentence, and which bug of a client it uncovers. Documents and consoles read it here."""

from collections.abc import Mapping
from dataclasses import dataclass

from idp_mock.world import FaultKind

TRANSPORT, ANSWERS, TOKENS, KEYS, BROWSER, LIFE = (
    "transport",
    "answers",
    "tokens",
    "keys",
    "the browser's way back",
    "what happens to people",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A fault for people: its group, what happens (Russian, English), and the bug that it uncovers."""

    group: str
    ru: str
    en: str
    bug: str


CATALOGUE: Mapping[FaultKind, Entry] = {
    FaultKind.LATENCY: Entry(
        TRANSPORT,
        "Ответ приходит с задержкой.",
        "The answer comes late.",
        "no deadline of its own, or one that is shorter than what the provider needs on a bad day",
    ),
    FaultKind.HANG: Entry(
        TRANSPORT,
        "Ответа нет, ничего не сделано.",
        "No answer comes, and nothing is done.",
        "waits for ever: a worker is lost with each call",
    ),
    FaultKind.HANG_AFTER: Entry(
        TRANSPORT,
        "Запрос выполнен, ответа нет.",
        "The request is carried out, and no answer comes.",
        "sends the same code again after a time-out, and takes «used» for a fault of the person",
    ),
    FaultKind.PAUSE: Entry(
        TRANSPORT,
        "Запрос ждёт, пока сбой не снимут, и выполняется.",
        "The request waits until the fault is deleted, and is then carried out.",
        "decides by what it read before the call, though the world has changed meanwhile",
    ),
    FaultKind.DROP: Entry(
        TRANSPORT,
        "Соединение обрывается, ничего не сделано.",
        "The connection is dropped, and nothing is done.",
        "knows only error documents: a broken connection becomes an internal error",
    ),
    FaultKind.DROP_AFTER: Entry(
        TRANSPORT,
        "Запрос выполнен, соединение обрывается.",
        "The request is carried out, and the connection is dropped.",
        "its HTTP library repeats the POST by itself and spends the code twice",
    ),
    FaultKind.STATUS: Entry(
        TRANSPORT,
        "Ошибка провайдера с HTTP-статусом.",
        "The provider's own error document with an HTTP status.",
        "tells the person that the sign-in was wrong when the provider is down",
    ),
    FaultKind.ERROR_WITH_200: Entry(
        ANSWERS,
        "Ошибка провайдера с HTTP 200.",
        "The provider's error document with HTTP 200, as VK ID really does it.",
        "takes every 200 for a success",
    ),
    FaultKind.MALFORMED_JSON: Entry(
        ANSWERS,
        "HTTP 200 и тело, которое не JSON.",
        "HTTP 200 with a body that is not JSON.",
        "lets the parser's exception through to the person",
    ),
    FaultKind.TRUNCATED_BODY: Entry(
        ANSWERS,
        "Ответ обрывается на середине.",
        "The answer breaks off in the middle.",
        "does not compare the length with what was announced",
    ),
    FaultKind.WRONG_CONTENT_TYPE: Entry(
        ANSWERS,
        "Верный ответ с чужим Content-Type.",
        "The right answer with another content type.",
        "takes a page of some proxy for an answer of the provider",
    ),
    FaultKind.WRONG_FIELD: Entry(
        ANSWERS,
        "Поле ответа содержит другое.",
        "A member of the answer says something else.",
        "does not compare what two answers say of the same thing",
    ),
    FaultKind.MISSING_FIELD: Entry(
        ANSWERS,
        "Поля в ответе нет.",
        "A member of the answer is missing.",
        "goes on with «undefined», or fails with a fault of its own",
    ),
    FaultKind.MISTYPED_FIELD: Entry(
        ANSWERS,
        "Поле ответа другого типа.",
        "A member of the answer is of another type.",
        "compares «7» with 7, and finds another person",
    ),
    FaultKind.OTHER_USER: Entry(
        ANSWERS,
        "Ответ называет другого пользователя.",
        "The answer names another user than the token.",
        "does not compare `user_info` with the token: signs in somebody else",
    ),
    FaultKind.TOKEN_OF_ANOTHER: Entry(
        TOKENS,
        "Токен другого человека.",
        "The token is another person's, and works.",
        "does not ask whether the one who came back is the one who left",
    ),
    FaultKind.WRONG_SIGNATURE: Entry(
        TOKENS,
        "Подпись JWT не от этого текста.",
        "The JWT's signature belongs to another text.",
        "decodes tokens without verifying them",
    ),
    FaultKind.UNKNOWN_KEY: Entry(
        TOKENS,
        "JWT подписан неизвестным ключом.",
        "The JWT is signed by a key that was never published.",
        "checks that there is a signature, not whose",
    ),
    FaultKind.EXPIRED_TOKEN: Entry(
        TOKENS,
        "Токен истёк час назад.",
        "The token expired an hour ago.",
        "never looks at `exp`",
    ),
    FaultKind.FUTURE_TOKEN: Entry(
        TOKENS,
        "JWT начнёт действовать через час.",
        "The JWT begins to be good in an hour.",
        "never looks at `nbf` and `iat`",
    ),
    FaultKind.WRONG_ISSUER: Entry(
        TOKENS,
        "JWT называет другого издателя.",
        "The JWT names another issuer.",
        "takes a token of any issuer whose key it has",
    ),
    FaultKind.WRONG_AUDIENCE: Entry(
        TOKENS,
        "JWT выдан другому клиенту.",
        "The JWT is for another client.",
        "takes a token that somebody else's service was given (confused deputy)",
    ),
    FaultKind.ROTATED_KEY: Entry(
        KEYS,
        "Ключи сменились с перекрытием: подписывает новый, опубликованы оба.",
        "The keys have changed with overlap: the next one signs, both are published.",
        "reads the keys once, at its start",
    ),
    FaultKind.WITHDRAWN_KEY: Entry(
        KEYS,
        "Опубликован только новый ключ, хотя живы токены старого.",
        "Only the next key is published, though tokens of the present one are about.",
        "forgets a key as soon as it is no longer published, and signs everybody out at once",
    ),
    FaultKind.WRONG_STATE: Entry(
        BROWSER,
        "Браузер возвращается с чужим state.",
        "The browser comes back with the state of another sign-in.",
        "does not compare `state`: anybody can send it a code (login CSRF)",
    ),
    FaultKind.MISSING_STATE: Entry(
        BROWSER,
        "Браузер возвращается без state.",
        "The browser comes back without a state.",
        "compares `state` only if there is one",
    ),
    FaultKind.DUPLICATE_CALLBACK: Entry(
        BROWSER,
        "Браузер возвращается дважды с одним кодом.",
        "The browser comes back twice with the same code.",
        "exchanges the code twice: the second time kills the tokens of the first",
    ),
    FaultKind.PROFILE_OF_ANOTHER: Entry(
        BROWSER,
        "Вход даёт профиль другого человека, например родителя.",
        "The sign-in yields another person's profile, such as the parent's whose session was live in the browser.",
        "binds whoever came back, without asking whether it is the person who is signed in here",
    ),
    FaultKind.PHONE_REASSIGNED: Entry(
        LIFE,
        "Номер телефона отдан другому человеку.",
        "The phone number has been given to somebody else.",
        "takes a phone number for a person, for ever",
    ),
    FaultKind.CONSENT_WITHDRAWN: Entry(
        LIFE,
        "Человек отозвал согласие у провайдера.",
        "The person has taken back the consent at the provider.",
        "goes on with tokens that no longer work, without asking again",
    ),
}
"""Every kind."""
