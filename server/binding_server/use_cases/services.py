"""What every use case is handed: the outside, and who calls."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from binding_server.domain.limits import Limits
from binding_server.domain.model import Person
from binding_server.domain.options import Options
from binding_server.domain.visits import VISIT_LIFE, Visit
from binding_server.use_cases.contact_ports import NoNotifier, Notifier
from binding_server.use_cases.identity_ports import Esia, EsiaIdentity, VkId
from binding_server.use_cases.ports import ChatProvider, Store
from binding_server.use_cases.system_ports import Clock, Contacts, Ids, Vault
from binding_server.use_cases.ticket_ports import Screenshots


class Redirects(Protocol):
    """Where VK ID may send a browser back to, per caller."""

    def allows(self, client: str, uri: str) -> bool:
        """Tells whether an ESIA client system (or service) may use a redirect URI."""
        ...


@dataclass(frozen=True, slots=True)
class ServiceIdentity:
    """A back end, by the policy file.

    `methods` are those that it may call, such as `DirectoryService/ImportRoster`. `municipalities` are the ids of those
    whose data it may read, None for all. `acts_for` are the ESIA client systems whose persons it may act for.
    """

    id: str
    methods: frozenset[str]
    municipalities: frozenset[str] | None = frozenset()
    acts_for: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ServiceToken:
    """What a back end's own token says. `id` is its `jti`: good for one call until `expires_at`."""

    service: ServiceIdentity
    id: str
    expires_at: datetime


class ServiceTokenRejected(Exception):
    """A back end's own token is not acceptable."""


class ServiceTokens(Protocol):
    """Self-signed tokens of back ends."""

    def verify(self, token: str, now: datetime) -> ServiceToken:
        """Checks signature, audience, times and that there is an id, against the registered keys; not whether the
        token was used before. Raises ServiceTokenRejected."""
        ...


@dataclass(frozen=True, slots=True)
class Services:
    """The outside of one world.

    `instance_id` names the process for leases; `sleep` waits real seconds; `heartbeat_s` is how long a watch says
    nothing at most; `keep_screenshots` how long after a ticket's end its picture is kept.
    """

    store: Store
    esia: Esia
    vk: VkId
    vault: Vault
    contacts: Contacts
    clock: Clock
    ids: Ids
    chats: ChatProvider
    redirects: Redirects
    service_tokens: ServiceTokens
    screenshots: Screenshots
    instance_id: str
    sleep: Callable[[float], Awaitable[None]]
    heartbeat_s: float = 15.0
    notifier: Notifier = field(default_factory=NoNotifier)
    limits: Limits = Limits()  # noqa: RUF009 - frozen
    options: Options = Options()  # noqa: RUF009 - frozen
    visit_life: timedelta = VISIT_LIFE
    keep_screenshots: timedelta = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: a person by ESIA token, a back end by its own token, a back end on behalf of a person, by both, or an
    operator for a holder in a visit, by the tokens of the two.

    `token` is the person's and is never stored, like the operator's. In a visit `person`, `identity` and `token` are
    the holder's, whose rights apply; `visit` is None while it is being opened or closed. `time_left_s` tells how many
    seconds the call still has.
    """

    time_left_s: Callable[[], float]
    person: Person | None = None
    identity: EsiaIdentity | None = None
    token: str = field(default="", repr=False)
    service: ServiceIdentity | None = None
    operator: Person | None = None
    operator_identity: EsiaIdentity | None = None
    operator_token: str = field(default="", repr=False)
    visit: Visit | None = None

    @property
    def service_itself(self) -> ServiceIdentity | None:
        """The back end, if it calls for itself: what it may then read is bounded by its municipalities. On behalf of a
        person it has that person's rights and no others."""
        return self.service if self.identity is None else None

    @property
    def actor(self) -> str:
        """Names in the audit, by id, who acts: the operator in a visit, else whose right is used."""
        if self.operator:
            return f"person:{self.operator.id}"
        if self.service_itself:
            return f"service:{self.service_itself.id}"
        return f"person:{self.person.id}" if self.person else "unknown"

    @property
    def client_id(self) -> str:
        """Names the system through which the call came: `service:ID`, or the mnemonic of an ESIA client system."""
        if self.service:
            return f"service:{self.service.id}"
        identity = self.operator_identity or self.identity
        return identity.client_id if identity else ""

    @property
    def on_behalf_of(self) -> str | None:
        """Names in the audit for whom an operator acts; None if nobody acts for another person."""
        return f"person:{self.person.id}" if self.operator and self.person else None
