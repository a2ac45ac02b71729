"""The data API beyond person and contacts: documents, addresses, vehicles, children's documents, organisations."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import ROMASHKA, VASILEK, Stand
from .parties import refused

NINA = "/rs/prns/1000300120"
VERA = "/rs/prns/1000300103"


async def a_token(stand: Stand, scope: str, login: str = "nina") -> str:
    page = await stand.browser.sign_in(stand.current.authorization_url(scope=scope), login)
    response = await stand.current.exchange(page.back["code"], scope=scope)
    return response.json()["access_token"]


async def get(stand: Stand, path: str, scope: str, login: str = "nina") -> Any:
    response = await stand.current.get(path, await a_token(stand, scope, login))
    assert response.status_code == 200, response.text
    return response.json()


async def test_the_persons_further_fields_are_shown_by_the_scopes_for_it(stand: Stand) -> None:
    shown = await get(stand, NINA, "openid fullname inn birthplace id_doc self_employed")
    papers = await get(stand, f"{NINA}/docs?embed=(elements)", "openid id_doc")
    assert (shown["inn"], shown["birthPlace"], shown["citizenship"]) == ("123456789047", "Казань", "RUS")
    assert shown["selfEmployed"] == {"confirmed": True}
    assert shown["rIdDoc"] == papers["elements"][0]["id"]
    bare = await get(stand, NINA, "openid snils")
    assert not {"inn", "birthPlace", "citizenship", "selfEmployed", "rIdDoc"} & bare.keys()


@pytest.mark.parametrize(
    ("scope", "types"),
    [
        ("id_doc", ["RF_PASSPORT"]),
        ("medical_doc", ["MDCL_PLCY"]),
        ("drivers_licence_doc", ["RF_DRIVING_LICENSE"]),
        ("id_doc medical_doc", ["RF_PASSPORT", "MDCL_PLCY"]),
        ("foreign_passport_doc", []),
    ],
)
async def test_a_document_is_shown_only_if_its_scope_was_granted_for_it(
    stand: Stand, scope: str, types: list[str]
) -> None:
    shown = await get(stand, f"{NINA}/docs?embed=(elements)", f"openid {scope}")
    assert [element["type"] for element in shown["elements"]] == types
    for element in shown["elements"]:
        assert element["stateFacts"] == ["EntityRoot"]
        assert element["vrfStu"] == "VERIFIED"


@pytest.mark.parametrize(
    ("collection", "scope", "size", "members"),
    [
        ("docs", "id_doc", 1, {"series", "number", "issueDate", "issuedBy"}),
        ("addrs", "addresses", 2, {"type", "countryId", "addressStr"}),
        ("addrs", "contacts", 2, {"type", "countryId", "addressStr"}),
        ("vhls", "vehicles", 1, {"name", "numberPlate", "regCertificate"}),
    ],
)
async def test_addresses_of_elements_lead_to_what_is_embedded_in_it(
    stand: Stand, collection: str, scope: str, size: int, members: set[str]
) -> None:
    token = await a_token(stand, f"openid {scope}")
    listed = (await stand.current.get(f"{NINA}/{collection}", token)).json()
    shown = (await stand.current.get(f"{NINA}/{collection}?embed=(elements)", token)).json()
    assert listed["size"] == shown["size"] == size
    followed = [(await stand.current.get(address, token)).json() for address in listed["elements"]]
    assert followed == shown["elements"]
    assert members <= followed[0].keys()
    assert listed["elements"][0].startswith(f"{stand.base}{NINA}/{collection}/")
    # One library asks for single elements in this way.
    assert (await stand.current.get(f"{listed['elements'][0]}?embed=(elements)", token)).json() == followed[0]


async def test_every_collection_nests_in_the_person_under_its_own_name_in_it(stand: Stand) -> None:
    names = ("contacts", "addresses", "documents", "vehicles", "organizations")
    query = ",".join(f"{name}.elements" for name in names)
    scope = "openid fullname contacts addresses id_doc vehicles usr_org"
    shown = await get(stand, f"{NINA}?embed=({query})", scope)
    sizes = {name: shown[name]["size"] for name in names}
    assert sizes == {"contacts": 0, "addresses": 2, "documents": 1, "vehicles": 1, "organizations": 2}
    assert await get(stand, f"{NINA}?embed=(elements)", scope) == await get(stand, NINA, scope)


async def test_roles_are_always_shown_in_full_and_organisations_as_addresses_in_it(stand: Stand) -> None:
    token = await a_token(stand, "openid usr_org")
    roles = (await stand.current.get(f"{NINA}/roles", token)).json()
    first = roles["elements"][0]
    assert (roles["size"], first["oid"], first["prnOid"]) == (2, ROMASHKA, 1000300120)
    assert (first["chief"], first["admin"], first["active"], first["type"]) == (True, False, True, "LEGAL")
    links = (await stand.current.get(f"{NINA}/orgs", token)).json()
    assert links["elements"] == [f"{stand.base}/rs/orgs/{oid}" for oid in (ROMASHKA, VASILEK)]


async def test_a_childs_documents_are_the_parents_to_see_by_the_scopes_of_it(stand: Stand) -> None:
    token = await a_token(stand, "openid kid_fullname kid_birth_cert_doc", "vera")
    child = (await stand.current.get(f"{VERA}/kids?embed=(elements)", token)).json()["elements"][0]
    assert (await stand.current.get(f"{VERA}/kids/{child['id']}", token)).json() == child
    listed = (await stand.current.get(f"{VERA}/kids/{child['id']}/docs", token)).json()
    assert listed["size"] == 1
    paper = (await stand.current.get(listed["elements"][0], token)).json()
    assert (paper["type"], paper["actNo"], paper["actDate"]) == ("RF_BRTH_CERT", "7", "20.03.2015")


@pytest.mark.parametrize(
    ("collection", "member"),
    [
        ("ctts", "value"),
        ("addrs", "addressStr"),
        ("emps", "lastName"),
        ("grps", "grp_id"),
        ("brhs", "kpp"),
        ("vhls", "numberPlate"),
        ("rcs", "addressStr"),
        ("stms", "mnemonic"),
        ("invts", "lastName"),
    ],
)
async def test_each_collection_of_an_organisation_needs_its_own_scope_for_it(
    stand: Stand, collection: str, member: str
) -> None:
    path = f"/rs/orgs/{ROMASHKA}/{collection}"
    response = await stand.current.own_token(f"org_{collection}?org_oid={ROMASHKA}")
    token = response.json()["access_token"]
    shown = (await stand.current.get(f"{path}?embed=(elements)", token)).json()
    assert shown["size"] > 0
    assert member in shown["elements"][0]
    listed = (await stand.current.get(path, token)).json()
    assert (await stand.current.get(listed["elements"][0], token)).json() == shown["elements"][0]
    other = (await stand.current.own_token(f"org_inn?org_oid={ROMASHKA}")).json()["access_token"]
    assert (await stand.current.get(path, other)).status_code == 403
    assert refused(stand.world)[0] == "ESIA-005029"


@pytest.mark.parametrize(
    ("path", "scope", "status"),
    [
        (f"{NINA}/docs", "openid fullname", 403),
        (f"{NINA}/addrs", "openid email", 403),
        (f"{NINA}/vhls", "openid fullname", 403),
        (f"{NINA}/roles", "openid fullname", 403),
        (f"{NINA}/orgs", "openid fullname", 403),
        (f"{NINA}/kids/1000300101/docs", "openid fullname", 403),
        (f"{NINA}/kids/1000300101/docs", "openid kid_medical_doc", 404),
        (f"{VERA}/docs", "openid id_doc", 403),
        (f"/rs/orgs/{ROMASHKA}", "openid usr_org", 403),
        ("/rs/orgs/garbage", "openid usr_org", 403),
        (f"{NINA}/docs/1", "openid id_doc", 404),
        (f"{NINA}/vhls/garbage", "openid vehicles", 404),
    ],
)
async def test_what_a_token_does_not_cover_is_refused_in_the_shape_of_the_data_api_for_it(
    stand: Stand, path: str, scope: str, status: int
) -> None:
    response = await stand.current.get(path, await a_token(stand, scope))
    assert response.status_code == status
    assert response.json().keys() == {"code", "message"}
    assert refused(stand.world)[0] == response.json()["code"]


async def test_an_organisations_collection_that_is_not_there_is_not_found_in_it(stand: Stand) -> None:
    token = (await stand.current.own_token(f"org_inn?org_oid={ROMASHKA}")).json()["access_token"]
    assert (await stand.current.get(f"/rs/orgs/{ROMASHKA}/nonsense", token)).status_code == 404


@pytest.mark.parametrize(("scope", "types"), [("kid_mobile", {"MBT"}), ("kid_email", {"EML"})])
async def test_a_childs_contacts_are_the_parents_to_see_by_the_scopes_of_it(
    stand: Stand, scope: str, types: set[str]
) -> None:
    token = await a_token(stand, f"openid {scope}", "vera")
    path = f"{VERA}/kids/1000300101/ctts"
    shown = (await stand.current.get(f"{path}?embed=(elements)", token)).json()
    assert {one["type"] for one in shown["elements"]} == types
    listed = (await stand.current.get(path, token)).json()
    assert (await stand.current.get(listed["elements"][0], token)).json() == shown["elements"][0]
    papers = await stand.current.get(f"{VERA}/kids/1000300101/docs", token)
    assert papers.status_code == 403


@pytest.mark.parametrize(
    ("collection", "below", "scope", "member"),
    [
        ("brhs", "ctts", "org_brhs_ctts", "value"),
        ("brhs", "addrs", "org_brhs_addrs", "addressStr"),
        ("emps", "grps", "org_emps", "grp_id"),
    ],
)
async def test_what_lies_below_an_element_of_an_organisation_is_shown_by_the_scope_for_it(
    stand: Stand, collection: str, below: str, scope: str, member: str
) -> None:
    scopes = f"org_{collection}?org_oid={ROMASHKA} {scope}?org_oid={ROMASHKA}"
    token = (await stand.current.own_token(scopes)).json()["access_token"]
    path = f"/rs/orgs/{ROMASHKA}/{collection}"
    first = (await stand.current.get(path, token)).json()["elements"][0]
    shown = (await stand.current.get(f"{first}/{below}?embed=(elements)", token)).json()
    assert shown["size"] == 1
    assert member in shown["elements"][0]
    listed = (await stand.current.get(f"{first}/{below}", token)).json()
    assert (await stand.current.get(listed["elements"][0], token)).json() == shown["elements"][0]
    assert (await stand.current.get(f"{path}/1/{below}", token)).status_code == 404
    other = (await stand.current.own_token(f"org_inn?org_oid={ROMASHKA}")).json()["access_token"]
    assert (await stand.current.get(f"{first}/{below}", other)).status_code == 403


async def test_the_picture_of_the_profile_is_a_file_and_has_a_scope_for_it(stand: Stand) -> None:
    picture = await stand.current.get(f"{NINA}/avt", await a_token(stand, "openid usr_avt"))
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/png")
    assert picture.content.startswith(b"\x89PNG")
    refused = await stand.current.get(f"{NINA}/avt", await a_token(stand, "openid fullname"))
    stand.world.update_person("nina", {"esia": {"avatar": None}})
    absent = await stand.current.get(f"{NINA}/avt", await a_token(stand, "openid usr_avt"))
    for response, status in ((refused, 403), (absent, 404)):
        assert (response.status_code, response.json().keys()) == (status, {"code", "message"})


async def test_documents_of_a_type_without_a_name_open_an_empty_collection_for_it(stand: Stand) -> None:
    assert (await get(stand, f"{NINA}/docs", "openid residence_doc"))["size"] == 0


async def test_what_is_being_confirmed_and_checked_is_told_in_the_members_for_it(stand: Stand) -> None:
    contacts = [{"type": "MBT", "value": "+79000000120", "new_value": "+79000000121", "code_expired": True}]
    address = {
        "type": "PRG",
        "country": "KAZ",
        "region": "Область",
        "area": "Район",
        "settlement": "Село",
        "frame": "2",
    }
    papers = [{"type": "BRTH_CERT", "number": "1", "verified": False, "verifying": True, "fms_valid": False}]
    change = {"contacts": contacts, "addresses": [address], "documents": papers, "operator_check": True}
    stand.world.update_person("nina", {"esia": {**change, "verifying": True}})
    token = await a_token(stand, "openid fullname contacts addresses birth_cert_doc")
    person = (await stand.current.get(NINA, token)).json()
    assert (person["verifying"], person["containsUpCfmCode"], person["rfgUOperatorCheck"]) == (True, True, True)
    one = {
        name: (await stand.current.get(f"{NINA}/{name}?embed=(elements)", token)).json()["elements"][0]
        for name in ("ctts", "addrs", "docs")
    }
    told = (one["ctts"]["vrfValStu"], one["ctts"]["verifyingValue"], one["ctts"]["isCfmCodeExpired"])
    assert told == ("VERIFYING", "+7(900)0000121", True)
    assert (one["addrs"]["countryId"], one["addrs"]["area"], one["addrs"]["frame"]) == ("KAZ", "Район", "2")
    assert (one["docs"]["vrfStu"], one["docs"]["vrfValStu"], one["docs"]["fmsValid"]) == (
        "NOT_VERIFIED",
        "VERIFYING",
        False,
    )


@pytest.mark.parametrize("path", ["/rs", "/rs/prns", "/rs/prns/1000300120/docs/1/2/3/4", "/rs/cls/1", "/rs/orgs"])
async def test_an_address_that_is_not_there_is_refused_in_the_shape_of_the_data_api_for_it(
    stand: Stand, path: str
) -> None:
    assert (await stand.current.http.get(path)).status_code in {401, 404}
    response = await stand.current.get(path, await a_token(stand, "openid fullname"))
    assert response.status_code == 404
    assert "ESIA" in response.text or path == "/rs"
