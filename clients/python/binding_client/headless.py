"""A person without a browser: signs in on the simulator's pages by reading and sending their forms.

Works with the identity simulator only: the real providers' pages are not made to be driven.
"""

from collections.abc import Awaitable, Callable, Collection

import httpx

from binding_client._journey import (
    Doing,
    Journey,
    ReadCode,
    Redirect,
    Registration,
    Response,
    Send,
    SignInError,
    SignInRefused,
    StepUnexpected,
    VkAnswers,
    esia_journey,
    vk_journey,
)

__all__ = [
    "AsyncInbox",
    "AsyncPerson",
    "Inbox",
    "Person",
    "Redirect",
    "Registration",
    "SignInError",
    "SignInRefused",
    "StepUnexpected",
]

Inbox = Callable[[str], str]
"""Returns the newest one-time code for a phone (`+79…`) or e-mail address; `SimulatorControl.last_code` is one."""

AsyncInbox = Callable[[str], Awaitable[str]]
"""The same for an event loop; `AsyncSimulatorControl.last_code` is one."""


def _response(response: httpx.Response) -> Response:
    return Response(str(response.url), response.status_code, response.headers.get("location", ""), response.text)


def _request(doing: Send) -> tuple[str, str, dict[str, str | list[str]] | None]:
    return ("GET" if doing.data is None else "POST"), doing.url, doing.data


class Person:
    """A person who waits for the pages. The HTTP client's cookie jar is the person's browser."""

    def __init__(self, http: httpx.Client) -> None:
        """Takes the browser; its cookies are kept between sign-ins, redirects are followed by the person."""
        self.http = http

    def sign_in_esia(self, url: str, login: str, password: str, *, decision: str = "allow") -> Redirect:
        """Signs in at ESIA.

        Args:
            url: The authorization URL.
            login: Login name, phone, e-mail address or SNILS.
            password: The password.
            decision: "allow" or "deny" on the consent page.

        Returns:
            Where ESIA sent the browser at last, with a code or an error.

        Raises:
            SignInRefused: A page showed an error, such as a wrong password.
        """
        return self._walk(esia_journey(url, login, password, decision), None)

    def sign_in_vk(
        self,
        url: str,
        phone_or_email: str,
        *,
        inbox: Inbox | None,
        profile: str | None = None,
        scopes: Collection[str] | None = None,
        decision: str = "allow",
        register: Registration | None = None,
        account: str | None = None,
    ) -> Redirect:
        """Signs in at VK ID.

        Args:
            url: The authorization URL.
            phone_or_email: What the person types; the one-time code is looked for under it.
            inbox: Gives the one-time code.
            profile: User id of the profile to take, or "create"; None takes the only one.
            scopes: Scopes to allow; None allows what is ticked.
            decision: "allow" or "deny" on the consent page.
            register: What to say if VK ID makes an account or a learning profile.
            account: Id of the signed-in account to go on with; None signs in by `phone_or_email`.

        Returns:
            Where VK ID sent the browser at last, with code, state and device id or an error.

        Raises:
            SignInRefused: A page showed an error.
            StepUnexpected: A page asks for what was not given.
        """
        answers = VkAnswers(phone_or_email, profile, scopes, decision, register, account)
        return self._walk(vk_journey(url, answers), inbox)

    def _walk(self, journey: Journey, inbox: Inbox | None) -> Redirect:
        came: Response | str | None = None
        try:
            while True:
                doing: Doing = journey.send(came)  # type: ignore[arg-type]
                if isinstance(doing, ReadCode):
                    if inbox is None:
                        raise StepUnexpected("code")
                    came = inbox(doing.recipient)
                else:
                    method, url, data = _request(doing)
                    came = _response(self.http.request(method, url, data=data, follow_redirects=False))
        except StopIteration as end:
            return end.value


class AsyncPerson:
    """A person on an event loop. The HTTP client's cookie jar is the person's browser."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        """Takes the browser; its cookies are kept between sign-ins, redirects are followed by the person."""
        self.http = http

    async def sign_in_esia(self, url: str, login: str, password: str, *, decision: str = "allow") -> Redirect:
        """Signs in at ESIA, as `Person.sign_in_esia` does."""
        return await self._walk(esia_journey(url, login, password, decision), None)

    async def sign_in_vk(
        self,
        url: str,
        phone_or_email: str,
        *,
        inbox: AsyncInbox | None,
        profile: str | None = None,
        scopes: Collection[str] | None = None,
        decision: str = "allow",
        register: Registration | None = None,
        account: str | None = None,
    ) -> Redirect:
        """Signs in at VK ID, as `Person.sign_in_vk` does."""
        answers = VkAnswers(phone_or_email, profile, scopes, decision, register, account)
        return await self._walk(vk_journey(url, answers), inbox)

    async def _walk(self, journey: Journey, inbox: AsyncInbox | None) -> Redirect:
        came: Response | str | None = None
        try:
            while True:
                doing: Doing = journey.send(came)  # type: ignore[arg-type]
                if isinstance(doing, ReadCode):
                    if inbox is None:
                        raise StepUnexpected("code")
                    came = await inbox(doing.recipient)
                else:
                    method, url, data = _request(doing)
                    came = _response(await self.http.request(method, url, data=data, follow_redirects=False))
        except StopIteration as end:
            return end.value
