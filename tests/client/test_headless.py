"""A person without a browser, at pages that behave."""

import httpx
import pytest
from binding_client.headless import (
    AsyncPerson,
    Person,
    Redirect,
    Registration,
    SignInError,
    SignInRefused,
    StepUnexpected,
)

from .pages import CODE, CONSENT, DONE, ESIA, LOGIN, REDIRECT, VK, Pages, page, redirect

MARK = Registration("Марк", "Ильин", "03.10.1987", "male", "PARENT", "shkola-5")


def person(pages: Pages) -> Person:
    return Person(httpx.Client(transport=pages.transport))


def no_code(recipient: str) -> str:
    raise AssertionError("no code was needed")


def test_signing_in_at_esia__it_is_a_login_and_a_consent() -> None:
    pages = Pages(
        redirect("/login"),
        page("login", LOGIN),
        redirect("/consent"),
        page("consent", CONSENT),
        redirect(DONE),
    )
    came = person(pages).sign_in_esia(ESIA, "vera", "vera-esia")
    assert (came, came.code, came.state) == (DONE, "c/1", "s")
    assert pages.sent[0] == {"flow": ["f&1"], "login": ["vera"], "password": ["vera-esia"]}
    assert pages.sent[1]["decision"] == ["allow"]
    assert pages.paths == ["/aas/oauth2/ac", "/login", "/next", "/consent", "/next"]


def test_a_live_session_needs_no_page__it_is_a_redirect() -> None:
    assert person(Pages(redirect(DONE))).sign_in_esia(ESIA, "vera", "x").code == "c/1"


def test_a_wrong_password_is_told__it_is_by_its_code() -> None:
    pages = Pages(page("login", LOGIN), page("login", LOGIN, error="credentials"))
    with pytest.raises(SignInRefused) as caught:
        person(pages).sign_in_esia(ESIA, "vera", "wrong")
    assert (caught.value.step, caught.value.error, caught.value.text) == ("login", "credentials", "Так нельзя")


def test_refusing_at_the_consent__it_is_an_error_in_the_redirect() -> None:
    pages = Pages(page("consent", CONSENT), redirect(f"{REDIRECT}?error=access_denied&state=s&error_description=x"))
    came = person(pages).sign_in_esia(ESIA, "vera", "x", decision="deny")
    assert (came.error, came.error_description, came.code) == ("access_denied", "x", "")
    assert pages.sent[0]["decision"] == ["deny"]


def test_signing_in_at_vk__it_is_a_login_and_a_code() -> None:
    pages = Pages(page("login", '<input name="login">'), page("code", CODE), page("consent", CONSENT), redirect(DONE))
    asked: list[str] = []

    def inbox(recipient: str) -> str:
        asked.append(recipient)
        return "123456"

    came = person(pages).sign_in_vk(VK, "8 (900) 000-01-03", inbox=inbox)
    assert asked == ["+79000000103"]
    assert pages.sent[0]["login"] == ["8 (900) 000-01-03"]
    assert pages.sent[1] == {"flow": ["f&1"], "code": ["123456"], "action": ["confirm"]}
    assert sorted(pages.sent[2]["scope"]) == ["email", "phone"]
    result = came.authorization_result()
    assert (result.code, result.state, result.device_id, result.error) == ("c/1", "s", "d", "")


def test_an_address_is_asked_for_in_lower_case__it_is_the_inbox_name() -> None:
    pages = Pages(page("code", CODE), redirect(DONE))
    asked: list[str] = []
    person(pages).sign_in_vk(VK, " Anya@Example.org", inbox=lambda recipient: asked.append(recipient) or "1")
    assert asked == ["anya@example.org"]


def test_scopes_can_be_chosen__it_is_what_stays_ticked() -> None:
    pages = Pages(page("consent", CONSENT), redirect(DONE))
    person(pages).sign_in_vk(VK, "+7", inbox=no_code, scopes={"email"})
    assert pages.sent[0]["scope"] == ["email"]
    pages = Pages(page("consent", CONSENT), redirect(DONE))
    person(pages).sign_in_vk(VK, "+7", inbox=no_code, scopes=())
    assert "scope" not in pages.sent[0]


@pytest.mark.parametrize(("account", "sent"), [(None, "other"), ("7", "7")])
def test_a_session_of_somebody_else_is_not_taken__it_is_asked_for(account: str | None, sent: str) -> None:
    chooser = '<button name="account" value="7">Мама</button><button name="account" value="other">Другой</button>'
    pages = Pages(page("account", chooser), redirect(DONE))
    person(pages).sign_in_vk(VK, "+7", inbox=no_code, account=account)
    assert pages.sent[0]["account"] == [sent]


PROFILES = '<button name="profile" value="1">A</button><button name="profile" value="2">B</button>'
CREATE = '<button name="profile" value="create">Новый</button>'


@pytest.mark.parametrize(
    ("buttons", "profile", "sent"),
    [
        (PROFILES + CREATE, "2", "2"),
        (PROFILES + CREATE, "create", "create"),
        ('<button name="profile" value="1">A</button>' + CREATE, None, "1"),
    ],
)
def test_a_profile_is_chosen__it_is_the_named_or_the_only_one(buttons: str, profile: str | None, sent: str) -> None:
    pages = Pages(page("profile", buttons), redirect(DONE))
    person(pages).sign_in_vk(VK, "+7", inbox=no_code, profile=profile)
    assert pages.sent[0]["profile"] == [sent]


def test_a_choice_is_not_guessed__it_is_told_with_the_choices() -> None:
    with pytest.raises(StepUnexpected) as caught:
        person(Pages(page("profile", PROFILES))).sign_in_vk(VK, "+7", inbox=no_code)
    assert (caught.value.step, caught.value.choices) == ("profile", ["1", "2"])


REGISTER = (
    '<input name="first_name"><input name="last_name"><input name="birthday">'
    '<input type="radio" name="sex" value="female" checked><input type="radio" name="sex" value="male">'
    '<input type="radio" name="create_learning" value="yes" checked>'
    '<input type="radio" name="create_learning" value="no">'
    '<select name="role"><option value="PUPIL">Ученик</option><option value="PARENT">Родитель</option></select>'
    '<input name="organisation">'
)


def test_a_new_person_registers__it_is_with_the_own_data() -> None:
    pages = Pages(page("register", REGISTER), redirect(DONE))
    person(pages).sign_in_vk(VK, "+7", inbox=no_code, register=MARK)
    assert pages.sent[0] == {
        "flow": ["f&1"],
        "first_name": ["Марк"],
        "last_name": ["Ильин"],
        "birthday": ["03.10.1987"],
        "sex": ["male"],
        "create_learning": ["yes"],
        "role": ["PARENT"],
        "organisation": ["shkola-5"],
    }


def test_a_profile_is_added__it_is_with_a_role() -> None:
    learning = '<select name="role"><option value="PUPIL">x</option></select><input name="organisation">'
    pages = Pages(page("learning", learning), redirect(DONE))
    person(pages).sign_in_vk(VK, "+7", inbox=no_code, register=MARK)
    assert pages.sent[0] == {"flow": ["f&1"], "role": ["PARENT"], "organisation": ["shkola-5"]}


@pytest.mark.parametrize("step", ["register", "learning", "captcha"])
def test_a_page_that_wants_more_is_told__it_is_by_its_step(step: str) -> None:
    with pytest.raises(StepUnexpected) as caught:
        person(Pages(page(step, ""))).sign_in_vk(VK, "+7", inbox=no_code)
    assert caught.value.step == step


def test_a_code_without_an_inbox_is_told__it_is_the_step() -> None:
    with pytest.raises(StepUnexpected):
        person(Pages(page("code", CODE))).sign_in_vk(VK, "+7", inbox=None)


def test_a_page_without_a_form_is_told__it_is_its_status() -> None:
    with pytest.raises(SignInRefused) as caught:
        person(Pages(httpx.Response(503, html="<title>Сломано</title>"))).sign_in_vk(VK, "+7", inbox=no_code)
    assert (caught.value.error, caught.value.text) == ("http-503", "Сломано")


def test_a_provider_that_runs_in_circles_is_left__it_is_an_error() -> None:
    with pytest.raises(SignInError):
        person(Pages(*(redirect("/again") for _ in range(99)))).sign_in_vk(VK, "+7", inbox=no_code)


def test_cookies_are_kept__it_is_a_browser() -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("cookie", ""))
        return httpx.Response(302, headers={"location": DONE, "set-cookie": "sid=1; Path=/"})

    browser = Person(httpx.Client(transport=httpx.MockTransport(answer)))
    browser.sign_in_esia(ESIA, "a", "b")
    browser.sign_in_esia(ESIA, "a", "b")
    assert seen == ["", "sid=1"]


def test_a_redirect_on_the_providers_own_host__it_is_known_by_the_redirect_uri() -> None:
    url = "http://esia.example/ac?redirect_uri=http%3A%2F%2Fesia.example%2Fback%3Fa%3D1"
    came = person(Pages(redirect("/back?a=1&code=x"))).sign_in_esia(url, "a", "b")
    assert came.code == "x"


async def test_on_a_loop__it_is_the_same() -> None:
    pages = Pages(page("login", '<input name="login">'), page("code", CODE), redirect(DONE))

    async def inbox(recipient: str) -> str:
        return "654321"

    async with httpx.AsyncClient(transport=pages.transport) as http:
        came = await AsyncPerson(http).sign_in_vk(VK, "+79000000103", inbox=inbox)
    assert isinstance(came, Redirect)
    assert came.device_id == "d"
    assert pages.sent[1]["code"] == ["654321"]
    pages = Pages(page("login", LOGIN, error="credentials"))
    async with httpx.AsyncClient(transport=pages.transport) as http:
        with pytest.raises(SignInRefused):
            await AsyncPerson(http).sign_in_esia(ESIA, "a", "b")
