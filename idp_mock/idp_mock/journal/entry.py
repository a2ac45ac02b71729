"""An exchange as people and programs may see it."""

import json
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from idp_mock.faults.gate import pairs_of
from idp_mock.journal.journal import Exchange
from idp_mock.journal.redaction import Redactor
from idp_mock.world.refusals import Provider

SERVICE_AGENT = "sferum-binding-server"
"""How the binding service calls itself in `user-agent`."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal; what each member means is said in `journal_service.proto`."""

    number: int
    time: datetime
    real_time: datetime
    duration_s: float
    provider: Provider
    sender: str
    method: str
    path: str
    parameters: dict[str, str]
    status: int
    answer: dict[str, str]
    client: str
    person: str
    error: str
    explanations: tuple[str, ...]
    faults: tuple[str, ...]


def entry_of(exchange: Exchange, redactor: Redactor) -> Entry:
    """Shows an exchange."""
    answer, error = _answer(exchange, redactor)
    pairs = pairs_of(exchange.query) + (pairs_of(exchange.body) if "urlencoded" in exchange.content_type else [])
    parameters = redactor.parameters(pairs)
    if "json" in exchange.content_type:
        parameters |= redactor.members(_json(exchange.body))
    return Entry(
        number=exchange.number,
        time=exchange.time,
        real_time=exchange.real_time,
        duration_s=exchange.duration_s,
        provider=exchange.provider,
        sender=_sender(exchange),
        method=exchange.method,
        path=exchange.path,
        parameters=parameters,
        status=exchange.status,
        answer=answer,
        client=exchange.client,
        person=exchange.person,
        error=error or (exchange.refusals[-1][0] if exchange.refusals else ""),
        explanations=tuple(explanation for _, explanation in exchange.refusals),
        faults=exchange.faults,
    )


def _answer(exchange: Exchange, redactor: Redactor) -> tuple[dict[str, str], str]:
    if exchange.location:
        pairs = pairs_of(urlsplit(exchange.location).query.encode())
        shown = redactor.parameters(pairs)
        address = urlsplit(exchange.location)._replace(query="", fragment="").geturl()
        return {"location": address, **shown}, dict(pairs).get("error", "")
    document = _json(exchange.answer_body)
    error = document.get("error", "") if isinstance(document, dict) else ""
    if isinstance(error, dict):
        error = error.get("error_code", "error")
    if not error and exchange.status >= 400:
        error = f"HTTP {exchange.status}"
    return redactor.members(document) if document is not None else {}, str(error)


def _json(body: bytes) -> object:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return None


def _sender(exchange: Exchange) -> str:
    if exchange.user_agent.startswith(SERVICE_AGENT):
        return "service"
    back_channel = (
        ("/rs/", "/aas/oauth2/te", "/aas/oauth2/v3/te")
        if exchange.provider == "esia"
        else ("/oauth2/", "/method/", "/.well-known/")
    )
    return "client" if exchange.path.startswith((*back_channel, "/public/")) else "browser"
