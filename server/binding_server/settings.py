"""Settings of the server, from the environment. Every name begins with `BINDING_`."""

import ipaddress
import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from binding_server.domain.limits import Limit, Limits
from binding_server.domain.options import Options

PREFIX = "BINDING_"
_LISTEN = re.compile(r"(?P<host>\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+):(?P<port>[0-9]{1,5})")


class SettingsError(Exception):
    """Settings are wrong; the text has a line per mistake, which names the setting."""


def _address(text: str) -> str:
    found = _LISTEN.fullmatch(text)
    if not found or int(found["port"]) > 65535:
        raise ValueError("expected host:port, such as 127.0.0.1:50051")
    return text


def _http_url(text: str) -> str:
    if not re.match(r"https?://[^/\s]+", text):
        raise ValueError("expected an address that begins with http:// or https://")
    return text.rstrip("/")


def _notifier_url(text: str) -> str:
    if not re.match(r"(https?|smtps?|smtp\+starttls)://[^/\s]+", text):
        raise ValueError(
            "expected an address that begins with smtp://, smtp+starttls://, smtps://, http:// or https://"
        )
    return text.rstrip("/")


def _paths(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _state_dir() -> Path:
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "sferum-binding"


Address = Annotated[str, AfterValidator(_address)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
NotifierUrl = Annotated[str, AfterValidator(_notifier_url)]


class Settings(BaseSettings):
    """Everything that can be set. Paths may be relative to the working directory; `{world}` in an address stands for
    the name of a world."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    listen: Address = "127.0.0.1:50051"
    """Where gRPC is served, `host:port`; port 0 picks a free one."""
    tls_certificate_file: Path | None = None
    """The server's certificate and those between it and its authority, PEM; gRPC is not encrypted if not set. Read
    again when it changes."""
    tls_key_file: Path | None = None
    """Private key of that certificate, PEM, not encrypted."""
    tls_client_ca_file: Path | None = None
    """Authorities of the clients, PEM; if set a client has to show a certificate of theirs."""
    state_dir: Path = Field(default_factory=_state_dir)
    """Folder for what the server keeps itself: database file and secret."""
    database_url: str = ""
    """`sqlite:///…`; the file binding.db in the state folder if not set."""
    secret_file: Path | None = None
    """32 random bytes in hexadecimal, from which the keys for digests and sealing are made; `secret.key` in the state
    folder if not set, and then made on the first start if only this machine can reach the server."""
    callers_file: Path
    """Who may call: systems of ESIA, and back ends with their keys."""

    esia_url: HttpUrl = "http://127.0.0.1:8101"
    """Where ESIA answers."""
    esia_issuer: str = "http://esia.gosuslugi.ru/"
    """What ESIA writes as issuer into its tokens: not its address."""
    esia_keys: Annotated[tuple[Path, ...], NoDecode, BeforeValidator(_paths)] = Field(min_length=1)
    """ESIA's keys: certificates, public keys or esia.zip, separated by commas; read again when a file changes."""

    vk_id_url: HttpUrl = "http://127.0.0.1:8102"
    """Where VK ID answers."""
    vk_api_url: HttpUrl | None = None
    """Where VK's API (`/method/…`) answers; VK ID's address if not set."""
    vk_app_id: int = Field(default=51000066, gt=0)
    """Number of the service's VK ID application."""
    vk_scopes: str = "vkid.personal_info phone email"
    """What the person is asked to share, separated by blanks."""

    event_retention_days: float = Field(default=30, ge=0)
    """How long events are kept for those who follow; one who comes back later begins with a snapshot."""
    request_retention_days: float = Field(default=7, ge=1)
    """How long a repeat of a request with a `request_id` gets the answer of the first one."""
    record_retention_days: float = Field(default=1096, ge=0)
    """How long audit records and decisions are kept, three years unless set otherwise; 0 for ever."""
    watch_heartbeat_s: float = Field(default=15, gt=0)
    """How long a watch says nothing at most, in seconds."""
    watch_patience_s: float = Field(default=60, gt=0)
    """How long a follower may leave one message unread, in seconds, before its watch ends."""
    housekeeping_s: float = Field(default=30, gt=0)
    """How often the server cleans up, in seconds."""
    reconcile_hours: float = Field(default=0, ge=0)
    """How often the server compares who is in which chat with what that follows from, and repairs it; 0 for never."""

    notifier_email_url: NotifierUrl | None = None
    """Where mail with one-time codes goes: `smtp://`, `smtp+starttls://` or `smtps://` and the mail server, or the
    address of a gateway over HTTP; no codes go to e-mail addresses if not set."""
    notifier_email_from: str = "sferum-binding@localhost"
    """Address that the mail comes from."""
    notifier_email_password_file: Path | None = None
    """Holds the password of the user in the mail server's address."""
    notifier_sms_url: HttpUrl | None = None
    """Gateway for text messages with one-time codes; no codes go to phones if not set."""
    notifier_token_file: Path | None = None
    """Holds the token that gateways over HTTP get as `authorization: Bearer`."""

    limit_probes_per_10_min: int = Field(default=30, gt=0)
    """How many refusals that tell something of others a person may collect."""
    limit_starts_per_hour: int = Field(default=60, gt=0)
    """How many bindings a person may start."""
    limit_tickets_per_day: int = Field(default=10, gt=0)
    """How many tickets a person may file."""

    visit_minutes: float = Field(default=30, gt=0)
    """How long a visit to the school lasts, in minutes."""
    release_by_vk_proof: bool = False
    """Whether a profile's owner may end its binding in another account by binding it in an own one."""
    guardian_unbind: bool = False
    """Whether a parent or legal representative may end the binding of a child under 14."""
    screenshot_days: float = Field(default=30, ge=0)
    """How long the picture of a support ticket is kept after the ticket's end, in days."""

    metrics_listen: Address | None = None
    """Where Prometheus metrics are served over HTTP, `host:port`; not served if not set."""

    @property
    def limits(self) -> Limits:
        """How often a person may do what."""
        return Limits(
            probes=Limit(self.limit_probes_per_10_min, timedelta(minutes=10)),
            start_binding=Limit(self.limit_starts_per_hour, timedelta(hours=1)),
            tickets=Limit(self.limit_tickets_per_day, timedelta(days=1)),
        )

    @model_validator(mode="after")
    def _tls_is_whole(self) -> Self:
        if (self.tls_certificate_file is None) != (self.tls_key_file is None):
            raise ValueError("TLS_CERTIFICATE_FILE and TLS_KEY_FILE go together")
        if self.tls_client_ca_file is not None and self.tls_key_file is None:
            raise ValueError("TLS_CLIENT_CA_FILE needs TLS_CERTIFICATE_FILE and TLS_KEY_FILE")
        return self

    @property
    def options(self) -> Options:
        """What is allowed beyond the rules."""
        return Options(self.release_by_vk_proof, self.guardian_unbind)

    @property
    def listens_on_loopback(self) -> bool:
        """True if only programs on this machine can reach the server."""
        return is_loopback(self.listen)


def is_loopback(address: str) -> bool:
    """True if a `host:port` is reachable from this machine only."""
    host = address.rpartition(":")[0].strip("[]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def read_settings() -> Settings:
    """Reads the environment.

    Raises:
        SettingsError: a value is missing or wrong; every one is named.
    """
    try:
        return Settings()  # pyright: ignore[reportCallIssue]
    except ValidationError as error:
        # What settings say together has no place of its own: its text names them.
        places = ["".join(f"{place}: ".upper() for place in item["loc"][:1]) for item in error.errors()]
        texts = [item["msg"].removeprefix("Value error, ") for item in error.errors()]
        lines = [PREFIX + place + text for place, text in zip(places, texts, strict=True)]
        raise SettingsError("\n".join(lines)) from error
