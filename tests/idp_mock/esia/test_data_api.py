"""The data API, logout, and the published keys."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from idp_mock.world import FaultKind

from .conftest import Stand
from .parties import REDIRECT_URI, code_of, refused
from .test_token import a_code

OID = 1000300103
PERSON = f"/rs/prns/{OID}"


async def a_token(stand: Stand, scope: str = "openid fullname") -> str:
    response = await stand.system.exchange(await a_code(stand, scope=scope), scope=scope)
    return response.json()["access_token"]


async def get(stand: Stand, path: str, scope: str) -> Any:
    response = await stand.system.get(path, await a_token(stand, scope))
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("application/json")
    return response.json()


async def test_the_person_is_shown_in_esias_spelling_and_without_the_number_in_it(stand: Stand) -> None:
    stand.world.clock.freeze()
    shown = await get(stand, PERSON, "openid fullname birthdate gender snils")
    assert re.fullmatch(r"[0-9A-F]{40}", shown.pop("eTag"))
    assert shown == {
        "stateFacts": ["EntityRoot"],
        "firstName": "Вера",
        "lastName": "Тестова",
        "middleName": "Павловна",
        "birthDate": "02.11.1986",
        "gender": "F",
        "snils": "000-000-603 09",
        "trusted": True,
        "updatedOn": stand.world.clock.timestamp(),
        "status": "REGISTERED",
        "verifying": False,
        "containsUpCfmCode": False,
    }


@pytest.mark.parametrize(
    ("scope", "seen", "hidden"),
    [
        ("openid", {"stateFacts"}, {"firstName", "birthDate", "gender", "snils", "trusted"}),
        ("openid fullname", {"firstName", "trusted", "status"}, {"birthDate", "gender", "snils"}),
        ("openid snils", {"snils"}, {"firstName", "birthDate", "gender"}),
        ("openid birthdate gender", {"birthDate", "gender"}, {"firstName", "snils"}),
    ],
)
async def test_a_field_is_shown_only_if_its_scope_was_granted_for_it(
    stand: Stand, scope: str, seen: set[str], hidden: set[str]
) -> None:
    shown = (await get(stand, PERSON, scope)).keys()
    assert seen <= shown
    assert not hidden & shown


async def test_the_tag_and_the_date_change_with_the_person_and_not_without_it(stand: Stand) -> None:
    stand.world.clock.freeze()
    first = await get(stand, PERSON, "openid fullname")
    stand.world.clock.advance(timedelta(seconds=60))
    assert await get(stand, PERSON, "openid fullname") == first
    stand.world.update_person("vera", {"name": {"last": "Новая"}})
    changed = await get(stand, PERSON, "openid fullname")
    assert changed["eTag"] != first["eTag"]
    assert changed["updatedOn"] == first["updatedOn"] + 60


async def test_a_collection_lists_absolute_addresses_that_lead_to_the_elements_of_it(stand: Stand) -> None:
    token = await a_token(stand, "openid email mobile")
    listed = (await stand.system.get(f"{PERSON}/ctts", token)).json()
    assert listed["stateFacts"] == ["hasSize"]
    assert listed["size"] == len(listed["elements"]) == 2
    elements = [(await stand.system.get(address, token)).json() for address in listed["elements"]]
    assert all(address.startswith(f"{stand.base}{PERSON}/ctts/") for address in listed["elements"])
    assert {element["type"] for element in elements} == {"MBT", "EML"}


@pytest.mark.parametrize("embed", ["(elements)", quote("(elements)", safe="")])
async def test_contacts_are_embedded_if_asked_and_phones_are_spelled_as_esia_does_it(stand: Stand, embed: str) -> None:
    shown = await get(stand, f"{PERSON}/ctts?embed={embed}", "openid contacts")
    assert shown["size"] == 4
    facts = {(element["type"], element["value"], element["vrfStu"]) for element in shown["elements"]}
    assert facts == {
        ("MBT", "+7(900)0000103", "VERIFIED"),
        ("EML", "vera@example.org", "VERIFIED"),
        ("PHN", "+7(495)0000103", "NOT_VERIFIED"),
        ("CEM", "vera@work.example", "NOT_VERIFIED"),
    }
    for element in shown["elements"]:
        assert element["stateFacts"] == ["Identifiable"]
        assert isinstance(element["id"], int)
        assert re.fullmatch(r"[0-9A-F]{40}", element["eTag"])


@pytest.mark.parametrize(("scope", "types"), [("email", {"EML"}), ("mobile", {"MBT"})])
async def test_a_contact_is_shown_only_if_its_scope_was_granted_for_it(
    stand: Stand, scope: str, types: set[str]
) -> None:
    shown = await get(stand, f"{PERSON}/ctts?embed=(elements)", f"openid {scope}")
    assert {element["type"] for element in shown["elements"]} == types


async def test_a_hidden_contact_is_not_found_under_its_number_although_it_has_it(stand: Stand) -> None:
    everything = await get(stand, f"{PERSON}/ctts?embed=(elements)", "openid contacts")
    mobile = next(element["id"] for element in everything["elements"] if element["type"] == "MBT")
    response = await stand.system.get(f"{PERSON}/ctts/{mobile}", await a_token(stand, "openid email"))
    assert response.status_code == 404


async def test_a_patched_contact_is_seen_at_once_by_a_token_from_before_it(stand: Stand) -> None:
    token = await a_token(stand, "openid mobile")
    contacts = [{"type": "MBT", "value": "+79000000999", "verified": False}]
    stand.world.update_person("vera", {"esia": {"contacts": contacts}})
    shown = (await stand.system.get(f"{PERSON}/ctts?embed=(elements)", token)).json()
    assert [(one["value"], one["vrfStu"]) for one in shown["elements"]] == [("+7(900)0000999", "NOT_VERIFIED")]


@pytest.mark.parametrize("path", [f"/rs/prns/{OID}/", f"/rs/prns/{OID}//ctts", f"//rs/prns/{OID}/ctts/"])
async def test_double_and_closing_slashes_are_taken_out_of_a_path_with_it(stand: Stand, path: str) -> None:
    token = await a_token(stand, "openid email")
    assert (await stand.system.get(f"{stand.base}{path}", token)).status_code == 200


async def test_collections_are_nested_in_the_person_if_asked_and_the_scope_allows_it(stand: Stand) -> None:
    query = "?embed=(contacts.elements,addresses.elements,kids.elements)"
    shown = await get(stand, PERSON + query, "openid fullname email")
    assert [one["type"] for one in shown["contacts"]["elements"]] == ["EML"]
    assert "kids" not in shown


async def test_children_with_an_account_are_listed_by_the_scopes_for_it(stand: Stand) -> None:
    shown = await get(stand, f"{PERSON}/kids?embed=(elements)", "openid kid_fullname")
    child = shown["elements"][0]
    assert (shown["size"], child["id"], child["firstName"]) == (1, 1000300101, "Анна")
    assert "birthDate" not in child
    assert "middleName" not in child


async def test_addresses_of_elements_keep_the_worlds_prefix_so_a_client_stays_in_it(stand: Stand) -> None:
    stand.worlds.create("blue")
    blue = f"{stand.base}/w/blue"
    page = await stand.browser.sign_in(blue + stand.system.authorization_url(scope="openid email"))
    values = stand.system.signed(
        scope="openid email", grant_type="authorization_code", code=page.back["code"], redirect_uri=REDIRECT_URI
    )
    token = (await stand.system.http.post(f"{blue}/aas/oauth2/te", data=values)).json()["access_token"]
    listed = (await stand.system.get(f"{blue}{PERSON}/ctts", token)).json()
    assert listed["elements"][0].startswith(f"{blue}{PERSON}/ctts/")
    assert (await stand.system.get(listed["elements"][0], token)).status_code == 200
    assert (await stand.system.get(PERSON, token)).status_code == 401


@pytest.mark.parametrize(
    ("path", "scope", "status"),
    [
        (f"{PERSON}/ctts", "openid fullname", 403),
        (f"{PERSON}/kids", "openid fullname", 403),
        ("/rs/prns/1000300101", "openid fullname", 403),
        ("/rs/prns/vera", "openid fullname", 403),
        (f"{PERSON}/ctts/1", "openid email", 404),
        (f"{PERSON}/nonsense", "openid email", 404),
    ],
)
async def test_what_a_token_does_not_cover_is_refused_in_the_shape_of_the_data_api_for_it(
    stand: Stand, path: str, scope: str, status: int
) -> None:
    response = await stand.system.get(path, await a_token(stand, scope))
    assert response.status_code == status
    assert response.json().keys() == {"code", "message"}
    assert refused(stand.world)[0] == response.json()["code"]
    if status == 403:
        assert response.json() == {"code": "ESIA-005029", "message": "SecurityErrorEnum.scopeNotAllowed"}


async def test_only_an_access_token_opens_the_data_and_the_journal_says_what_came_instead_of_it(stand: Stand) -> None:
    code = await a_code(stand)
    body = (await stand.system.exchange(code)).json()
    spare = await a_code(stand)
    tampered = body["access_token"][:-4] + ("AAAA" if not body["access_token"].endswith("AAAA") else "BBBB")
    for value, hint in (
        (body["id_token"], " id"),
        (spare, "authorization_code"),
        (body["refresh_token"], "JWS"),
        (tampered, "подпись"),
        ("", "заголовка"),
    ):
        response = await stand.system.http.get(PERSON, headers={"authorization": f"Bearer {value}".strip()})
        assert response.status_code == 401
        assert response.json() == {"code": "ESIA-005011", "message": "SecurityErrorEnum.invalidToken"}
        assert hint in refused(stand.world)[1]
    basic = await stand.system.http.get(PERSON, headers={"authorization": f"Basic {body['access_token']}"})
    assert basic.status_code == 401
    assert (await stand.system.http.get(PERSON)).status_code == 401


async def test_an_access_token_lives_an_hour_by_the_worlds_clock_and_not_longer_than_it(stand: Stand) -> None:
    stand.world.clock.freeze(stand.world.clock.now().replace(microsecond=0))
    token = await a_token(stand)
    stand.world.clock.advance(timedelta(seconds=3599))
    assert (await stand.system.get(PERSON, token)).status_code == 200
    stand.world.clock.advance(timedelta(seconds=1))
    response = await stand.system.get(PERSON, token)
    assert response.status_code == 401
    assert response.json() == {"code": "ESIA-005013", "message": "SecurityErrorEnum.expiredToken"}


def logout_url(stand: Stand, **given: str) -> str:
    values = {"client_id": "TESTSYS", "redirect_url": REDIRECT_URI, **given}
    return f"{stand.base}/idp/ext/Logout?" + "&".join(
        f"{name}={quote(value)}" for name, value in values.items() if value
    )


async def test_logout_ends_the_session_and_its_tokens_and_goes_back_to_the_system_after_it(stand: Stand) -> None:
    token = await a_token(stand)
    unused = await a_code(stand)
    page = await stand.browser.open(logout_url(stand))
    assert page.response.status_code == 302
    assert page.response.headers["location"] == REDIRECT_URI
    assert (await stand.system.get(PERSON, token)).status_code == 401
    assert code_of((await stand.system.exchange(unused)).json()["error_description"]) == "ESIA-007011"
    assert (await stand.browser.open(stand.system.authorization_url())).step == "login"


async def test_logout_leaves_other_browsers_of_the_person_alone_with_it(stand: Stand) -> None:
    elsewhere = await a_token(stand)
    stand.browser.http.cookies.clear()
    here = await a_token(stand)
    await stand.browser.open(logout_url(stand))
    assert (await stand.system.get(PERSON, here)).status_code == 401
    assert (await stand.system.get(PERSON, elsewhere)).status_code == 200


@pytest.mark.parametrize(
    ("given", "status"),
    [({"redirect_url": ""}, 200), ({"redirect_url": "https://evil.example/"}, 400), ({"client_id": "NOBODY"}, 400)],
)
async def test_logout_without_a_good_address_shows_a_page_and_the_session_ends_with_it(
    stand: Stand, given: dict[str, str], status: int
) -> None:
    token = await a_token(stand)
    page = await stand.browser.open(logout_url(stand, **given))
    assert page.response.status_code == status
    assert "html" in page.response.headers["content-type"]
    assert (await stand.system.get(PERSON, token)).status_code == 401


async def test_the_keys_are_published_and_the_certificate_and_the_key_agree_in_it(stand: Stand) -> None:
    archive = zipfile.ZipFile(io.BytesIO((await stand.system.http.get("/public/esia.zip")).content))
    name = next(name for name in archive.namelist() if name.endswith(".cer"))
    certificate = x509.load_der_x509_certificate(archive.read(name))
    pem = (await stand.system.http.get("/public/esia.pem")).content
    assert x509.load_pem_x509_certificate(pem) == certificate
    assert load_pem_public_key(pem[pem.index(b"-----BEGIN PUBLIC KEY") :]) == certificate.public_key()


async def test_an_armed_fault_answers_in_the_dialect_of_the_endpoint_that_it_strikes(stand: Stand) -> None:
    token = await a_token(stand)
    for endpoint, key in (("/aas/oauth2/te", "error"), (PERSON, "code")):
        stand.world.faults.create(FaultKind.STATUS, endpoint, "esia", error="temporarily_unavailable")
        method = "POST" if key == "error" else "GET"
        response = await stand.system.http.request(method, endpoint, headers={"authorization": f"Bearer {token}"})
        assert response.status_code == 503
        assert key in response.json()
    assert (await stand.system.get(PERSON, token)).status_code == 200
