"""Messages through a gateway, over real HTTP; and which way a message goes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from binding_server.identity.contacts import ContactForms
from binding_server.notify.http import HttpNotifier
from binding_server.notify.ways import NotifierFileError, Ways
from binding_server.use_cases.contact_ports import CodeMessage, NotifierUnavailable

from .mail import Gateway, MailServer, gateway, mail_server


def code_message(recipient: str) -> CodeMessage:
    """A message with the code 042137."""
    return CodeMessage(ContactForms().parse(recipient), "Код", "Код: 042137", "042137")


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


async def test_text_message_it_arrives_as_json_with_the_token(http: httpx.AsyncClient) -> None:
    async with gateway(Gateway(status=202)) as sms:
        await HttpNotifier(http, sms.url, "canary-token").send(code_message("8 (900) 000-01-03"), 5)
    [(headers, document)] = sms.told
    assert document == {"recipient": "+79000000103", "text": "Код: 042137", "code": "042137"}
    assert headers["authorization"] == "Bearer canary-token"


@pytest.mark.parametrize("status", [400, 401, 429, 500, 503, 302])
async def test_gateway_that_refuses_it_was_not_sent(http: httpx.AsyncClient, status: int) -> None:
    async with gateway(Gateway(status=status)) as sms:
        with pytest.raises(NotifierUnavailable) as refused:
            await HttpNotifier(http, sms.url).send(code_message("+79000000103"), 5)
    assert not refused.value.sent
    assert "authorization" not in sms.told[0][0]


async def test_gateway_that_is_not_there_it_was_not_sent(http: httpx.AsyncClient) -> None:
    async with gateway(Gateway()) as gone:
        url = gone.url
    with pytest.raises(NotifierUnavailable) as refused:
        await HttpNotifier(http, url).send(code_message("+79000000103"), 5)
    assert not refused.value.sent


async def test_gateway_that_says_nothing_it_may_have_been_sent(http: httpx.AsyncClient) -> None:
    async with gateway(Gateway(status=0)) as sms:
        with pytest.raises(NotifierUnavailable) as slow:
            await HttpNotifier(http, sms.url).send(code_message("+79000000103"), 0.3)
    assert slow.value.sent
    assert len(sms.told) == 1


async def test_contact_it_decides_which_way_and_which_world(http: httpx.AsyncClient, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("canary-token\n")
    async with mail_server(MailServer()) as mail, gateway(Gateway()) as sms:
        ways = Ways(
            http,
            email_url=f"smtp://127.0.0.1:{mail.port}",
            email_from="no-reply@school.example",
            sms_url=sms.url + "/{world}",
            token_file=token,
        )
        notifier = ways.of_world("w-1")
        await notifier.send(code_message("vera@example.org"), 5)
        await notifier.send(code_message("+79000000103"), 5)
    assert [recipients for recipients, _ in mail.taken] == [["vera@example.org"]]
    assert [headers["authorization"] for headers, _ in sms.told] == ["Bearer canary-token"]


async def test_kind_of_contact_without_a_way_it_cannot_be_reached(http: httpx.AsyncClient) -> None:
    for recipient in ("vera@example.org", "+79000000103"):
        with pytest.raises(NotifierUnavailable) as refused:
            await Ways(http).of_world("default").send(code_message(recipient), 5)
        assert not refused.value.sent


def test_secret_that_cannot_be_read_it_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotifierFileError) as missing:
        Ways(httpx.AsyncClient(), token_file=tmp_path / "none")
    assert missing.value.setting == "TOKEN_FILE"


def test_message_it_does_not_show_itself_in_logs() -> None:
    shown = repr(code_message("vera@example.org"))
    assert "042137" not in shown
    assert "vera" not in shown
