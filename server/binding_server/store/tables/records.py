"""Tables of what is kept about changes: decisions, events, audit, named requests, the database's own facts."""

from sqlmodel import Field

from binding_server.store.tables.base import Table, number_key, number_or_none, only_where, time_column


class DecisionRow(Table, table=True):
    """One evaluation of the decision table, under the short number that a person can read aloud. `proof` is the digest
    of a profile that it shows to be the account's person's own."""

    __table_args__ = ({"sqlite_autoincrement": True},)

    id: int | None = number_key()
    account_id: str = Field(index=True)
    attempt_id: str | None = None
    policy: str
    deciding_row: str
    accepted: bool
    reason: str | None = None
    facts: str
    proof: bytes | None = None
    at: int = time_column()


class EventRow(Table, table=True):
    """Outbox: one row per change of a binding or chat. `number` is given in commit order by one sequencer, since keys
    are not in that order on every database; readers see numbered rows only."""

    __table_args__ = (
        only_where("uq_event_number", "number", "number IS NOT NULL", unique=True),
        {"sqlite_autoincrement": True},
    )

    id: int | None = number_key()
    kind: str
    binding_id: str | None = None
    account_id: str | None = None
    attempt_id: str | None = None
    chat_id: str | None = None
    committed_at: int = time_column()
    number: int | None = number_or_none()


class AuditRow(Table, table=True):
    """Who did what for whom, by id (I9)."""

    __table_args__ = (
        only_where("ix_audit_actor", "actor", "account_id IS NULL"),
        only_where("ix_audit_on_behalf_of", "on_behalf_of", "account_id IS NULL"),
        only_where("ix_audit_visit_id", "visit_id", "visit_id IS NOT NULL"),
        only_where("ix_audit_ticket_id", "ticket_id", "ticket_id IS NOT NULL"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = number_key()
    actor: str
    action: str
    account_id: str | None = Field(default=None, index=True)
    entry_point: str
    policy: str | None = None
    reason: str | None = None
    via_pupil: str | None = None
    client_id: str | None = None
    on_behalf_of: str | None = None
    visit_id: str | None = None
    ticket_id: str | None = None
    decision: int | None = number_or_none()
    agent: str | None = None
    at: int = time_column()


class RequestRow(Table, table=True):
    """What a named request led to, for its repeat (I6)."""

    caller: str = Field(primary_key=True)
    method: str = Field(primary_key=True)
    request_id: str = Field(primary_key=True)
    content: bytes
    attempt_id: str | None = None
    binding_id: str | None = None
    ticket_id: str | None = None
    already: bool
    decision: int | None = number_or_none()
    refusal: str | None = None
    at: int = time_column(index=True)


class ServiceJtiRow(Table, table=True):
    """The id of a back end's token that was used; kept until the token has expired."""

    service_id: str = Field(primary_key=True)
    jti: str = Field(primary_key=True)
    expires_at: int = time_column(index=True)


class ServerMetaRow(Table, table=True):
    """Facts about the database itself, by name."""

    name: str = Field(primary_key=True)
    value: str
