"""No token and no code is in anything that leaves the diary."""

from __future__ import annotations

import grpc
import pytest

from .conftest import VERA, Stand, access_token
from .fake_service import Refusal


async def _whole_story(stand: Stand) -> None:
    await stand.sign_in()
    stand.service.refuse("CompleteBinding", Refusal(grpc.StatusCode.UNAUTHENTICATED, "ESIA_SESSION_REQUIRED"))
    await stand.to_vk_and_back()
    await stand.sign_in()
    await stand.browser.submit("confirm")
    for path in ("/home", "/accounts/vera-parent", "/accounts/vera-parent/chats", "/accounts/gleb-parent", "/nothing"):
        await stand.browser.open(path)
    await stand.browser.open("/accounts/vera-parent/chats")
    await stand.browser.submit("unbind")
    await stand.browser.submit("sign-out")


async def test_pages_it_never_shows_a_token_or_a_code(stand: Stand) -> None:
    await _whole_story(stand)
    secrets = [*access_token(VERA).split("."), "refresh-canary", "vk2.a.canary-code", "canary-device"]
    for page in stand.browser.seen:
        sent = page.html + str(page.response.headers)
        assert [secret for secret in secrets if secret in sent] == []


async def test_logs_it_never_holds_personal_data_or_secrets(stand: Stand, capfd: pytest.CaptureFixture[str]) -> None:
    await _whole_story(stand)
    logged = "".join(capfd.readouterr())
    assert "/vk/callback" in logged
    canaries = ["canary", "Воронов", "900", access_token(VERA).split(".")[1], f"code-{VERA}"]
    assert [canary for canary in canaries if canary in logged] == []
