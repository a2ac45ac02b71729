"""The control API over HTTP, with nothing but the standard library."""

import json
import urllib.error
import urllib.request
from typing import Any

_TIMEOUT_S = 70.0
# A proxy of the environment must not stand between programs of one machine.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class ControlFailed(Exception):
    """A control call failed.

    Attributes:
        code: name of the gRPC code, such as `NOT_FOUND`.
        message: which field, or what was wrong.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class Control:
    """Calls of one simulator.

    Args:
        url: base URL of its control over HTTP, such as `http://127.0.0.1:8103`.
        token: its control token, if it has one.
    """

    def __init__(self, url: str, token: str = "") -> None:
        self.url = url.rstrip("/")
        self._token = token

    def call(self, method: str, **fields: Any) -> dict[str, Any]:
        """Calls a method, such as `call("AdvanceClock", world="w", duration="600s")`; fields as in the proto files.

        Raises:
            ControlFailed: the simulator refused, or nobody answers (`UNAVAILABLE`).
        """
        headers = {"content-type": "application/json"}
        if self._token:
            headers["authorization"] = f"Bearer {self._token}"
        request = urllib.request.Request(  # noqa: S310 - the address is the tester's own
            f"{self.url}/control/v1/{method}", json.dumps(fields).encode(), headers
        )
        try:
            with _OPENER.open(request, timeout=_TIMEOUT_S) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                raise _failed(error.code, error.read()) from None
        except OSError as error:
            raise ControlFailed("UNAVAILABLE", f"{self.url}: {error}") from None


def _failed(status: int, body: bytes) -> ControlFailed:
    try:
        document = json.loads(body)
        return ControlFailed(document["code"], document["message"])
    except (ValueError, KeyError, TypeError):
        return ControlFailed("UNKNOWN", f"HTTP {status}")
