"""Settings, read from environment variables with the prefix `DIARY_WEB_`."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


def default_state_dir() -> Path:
    """The user's state directory for this program (XDG base directories)."""
    root = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(root).expanduser() / "sferum-diary-web"


class Settings(BaseSettings):
    """What a deployment can set; every field is the variable `DIARY_WEB_` + its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="DIARY_WEB_", extra="ignore")

    listen: str = "127.0.0.1:8100"
    """Where to listen, `host:port`; port 0 takes a free one."""
    public_url: str | None = None
    """The address that people type. Without it the diary answers under loopback names only."""
    esia_url: str = "http://127.0.0.1:8101"
    """Where this program reaches ESIA."""
    esia_public_url: str | None = None
    """Where people's browsers reach ESIA, if that is another address."""
    esia_client_id: str = Field(default="EDIARY66", pattern=r"^[A-Za-z0-9_-]{1,64}$")
    """Mnemonic of the diary as an ESIA system; also the name of its key files."""
    esia_scopes: str = "openid fullname email mobile"
    """Scopes asked of ESIA, separated by spaces."""
    binding_target: str = Field(default="127.0.0.1:50051", pattern=r"^\S+$")
    """gRPC address of the binding service, `host:port`; `grpcs://host:port` for TLS."""
    state_dir: Path = Field(default_factory=default_state_dir)
    """Directory of the ESIA system key; made when missing."""
    timeout_s: float = Field(default=10.0, gt=0, le=120)
    """Deadline of one call to ESIA or to the binding service, in seconds."""
    session_idle_s: int = Field(default=1800, ge=60, le=2_592_000)
    """A session that is not used for so many seconds is dropped; at most 30 days."""
    log_format: str = Field(default="console", pattern="^(console|json)$")
    """How log lines look on stderr."""

    @field_validator("listen")
    @classmethod
    def _is_host_and_port(cls, value: str) -> str:
        host, separator, port = value.rpartition(":")
        if not separator or not host or not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > 65535:
            raise ValueError("must be host:port, such as 127.0.0.1:8100")
        return value

    @field_validator("public_url", "esia_url", "esia_public_url")
    @classmethod
    def _is_web_address(cls, value: str | None) -> str | None:
        if not value:
            return None
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
            raise ValueError("must be an address such as https://dnevnik.example")
        return value.rstrip("/")

    @property
    def host(self) -> str:
        """Host part of `listen`, without the brackets of an IPv6 address."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """Port part of `listen`."""
        return int(self.listen.rpartition(":")[2])

    @property
    def browser_esia_url(self) -> str:
        """ESIA as a browser sees it."""
        return self.esia_public_url or self.esia_url
