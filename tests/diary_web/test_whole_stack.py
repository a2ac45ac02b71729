"""The instruction acted out on the real programs: e-diary, binding service and identity simulator."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import pytest
from binding_client.testing import Stack

from .browser import Browser, Page


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with Stack(diary_web=True) as running:
        yield running


class Someone:
    """A person of the demo world with a browser."""

    def __init__(self, stack: Stack, person: str) -> None:
        self.actor = stack.person(person)
        self.browser = Browser(httpx.AsyncClient(base_url=stack.web, timeout=20))

    async def sign_in(self) -> Page:
        """Signs in through ESIA's pages."""
        await self.browser.open("/")
        away = await self.browser.submit("sign-in")
        facts = self.actor.facts
        sign_in = self.actor.browser.sign_in_esia
        return await self.browser.open(
            str(await asyncio.to_thread(sign_in, away.location, facts.esia_login, facts.esia_password))
        )

    async def choose(self, profile: str, vk: str | None = None) -> Page:
        """Presses the button on a profile page and signs in at VK ID, as `vk` or as oneself."""
        await self.browser.open(profile)
        away = await self.browser.submit("bind", contact=self.actor.facts.contact)
        return await self.browser.open(str(await asyncio.to_thread(self.actor.vk_sign_in, away.location, vk)))

    async def bind(self, profile: str, vk: str | None = None) -> Page:
        """Binds and confirms."""
        page = await self.choose(profile, vk)
        assert "preview" in page.marks
        return await self.browser.submit("confirm")


@pytest.mark.scenario("C04")
@pytest.mark.parametrize("language", ["ru", "en"])
async def test_contact_that_is_not_confirmed_it_is_confirmed_by_a_code_on_the_way(stack: Stack, language: str) -> None:
    gleb = Someone(stack, "gleb")
    contact = f"gleb-{language}@example.org"
    await gleb.sign_in()
    await gleb.browser.open(f"/accounts/gleb-parent?lang={language}")
    page = await gleb.browser.submit("bind", contact=contact)
    page = await gleb.browser.submit("confirm-contact", code="none")
    assert (page.status, page.mark("reason"), page.mark("fact")) == (409, "CONTACT_CODE_INVALID", "tries-left")
    code = await asyncio.to_thread(stack.control.last_code, contact)
    away = await gleb.browser.submit("confirm-contact", code=code)
    page = await gleb.browser.open(str(await asyncio.to_thread(gleb.actor.vk_sign_in, away.location)))
    assert "preview" in page.marks
    await gleb.browser.submit("cancel")


@pytest.mark.scenario("H04", "H11")
async def test_mother_of_two_it_binds_once_unbinds_and_gets_the_same_chats_again(stack: Stack) -> None:
    vera = Someone(stack, "vera")
    page = await vera.sign_in()
    assert page.marks["child"] == ["anya-pupil", "boris-pupil"]
    bound = await vera.bind("/accounts/vera-parent?via=anya-pupil")
    assert len(bound.marks["chat"]) == 2
    page = await vera.browser.open("/accounts/vera-parent")
    assert "700300103" in page.text
    page = await vera.browser.submit("unbind")
    assert "bind" in page.forms
    again = await vera.bind("/accounts/vera-parent?via=boris-pupil")
    assert again.marks["chat"] == bound.marks["chat"]
    assert again.mark("binding") != bound.mark("binding")


@pytest.mark.scenario("P31", "P32", "P11")
async def test_mother_with_her_daughters_profile_it_is_told_and_both_are_helped_out(stack: Stack) -> None:
    kira, lada = Someone(stack, "kira"), Someone(stack, "lada")
    await kira.sign_in()
    await lada.sign_in()
    page = await kira.choose("/accounts/kira-parent?via=lada-pupil", vk="+79000000111")
    assert page.mark("diagnosis") == "PUPIL_PROFILE_IN_PARENT_ACCOUNT"
    await kira.browser.submit("confirm")

    page = await lada.choose("/accounts/lada-pupil")
    assert page.mark("reason") == "VK_PROFILE_ALREADY_BOUND"
    assert "НЕ удалось авторизоваться" in page.text

    page = await kira.browser.open("/accounts/kira-parent/chats")
    assert page.mark("diagnosis") == "PUPIL_PROFILE_IN_PARENT_ACCOUNT"
    assert page.marks["kind"] == ["PUPILS"]
    page = await kira.browser.submit("unbind")
    assert "chat" not in page.marks

    page = await lada.bind("/accounts/lada-pupil")
    assert page.marks["kind"] == ["PUPILS"]
    page = await kira.bind("/accounts/kira-parent?via=lada-pupil")
    assert page.marks["kind"] == ["PARENTS"]


@pytest.mark.scenario("B04")
async def test_teacher_who_is_a_parent_it_is_sent_to_the_own_other_account(stack: Stack) -> None:
    zhanna = Someone(stack, "zhanna")
    await zhanna.sign_in()
    await zhanna.bind("/accounts/zhanna-staff")
    page = await zhanna.choose("/accounts/zhanna-parent?via=zoya-pupil")
    assert page.mark("reason") == "VK_PROFILE_ALREADY_BOUND"
    assert 'class="button secondary" href="/home"' in page.html


@pytest.mark.scenario("C02")
async def test_childs_contact_it_is_refused_beside_the_field(stack: Stack) -> None:
    gleb = Someone(stack, "gleb")
    await gleb.sign_in()
    await gleb.browser.open("/accounts/gleb-parent?via=anya-pupil")
    page = await gleb.browser.submit("bind", contact="anya@example.org")
    assert page.mark("reason") == "CONTACT_NOT_OWNED"
    assert page.forms["bind"].fields["contact"] == "anya@example.org"


@pytest.mark.rules("D1")
async def test_sign_out_it_ends_the_esia_session_too(stack: Stack) -> None:
    ivan = Someone(stack, "ivan")
    await ivan.sign_in()
    away = await ivan.browser.submit("sign-out")
    esia = await asyncio.to_thread(ivan.actor.browser.http.get, away.location)
    assert esia.headers["location"] == f"{stack.web}/"
    await ivan.browser.open("/")
    away = await ivan.browser.submit("sign-in")
    asked = await asyncio.to_thread(ivan.actor.browser.http.get, away.location, follow_redirects=True)
    assert 'data-step="login"' in asked.text
