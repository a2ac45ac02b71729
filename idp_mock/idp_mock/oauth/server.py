"""Authlib's authorization server without a web framework.

The core of Authlib is synchronous. All state here is in memory, so a request runs from start to end on the event loop
and single use needs no lock. The web layer reads the form first, hands over a `FormRequest` and turns the `Answer` into
a response.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from authlib.oauth2.rfc6749 import AuthorizationServer as AuthlibServer
from authlib.oauth2.rfc6749 import JsonRequest, OAuth2Payload, OAuth2Request


class Parameters(OAuth2Payload):
    """Decoded parameters of a request. `data` holds the first of each name, `datalist` all of them."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._lists: defaultdict[str, list[str]] = defaultdict(list)
        for key, value in pairs:
            self._lists[key].append(value)
        self._data = {key: values[0] for key, values in self._lists.items()}

    @property
    def data(self) -> dict[str, str]:
        """The first value of each parameter."""
        return self._data

    @property
    def datalist(self) -> defaultdict[str, list[str]]:
        """All values of each parameter."""
        return self._lists


class FormRequest(OAuth2Request):
    """A request whose query and form have been read.

    Args:
        method: HTTP method.
        uri: absolute address, without the query.
        headers: HTTP headers.
        pairs: parameters of query and form, decoded.
    """

    def __init__(self, method: str, uri: str, headers: Mapping[str, str], pairs: Sequence[tuple[str, str]]) -> None:
        super().__init__(method, uri, headers=headers)
        self.payload: Parameters = Parameters(pairs)  # pyright: ignore[reportIncompatibleVariableOverride]

    @property
    def args(self) -> dict[str, str | None]:
        """What Authlib's own client authentication calls the query."""
        return dict(self.payload.data)

    @property
    def form(self) -> dict[str, str]:
        """What Authlib's own client authentication calls the form."""
        return self.payload.data


@dataclass(slots=True)
class Answer:
    """An HTTP answer: `body` is a JSON document, text or empty."""

    status: int
    body: dict[str, Any] | str
    headers: list[tuple[str, str]] = field(default_factory=list)


class AuthorizationServer(AuthlibServer):
    """Thin subclass: a provider adds `query_client`, `save_token`, its grants and its dialect of errors.

    `handle_error_response(request, error)` is the one place through which every refusal of the core goes.
    """

    def create_oauth2_request(self, request: FormRequest) -> FormRequest:
        """A request is read before the core sees it, so it is taken as it is."""
        return request

    def create_json_request(self, request: object) -> JsonRequest:
        """Neither provider has JSON requests in the core's reach."""
        raise NotImplementedError

    def handle_response(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, status: int, body: dict[str, Any] | str | None, headers: Iterable[tuple[str, str]]
    ) -> Answer:
        """Keeps the core's answer for the web layer."""
        return Answer(status, body if body is not None else "", list(headers))

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""
