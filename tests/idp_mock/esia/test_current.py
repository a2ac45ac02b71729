"""The newer endpoints: `/aas/oauth2/v2/ac` and `/aas/oauth2/v3/te`."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from idp_mock.esia.gost.signature import public_key
from idp_mock.oauth.pkce import challenge

from . import signers
from .conftest import ROMASHKA, VASILEK, Stand
from .gost_signers import certificate, fingerprint
from .parties import CURRENT_ORDER, REDIRECT_URI, CurrentSystem, Page, code_of, refused

VERIFIER = "a" * 43
SHA_256 = hashlib.sha256(certificate("testsys").public_bytes(Encoding.DER)).hexdigest()


def claims_of(token: str) -> dict[str, Any]:
    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


async def sign_in(stand: Stand, login: str = "vera", organisation: str = "", **values: str | None) -> Page:
    return await stand.browser.sign_in(stand.current.authorization_url(**values), login, organisation=organisation)


async def tokens(stand: Stand, **values: str | None) -> dict[str, Any]:
    page = await stand.browser.sign_in(stand.current.authorization_url(**values))
    response = await stand.current.exchange(page.back["code"])
    assert response.status_code == 200, refused(stand.world)
    return response.json()


def assert_refused(stand: Stand, response: Any, code: str) -> None:
    assert response.status_code == 400
    assert code_of(response.json()["error_description"]) == code, refused(stand.world)
    assert refused(stand.world)[0] == code


async def test_a_code_is_exchanged_for_tokens_with_bare_signatures_over_the_strings_of_it(stand: Stand) -> None:
    body = await tokens(stand)
    assert body.keys() == {"access_token", "id_token", "refresh_token", "token_type", "expires_in", "state"}
    assert (await stand.current.get("/rs/prns/1000300103", body["access_token"])).status_code == 200


@pytest.mark.parametrize("scope_org", [None, "", "org_shortname"])
async def test_scope_org_is_part_of_the_string_even_if_nothing_stands_in_it(
    stand: Stand, scope_org: str | None
) -> None:
    page = await sign_in(stand, "oleg", scope_org=scope_org)
    assert (await stand.current.exchange(page.back["code"], scope_org=scope_org)).status_code == 200


async def test_a_signature_with_512_bits_is_taken_like_the_shorter_one_of_it(stand: Stand) -> None:
    system = CurrentSystem(stand.current.http, "512-a", stand.world.clock.now, "GOST512")
    page = await stand.browser.sign_in(system.authorization_url())
    assert (await system.exchange(page.back["code"])).status_code == 200


async def test_query_and_body_are_one_request_at_both_versions_of_it(stand: Stand) -> None:
    code = (await sign_in(stand)).back["code"]
    values = stand.current.signed(
        (*CURRENT_ORDER, "code"), grant_type="authorization_code", code=code, redirect_uri=REDIRECT_URI
    )
    query = {name: values.pop(name) for name in ("timestamp", "client_secret")}
    response = await stand.current.http.post(f"{stand.base}//aas/oauth2/v3/te/", data=values, params=query)
    assert response.status_code == 200


@pytest.mark.parametrize("spell", [signers.url_safe, signers.unpadded, signers.standard, signers.plus_as_space])
async def test_every_spelling_of_base64_is_taken_for_a_bare_signature_in_it(stand: Stand, spell: Any) -> None:
    values = stand.current.signed(CURRENT_ORDER, redirect_uri=REDIRECT_URI, response_type="code")
    secret = base64.urlsafe_b64decode(values["client_secret"] + "==")
    response = await stand.current.http.get("/aas/oauth2/v2/ac", params={**values, "client_secret": spell(secret)})
    assert "/login" in response.headers["location"]


@pytest.mark.parametrize(
    ("came", "code", "hint"),
    [
        (None, "ESIA-007014", "client_certificate_hash"),
        ("", "ESIA-007014", "client_certificate_hash"),
        (fingerprint("other"), "ESIA-007053", "другой"),
        (fingerprint("testsys").lower(), "ESIA-007053", "прописные"),
        (
            hashlib.sha256(certificate("testsys").public_bytes(signers.Encoding.DER)).hexdigest().upper(),
            "ESIA-007053",
            "SHA-256",
        ),
        ("nonsense", "ESIA-007053", "другой"),
    ],
    ids=["missing", "empty", "another", "lower case", "SHA-256", "nonsense"],
)
async def test_a_wrong_digest_of_the_certificate_is_refused_and_recognised_at_both_endpoints_of_it(
    stand: Stand, came: str | None, code: str, hint: str
) -> None:
    page = await stand.browser.open(stand.current.authorization_url(client_certificate_hash=came))
    assert code_of(page.back["error_description"]) == code
    assert hint in refused(stand.world)[1]
    code_value = (await sign_in(stand)).back["code"]
    assert_refused(stand, await stand.current.exchange(code_value, client_certificate_hash=came), code)
    assert (await stand.current.exchange(code_value)).status_code == 200


@pytest.mark.parametrize("spell", ["SHA-256", "lower case"])
async def test_tolerant_takes_another_digest_and_letters_of_either_case_for_it(stand: Stand, spell: str) -> None:
    client = stand.world.esia_client("GOSTSYS")
    assert client is not None
    client.signature_mode = "tolerant"
    came = SHA_256 if spell == "SHA-256" else fingerprint("testsys").lower()
    assert (await stand.browser.open(stand.current.authorization_url(client_certificate_hash=came))).step == "login"


async def test_off_looks_neither_at_the_signature_nor_at_the_digest_in_it(stand: Stand) -> None:
    client = stand.world.esia_client("GOSTSYS")
    assert client is not None
    client.signature_mode = "off"
    url = stand.current.authorization_url(client_certificate_hash=None, client_secret="anything")
    page = await stand.browser.sign_in(url)
    response = await stand.current.exchange(page.back["code"], client_certificate_hash=None, client_secret="x")
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("order", "hint"),
    [
        (("scope", "timestamp", "client_id", "state"), "scope+timestamp+client_id+state"),
        (CURRENT_ORDER, "client_id+scope+scope_org+timestamp+state+redirect_uri"),
    ],
    ids=["first version's", "without the code"],
)
async def test_the_string_of_another_endpoint_is_refused_and_named_in_it(
    stand: Stand, order: tuple[str, ...], hint: str
) -> None:
    code = (await sign_in(stand)).back["code"]
    given = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI}
    assert_refused(stand, await stand.current.post(order, **given), "ESIA-007053")
    explanation = refused(stand.world)[1]
    assert hint in explanation
    assert code not in explanation


@pytest.mark.parametrize(
    ("order", "left_out"),
    [
        (CURRENT_ORDER, ()),
        (CURRENT_ORDER, ("client_certificate_hash",)),
        (("client_id", "scope", "timestamp", "state", "refresh_token"), ("client_certificate_hash", "redirect_uri")),
    ],
    ids=["with everything", "without the digest", "the other string"],
)
async def test_a_refresh_is_signed_in_either_way_and_the_digest_may_be_left_out_of_it(
    stand: Stand, order: tuple[str, ...], left_out: tuple[str, ...]
) -> None:
    first = await tokens(stand, access_type="offline")
    given: dict[str, str | None] = {
        "grant_type": "refresh_token",
        "refresh_token": first["refresh_token"],
        "redirect_uri": REDIRECT_URI,
        **dict.fromkeys(left_out),
    }
    second = await stand.current.post(order, **given)
    assert second.status_code == 200, refused(stand.world)
    assert second.json()["refresh_token"] != first["refresh_token"]
    assert_refused(stand, await stand.current.post(order, **given), "ESIA-007011")


@pytest.mark.parametrize(
    ("asked", "verifier", "code"),
    [
        (challenge(VERIFIER), VERIFIER, ""),
        (challenge(VERIFIER), "b" * 43, "ESIA-007040"),
        (challenge(VERIFIER), None, "ESIA-007040"),
        (challenge(VERIFIER), "short", "ESIA-007040"),
        (None, VERIFIER, "ESIA-007039"),
        (None, None, ""),
    ],
)
async def test_a_challenge_must_be_proved_and_nothing_else_may_be_proved_by_it(
    stand: Stand, asked: str | None, verifier: str | None, code: str
) -> None:
    page = await sign_in(stand, code_challenge=asked, code_challenge_method="S256" if asked else None)
    response = await stand.current.exchange(page.back["code"], code_verifier=verifier)
    if code:
        assert_refused(stand, response, code)
    else:
        assert response.status_code == 200


@pytest.mark.parametrize(
    ("value", "method"), [(challenge(VERIFIER), "plain"), (challenge(VERIFIER), None), ("x", "S256"), (None, "S256")]
)
async def test_a_malformed_challenge_is_refused_before_anybody_signs_in_with_it(
    stand: Stand, value: str | None, method: str | None
) -> None:
    page = await stand.browser.open(stand.current.authorization_url(code_challenge=value, code_challenge_method=method))
    assert code_of(page.back["error_description"]) == "ESIA-007003"


@pytest.mark.parametrize(
    ("wanted", "login", "code"),
    [
        ("conf_acc", "vera", ""),
        ("conf_acc", "mark", "ESIA-007055"),
        ("acc_kid", "anya", ""),
        ("acc_kid", "vera", "ESIA-007062"),
        ("acc_not_kid", "vera", ""),
        ("acc_not_kid", "anya", "ESIA-007062"),
        ("nonsense", "vera", "ESIA-007003"),
    ],
)
async def test_a_filter_of_persons_lets_in_whom_it_names_and_nobody_else_by_it(
    stand: Stand, wanted: str, login: str, code: str
) -> None:
    page = await sign_in(stand, login, person_filter=wanted)
    assert code_of(page.back.get("error_description", "")) == code
    assert ("code" in page.back) is not bool(code)


async def test_scopes_of_an_organisation_ask_in_whose_name_and_the_token_states_it(stand: Stand) -> None:
    url = stand.current.authorization_url(scope_org="org_shortname org_inn")
    page = await stand.browser.submit(await stand.browser.open(url), login="nina", password="nina-esia")
    assert page.step == "organisation"
    # Nobody gets past the question by opening the next page.
    skipped = await stand.browser.open(f"{stand.base}/consent?request={page.hidden['request']}")
    assert skipped.step == "organisation"
    assert (await stand.browser.submit(page, organisation="1")).step == "organisation"
    page = await stand.browser.submit(page, organisation=str(VASILEK))
    assert "ИНН организации" in page.response.text
    page = await stand.browser.submit(page, decision="allow")
    body = (await stand.current.exchange(page.back["code"], scope_org="org_shortname org_inn")).json()
    stated = claims_of(body["access_token"])["scope"].split()
    assert {f"org_shortname?org_oid={VASILEK}", f"org_inn?org_oid={VASILEK}"} <= set(stated)
    assert (await stand.current.get(f"/rs/orgs/{VASILEK}", body["access_token"])).json()["shortName"] == "Василёк"
    assert (await stand.current.get(f"/rs/orgs/{ROMASHKA}", body["access_token"])).status_code == 403


async def test_who_works_nowhere_is_refused_if_an_organisations_data_is_asked_with_it(stand: Stand) -> None:
    page = await sign_in(stand, scope_org="org_shortname")
    assert code_of(page.back["error_description"]) == "ESIA-007194"


def permissions(**given: Any) -> str:
    whole = {
        "sysname": "CREDIT",
        "expire": 262800,
        "actions": [{"sysname": "ALL_ACTIONS_TO_DATA"}],
        "purposes": [{"sysname": "CREDIT"}],
        "scopes": [{"sysname": "fullname"}, {"sysname": "snils"}],
        **given,
    }
    return encode([{key: value for key, value in whole.items() if value is not None}])


def encode(document: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


async def test_a_consents_scopes_carry_the_data_and_the_token_states_it(stand: Stand) -> None:
    body = await tokens(stand, scope="openid", permissions=permissions())
    claims = claims_of(body["access_token"])
    assert "snils?oid=1000300103" in claims["scope"].split()
    assert claims["permissions"][0]["sysname"] == "CREDIT"
    assert "permissions_url" in claims
    assert (await stand.current.get("/rs/prns/1000300103", body["access_token"])).json()["snils"] == "000-000-603 09"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (permissions(sysname=None), "ESIA-036700"),
        (permissions(sysname="NOPE"), "ESIA-036701"),
        (permissions(scopes=[{"sysname": "snils"}]), "ESIA-036702"),
        (permissions(scopes=[{"sysname": "fullname"}, {"sysname": "email"}]), "ESIA-036703"),
        (permissions(sysname="BARE", purposes=[{"sysname": "OTHER"}]), "ESIA-036704"),
        (permissions(actions=None), "ESIA-036705"),
        (permissions(actions=[{"sysname": "NOPE"}]), "ESIA-036706"),
        (permissions(purposes=[]), "ESIA-036707"),
        (permissions(purposes=[{"sysname": "NOPE"}]), "ESIA-036726"),
        (permissions(purposes=[{"sysname": "CREDIT"}, {"sysname": "OTHER"}]), "ESIA-036727"),
        (permissions(expire=262801), "ESIA-036716"),
        (permissions(expire="soon"), "ESIA-036716"),
        (permissions(expire=0), "ESIA-036716"),
        (permissions(scopes=["fullname"]), "ESIA-007003"),
        (permissions(scopes=[{}]), "ESIA-007003"),
        (encode({}), "ESIA-007003"),
        (encode([]), "ESIA-007003"),
        (encode([1]), "ESIA-007003"),
        ("!", "ESIA-007003"),
        ("W10=", "ESIA-007003"),
        (base64.urlsafe_b64encode(b"[" * 5000).decode().rstrip("="), "ESIA-007003"),
    ],
)
async def test_each_fault_of_a_consent_has_its_code_and_nobody_is_asked_for_it(
    stand: Stand, value: str, code: str
) -> None:
    page = await stand.browser.open(stand.current.authorization_url(permissions=value))
    assert code_of(page.back["error_description"]) == code


async def test_a_system_gets_a_token_of_its_own_and_it_opens_the_organisation_of_it(stand: Stand) -> None:
    state = str(uuid.uuid4())
    response = await stand.current.own_token(
        f"org_shortname?org_oid={ROMASHKA} org_inn?org_oid={ROMASHKA}", state=state
    )
    assert response.status_code == 200, refused(stand.world)
    body = response.json()
    assert body.keys() == {"access_token", "refresh_token", "token_type", "expires_in", "state"}
    assert body["state"] == state
    assert "urn:esia:sbj_id" not in claims_of(body["access_token"])
    shown = (await stand.current.get(f"/rs/orgs/{ROMASHKA}", body["access_token"])).json()
    assert (shown["shortName"], shown["inn"]) == ("Ромашка", "1600000000")
    assert "fullName" not in shown
    assert (await stand.current.get("/rs/prns/1000300103", body["access_token"])).status_code == 403


async def test_the_first_version_gives_systems_their_own_tokens_too_and_ignores_the_response_type_in_it(
    stand: Stand,
) -> None:
    stand.world.esia_client("TESTSYS").scopes.append("org_inn")  # type: ignore[union-attr]
    given = {"grant_type": "client_credentials", "response_type": "token", "token_type": "Bearer"}
    values = stand.system.signed(scope=f"org_inn?org_oid={ROMASHKA}", **given)
    assert (await stand.system.http.post("/aas/oauth2/te", data=values)).status_code == 200


async def test_a_consent_token_needs_a_person_who_consented_before_it(stand: Stand) -> None:
    assert_refused(stand, await stand.current.own_token("prm_chg?oid=1000300103"), "ESIA-007019")
    await sign_in(stand)
    assert (await stand.current.own_token("prm_chg?oid=1000300103")).status_code == 200


@pytest.mark.parametrize(
    ("scope", "code"),
    [
        ("openid", "ESIA-007006"),
        ("prm_chg", "ESIA-007006"),
        ("org_inn?oid=1", "ESIA-007006"),
        ("org_inn?org_oid=x", "ESIA-007006"),
        (f"org_inn?org_oid={'9' * 400}", "ESIA-007006"),
        ("org_ogrn?org_oid=1000298922", "ESIA-007019"),
        ("org_inn?org_oid=1", "ESIA-007019"),
    ],
)
async def test_a_system_gets_no_token_for_what_is_not_its_own_in_it(stand: Stand, scope: str, code: str) -> None:
    assert_refused(stand, await stand.current.own_token(scope), code)


async def test_tokens_are_signed_with_gost_if_the_system_chose_it_and_the_published_key_confirms_it(
    stand: Stand,
) -> None:
    client = stand.world.esia_client("GOSTSYS")
    assert client is not None
    client.token_algorithm = "GOST3410_2012_256"
    body = await tokens(stand)
    pem = (await stand.current.http.get("/public/esia-gost.pem")).content
    key = public_key(x509.load_pem_x509_certificate(pem))
    assert key is not None
    for name in ("access_token", "id_token"):
        head, claims, signature = body[name].split(".")
        assert json.loads(base64.urlsafe_b64decode(head + "=="))["alg"] == "GOST3410_2012_256"
        assert key.verify(base64.urlsafe_b64decode(signature + "=="), f"{head}.{claims}".encode())
    assert (await stand.current.get("/rs/prns/1000300103", body["access_token"])).status_code == 200
    assert (await stand.current.get("/rs/prns/1000300103", body["id_token"])).status_code == 401
    assert "access" in refused(stand.world)[1]


async def test_the_subject_is_a_string_for_libraries_that_want_it(stand: Stand) -> None:
    stand.world.settings.esia_sub = "string"
    body = await tokens(stand)
    assert claims_of(body["id_token"])["sub"] == "1000300103"
    assert claims_of(body["access_token"])["urn:esia:sbj_id"] == 1000300103


async def test_discovery_is_not_esias_so_it_is_off_until_the_world_has_it(stand: Stand) -> None:
    for path in ("/.well-known/openid-configuration", "/jwks"):
        assert (await stand.current.http.get(path)).status_code == 404
    stand.world.settings.esia_discovery = True
    found = await stand.current.http.get("/.well-known/openid-configuration")
    assert "not part of ESIA" in found.headers["x-simulator-extra"]
    assert (await stand.current.http.get(found.json()["jwks_uri"])).json()["keys"][0]["kty"] == "RSA"
