"""Mail with one-time codes, over a real SMTP connection."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from binding_server.domain.contact_codes import message
from binding_server.identity.contacts import ContactForms
from binding_server.notify.smtp import SmtpNotifier, wire_address
from binding_server.use_cases.contact_ports import CodeMessage, NotifierUnavailable
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from .mail import MailServer, mail_server

SENDER = "no-reply@school.example"


def code_message(recipient: str, language: str = "ru") -> CodeMessage:
    """A message with the code 042137."""
    subject, text = message("042137", language)
    return CodeMessage(ContactForms().parse(recipient), subject, text, "042137")


def plain(mail: MailServer) -> SmtpNotifier:
    """A notifier that sends by a server without TLS."""
    return SmtpNotifier(f"smtp://127.0.0.1:{mail.port}", SENDER)


@pytest.fixture
async def mail() -> AsyncIterator[MailServer]:
    async with mail_server(MailServer()) as running:
        yield running


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key with a certificate of `localhost` in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "mail.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + made.public_bytes(Encoding.PEM))
    return path


@pytest.mark.parametrize(("language", "subject"), [("ru", "Код подтверждения"), ("en", "Confirmation code")])
async def test_mail_with_a_code_it_arrives_with_subject_and_digits(
    mail: MailServer, language: str, subject: str
) -> None:
    await plain(mail).send(code_message("vera@example.org", language), 5)
    [(recipients, taken)] = mail.taken
    assert recipients == ["vera@example.org"]
    assert (taken["from"], taken["to"], taken["subject"]) == (SENDER, "vera@example.org", subject)
    assert "042137" in taken.get_content()


@pytest.mark.parametrize(
    ("typed", "wire"),
    [
        ("vera@пример.рф", "vera@xn--e1afmkfd.xn--p1ai"),
        ("почта@пример.рф", "почта@xn--e1afmkfd.xn--p1ai"),
        ("vera+diary@example.org", "vera+diary@example.org"),
    ],
)
async def test_mail_to_another_alphabet_it_goes_to_the_address_that_servers_know(
    mail: MailServer, typed: str, wire: str
) -> None:
    assert wire_address(typed) == wire
    await plain(mail).send(code_message(typed), 5)
    assert [recipients for recipients, _ in mail.taken] == [[wire]]


async def test_mail_that_the_server_refuses_it_was_not_sent(mail: MailServer) -> None:
    with pytest.raises(NotifierUnavailable) as unknown:
        await plain(mail).send(code_message("unknown@example.org"), 5)
    assert not unknown.value.sent
    mail.answer = "451 Not now"
    with pytest.raises(NotifierUnavailable) as later:
        await plain(mail).send(code_message("vera@example.org"), 5)
    assert not later.value.sent


async def test_mail_server_that_is_not_there_it_was_not_sent(mail: MailServer) -> None:
    port = mail.port
    async with mail_server(MailServer()) as gone:
        port = gone.port
    with pytest.raises(NotifierUnavailable) as refused:
        await SmtpNotifier(f"smtp://127.0.0.1:{port}", SENDER).send(code_message("vera@example.org"), 5)
    assert not refused.value.sent


async def test_mail_server_that_takes_a_mail_and_says_nothing_it_may_have_been_sent(mail: MailServer) -> None:
    mail.stalled = True
    with pytest.raises(NotifierUnavailable) as slow:
        await plain(mail).send(code_message("vera@example.org"), 0.5)
    assert slow.value.sent
    assert len(mail.taken) == 1


async def test_mail_server_that_never_greets_it_was_not_sent() -> None:
    silent = await asyncio.start_server(lambda reader, writer: asyncio.sleep(0), "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    async with silent:
        with pytest.raises(NotifierUnavailable) as slow:
            await SmtpNotifier(f"smtp://127.0.0.1:{port}", SENDER).send(code_message("vera@example.org"), 0.3)
    assert not slow.value.sent


async def test_mail_without_any_time_left_it_is_not_tried(mail: MailServer) -> None:
    with pytest.raises(NotifierUnavailable) as refused:
        await plain(mail).send(code_message("vera@example.org"), 0)
    assert not refused.value.sent
    assert mail.taken == []


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
async def test_mail_over_tls_it_signs_in_and_arrives(certificate: Path, scheme: str) -> None:
    ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ours.load_cert_chain(certificate)
    trusted = ssl.create_default_context(cafile=str(certificate))
    served = {"tls": ours} if scheme == "smtps" else {"start_tls": ours}
    async with mail_server(MailServer(), **served) as mail:
        url = f"{scheme}://sferum@localhost:{mail.port}"
        await SmtpNotifier(url, SENDER, "canary-password", trusted).send(code_message("vera@example.org"), 5)
        assert len(mail.taken) == 1
        with pytest.raises(NotifierUnavailable) as wrong:
            await SmtpNotifier(url, SENDER, "another", trusted).send(code_message("vera@example.org"), 1)
        assert not wrong.value.sent
        with pytest.raises(NotifierUnavailable) as untrusted:
            await SmtpNotifier(url, SENDER, "canary-password").send(code_message("vera@example.org"), 1)
        assert not untrusted.value.sent
        assert len(mail.taken) == 1
