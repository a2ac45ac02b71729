"""What use cases hand to the store and get from it, beside the model: requests, audit, decisions, claims, filters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from binding_server.domain.model import (
    Attempt,
    AttemptState,
    Binding,
    BindingState,
    ChatKind,
    Diagnosis,
    EducationalRole,
    EntryPoint,
    RefusalRecord,
)
from binding_server.domain.reconcile import Ground


@dataclass(frozen=True, slots=True)
class WantedChat:
    """A chat that a binding wants its account in. `chat_id` is used if the chat has to be made."""

    chat_id: str
    class_id: str
    kind: ChatKind
    educational_role: EducationalRole


@dataclass(frozen=True, slots=True)
class ContactUser:
    """Who uses a contact now, where that is known from (a ContactSource), and whether the person has shown by a code
    that it works."""

    person_id: str
    source: str
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class RequestKey:
    """Names a repeatable request: who asked, which method, which `request_id`, and the digest of its content."""

    caller: str
    method: str
    request_id: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class RequestResult:
    """What a named request led to, for its repeat: an attempt, a binding or a ticket by id, or a refusal."""

    content: bytes = field(repr=False)
    attempt_id: str | None = None
    binding_id: str | None = None
    ticket_id: str | None = None
    already: bool = False
    decision: str | None = None
    refusal: RefusalRecord | None = None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what for whom. Ids only. `actor` is `person:ID` or `service:ID`; `action` such as `binding.create`.

    `on_behalf_of` is `person:ID` if the actor acted for that person, in the visit `visit_id`. `decision` is the short
    number of the decision that it follows from. `agent` is who of a back end's staff did it, by an id of its own.
    """

    actor: str
    action: str
    account_id: str | None
    at: datetime
    entry_point: EntryPoint = EntryPoint.UNSPECIFIED
    policy: str | None = None
    reason: str | None = None
    via_pupil: str | None = None
    client_id: str | None = None
    ticket_id: str | None = None
    agent: str | None = None
    on_behalf_of: str | None = None
    visit_id: str | None = None
    decision: str | None = None


@dataclass(frozen=True, slots=True)
class DecisionEntry:
    """One evaluation of the table, kept under a short number. `facts` are names to ids and categories, never a
    contact. `proof` is the digest of a profile that the decision shows to be the account's person's own."""

    account_id: str
    policy: str
    row: str
    accepted: bool
    reason: str | None
    facts: Mapping[str, str]
    at: datetime
    attempt_id: str | None = None
    proof: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ReleaseOther:
    """A binding in another account that ends with the claim: the profile's owner has proved it."""

    binding_id: str
    audit: AuditEntry


@dataclass(frozen=True, slots=True)
class Claim:
    """Everything that a successful decision writes at once. `release` ends another binding first. `ground` is what the
    account stood on when its chats were decided; if that is not so any more, there is a conflict."""

    binding: Binding
    attempt_id: str | None
    wanted: Sequence[WantedChat]
    settled: bool
    decision: DecisionEntry
    audit: AuditEntry
    request: RequestKey | None
    release: ReleaseOther | None = None
    ground: Ground | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """The claim's outcome: made it (or, `already`, found the very same pair ACTIVE), or the conflict that stood
    against it."""

    binding: Binding
    already: bool
    decision: str


@dataclass(frozen=True, slots=True)
class ClaimConflict:
    """The account or the profile is ACTIVE elsewhere, or what was to be released has ended: decide again with what
    holds now. Nothing was written."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """Everything that a refusal writes at once: decision, audit, event `binding.refused` if there is an attempt, the
    attempt's end if
    `attempt_state` is set (verifier and facts deleted then), the named request's result if `request` is set."""

    refusal: RefusalRecord
    decision: DecisionEntry | None
    audit: AuditEntry
    attempt_id: str | None = None
    attempt_state: AttemptState | None = None
    request: RequestKey | None = None


@dataclass(frozen=True, slots=True)
class Lease:
    """The answer to asking for an attempt: `granted` to the caller, else the attempt as it is (busy, ended or
    authorized by another)."""

    granted: bool
    attempt: Attempt


@dataclass(frozen=True, slots=True)
class AccountSearch:
    """Which accounts of an organisation are asked for; all that is set is to be met. `words` are beginnings of words of
    the name, in their searched form (`domain.names`); `bound` is whether there is an ACTIVE binding."""

    words: Sequence[str] = ()
    class_id: str | None = None
    bound: bool | None = None


@dataclass(frozen=True, slots=True)
class BindingFilter:
    """What ListBindings asks for. Exactly one of account, organisation and municipality. Newest first; `before` is the
    id after which to go on."""

    account_id: str | None
    organisation_id: str | None
    state: BindingState | None
    diagnosis: Diagnosis | None
    limit: int
    before: str | None
    municipality_id: str | None = None
