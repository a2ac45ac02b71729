"""How many claims a second the SQLite store makes durable, in batches and with a commit for each.

    .venv/bin/python bench/store.py [--claims 4000] [--callers 32] [--directory DIR]

Reports claims a second, the slowest hundredth, and their ratio; ratios hold from machine to machine, figures do not.
`--directory` should be on the disk that matters: a file system in memory has no fsync to share.
"""

import argparse
import asyncio
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from binding_server.domain.model import (
    Binding,
    BindingState,
    ChatKind,
    ChatsState,
    Diagnosis,
    EducationalRole,
    Policy,
    Role,
)
from binding_server.domain.roster import (
    AccountItem,
    MunicipalityItem,
    OrganisationItem,
    PersonItem,
    RosterItem,
    SchoolClassItem,
)
from binding_server.store.sqlite import SqliteStore
from binding_server.store.vault import Vault
from binding_server.store.writer import BATCH
from binding_server.use_cases.records import AuditEntry, Claim, Claimed, DecisionEntry, RequestKey, WantedChat

NOW = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)
CLASS_SIZE = 25
ROSTER_BATCH = 500


@dataclass(frozen=True)
class Figures:
    """What one run took."""

    per_second: float
    p99_ms: float


def roster(claims: int) -> list[RosterItem]:
    """Returns a directory with an account for each claim."""
    items: list[RosterItem] = [
        MunicipalityItem("m", "Город", Policy.STRICT),
        OrganisationItem("o", "m", "Школа", "SCHOOL"),
    ]
    items += [SchoolClassItem(f"c{number}", "o", 2026, "5А") for number in range(claims // CLASS_SIZE + 1)]
    for number in range(claims):
        items.append(PersonItem(f"p{number}", number + 1, "Ученик"))
        items.append(AccountItem(f"a{number}", f"p{number}", Role.STAFF, False))
    return items


def claim(vault: Vault, number: int) -> Claim:
    """Returns a first claim of a teacher: two chats, a decision, an event, an audit record, a named request."""
    account, school_class = f"a{number}", f"c{number // CLASS_SIZE}"
    return Claim(
        binding=Binding(
            id=f"b{number:08}",
            account_id=account,
            person_id=f"p{number}",
            vk_user_id=str(number),
            vk_digest=vault.vk_digest(str(number)),
            state=BindingState.ACTIVE,
            diagnosis=Diagnosis.OK,
            evidence=(),
            chats=ChatsState.READY,
            roles=frozenset({EducationalRole.STAFF}),
            policy=Policy.STRICT,
            contact_digest=vault.vk_digest(account),
            contact_mask="+7 *** *** ** 03",
            via_pupil=None,
            created_at=NOW,
        ),
        attempt_id=None,
        wanted=[WantedChat(f"{account}-{kind}", school_class, kind, EducationalRole.STAFF) for kind in ChatKind],
        settled=True,
        decision=DecisionEntry(account, "STRICT", "D19", True, None, {"role": "STAFF"}, NOW),
        audit=AuditEntry("person:x", "binding.create", account, NOW),
        request=RequestKey("person:x", "CreateBinding", str(number), b"content"),
    )


async def run(directory: Path, claims: int, callers: int, batch: int) -> Figures:
    """Claims with so many callers at once on a fresh file."""
    vault = Vault(bytes(32))
    with tempfile.TemporaryDirectory(dir=directory) as folder:
        store = SqliteStore.open(Path(folder) / "bench.sqlite3", vault, batch=batch)
        items = roster(claims)
        for start in range(0, len(items), ROSTER_BATCH):
            await store.apply_roster(items[start : start + ROSTER_BATCH], NOW)
        work = iter([claim(vault, number) for number in range(claims)])
        took: list[float] = []

        async def caller() -> None:
            for one in work:
                begun = time.perf_counter()
                outcome = await store.claim(one)
                took.append(time.perf_counter() - begun)
                if not isinstance(outcome, Claimed):
                    raise TypeError("a claim did not go through")

        begun = time.perf_counter()
        await asyncio.gather(*(caller() for _ in range(callers)))
        total = time.perf_counter() - begun
        await store.close()
    return Figures(claims / total, 1000 * sorted(took)[int(len(took) * 0.99)])


def main() -> None:
    """Runs both ways and prints the comparison."""
    parser = argparse.ArgumentParser(description="Claims a second on SQLite")
    parser.add_argument("--claims", type=int, default=4000)
    parser.add_argument("--callers", type=int, default=32)
    parser.add_argument("--directory", type=Path, default=None, help="where the database files go")
    arguments = parser.parse_args()
    results = {
        name: asyncio.run(run(arguments.directory, arguments.claims, arguments.callers, batch))
        for name, batch in (("batches", BATCH), ("a commit each", 1))
    }
    for name, figures in results.items():
        print(f"{name:>14}: {figures.per_second:8.0f} claims/s, p99 {figures.p99_ms:6.1f} ms")
    print(f"{'ratio':>14}: {results['batches'].per_second / results['a commit each'].per_second:8.1f}")


if __name__ == "__main__":
    main()
