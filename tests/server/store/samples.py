"""A small directory and makers of records for the store's tests. Times count from NOON."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from binding_server.domain.model import (
    Attempt,
    AttemptState,
    Binding,
    BindingState,
    ChatKind,
    ChatsState,
    Contact,
    ContactKind,
    Diagnosis,
    DutyKind,
    EducationalRole,
    EndReason,
    EntryPoint,
    Evidence,
    Policy,
    RefusalRecord,
    Role,
    VkEvidence,
)
from binding_server.domain.roster import (
    AccountItem,
    DutyItem,
    EnrolmentItem,
    GuardianshipItem,
    MunicipalityItem,
    OrganisationItem,
    PersonItem,
    RosterItem,
    SchoolClassItem,
)
from binding_server.store.store import SqlStore
from binding_server.store.vault import Vault
from binding_server.use_cases.records import AuditEntry, Claim, Claimed, DecisionEntry, Refuse, RequestKey, WantedChat

NOON = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)
SECRET = bytes(range(32))


def after(seconds: float) -> datetime:
    """Returns the time so many seconds after NOON."""
    return NOON + timedelta(seconds=seconds)


DIRECTORY: Sequence[RosterItem] = (
    MunicipalityItem("ekaterinburg", "Екатеринбург", Policy.STRICT),
    MunicipalityItem("tagil", "Нижний Тагил", Policy.LENIENT),
    OrganisationItem("s5", "ekaterinburg", "Школа № 5", "SCHOOL"),
    OrganisationItem("c7", "tagil", "Колледж № 7", "COLLEGE"),
    SchoolClassItem("s5-5a", "s5", 2026, "5А"),
    SchoolClassItem("s5-9b", "s5", 2026, "9Б"),
    SchoolClassItem("s5-10v", "s5", 2026, "10В"),
    SchoolClassItem("c7-1", "c7", 2026, "1"),
    PersonItem("anya", 101, "Воронова Анна"),
    PersonItem("boris", 102, "Воронов Борис"),
    PersonItem("vera", 103, "Воронова Вера"),
    PersonItem("gleb", None, "Воронов Глеб"),
    PersonItem("zhanna", 106, "Классная Жанна"),
    PersonItem("kira", 107, "Чужая Кира"),
    AccountItem("anya-pupil", "anya", Role.PUPIL, False),
    AccountItem("boris-pupil", "boris", Role.PUPIL, False),
    AccountItem("vera-parent", "vera", Role.PARENT, False),
    AccountItem("gleb-legal", "gleb", Role.LEGAL_REPRESENTATIVE, False),
    AccountItem("zhanna-staff", "zhanna", Role.STAFF, False),
    AccountItem("zhanna-parent", "zhanna", Role.PARENT, False),
    AccountItem("kira-pupil", "kira", Role.PUPIL, True),
    EnrolmentItem("anya", "s5-5a", False),
    EnrolmentItem("boris", "s5-9b", False),
    EnrolmentItem("kira", "c7-1", False),
    GuardianshipItem("vera", "anya", "PARENT", False),
    GuardianshipItem("vera", "boris", "PARENT", False),
    GuardianshipItem("gleb", "anya", "LEGAL_REPRESENTATIVE", False),
    GuardianshipItem("zhanna", "kira", "PARENT", False),
    DutyItem("zhanna", "s5", DutyKind.CLASS_TEACHER, "s5-5a", False),
    DutyItem("zhanna", "s5", DutyKind.OPERATOR, None, False),
)


def phone(last: int, vault: Vault) -> bytes:
    """Returns the digest of an invented phone number."""
    return vault.contact_digest(Contact(ContactKind.PHONE, f"+7900000{last:04}"))


def audit(account_id: str | None = None, *, action: str = "binding.create", at: datetime = NOON) -> AuditEntry:
    """An audit entry."""
    return AuditEntry(actor="person:vera", action=action, account_id=account_id, at=at, policy="STRICT")


def decision(account_id: str, *, row: str = "D19", accepted: bool = True, reason: str | None = None) -> DecisionEntry:
    """A decision."""
    return DecisionEntry(account_id, "STRICT", row, accepted, reason, {"role": "PARENT"}, NOON)


def key(request_id: str, *, content: bytes = b"c", method: str = "CompleteBinding") -> RequestKey:
    """A named request of Vera's."""
    return RequestKey("person:vera", method, request_id, content)


def pupils_chat(chat_id: str, class_id: str = "s5-5a", role: EducationalRole = EducationalRole.PUPIL) -> WantedChat:
    """A wanted chat of pupils."""
    return WantedChat(chat_id, class_id, ChatKind.PUPILS, role)


def parents_chat(chat_id: str, class_id: str = "s5-5a", role: EducationalRole = EducationalRole.PARENT) -> WantedChat:
    """A wanted chat of parents."""
    return WantedChat(chat_id, class_id, ChatKind.PARENTS, role)


REFUSAL = RefusalRecord("VK_PROFILE_ALREADY_BOUND", "D14", (("same_person", "false"),), ("VISIT_SCHOOL",))


def refuse(
    account_id: str,
    *,
    attempt_id: str | None = None,
    attempt_state: AttemptState | None = AttemptState.FAILED,
    request: RequestKey | None = None,
    at: datetime = NOON,
) -> Refuse:
    """A refusal by row D14."""
    return Refuse(
        refusal=REFUSAL,
        decision=decision(account_id, row="D14", accepted=False, reason=REFUSAL.reason),
        audit=audit(account_id, action="binding.refuse", at=at),
        attempt_id=attempt_id,
        attempt_state=attempt_state if attempt_id else None,
        request=request,
    )


@dataclass
class Records:
    """Makes records with ids that count up, and puts them into a store."""

    store: SqlStore
    vault: Vault
    counter: Any = field(default_factory=lambda: count(1))

    def new_id(self, kind: str) -> str:
        """Returns an id; later ids sort behind earlier ones."""
        return f"{kind}-{next(self.counter):06}"

    def vk(self, vk_user_id: str = "700300103") -> VkEvidence:
        """What VK ID said."""
        return VkEvidence(
            vk_user_id=vk_user_id,
            profile_name="Вера В.",
            learning=True,
            roles=frozenset({EducationalRole.PARENT}),
            phone_digest=phone(103, self.vault),
            phone_mask="+7 *** *** ** 03",
        )

    def attempt(self, account_id: str = "vera-parent", *, at: datetime = NOON, lasts_s: float = 1800) -> Attempt:
        """A PENDING attempt, not stored yet."""
        name = self.new_id("attempt")
        return Attempt(
            id=name,
            account_id=account_id,
            person_id=account_id.split("-")[0],
            state=AttemptState.PENDING,
            contact_digest=phone(103, self.vault),
            contact_mask="+7 *** *** ** 03",
            redirect_uri="https://dnevnik.example/vk",
            oauth_state=f"state of {name}",
            code_verifier=f"verifier of {name}",
            authorization_uri=f"https://id.vk.example/authorize?state={name}",
            policy=Policy.STRICT,
            via_pupil="anya-pupil",
            created_at=at,
            expires_at=at + timedelta(seconds=lasts_s),
        )

    def binding(self, account_id: str, vk_user_id: str, *, at: datetime = NOON, **changes: Any) -> Binding:
        """An ACTIVE binding, not stored yet."""
        values: dict[str, Any] = {
            "id": self.new_id("binding"),
            "account_id": account_id,
            "person_id": account_id.split("-")[0],
            "vk_user_id": vk_user_id,
            "vk_digest": self.vault.vk_digest(vk_user_id),
            "state": BindingState.ACTIVE,
            "diagnosis": Diagnosis.OK,
            "evidence": (),
            "chats": ChatsState.READY,
            "roles": frozenset({EducationalRole.PARENT}),
            "policy": Policy.STRICT,
            "contact_digest": phone(103, self.vault),
            "contact_mask": "+7 *** *** ** 03",
            "via_pupil": None,
            "created_at": at,
        }
        return Binding(**(values | changes))

    def claim(
        self,
        account_id: str,
        vk_user_id: str,
        *wanted: WantedChat,
        attempt_id: str | None = None,
        request: RequestKey | None = None,
        settled: bool = True,
        at: datetime = NOON,
        **changes: Any,
    ) -> Claim:
        """A claim of a profile for an account."""
        return Claim(
            binding=self.binding(account_id, vk_user_id, at=at, **changes),
            attempt_id=attempt_id,
            wanted=wanted,
            settled=settled,
            decision=decision(account_id),
            audit=audit(account_id, at=at),
            request=request,
        )

    async def bound(self, account_id: str, vk_user_id: str, *wanted: WantedChat, **more: Any) -> Binding:
        """Binds, and returns the binding."""
        outcome = await self.store.claim(self.claim(account_id, vk_user_id, *wanted, **more))
        assert isinstance(outcome, Claimed)
        return outcome.binding

    async def unbound(self, binding_id: str, *, at: datetime = NOON, **more: Any) -> tuple[Binding, bool] | None:
        """Unbinds."""
        values: dict[str, Any] = {"expected_version": None, "request": None} | more
        return await self.store.unbind(
            binding_id,
            reason=EndReason.USER,
            entry_point=EntryPoint.CHATS_TAB,
            now=at,
            audit=audit(action="binding.remove", at=at),
            **values,
        )

    async def pending(self, account_id: str = "vera-parent", **more: Any) -> Attempt:
        """Adds a PENDING attempt and returns it."""
        attempt = self.attempt(account_id, **more)
        await self.store.add_attempt(attempt, 5, audit(account_id, at=attempt.created_at), None)
        return attempt

    async def authorized(self, account_id: str = "vera-parent") -> Attempt:
        """Adds an attempt and brings it to AUTHORIZED, under no lease."""
        attempt = await self.pending(account_id)
        await self.store.lease_attempt(attempt.id, b"code", "me", after(60), NOON)
        await self.store.authorize_attempt(attempt.id, "me", self.vk(), audit(account_id, action="binding.authorize"))
        await self.store.release_attempt(attempt.id, "me", forget_code=False)
        authorized = await self.store.attempt(attempt.id)
        assert authorized is not None
        return authorized

    async def rows(self, sql: str) -> list[dict[str, Any]]:
        """Looks into the database: events and audit have no reader in `ports.Store` yet."""
        engine = self.store._engine
        found: Any = await engine.read(lambda connection: connection.all(sql))
        return [dict(row) for row in found]

    async def events(self) -> list[str]:
        """Returns the kinds of all events, in order."""
        return [row["kind"] for row in await self.rows("SELECT kind FROM event ORDER BY id")]

    async def audit_actions(self) -> list[str]:
        """Returns the actions of all audit records, in order."""
        return [row["action"] for row in await self.rows("SELECT action FROM audit ORDER BY id")]


def seen(diagnosis: Diagnosis) -> Evidence:
    """A false part, seen at NOON."""
    return Evidence(diagnosis, NOON)
