"""Faults that spoil an answer. Each says whether there was something to spoil; if not, the fault waits on."""

import html
from collections.abc import Callable, Mapping
from typing import Any

from idp_mock.faults import tokens
from idp_mock.faults.spoiling import Spoiling
from idp_mock.world import Fault, FaultKind

_OTHER_STATE = "00000000-0000-4000-8000-000000000000-of-another-sign-in"


def spoil(spoiling: Spoiling) -> bool:
    """Spoils the answer as the fault says; False if there is nothing in it to be spoiled so."""
    return _SPOILERS[spoiling.fault.kind](spoiling)


def _truncated(spoiling: Spoiling) -> bool:
    answer = spoiling.answer
    if len(answer.body) < 2:
        return False
    # The length is told as of the whole, as when a connection breaks in the middle.
    answer.declared_length = len(answer.body)
    answer.body = answer.body[: len(answer.body) // 2]
    return True


def _wrong_content_type(spoiling: Spoiling) -> bool:
    if not spoiling.answer.body:
        return False
    spoiling.answer.set_header("content-type", spoiling.fault.value or "text/html; charset=utf-8")
    return True


def _field(change: Callable[[dict[str, Any], str, Fault], None]) -> Callable[[Spoiling], bool]:
    def spoiler(spoiling: Spoiling) -> bool:
        document = spoiling.answer.document
        *way, name = spoiling.fault.member.split(".")
        found = document
        for step in way:
            if isinstance(found, list) and step.isdigit() and int(step) < len(found):
                found = found[int(step)]
            else:
                found = found.get(step) if isinstance(found, dict) else None
        if not isinstance(found, dict) or name not in found:
            return False
        change(found, name, spoiling.fault)
        spoiling.answer.document = document
        return True

    return spoiler


def _set(members: dict[str, Any], name: str, fault: Fault) -> None:
    # A number stays a number, so that the fault is about the value and not about its type.
    numeric = isinstance(members[name], int) and not isinstance(members[name], bool) and fault.value.isdigit()
    members[name] = int(fault.value) if numeric else fault.value


def _remove(members: dict[str, Any], name: str, _fault: Fault) -> None:
    del members[name]


def _mistype(members: dict[str, Any], name: str, _fault: Fault) -> None:
    value = members[name]
    if isinstance(value, str):
        members[name] = int(value) if value.isdigit() else [value]
    else:
        members[name] = str(value)


def _other_user(spoiling: Spoiling) -> bool:
    document = spoiling.answer.document
    if not isinstance(document, dict):
        return False
    renumbered = document
    if isinstance(document.get("response"), list):
        renumbered = {**document, "response": [_renumber(item, ("id", "user_id")) for item in document["response"]]}
    renumbered = _renumber(renumbered, ("user_id",))
    spoiling.answer.document = renumbered
    return renumbered != document


def _renumber(value: Any, keys: tuple[str, ...]) -> Any:
    if isinstance(value, list):
        return [_renumber(item, keys) for item in value]
    if not isinstance(value, dict):
        return value
    result = {}
    for key, item in value.items():
        if key in keys and isinstance(item, int):
            result[key] = item + 1
        elif key in keys and isinstance(item, str) and item.isdigit():
            result[key] = str(int(item) + 1)
        else:
            result[key] = _renumber(item, keys)
    return result


def _state(change: Callable[[dict[str, str]], None]) -> Callable[[Spoiling], bool]:
    def spoiler(spoiling: Spoiling) -> bool:
        values = spoiling.answer.callback
        if values is None:
            return False
        change(values)
        spoiling.answer.callback = values
        return True

    return spoiler


def _twice(spoiling: Spoiling) -> bool:
    if spoiling.answer.callback is None:
        return False
    address = html.escape(spoiling.answer.header("location"))
    page = (
        "<!doctype html><html lang=ru><meta charset=utf-8><title>Симулятор</title>"
        f'<meta http-equiv="refresh" content="1;url={address}"><p>Браузер приходит к клиенту дважды (сбой симулятора).'
        f'<iframe src="{address}" title="первый раз" hidden></iframe>'
        f'<form id="step" data-step="callback" method="get" action="{address}"><button>Второй раз</button></form>'
    )
    spoiling.answer.set_header("content-security-policy", "")
    spoiling.answer.replace(200, "text/html; charset=utf-8", page.encode())
    return True


def _profile_of_another(spoiling: Spoiling) -> bool:
    values, dialect, world = spoiling.answer.callback, spoiling.dialect, spoiling.world
    code = dialect.codes(world).find((values or {}).get("code", ""))
    if code is None:
        return False
    _, owner = dialect.code_client_and_owner(code.data)
    other = tokens.another(world, dialect, spoiling.fault.other, dialect.person_of(world, owner))
    if other is None:
        return False
    handed_over = dialect.hand_over(code.data, other)
    spoiling.effects.append(lambda: setattr(code, "data", handed_over))
    return True


_SPOILERS: Mapping[FaultKind, Callable[[Spoiling], bool]] = {
    FaultKind.TRUNCATED_BODY: _truncated,
    FaultKind.WRONG_CONTENT_TYPE: _wrong_content_type,
    FaultKind.WRONG_FIELD: _field(_set),
    FaultKind.MISSING_FIELD: _field(_remove),
    FaultKind.MISTYPED_FIELD: _field(_mistype),
    FaultKind.OTHER_USER: _other_user,
    FaultKind.WRONG_STATE: _state(lambda values: values.update(state=_OTHER_STATE)),
    FaultKind.MISSING_STATE: _state(lambda values: values.__delitem__("state")),
    FaultKind.DUPLICATE_CALLBACK: _twice,
    FaultKind.PROFILE_OF_ANOTHER: _profile_of_another,
    FaultKind.TOKEN_OF_ANOTHER: tokens.of_another,
    FaultKind.WRONG_SIGNATURE: tokens.with_wrong_signature,
    FaultKind.UNKNOWN_KEY: tokens.signed_by_a_stranger,
    FaultKind.EXPIRED_TOKEN: tokens.expired,
    FaultKind.FUTURE_TOKEN: tokens.of_the_future,
    FaultKind.WRONG_ISSUER: tokens.claiming("iss", "iis"),
    FaultKind.WRONG_AUDIENCE: tokens.claiming("aud", "client_id", "app"),
    FaultKind.ROTATED_KEY: tokens.rotated,
    FaultKind.WITHDRAWN_KEY: tokens.withdrawn,
}
