"""The token endpoint and what its tokens say."""

from __future__ import annotations

import base64
import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import RSAKey

from .conftest import Stand
from .parties import REDIRECT_URI, code_of, refused
from .signers import key_pair

OID = 1000300103


async def a_code(stand: Stand, **values: str) -> str:
    return (await stand.browser.sign_in(stand.system.authorization_url(**values))).back["code"]


async def tokens_of(stand: Stand, **values: str) -> dict[str, Any]:
    response = await stand.system.exchange(await a_code(stand, **values))
    assert response.status_code == 200, response.text
    return response.json()


async def read(stand: Stand, token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a token whose signature the published key confirms."""
    pem = (await stand.system.http.get("/public/esia.pem")).content
    key = RSAKey.import_key(pem[pem.index(b"-----BEGIN PUBLIC KEY") :])
    signed = jws.deserialize_compact(token, key, registry=jws.JWSRegistry(strict_check_header=False))
    return dict(signed.headers()), json.loads(signed.payload)


def assert_refused(stand: Stand, response: Any, code: str, error: str) -> None:
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert list(body)[:2] == ["error_description", "error"]
    assert (code_of(body["error_description"]), body["error"]) == (code, error)
    assert refused(stand.world)[0] == code


async def test_a_code_is_exchanged_and_the_answer_has_every_member_that_clients_read_from_it(stand: Stand) -> None:
    state = str(uuid.uuid4())
    response = await stand.system.exchange(await a_code(stand), state=state)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert body.keys() == {"access_token", "id_token", "refresh_token", "token_type", "expires_in", "state"}
    assert body["state"] == state
    assert body["token_type"] == "Bearer"
    assert body["expires_in"] == 3600
    assert str(uuid.UUID(body["refresh_token"])) == body["refresh_token"]


async def test_the_access_token_is_a_jws_of_esias_shape_and_the_person_is_a_number_in_it(stand: Stand) -> None:
    stand.world.clock.freeze()
    now = stand.world.clock.timestamp()
    token = (await tokens_of(stand, scope="openid fullname email"))["access_token"]
    head = token.split(".")[0]
    header = base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)).decode()
    assert header == '{"ver":1,"typ":"JWT","sbt":"access","alg":"RS256"}'
    _, claims = await read(stand, token)
    assert str(uuid.UUID(claims.pop("urn:esia:sid")))
    assert claims == {
        "nbf": now,
        "iat": now,
        "exp": now + 3600,
        "iss": "http://esia.gosuslugi.ru/",
        "client_id": "TESTSYS",
        "urn:esia:sbj_id": OID,
        "scope": f"openid fullname?oid={OID} email?oid={OID}",
    }


async def test_the_id_token_is_for_the_system_and_the_subject_is_described_in_it(stand: Stand) -> None:
    stand.world.clock.freeze()
    now = stand.world.clock.timestamp()
    header, claims = await read(stand, (await tokens_of(stand))["id_token"])
    assert header["sbt"] == "id"
    assert str(uuid.UUID(claims.pop("urn:esia:sid")))
    assert claims == {
        "aud": "TESTSYS",
        "sub": OID,
        "nbf": now,
        "iat": now,
        "exp": now + 3600,
        "auth_time": now,
        "iss": "http://esia.gosuslugi.ru/",
        "amr": "PWD",
        "urn:esia:amd": "PWD",
        "urn:esia:sbj": {
            "urn:esia:sbj:oid": OID,
            "urn:esia:sbj:typ": "P",
            "urn:esia:sbj:lvl": "PR",
            "urn:esia:sbj:is_tru": True,
            "urn:esia:sbj:nam": f"OID.{OID}",
        },
    }


@pytest.mark.parametrize(("login", "level", "confirmed"), [("anya", "KD", True), ("mark", "P", False)])
async def test_the_level_of_the_account_is_told_and_an_unconfirmed_one_lacks_the_mark_of_it(
    stand: Stand, login: str, level: str, confirmed: bool
) -> None:
    page = await stand.browser.sign_in(stand.system.authorization_url(), login, f"{login}-esia")
    body = (await stand.system.exchange(page.back["code"])).json()
    subject = (await read(stand, body["id_token"]))[1]["urn:esia:sbj"]
    assert subject["urn:esia:sbj:lvl"] == level
    assert ("urn:esia:sbj:is_tru" in subject) is confirmed


async def test_tokens_of_one_second_differ_so_each_has_a_life_of_its_own_in_it(stand: Stand) -> None:
    stand.world.clock.freeze()
    first, second = await tokens_of(stand), await tokens_of(stand)
    assert first["access_token"] != second["access_token"]


async def test_a_code_works_once_and_the_tokens_of_its_first_use_survive_it(stand: Stand) -> None:
    code = await a_code(stand)
    token = (await stand.system.exchange(code)).json()["access_token"]
    assert_refused(stand, await stand.system.exchange(code), "ESIA-007011", "invalid_grant")
    assert (await stand.system.get(f"/rs/prns/{OID}", token)).status_code == 200


@pytest.mark.parametrize(("seconds", "status"), [(119, 200), (120, 400)])
async def test_a_code_lives_two_minutes_by_the_worlds_clock_and_not_longer_than_it(
    stand: Stand, seconds: int, status: int
) -> None:
    stand.world.clock.freeze(stand.world.clock.now().replace(microsecond=0))
    code = await a_code(stand)
    stand.world.clock.advance(timedelta(seconds=seconds))
    response = await stand.system.exchange(code)
    assert response.status_code == status
    if status == 400:
        assert_refused(stand, response, "ESIA-007011", "invalid_grant")


async def test_another_systems_code_is_refused_and_stays_good_for_its_owner_after_it(stand: Stand) -> None:
    code = await a_code(stand)
    assert_refused(stand, await stand.other.exchange(code), "ESIA-007011", "invalid_grant")
    assert (await stand.system.exchange(code)).status_code == 200


async def test_another_redirect_uri_is_refused_and_the_code_stays_good_after_it(stand: Stand) -> None:
    code = await a_code(stand)
    wrong = await stand.system.exchange(code, redirect_uri=f"{REDIRECT_URI}/other")
    assert_refused(stand, wrong, "ESIA-007011", "invalid_grant")
    assert (await stand.system.exchange(code)).status_code == 200


async def test_a_code_of_another_world_is_refused_in_it(stand: Stand) -> None:
    stand.worlds.create("blue")
    code = await a_code(stand)
    values = stand.system.signed(grant_type="authorization_code", code=code, redirect_uri=REDIRECT_URI)
    assert (await stand.system.http.post("/w/blue/aas/oauth2/te", data=values)).status_code == 400
    assert (await stand.system.exchange(code)).status_code == 200


@pytest.mark.parametrize(
    ("given", "code", "error"),
    [
        ({"client_id": None, "state": None}, "ESIA-007014", "invalid_request"),
        ({"code": None}, "ESIA-007014", "invalid_request"),
        ({"redirect_uri": None}, "ESIA-007014", "invalid_request"),
        ({"grant_type": None}, "ESIA-007014", "invalid_request"),
        ({"grant_type": "client_credentials"}, "ESIA-007006", "invalid_scope"),
        ({"grant_type": "password"}, "ESIA-007012", "unsupported_grant_type"),
        ({"client_id": "NOBODY"}, "ESIA-008010", "invalid_client"),
        ({"scope": "nonsense"}, "ESIA-007006", "invalid_scope"),
        ({"timestamp": "2020.11.23 22:23:45 +0300"}, "ESIA-007015", "invalid_request"),
        ({"client_secret": "bad"}, "ESIA-007053", "access_denied"),
        ({"code": "no.such.code"}, "ESIA-007011", "invalid_grant"),
    ],
)
async def test_each_fault_of_an_exchange_has_its_code_and_the_code_stays_unspent_after_it(
    stand: Stand, given: dict[str, str | None], code: str, error: str
) -> None:
    value = await a_code(stand)
    assert_refused(stand, await stand.system.exchange(**{"code": value, **given}), code, error)
    assert (await stand.system.exchange(value)).status_code == 200


async def test_missing_parameters_are_named_in_brackets_and_the_state_comes_back_with_it(stand: Stand) -> None:
    state = str(uuid.uuid4())
    values = {"grant_type": "authorization_code", "state": state, "timestamp": "x", "scope": "openid"}
    response = await stand.system.http.post("/aas/oauth2/te", data=values)
    missing = "[client_id, client_secret, code, redirect_uri]"
    assert response.json() == {
        "error_description": f"ESIA-007014: The request doesn`t contain the mandatory parameter {missing}.",
        "error": "invalid_request",
        "state": state,
    }


async def test_an_unreadable_body_is_refused_in_the_same_dialect_as_it(stand: Stand) -> None:
    headers = {"content-type": "multipart/form-data; boundary=x"}
    response = await stand.system.http.post("/aas/oauth2/te", content=b"--x\r\nbroken", headers=headers)
    assert response.status_code == 400
    assert code_of(response.json()["error_description"]) in {"ESIA-007038", "ESIA-007014"}


async def test_query_and_body_are_one_request_and_only_a_contradiction_between_them_spoils_it(stand: Stand) -> None:
    values = stand.system.signed(grant_type="authorization_code", code=await a_code(stand), redirect_uri=REDIRECT_URI)
    contradiction = await stand.system.http.post("/aas/oauth2/te", data=values, params={"scope": "openid"})
    assert_refused(stand, contradiction, "ESIA-007003", "invalid_request")
    repeated = {name: values[name] for name in ("timestamp", "state")}
    body = {name: value for name, value in values.items() if name != "timestamp"}
    assert (await stand.system.http.post("/aas/oauth2/te", data=body, params=repeated)).status_code == 200


async def test_the_scope_of_the_exchange_need_not_be_that_of_the_sign_in_which_decides_it(stand: Stand) -> None:
    response = await stand.system.exchange(await a_code(stand), scope="openid")
    _, claims = await read(stand, response.json()["access_token"])
    assert claims["scope"] == f"openid fullname?oid={OID}"


async def test_offline_access_refreshes_and_each_refresh_token_works_once_for_it(stand: Stand) -> None:
    first = await tokens_of(stand, access_type="offline")
    state = str(uuid.uuid4())
    second = (await stand.system.refresh(first["refresh_token"], state=state)).json()
    assert second["state"] == state
    assert second["refresh_token"] != first["refresh_token"]
    assert "id_token" in second
    assert (await stand.system.get(f"/rs/prns/{OID}", second["access_token"])).status_code == 200
    assert_refused(stand, await stand.system.refresh(first["refresh_token"]), "ESIA-007011", "invalid_grant")
    assert (await stand.system.refresh(second["refresh_token"])).status_code == 200


async def test_online_access_gives_a_refresh_token_that_cannot_be_used_and_says_why_in_it(stand: Stand) -> None:
    body = await tokens_of(stand)
    assert_refused(stand, await stand.system.refresh(body["refresh_token"]), "ESIA-007011", "invalid_grant")
    assert "offline" in refused(stand.world)[1]


async def test_another_systems_refresh_token_is_refused_and_stays_good_for_its_owner_after_it(stand: Stand) -> None:
    body = await tokens_of(stand, access_type="offline")
    assert_refused(stand, await stand.other.refresh(body["refresh_token"]), "ESIA-007011", "invalid_grant")
    wider = await stand.system.refresh(body["refresh_token"], scope="openid fullname email")
    assert_refused(stand, wider, "ESIA-007006", "invalid_scope")
    assert (await stand.system.refresh(body["refresh_token"])).status_code == 200


async def test_a_person_whose_account_is_gone_gets_no_tokens_from_it(stand: Stand) -> None:
    code = await a_code(stand)
    stand.world.update_person("vera", {"esia": None})
    assert_refused(stand, await stand.system.exchange(code), "ESIA-007011", "invalid_grant")


async def test_the_issuer_and_lives_are_settings_of_the_world_and_tokens_follow_it(stand: Stand) -> None:
    stand.world.document.settings.esia_issuer = "https://issuer.example/"
    stand.world.document.settings.esia_access_ttl_s = 60
    body = await tokens_of(stand)
    _, claims = await read(stand, body["access_token"])
    assert body["expires_in"] == claims["exp"] - claims["iat"] == 60
    assert claims["iss"] == "https://issuer.example/"


async def test_no_secret_stands_in_the_journal_after_it(stand: Stand) -> None:
    code = await a_code(stand)
    body = (await stand.system.exchange(code)).json()
    await stand.system.exchange(code)
    await stand.other.refresh(body["refresh_token"])
    wrong = type(stand.system)(stand.system.http, key_pair("stranger"), stand.world.clock.now)
    await wrong.exchange(code)
    journal = " ".join(refusal.explanation for refusal in stand.world.refusals.list())
    for secret in (code, body["access_token"], body["refresh_token"], "vera-esia"):
        assert secret not in journal
