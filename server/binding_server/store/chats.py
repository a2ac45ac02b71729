# ruff: noqa: S608 - statements are put together from names of our own, never from input
"""Class chats and who is in them."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from binding_server.domain.model import Chat, ChatKind, ChatMember, EducationalRole, MemberState
from binding_server.domain.reconcile import Ground, Settled
from binding_server.domain.watching import EventKind
from binding_server.store.connection import Connection, Row, insert
from binding_server.store.directory import class_order, school_class
from binding_server.store.events import add_event
from binding_server.store.ground import ground_now
from binding_server.store.places import follow_account, places_of_binding, places_of_class
from binding_server.store.requests import add_audit
from binding_server.store.tables import ChatJobRow, ChatMembershipRow, ClassChatRow, micros, moment
from binding_server.use_cases.records import AuditEntry, WantedChat

ADD_CHAT = insert(ClassChatRow, end="ON CONFLICT (class_id, kind) DO NOTHING")
CHAT_ID = "SELECT id FROM class_chat WHERE class_id = :class_id AND kind = :kind"
JOIN = insert(
    ChatMembershipRow,
    end="""ON CONFLICT (chat_id, account_id) WHERE removed_at IS NULL
    DO UPDATE SET binding_id = excluded.binding_id, educational_role = excluded.educational_role""",
)
LEAVE = """
    UPDATE chat_membership SET removed_at = :now
    WHERE removed_at IS NULL AND binding_id = :binding_id AND chat_id = :chat_id
"""
LEAVE_ALL = "UPDATE chat_membership SET removed_at = :now WHERE removed_at IS NULL AND binding_id = :binding_id"
PRESENT = """
    SELECT m.chat_id, c.class_id, c.kind, m.educational_role FROM chat_membership m
    JOIN class_chat c ON c.id = m.chat_id WHERE m.removed_at IS NULL AND m.binding_id = :binding_id
"""
ADD_JOB = insert(ChatJobRow, end="ON CONFLICT (binding_id) WHERE state = 'QUEUED' DO NOTHING")
HAS_JOB = "SELECT 1 FROM chat_job WHERE binding_id = :binding_id LIMIT 1"
ACTIVE = "SELECT account_id, diagnosis FROM binding WHERE id = :id AND state = 'ACTIVE'"
UNSETTLED = "UPDATE binding SET chats = 'PENDING', version = version + 1 WHERE id = :id AND chats <> 'PENDING'"

CHAT = """
    h.id, h.kind, h.ready, h.created_at, c.id AS class_id, c.organisation_id, c.year, c.display_name,
    (SELECT count(*) FROM chat_membership n WHERE n.chat_id = h.id AND n.removed_at IS NULL) AS member_count
"""
CHATS = f"""
    SELECT {CHAT} FROM class_chat h JOIN school_class c ON c.id = h.class_id WHERE h.id IN (:members)
"""
CHATS_OF_ACCOUNTS = f"""
    SELECT b.account_id, {CHAT} FROM binding b
    JOIN chat_membership m ON m.binding_id = b.id AND m.removed_at IS NULL
    JOIN class_chat h ON h.id = m.chat_id JOIN school_class c ON c.id = h.class_id
    WHERE b.state = 'ACTIVE' AND b.account_id IN (:members)
"""
MEMBERS = """
    SELECT m.chat_id, m.account_id, p.display_name, m.educational_role, m.state, m.joined_at
    FROM chat_membership m JOIN binding b ON b.id = m.binding_id
    JOIN account a ON a.id = m.account_id JOIN person p ON p.id = a.person_id
    WHERE m.removed_at IS NULL AND b.state = 'ACTIVE' AND m.chat_id = :chat_id AND m.account_id > :after
    ORDER BY m.account_id LIMIT :limit
"""

KIND_ORDER = {kind: place for place, kind in enumerate(ChatKind)}


def chats_of_account(connection: Connection, account_id: str) -> Sequence[Chat]:
    """Returns the chats visible through the account's ACTIVE binding, by class year, name and kind."""
    return chats_of_accounts(connection, [account_id]).get(account_id, [])


def chats_of_accounts(connection: Connection, account_ids: Collection[str]) -> Mapping[str, Sequence[Chat]]:
    """Returns the chats visible through the ACTIVE binding of each account that sees any, in the same order."""
    found: defaultdict[str, list[Chat]] = defaultdict(list)
    for row in connection.among(CHATS_OF_ACCOUNTS, set(account_ids)):
        found[row["account_id"]].append(_chat(row))
    return {account_id: sorted(chats, key=_order) for account_id, chats in found.items()}


def chat(connection: Connection, chat_id: str) -> Chat | None:
    """Returns a chat."""
    return chats_by_id(connection, [chat_id]).get(chat_id)


def chats_by_id(connection: Connection, chat_ids: Collection[str]) -> Mapping[str, Chat]:
    """Returns chats."""
    return {row["id"]: _chat(row) for row in connection.among(CHATS, set(chat_ids))}


def chat_members(connection: Connection, chat_id: str, limit: int, after: str | None) -> Sequence[ChatMember]:
    """Returns who is in a chat through an ACTIVE binding, by account id, those after an id, at most `limit`."""
    return [_member(row) for row in connection.all(MEMBERS, chat_id=chat_id, after=after or "", limit=limit)]


def join(
    connection: Connection,
    binding_id: str,
    account_id: str,
    wanted: Sequence[WantedChat],
    settled: bool,
    now: datetime,
) -> None:
    """Makes the chats that are not there yet, each with its event, and the account a member of all.

    Args:
        settled: whether the provider needs no job for it; otherwise one is queued.
    """
    at = micros(now)
    for one in wanted:
        made = connection.run(
            ADD_CHAT, id=one.chat_id, class_id=one.class_id, kind=one.kind, ready=int(settled), created_at=at
        )
        chat_id = one.chat_id
        if made:
            places = places_of_class(connection, one.class_id)
            add_event(connection, EventKind.CHAT_CREATED, now, places, account_id=account_id, chat_id=chat_id)
        else:
            row = connection.one(CHAT_ID, class_id=one.class_id, kind=one.kind)
            if row is None:
                raise LookupError(f"chat id {chat_id} is taken")
            chat_id = row["id"]
        connection.run(
            JOIN,
            chat_id=chat_id,
            account_id=account_id,
            binding_id=binding_id,
            educational_role=one.educational_role,
            state=MemberState.MEMBER if settled else MemberState.PENDING,
            joined_at=at,
            removed_at=None,
        )
    if not settled:
        _queue(connection, binding_id, now)


def leave_all(connection: Connection, binding_id: str, now: datetime) -> None:
    """Ends all memberships of a binding; if a provider's job ever brought them about, another takes them away."""
    connection.run(LEAVE_ALL, binding_id=binding_id, now=micros(now))
    if connection.one(HAS_JOB, binding_id=binding_id) is not None:
        _queue(connection, binding_id, now)


def set_memberships(
    connection: Connection,
    binding_id: str,
    wanted: Sequence[WantedChat],
    settled: bool,
    now: datetime,
    audit: AuditEntry,
    ground: Ground | None = None,
) -> Settled | None:
    """Makes an ACTIVE binding's memberships exactly `wanted`; true if anything changed. Nothing changes for an
    UNBOUND one. The binding is then where its account is.

    Args:
        ground: what was decided upon; None for nothing in particular. If the account stands on something else by now,
            nothing is changed and None returned: decide again.
    """
    binding = connection.one(ACTIVE, id=binding_id)
    if binding is None:
        return Settled()
    if ground is not None and ground_now(connection, binding["account_id"]) != ground:
        return None
    before = {place.organisation_id for place in places_of_binding(connection, binding_id)}
    places = follow_account(connection, binding_id, binding["account_id"], binding["diagnosis"], now)
    moved = before != {place.organisation_id for place in places}
    target = {(one.class_id, one.kind): one for one in wanted}
    missing = dict(target)
    surplus: dict[str, tuple[str, ChatKind]] = {}
    for row in connection.all(PRESENT, binding_id=binding_id):
        one = target.get((row["class_id"], ChatKind(row["kind"])))
        if one is None:
            surplus[row["chat_id"]] = row["class_id"], ChatKind(row["kind"])
        elif one.educational_role == row["educational_role"]:
            del missing[one.class_id, one.kind]
    if not missing and not surplus:
        return Settled(moved=moved)
    for chat_id in surplus:
        connection.run(LEAVE, binding_id=binding_id, chat_id=chat_id, now=micros(now))
    join(connection, binding_id, binding["account_id"], list(missing.values()), settled, now)
    if not settled:
        connection.run(UNSETTLED, id=binding_id)
    changed = EventKind.CHATS_CHANGED
    add_event(connection, changed, now, places, binding_id=binding_id, account_id=binding["account_id"])
    add_audit(connection, audit)
    return Settled(tuple(missing), tuple(surplus.values()), moved)


def _queue(connection: Connection, binding_id: str, now: datetime) -> None:
    at = micros(now)
    connection.run(ADD_JOB, binding_id=binding_id, state="QUEUED", tries=0, run_after=at, created_at=at)


def _order(chat: Chat) -> tuple[tuple[int, int, str, str], int]:
    return class_order(chat.school_class), KIND_ORDER[chat.kind]


def _chat(row: Row) -> Chat:
    return Chat(
        id=row["id"],
        school_class=school_class(row),
        kind=ChatKind(row["kind"]),
        ready=bool(row["ready"]),
        created_at=moment(row["created_at"]),
        member_count=row["member_count"],
    )


def _member(row: Row) -> ChatMember:
    return ChatMember(
        chat_id=row["chat_id"],
        account_id=row["account_id"],
        display_name=row["display_name"],
        educational_role=EducationalRole(row["educational_role"]),
        state=MemberState(row["state"]),
        joined_at=moment(row["joined_at"]),
    )
