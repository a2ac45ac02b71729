"""Registration, learning profiles, and which profile an authorization yields."""

from __future__ import annotations

import pytest
from idp_mock.world import World

from .browser import Application, Browser, Page

OLGA, RITA, VERA, NEW = "+79000000113", "+79000000114", "+79000000111", "+79000000199"
FORM = {
    "first_name": "Марк",
    "last_name": "Новый",
    "birthday": "03.10.1987",
    "sex": "male",
    "create_learning": "yes",
    "role": "PARENT",
    "organisation": "shkola",
}


async def tokens(browser: Browser, app: Application, page: Page) -> dict:
    assert page.step == "consent"
    return await app.exchange((await browser.submit(page, decision="allow")).result)


async def register(browser: Browser, app: Application, contact: str = NEW, **changes: str) -> Page:
    page = await browser.sign_in(await browser.open(app.asks()), contact)
    assert page.step == "register"
    return await browser.submit(page, **{**FORM, **changes})


async def test_registers_a_person_with_a_learning_profile_for_an_unknown_phone(
    browser: Browser, app: Application, world: World
) -> None:
    got = await tokens(browser, app, await register(browser, app))
    user = (await app.user_info(got["access_token"]))["user"]
    assert (user["first_name"], user["last_name"], user["sex"]) == ("Марк", "Новый", 2)
    assert (user["birthday"], user["phone"]) == ("03.10.1987", "79000000199")
    profile = (await app.users_get(got["access_token"]))["response"][0]["educational_profile"]
    assert profile == {"roles": ["PARENT"], "organizations": [{"id": "shkola", "name": "Школа № 1"}]}
    assert world.vk_login(NEW) is not None


async def test_signs_a_registered_person_in_next_time(browser: Browser, app: Application) -> None:
    first = await tokens(browser, app, await register(browser, app))
    page = await browser.sign_in(await browser.open(app.asks(prompt="login")), NEW)
    assert (await app.exchange(page.result))["user_id"] == first["user_id"]


async def test_lets_a_pupil_register_by_email_and_name_the_school(browser: Browser, app: Application) -> None:
    young = {"role": "PUPIL", "birthday": "03.10.2017"}
    page = await register(browser, app, "kid@example.org", **young, organisation="Лицей на холме")
    got = await tokens(browser, app, page)
    profile = (await app.users_get(got["access_token"]))["response"][0]["educational_profile"]
    assert profile["roles"] == ["PUPIL"]
    assert [organisation["name"] for organisation in profile["organizations"]] == ["Лицей на холме"]


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("first_name", " ", "first_name_invalid"),
        ("last_name", "я" * 65, "last_name_invalid"),
        ("birthday", "31.02.1990", "birthday_invalid"),
        ("birthday", "1990-02-01", "birthday_invalid"),
        ("birthday", "01.01.2990", "birthday_invalid"),
        ("sex", "", "sex_invalid"),
        ("create_learning", "", "create_learning_invalid"),
        ("role", "ADMINISTRATOR", "role_invalid"),
        ("organisation", "ш" * 201, "organisation_invalid"),
    ],
)
async def test_shows_a_bad_registration_form_again_and_registers_nobody(
    browser: Browser, app: Application, world: World, field: str, value: str, error: str
) -> None:
    page = await register(browser, app, **{field: value})
    assert (page.step, page.error) == ("register", error)
    if field != "first_name":
        assert ("first_name", "Марк") in page.form.fields
    assert world.vk_login(NEW) is None
    assert (await browser.submit(page, **FORM)).step == "consent"


async def test_registers_once_at_a_double_click(browser: Browser, app: Application, world: World) -> None:
    page = await browser.sign_in(await browser.open(app.asks()), NEW)
    await browser.submit(page, **FORM)
    assert (await browser.submit(page, **FORM)).step == "consent"
    found = world.vk_login(NEW)
    assert found is not None
    assert len(found[1].profiles) == 1


async def test_registers_without_a_learning_profile_if_the_person_wants_none(
    browser: Browser, app: Application
) -> None:
    page = await register(browser, app, create_learning="no")
    assert page.step == "profile"
    [user_id, create] = page.offers("profile")
    assert create == "create"
    got = await tokens(browser, app, await browser.submit(page, profile=user_id))
    assert "educational_profile" not in (await app.users_get(got["access_token"]))["response"][0]


async def test_adds_a_learning_profile_to_a_personal_login_on_the_way(
    browser: Browser, app: Application, world: World
) -> None:
    page = await browser.sign_in(await browser.open(app.asks()), OLGA)
    assert page.offers("profile") == ["7003", "create"]
    form = await browser.submit(page, profile="create")
    assert form.step == "learning"
    page = await browser.submit(form, role="TEACHER", organisation="")
    again = await browser.submit(form, role="TEACHER", organisation="")
    got = await tokens(browser, app, page)
    assert got["user_id"] != 7003
    assert (await app.users_get(got["access_token"]))["response"][0]["educational_profile"]["roles"] == ["TEACHER"]
    assert again.step == "consent"
    found = world.vk_login(OLGA)
    assert found is not None
    assert len(found[1].profiles) == 2


@pytest.mark.parametrize(("user_id", "is_learning"), [(7004, False), (7005, True)])
async def test_lets_the_person_choose_among_several_profiles(
    browser: Browser, app: Application, user_id: int, is_learning: bool
) -> None:
    page = await browser.sign_in(await browser.open(app.asks()), RITA)
    assert page.offers("profile") == ["7004", "7005"]
    got = await tokens(browser, app, await browser.submit(page, profile=str(user_id)))
    assert got["user_id"] == user_id
    assert ("educational_profile" in (await app.users_get(got["access_token"]))["response"][0]) is is_learning


@pytest.mark.parametrize("profile", ["7001", "create", "", "x", "9" * 5000])
async def test_takes_no_profile_that_it_did_not_offer(browser: Browser, app: Application, profile: str) -> None:
    page = await browser.sign_in(await browser.open(app.asks()), RITA)
    assert (await browser.submit(page, profile=profile)).error == "profile_unknown"


@pytest.mark.parametrize(
    ("client_id", "contact", "user_id"),
    [("51000067", RITA, 7005), ("51000068", RITA, 7004), ("51000068", VERA, 7001), ("51000068", OLGA, 7003)],
)
async def test_yields_the_kind_of_profile_that_the_application_is_set_to(
    browser: Browser, app: Application, client_id: str, contact: str, user_id: int
) -> None:
    app.client_id = client_id
    page = await browser.sign_in(await browser.open(app.asks()), contact)
    assert (await tokens(browser, app, page))["user_id"] == user_id
