"""A person of a world, for tests on an event loop."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from sferum.binding.v1.binding_service_pb2 import (
    CompleteBindingResponse,
    DiagnoseAccountResponse,
    ExplainBindingResponse,
    UnbindResponse,
)
from sferum.binding.v1.contact_service_pb2 import ConfirmContactResponse
from sferum.binding.v1.resources_pb2 import BindingAttempt, Chat, EntryPoint

from binding_client._control import newest_code
from binding_client._journey import normalised
from binding_client.aio import AsyncBindingClient
from binding_client.esia import EsiaError, EsiaTokens
from binding_client.headless import AsyncPerson, Redirect, Registration
from binding_client.testing._facts import PersonFacts
from binding_client.testing._programs import LOOPBACK_REDIRECT

if TYPE_CHECKING:
    from binding_client.testing.aio_world import AsyncWorld


class AsyncActor:
    """A person of a world who signs in at the providers' pages and calls the service.

    Signs in at ESIA when a call first needs it; `sign_in` does so again. Accounts are named by role ("PARENT") or in
    full ("accounts/vera-parent"); a person with one account need not name it.

    Attributes:
        id: Key of the person.
        facts: What the world document says of the person.
        world: The world.
        browser: The person at the pages; its cookies are the sessions at the providers.
        tokens: Tokens of the last ESIA sign-in, None before it.
    """

    def __init__(self, world: "AsyncWorld", facts: PersonFacts) -> None:
        self.id = facts.id
        self.facts = facts
        self.world = world
        self.browser = AsyncPerson(world.browser())
        self.tokens: EsiaTokens | None = None
        self.esia_system = world.esia_client()

    async def sign_in(self) -> EsiaTokens:
        """Signs in at ESIA through its pages, as a user of the e-diary does.

        Raises:
            EsiaError: ESIA sent the browser back with an error, or refused the code.
        """
        system = self.esia_system
        facts = self.facts
        redirect = await self.browser.sign_in_esia(system.authorization_url(), facts.esia_login, facts.esia_password)
        if redirect.error:
            raise EsiaError(redirect.error, redirect.error_description)
        self.tokens = await system.exchange(redirect.code, http=self.browser.http)
        return self.tokens

    async def sign_out(self) -> None:
        """Ends the ESIA session in this browser; the token's session ends with it."""
        await self.browser.http.get(self.esia_system.logout_url(LOOPBACK_REDIRECT))
        self.tokens = None

    async def client(self) -> AsyncBindingClient:
        """Returns the service with this person's token."""
        return self.world.client(await self.access_token())

    async def access_token(self) -> str:
        """Returns the ESIA access token; signs in first if needed. A back end sends it as `on_behalf_of`."""
        return (self.tokens or await self.sign_in()).access_token

    def account(self, role: str | None = None) -> str:
        """Returns the name of the person's account in a role; None if there is only one."""
        return role if role is not None and role.startswith("accounts/") else self.facts.account(role)

    async def confirm_contact(self, contact: str | None = None) -> ConfirmContactResponse:
        """Confirms a contact by a one-time code, read from the simulator's inbox; the person's own if None."""
        stated = self.facts.contact if contact is None else contact
        client, control = await self.client(), self.world.control
        newest = max((int(message["number"]) for message in await control.list_inbox_messages()), default=0)
        await client.send_contact_code(contact=stated)
        code = newest_code(await control.list_inbox_messages(normalised(stated), after=newest))
        return await client.confirm_contact(contact=stated, code=code)

    async def start_binding(
        self,
        account: str | None = None,
        *,
        contact: str | None = None,
        via_pupil: str = "",
        redirect_uri: str = LOOPBACK_REDIRECT,
        request_id: str = "",
    ) -> BindingAttempt:
        """Starts an attempt; the contact is the person's own if None."""
        return await (await self.client()).start_binding(
            account=self.account(account),
            contact=self.facts.contact if contact is None else contact,
            redirect_uri=redirect_uri,
            via_pupil=via_pupil,
            request_id=request_id,
        )

    async def vk_sign_in(
        self,
        attempt: BindingAttempt | str,
        vk: str | None = None,
        *,
        profile: str | None = None,
        scopes: Collection[str] | None = None,
        decision: str = "allow",
        register: Registration | None = None,
        account: str | None = None,
    ) -> Redirect:
        """Signs in at VK ID in this person's browser.

        Args:
            attempt: The attempt, or an authorization URI.
            vk: Phone or e-mail address to sign in with; the person's own if None.
            profile: As in `headless.Person.sign_in_vk`, like the arguments that follow.
            scopes: Scopes to allow.
            decision: "allow" or "deny".
            register: What to say at a registration; the person's own data if None.
            account: Signed-in account to go on with.
        """
        return await self.browser.sign_in_vk(
            attempt if isinstance(attempt, str) else attempt.authorization_uri,
            vk or self.facts.vk_login,
            inbox=self.world.control.last_code,
            profile=profile,
            scopes=scopes,
            decision=decision,
            register=register or self.facts.registration,
            account=account,
        )

    async def complete(
        self,
        attempt: BindingAttempt,
        redirect: Redirect | None = None,
        *,
        preview: bool = False,
        request_id: str = "",
        release_other: bool = False,
    ) -> CompleteBindingResponse:
        """Finishes an attempt with what VK ID's redirect brought, or from AUTHORIZED without one."""
        return await (await self.client()).complete_binding(
            name=attempt.name,
            result=None if redirect is None else redirect.authorization_result(),
            preview=preview,
            request_id=request_id,
            release_other=release_other,
        )

    async def bind(
        self,
        account: str | None = None,
        *,
        contact: str | None = None,
        vk: str | None = None,
        profile: str | None = None,
        scopes: Collection[str] | None = None,
        decision: str = "allow",
        register: Registration | None = None,
        via_pupil: str = "",
        preview: bool = False,
    ) -> CompleteBindingResponse:
        """Goes the whole way: StartBinding, the sign-in at VK ID, CompleteBinding.

        Args:
            account: Role or name of the account.
            contact: Contact to state; the person's own if None.
            vk: Phone or e-mail address to sign in with at VK ID; the person's own if None.
            profile: As in `vk_sign_in`, like scopes, decision and register.
            scopes: Scopes to allow.
            decision: "allow" or "deny".
            register: What to say at a registration.
            via_pupil: Account of the child through which a parent came.
            preview: Stop before the binding is made.

        Raises:
            BindingError: The refusal.
        """
        attempt = await self.start_binding(account, contact=contact, via_pupil=via_pupil)
        redirect = await self.vk_sign_in(
            attempt, vk, profile=profile, scopes=scopes, decision=decision, register=register
        )
        return await self.complete(attempt, redirect, preview=preview)

    async def unbind(
        self, account: str | None = None, *, entry_point: EntryPoint = EntryPoint.ENTRY_POINT_CHATS_TAB
    ) -> UnbindResponse:
        """Ends the account's binding."""
        return await (await self.client()).unbind(name=f"{self.account(account)}/binding", entry_point=entry_point)

    async def chats(self, account: str | None = None) -> list[Chat]:
        """Lists the chats that the account sees."""
        return list((await (await self.client()).list_chats(parent=self.account(account))).chats)

    async def diagnose(self, account: str | None = None) -> DiagnoseAccountResponse:
        """Says what is wrong with the account's binding."""
        return await (await self.client()).diagnose_account(name=self.account(account))

    async def explain(
        self, account: str | None = None, *, contact: str = "", attempt: str = ""
    ) -> ExplainBindingResponse:
        """Plays the decision table for the account."""
        return await (await self.client()).explain_binding(
            account=self.account(account), contact=contact, attempt=attempt
        )
