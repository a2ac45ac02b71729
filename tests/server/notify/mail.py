"""Mail servers and gateways on free loopback ports, as messages meet them."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass
class MailServer:
    """A mail server that keeps what it takes. `answer` is what it says to each message; `stalled` never says it."""

    answer: str = "250 OK"
    stalled: bool = False
    port: int = 0
    taken: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("unknown"):
            return "550 No such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        mail: Any = message_from_bytes(content, policy=policy.default)
        self.taken.append((list(envelope.rcpt_tos), mail))
        self.arrived.set()
        if self.stalled:
            await asyncio.Event().wait()
        return self.answer


def only_sferum(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    """Lets one user in."""
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"sferum", b"canary-password")
    return AuthResult(success=right)


@asynccontextmanager
async def mail_server(
    mail: MailServer, *, tls: ssl.SSLContext | None = None, start_tls: ssl.SSLContext | None = None
) -> AsyncIterator[MailServer]:
    """Serves mail, over TLS from the first byte or from STARTTLS on; with TLS only for one user."""
    encrypted = tls or start_tls

    def protocol() -> SMTP:
        return SMTP(
            mail,
            enable_SMTPUTF8=True,
            hostname="mail.example",
            tls_context=start_tls,
            require_starttls=start_tls is not None,
            authenticator=only_sferum if encrypted else None,
            auth_required=encrypted is not None,
            auth_require_tls=start_tls is not None,
        )

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0, ssl=tls)
    mail.port = server.sockets[0].getsockname()[1]
    try:
        yield mail
    finally:
        server.close()


@dataclass
class Gateway:
    """A gateway over HTTP that keeps what it is told. `status` is its answer; 0 for none at all."""

    status: int = 200
    port: int = 0
    told: list[tuple[dict[str, str], Any]] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/messages"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers["content-length"]))
        self.told.append((headers, json.loads(body)))
        self.arrived.set()
        if self.status:
            writer.write(f"HTTP/1.1 {self.status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
            await writer.drain()
            writer.close()
        else:
            await reader.read()
            writer.close()


@asynccontextmanager
async def gateway(made: Gateway) -> AsyncIterator[Gateway]:
    """Serves a gateway."""
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
