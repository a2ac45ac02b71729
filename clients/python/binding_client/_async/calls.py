"""The connection to the service, and what every call goes through."""

from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import grpc

from binding_client._rpc import UNSET, Attempts, CallSettings, Stubs, Token, Unset, channel_options, parse_target
from binding_client._transport_aio import Channel, insecure_channel, secure_channel, sleep
from binding_client.errors import from_rpc_error


class Calls:
    """A client with no calls of its own.

    Attributes:
        stubs: The generated stubs, for what the methods do not offer.
    """

    def __init__(self, channel: Channel, settings: CallSettings, *, owns_channel: bool = True) -> None:
        self.stubs = Stubs(channel)
        self._channel = channel
        self._settings = settings
        self._owns_channel = owns_channel

    @classmethod
    def connect(
        cls,
        target: str,
        *,
        token: Token = None,
        language: str = "ru",
        world: str | None = None,
        timeout_s: float = 10.0,
        retries: bool = True,
        on_behalf_of: Token = None,
        tls: grpc.ChannelCredentials | None = None,
    ) -> Self:
        """Returns a client of the service at `target`; the connection is made by the first call.

        Args:
            target: `host:port`, such as "127.0.0.1:50051"; `grpcs://host:port` for TLS with the authorities that this
                machine trusts.
            token: Bearer token, or a function that returns one for each call.
            language: Language of texts in answers, "ru" or "en".
            world: World of a service with `--test-worlds`.
            timeout_s: Seconds to wait for an answer, unless a call says otherwise.
            retries: Repeat safe calls while the service is unavailable.
            on_behalf_of: ESIA access token of the person for whom a back end acts, or a function that returns one.
            tls: Credentials of an encrypted channel, such as `grpc.ssl_channel_credentials()`; tokens then go as gRPC
                call credentials. Without them the channel is open: for this machine, or behind a proxy that encrypts.
        """
        address, tls = parse_target(target, tls)
        options = channel_options(address)
        if tls is None:
            channel = insecure_channel(address, options=options)
        else:
            channel = secure_channel(address, tls, options=options)
        settings = CallSettings(token, language, world, timeout_s, on_behalf_of, retries, secure=tls is not None)
        return cls(channel, settings)

    def using(
        self,
        *,
        token: Token | Unset = UNSET,
        language: str | Unset = UNSET,
        world: str | Unset | None = UNSET,
        timeout_s: float | Unset = UNSET,
        on_behalf_of: Token | Unset = UNSET,
    ) -> Self:
        """Returns a client over the same connection with other settings; closing it does not close the connection.

        A back end that acts for persons takes one view per person: `client.using(on_behalf_of=their_esia_token)`.
        """
        settings = self._settings.changed(
            token=token, language=language, world=world, timeout_s=timeout_s, on_behalf_of=on_behalf_of
        )
        return type(self)(self._channel, settings, owns_channel=False)

    async def close(self) -> None:
        """Closes the connection, if this client made it."""
        if self._owns_channel:
            await self._channel.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _call(self, method: Callable[..., Any], request: Any, timeout_s: float | None) -> Any:
        attempts = Attempts(request, self._settings, timeout_s)
        while True:
            try:
                return await method(request, timeout=attempts.left_s(), **self._settings.options())
            except grpc.RpcError as error:
                pause = attempts.pause_s(error)
                if pause is None:
                    raise from_rpc_error(error) from None
            await sleep(pause)
