"""Settings of the simulator, from the environment and the command line."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

PREFIX = "IDP_MOCK_"
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})

Port = Annotated[int, Field(ge=0, le=65535)]


class BadSetting(Exception):
    """A setting has a value that it cannot have; the message names the setting."""


def _state_dir() -> Path:
    home = os.environ.get("XDG_STATE_HOME")
    return (Path(home) if home else Path.home() / ".local" / "state") / "sferum-idp-mock"


class SimulatorSettings(BaseModel):
    """Where the simulator listens and where its files lie. Port 0 is any free one.

    Each field is the variable `IDP_MOCK_{FIELD}` and the option `--{field}`. Read once, at start. pydantic-settings
    would do the same, but takes half as long to import as the rest of the program.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    esia_port: Port = Field(default=8101, description="Port of ESIA.")
    vk_id_port: Port = Field(default=8102, description="Port of VK ID and the VK API.")
    control_port: Port = Field(default=8103, description="Port of the control calls over HTTP.")
    control_grpc_port: Port = Field(default=50052, description="Port of the control calls over gRPC.")
    control_token: str = Field(
        default="", description="What control calls must carry; needed if not only this machine can call.", repr=False
    )
    state_file: Path | None = Field(
        default=None, description="File that keeps all worlds over a restart; none if not set."
    )
    state_every_s: float = Field(
        default=10.0, ge=0.1, description="How often a changed state is written to it, in seconds."
    )
    tls: bool = Field(
        default=False, description="Answer over TLS too, under the providers' names, with a local authority."
    )
    esia_tls_port: Port = Field(default=8441, description="Port of ESIA over TLS.")
    vk_id_tls_port: Port = Field(default=8442, description="Port of VK ID and the VK API over TLS.")
    state_dir: Path = Field(
        default_factory=_state_dir, description="Folder of the signing keys, esia.zip and esia.pem."
    )
    client_certificates: Path | None = Field(
        default=None,
        description="Folder of ESIA's client certificates {mnemonic}.crt; {state_dir}/clients if not set.",
    )

    @property
    def listens_on_loopback(self) -> bool:
        """Whether only this machine can call."""
        return self.host.lower() in LOOPBACK_NAMES or self.host.startswith("127.")

    @property
    def certificates_dir(self) -> Path:
        """The folder of the clients' certificates."""
        return self.client_certificates or self.state_dir / "clients"


def read_settings(environment: Mapping[str, str], options: Mapping[str, Any]) -> SimulatorSettings:
    """Settings from the environment; options that are not None go before it.

    Raises:
        BadSetting: a value that cannot be; all of them are named.
    """
    values: dict[str, Any] = {}
    for name in SimulatorSettings.model_fields:
        text = environment.get(variable(name))
        if text:
            values[name] = text
        if options.get(name) is not None:
            values[name] = options[name]
    try:
        return SimulatorSettings.model_validate(values)
    except ValidationError as error:
        faults = [f"{variable(str(fault['loc'][0]))}: {fault['msg']}" for fault in error.errors()]
        raise BadSetting("; ".join(faults)) from None


def variable(field: str) -> str:
    """The environment variable of a field."""
    return f"{PREFIX}{field.upper()}"


def option(field: str) -> str:
    """The command line option of a field."""
    return f"--{field.replace('_', '-')}"
