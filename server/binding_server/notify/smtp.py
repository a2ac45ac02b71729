"""Mail over SMTP."""

import asyncio
import ssl
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import aiosmtplib
from email_validator import validate_email

from binding_server.use_cases.contact_ports import CodeMessage, NotifierUnavailable

SCHEMES = ("smtp", "smtp+starttls", "smtps")
_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


class SmtpNotifier:
    """Sends mail through one server, over a connection of its own for each message: codes are few.

    Args:
        url: `smtp://HOST[:PORT]`, `smtp+starttls://[USER@]HOST[:PORT]` or `smtps://[USER@]HOST[:PORT]`.
        sender: address that the mail comes from.
        password: of the user in the address; empty for none.
        tls: how certificates are checked; as the machine does it if None.
    """

    def __init__(self, url: str, sender: str, password: str = "", tls: ssl.SSLContext | None = None) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or ""
        self._port = parts.port or _PORTS[parts.scheme]
        self._scheme = parts.scheme
        self._user = unquote(parts.username or "")
        self._password = password
        self._sender = sender
        self._tls = tls

    async def send(self, message: CodeMessage, timeout_s: float) -> None:
        """Sends a message. Raises NotifierUnavailable: `sent` unless the server cannot have taken it."""
        if timeout_s <= 0:
            raise NotifierUnavailable(sent=False)
        recipient = wire_address(message.recipient.value)
        mail = EmailMessage()
        mail["From"] = self._sender
        mail["To"] = recipient
        mail["Subject"] = message.subject
        mail.set_content(message.text)
        client = aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            use_tls=self._scheme == "smtps",
            start_tls=self._scheme == "smtp+starttls",
            username=self._user or None,
            password=self._password or None,
            tls_context=self._tls,
            timeout=timeout_s,
        )
        handed_over = False
        try:
            async with asyncio.timeout(timeout_s):
                await client.connect()
                handed_over = True
                await client.send_message(mail, sender=self._sender, recipients=[recipient])
        except aiosmtplib.SMTPResponseException as refused:
            # The server has answered: it did not take the message.
            raise NotifierUnavailable(sent=False) from refused
        except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as error:
            raise NotifierUnavailable(sent=handed_over and not _refused(error)) from error
        finally:
            client.close()


def wire_address(address: str) -> str:
    """Returns an address as mail servers know it: a domain in another alphabet as `xn--…`, which all of them take."""
    found = validate_email(address, check_deliverability=False)
    return f"{found.local_part}@{found.ascii_domain}"


def _refused(error: Exception) -> bool:
    return isinstance(error, aiosmtplib.SMTPRecipientsRefused | aiosmtplib.SMTPNotSupported)
