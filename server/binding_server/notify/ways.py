"""Which way a message goes: by the kind of contact, as the settings say."""

from collections.abc import Mapping
from pathlib import Path

import httpx

from binding_server.domain.model import ContactKind
from binding_server.notify.http import SCHEMES as HTTP_SCHEMES
from binding_server.notify.http import HttpNotifier
from binding_server.notify.smtp import SmtpNotifier
from binding_server.use_cases.contact_ports import CodeMessage, Notifier, NotifierUnavailable


class NotifierFileError(Exception):
    """A file with a secret cannot be read. `setting` names it without its prefix."""

    def __init__(self, setting: str, text: str) -> None:
        super().__init__(text)
        self.setting = setting


class NotifierByKind:
    """Sends mail one way and text messages another. Implements the port `Notifier`.

    Args:
        ways: by kind of contact; a kind that is missing cannot be reached.
    """

    def __init__(self, ways: Mapping[ContactKind, Notifier]) -> None:
        self._ways = ways

    async def send(self, message: CodeMessage, timeout_s: float) -> None:
        """Sends a message. Raises NotifierUnavailable."""
        way = self._ways.get(message.recipient.kind)
        if way is None:
            raise NotifierUnavailable(sent=False)
        await way.send(message, timeout_s)


class Ways:
    """The ways that are set up; an address may hold `{world}`.

    Args:
        http: shared and pooled.
        email_url: a mail server or a gateway; empty for none.
        email_from: address that mail comes from.
        email_password_file: password at the mail server.
        sms_url: a gateway; empty for none.
        token_file: token for gateways.

    Raises:
        NotifierFileError: a file cannot be read.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        email_url: str = "",
        email_from: str = "",
        email_password_file: Path | None = None,
        sms_url: str = "",
        token_file: Path | None = None,
    ) -> None:
        self._http = http
        self._urls = {ContactKind.EMAIL: email_url, ContactKind.PHONE: sms_url}
        self._from = email_from
        self._password = _secret(email_password_file, "EMAIL_PASSWORD_FILE")
        self._token = _secret(token_file, "TOKEN_FILE")

    def of_world(self, name: str) -> NotifierByKind:
        """Returns the notifier of a world."""
        urls = {kind: url.replace("{world}", name) for kind, url in self._urls.items() if url}
        return NotifierByKind({kind: self._way(url) for kind, url in urls.items()})

    def _way(self, url: str) -> Notifier:
        if url.partition("://")[0] in HTTP_SCHEMES:
            return HttpNotifier(self._http, url, self._token)
        return SmtpNotifier(url, self._from, self._password)


def _secret(path: Path | None, setting: str) -> str:
    if path is None:
        return ""
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise NotifierFileError(setting, f"{path} cannot be read") from error
