"""Providers that fail, and what an attacker does to the redirect's result."""

import base64
import hashlib
import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from pytest_bdd import given, then, when

from binding_client.esia import EsiaError
from binding_client.headless import Redirect, SignInError
from binding_client.testing._programs import LOOPBACK_REDIRECT
from binding_client.testing.gherkin.stage import Stage
from binding_client.testing.gherkin.words import Profile, Who, step


def arm(stage: Stage, provider: str, path: str, fault: dict[str, Any]) -> None:
    """Arms a fault."""
    made = stage.world.control.create_fault(provider=provider, endpoint=path, **fault)
    stage.notes["fault"] = made["id"]
    stage.tell(f"{provider} {path}: {fault}")


@given(step("один раз VK ID {fault:Fault} {where:Endpoint}"))
@when(step("один раз VK ID {fault:Fault} {where:Endpoint}"))
@given(step("один раз сервер Госуслуг {fault:Fault} {where:Endpoint}"))
@when(step("один раз сервер Госуслуг {fault:Fault} {where:Endpoint}"))
def fails_once(stage: Stage, fault: dict[str, Any], where: tuple[str, str]) -> None:
    """Следующий запрос службы к провайдеру кончится так; потом провайдер снова исправен.

    Пример: Когда один раз VK ID рвёт связь при обмене кода
    """
    stage.settled()
    arm(stage, *where, fault)


@then(step("сбой действительно случился"))
def fault_struck(stage: Stage) -> None:
    """Провайдер на самом деле ошибся, когда служба к нему обратилась.

    Пример: Тогда сбой действительно случился
    """
    faults = stage.world.control.list_faults()
    assert next(each["struck"] for each in faults if each["id"] == stage.notes["fault"]) >= 1


@when(step("провайдеры снова исправны"))
def repaired(stage: Stage) -> None:
    """Все сбои сняты; повисшие запросы отпущены.

    Пример: Когда провайдеры снова исправны
    """
    stage.settled()
    stage.world.control.delete_faults()
    stage.tell("провайдеры снова исправны")


@given(step("считаются обмены кода"))
@when(step("считаются обмены кода"))
def count_exchanges(stage: Stage) -> None:
    """С этого места считается, сколько раз служба отправляет код во VK ID. Сбои обмена после этого не действуют.

    Пример: Дано считаются обмены кода
    """
    made = stage.world.control.create_fault(
        provider="VK_ID", endpoint="/oauth2/auth", kind="LATENCY", times=100_000, latency=timedelta(milliseconds=50)
    )
    stage.notes["exchanges"] = made["id"]


@then(step("код отправлен во VK ID раз: {count:d}"))
def exchanges(stage: Stage, count: int) -> None:
    """Столько раз код ушёл во VK ID с тех пор, как обмены считаются.

    Пример: Тогда код отправлен во VK ID раз: 1
    """
    faults = stage.world.control.list_faults()
    assert next(int(each["struck"]) for each in faults if each["id"] == stage.notes["exchanges"]) == count


def _forge(stage: Stage, who: Who, **parts: str) -> None:
    """Puts other parts into the redirect that the person brings."""
    run = stage.run(who)
    assert run.redirect is not None
    address = run.redirect.split("?", 1)[0]
    run.redirect = Redirect(f"{address}?{urlencode({**run.redirect.params, **parts})}")


@when(step("у {who:Person} подменено состояние (state)"))
def forge_state(stage: Stage, who: Who) -> None:
    """Браузер возвращается с состоянием, которого служба не давала.

    Пример: Когда у Веры подменено состояние (state)
    """
    _forge(stage, who, state="foreign")


@when(step("у {who:Person} пропало состояние (state)"))
def lose_state(stage: Stage, who: Who) -> None:
    """Браузер возвращается без состояния.

    Пример: Когда у Веры пропало состояние (state)
    """
    _forge(stage, who, state="")


@when(step("у {who:Person} подменён device_id"))
def forge_device(stage: Stage, who: Who) -> None:
    """Браузер возвращается с устройством, для которого код не выдавался.

    Пример: Когда у Веры подменён device_id
    """
    other = stage.actor("gleb" if who.id != "gleb" else "vera")
    elsewhere = other.vk_sign_in(other.start_binding())
    _forge(stage, who, device_id=elsewhere.device_id)


@when(step("у {who:Person} код от прежней попытки"))
def forge_code(stage: Stage, who: Who) -> None:
    """Начинает ещё одну попытку и приносит в неё код, который выдан для прежней (PKCE не сойдётся).

    Пример: Когда у Веры код от прежней попытки
    """
    before = stage.run(who).redirect
    assert before is not None
    stage.start(who)
    stage.sign_in(who, Profile("own"))
    _forge(stage, who, code=before.code, device_id=before.device_id)


@when(step("у {who:Person} код, который уже использован"))
def used_code(stage: Stage, who: Who) -> None:
    """Доводит попытку до конца, отменяет привязку, и приносит её код в новую попытку.

    Пример: Когда у Веры код, который уже использован
    """
    first = stage.run(who).redirect
    assert first is not None
    stage.finish(who)
    stage.actor(who).unbind(stage.account(who))
    stage.start(who)
    stage.sign_in(who, Profile("own"))
    _forge(stage, who, code=first.code, device_id=first.device_id)


@when(step("{who:Person} пробует зайти через Госуслуги"))
def try_esia(stage: Stage, who: Who) -> None:
    """Пробует войти через Госуслуги, ожидая, что Госуслуги откажут.

    Пример: Когда Вера пробует зайти через Госуслуги
    """
    actor = stage.actor(who)
    with pytest.raises((EsiaError, SignInError)) as refused:
        actor.sign_in()
    stage.notes["esia"] = refused.value
    stage.tell(f"{stage.name_of(who)}: Госуслуги отказали: {refused.value}")


@then(step("Госуслуги отказали: {code:S}"))
def esia_refused(stage: Stage, code: str) -> None:
    """Госуслуги отказали этим своим кодом, и симулятор объяснил, почему.

    Пример: Тогда Госуслуги отказали: ESIA-007015
    """
    assert code in str(stage.notes["esia"])
    assert stage.world.control.list_refusals()[-1]["explanation"]


@when(step("{who:Person} отзывает у VK ID своё согласие"))
def withdraw_consent(stage: Stage, who: Who) -> None:
    """Отзывает в настройках VK ID то, что разрешил приложению службы.

    Пример: Когда Вера отзывает у VK ID своё согласие
    """
    stage.settled()
    actor = stage.actor(who)
    [app] = stage.document["clients"]["vk_id"]
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(32)
    digest = hashlib.sha256(verifier.encode()).digest()
    asked = {"client_id": app["app_id"], "redirect_uri": LOOPBACK_REDIRECT, "state": state}
    query = {
        **asked,
        "response_type": "code",
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        "scope": "vkid.personal_info phone email",
    }
    http, vk_id = actor.browser.http, stage.world.vk_id_url
    came = actor.vk_sign_in(f"{vk_id}/authorize?{urlencode(query)}")
    proof = {"grant_type": "authorization_code", "code_verifier": verifier}
    exchange = {**asked, **proof, "code": came.code, "device_id": came.device_id}
    token = http.post(f"{vk_id}/oauth2/auth", data=exchange).json()["access_token"]
    answer = http.post(f"{vk_id}/oauth2/revoke", data={"client_id": app["app_id"], "access_token": token})
    assert answer.json() == {"response": 1}
    stage.tell(f"{stage.name_of(who)} отзывает согласие у VK ID")
