"""What every form must carry, and what every answer carries."""

from __future__ import annotations

import pytest

from .conftest import Stand

POSTS = [
    "/sign-in",
    "/sign-out",
    "/accounts/vera-parent/bind",
    "/accounts/vera-parent/unbind",
    "/accounts/vera-parent/contact",
    "/accounts/vera-parent/contact/confirm",
    "/attempts/a1/confirm",
    "/attempts/a1/cancel",
]


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("fields", [{}, {"csrf": ""}, {"csrf": "guess"}, {"csrf": "ы"}])
async def test_form_without_the_sessions_csrf_token_it_is_refused(
    stand: Stand, path: str, fields: dict[str, str]
) -> None:
    await stand.sign_in()
    await stand.to_vk_and_back()
    calls = len(stand.service.calls)
    page = await stand.browser.post(path, fields)
    assert (page.status, page.mark("error")) == (403, "CSRF")
    assert len(stand.service.calls) == calls


async def test_form_with_another_sessions_csrf_token_it_is_refused(stand: Stand) -> None:
    stranger = stand.another_browser()
    page = await stranger.open("/")
    token = page.forms["sign-in"].fields["csrf"]
    await stand.sign_in()
    page = await stand.browser.post("/accounts/vera-parent/bind", {"csrf": token, "contact": "+79000000103"})
    assert page.mark("error") == "CSRF"


async def test_form_that_is_too_large_it_is_refused(stand: Stand) -> None:
    await stand.sign_in()
    page = await stand.browser.post("/accounts/vera-parent/bind", {"contact": "x" * 20_000})
    assert (page.status, page.mark("error")) == (413, "TOO_LARGE")


@pytest.mark.parametrize("path", ["/", "/home", "/nothing", "/static/style.css", "/healthz"])
async def test_answer_it_carries_the_security_headers(stand: Stand, path: str) -> None:
    await stand.sign_in()
    headers = (await stand.browser.open(path)).response.headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == ("no-cache" if path.startswith("/static") else "no-store")


async def test_answer_it_is_given_under_known_host_names_only(stand: Stand) -> None:
    response = await stand.browser.http.get("/", headers={"host": "evil.example"})
    assert response.status_code == 400


@pytest.mark.parametrize(("path", "status"), [("/nothing", 404), ("/sign-out", 405)])
async def test_wrong_address_it_shows_a_page(stand: Stand, path: str, status: int) -> None:
    page = await stand.browser.open(path)
    assert page.status == status
    assert page.mark("error")


async def test_fault_of_the_diary_it_shows_a_number_and_no_trace(stand: Stand) -> None:
    await stand.sign_in()
    stand.app.state.diary.pages.globals.pop("enum")
    page = await stand.browser.open("/home")
    assert (page.status, page.mark("error")) == (500, "INTERNAL")
    assert "Traceback" not in page.html
    assert "Error" not in page.text


async def test_every_field_it_has_a_label(stand: Stand) -> None:
    await stand.sign_in()
    page = await stand.browser.open("/accounts/vera-parent")
    assert page.unlabelled == []
