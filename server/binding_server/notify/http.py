"""Messages through a gateway that takes them over HTTP: for text messages, and for the simulator's inbox."""

import asyncio

import httpx

from binding_server.use_cases.contact_ports import CodeMessage, NotifierUnavailable

SCHEMES = ("http", "https")
_CONNECTING_SHARE = 0.5


class HttpNotifier:
    """Posts `{"recipient": …, "text": …, "code": …}` as JSON to one address; any 2xx means that the message is taken.

    Args:
        http: shared and pooled.
        url: the gateway's address.
        token: sent as `authorization: Bearer`; empty for none.
    """

    def __init__(self, http: httpx.AsyncClient, url: str, token: str = "") -> None:
        self._http = http
        self._url = url
        self._headers = {"authorization": f"Bearer {token}"} if token else {}

    async def send(self, message: CodeMessage, timeout_s: float) -> None:
        """Sends a message, once. Raises NotifierUnavailable: `sent` unless the gateway cannot have taken it."""
        if timeout_s <= 0:
            raise NotifierUnavailable(sent=False)
        document = {"recipient": message.recipient.value, "text": message.text, "code": message.code}
        connecting = timeout_s * _CONNECTING_SHARE
        waits = httpx.Timeout(timeout_s, connect=connecting, pool=connecting)
        try:
            async with asyncio.timeout(timeout_s):
                answer = await self._http.post(self._url, json=document, headers=self._headers, timeout=waits)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
            raise NotifierUnavailable(sent=False) from error
        except (httpx.HTTPError, TimeoutError) as error:
            raise NotifierUnavailable(sent=True) from error
        if not answer.is_success:
            raise NotifierUnavailable(sent=False)
