"""The year roll-over of a region in which everybody is bound: how long it takes, in how much memory, and that nobody is
lost.

    .venv/bin/python bench/rollover.py [--pupils 2000] [--directory DIR] [--report FILE.md]

Generates a region, imports it and binds every account. Then two school years pass. In the first one the client is
killed in the middle, then the server; the roster is sent again until it is through. The second one is measured
undisturbed. All the time a reader looks at classes, and fails if it sees one half rolled over, or a pupil with no chat
or with two. At the end who is in which chat must be exactly who was, leavers apart, and a reconcile run must find
nothing to do.
"""

import argparse
import asyncio
import hashlib
import json
import os
import re
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from binding_client import BindingClient
from binding_client.errors import BindingError
from binding_client.roster import import_roster, open_roster, reconcile
from binding_client.service_credentials import ServiceCredentials, ensure_service_key
from binding_server.clock import WorldClock
from binding_server.domain.chats import memberships
from binding_server.domain.model import AccountContext, Binding, BindingState, ChatsState, Diagnosis, Policy
from binding_server.domain.ownership import FITTING, is_eligible
from binding_server.domain.reconcile import ground_of
from binding_server.ids import RandomIds
from binding_server.store.sqlite import SqliteStore
from binding_server.store.vault import Vault, load_secret
from binding_server.use_cases.records import AuditEntry, Claim, Claimed, DecisionEntry, WantedChat
from rich.console import Console
from rich.progress import Progress
from roster import MIB, SERVICE, peak_kib, server
from sferum.binding.v1.roster_pb2 import EnrolmentRecord, RosterRecord, SchoolClassRecord

METHODS = (
    "DirectoryService/ImportRoster",
    "DirectoryService/ReconcileChats",
    "ChatService/BatchListChats",
)
LAST_GRADE = 11
WATCHED = 100
"""How many classes the reader looks at."""
AT_ONCE = 500
CLASSES = "SELECT id, organisation_id, year, display_name FROM school_class WHERE year = ? ORDER BY id"
PUPILS = """
    SELECT e.person_id, e.class_id FROM enrolment e JOIN school_class c ON c.id = e.class_id
    WHERE e.valid_to IS NULL AND c.year = ? ORDER BY e.class_id, e.person_id
"""
IN_CHATS = """
    SELECT h.id, h.kind, m.account_id FROM class_chat h JOIN school_class c ON c.id = h.class_id
    JOIN chat_membership m ON m.chat_id = h.id AND m.removed_at IS NULL
    JOIN binding b ON b.id = m.binding_id AND b.state = 'ACTIVE'
    WHERE c.year = ? AND CAST(c.display_name AS INTEGER) BETWEEN ? AND ? ORDER BY h.id, m.account_id
"""


@dataclass
class Roll:
    """A roll-over of one school year to the next: its records, written down for the client's process."""

    year: int
    file: Path
    records: int = 0


@dataclass
class Reader:
    """Looks at classes while they roll over. `classes` are chats, each with the accounts of the pupils in it."""

    client: BindingClient
    classes: list[tuple[str, list[str]]]
    reads: int = 0
    faults: list[str] = field(default_factory=list[str])
    stopped: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Looks until it is stopped; a server that is down is no fault."""
        dice = Random(1)  # noqa: S311 - picks what to look at
        while not self.stopped.is_set() and self.classes:
            chat, accounts = dice.choice(self.classes)
            try:
                answer = self.client.batch_list_chats(parents=[f"accounts/{account}" for account in accounts])
            except BindingError:
                self.stopped.wait(0.05)
                continue
            self.reads += 1
            seen = [[(each.name, each.display_name) for each in result.chats] for result in answer.results]
            if any([name for name, _ in chats] != [f"chats/{chat}"] for chats in seen):
                self.faults.append(f"a pupil of chat {chat} does not see it alone")
            elif len({title for chats in seen for _, title in chats}) != 1:
                self.faults.append(f"chat {chat} is half rolled over")
            self.stopped.wait(0.02)


def main() -> None:
    """Runs all of it and prints a Markdown table."""
    parser = argparse.ArgumentParser(description="The year roll-over of a region")
    parser.add_argument("--pupils", type=int, default=2000)
    parser.add_argument("--directory", type=Path, default=None, help="where file and database go")
    parser.add_argument("--report", type=Path, default=None, help="Markdown file to which the table is added")
    parser.add_argument("--import", dest="job", default="", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.job:
        _import(**json.loads(arguments.job))
        return
    with tempfile.TemporaryDirectory(dir=arguments.directory) as folder:
        table = Rollover(Path(folder), arguments.pupils).run()
    print(table)
    if arguments.report:
        with arguments.report.open("a", encoding="utf-8") as report:
            report.write(f"\n{table}\n")


class Rollover:
    """The whole story, in a folder."""

    def __init__(self, folder: Path, pupils: int) -> None:
        self._folder, self._count = folder, pupils
        self._database = folder / "binding.sqlite3"
        self._key = ensure_service_key(folder, SERVICE)
        self._console = Console(stderr=True)
        self._rows: list[str] = []

    def run(self) -> str:
        """Tells the story and returns the table.

        Raises:
            AssertionError: somebody is lost, or seen halfway.
        """
        region = self._folder / "region.jsonl"
        command = ["idp_mock", "generate", "--pupils", str(self._count), "--out", str(region)]
        subprocess.run([sys.executable, "-m", *command], check=True, stdout=sys.stderr)  # noqa: S603 - our own program
        with self._server() as (pid, target):
            self._step("first import", pid, self._job(target, region, world=True))
        begun = time.perf_counter()
        bound = asyncio.run(self._bind_all())
        self._console.print(f"{bound} accounts bound in {time.perf_counter() - begun:.0f} s")
        year = self._one("SELECT max(year) FROM school_class")
        chats = self._one("SELECT count(*) FROM class_chat")
        first, second = self._roll(year), None
        before = self._members(year, 1, LAST_GRADE - 1)
        reads = self._disturbed(first)
        self._same(before, self._members(year + 1, 2, LAST_GRADE), chats)
        before, second = self._members(year + 1, 1, LAST_GRADE - 1), self._roll(year + 1)
        with self._server() as (pid, target), self._reading(target, year + 1) as reader:
            self._step(f"{year + 1} to {year + 2}, undisturbed", pid, self._job(target, second.file))
            found = list(reconcile(self._client(target), dry_run=True))
        self._same(before, self._members(year + 2, 2, LAST_GRADE), chats)
        assert not found, f"a reconcile run found {len(found)} differences"
        reads += reader.reads
        head = "| step | records | unbound | s | client peak MiB | server peak MiB |\n|---|---:|---:|---:|---:|---:|"
        title = f"### {self._count} pupils, {bound} accounts bound, {chats} chats"
        tail = f"{reads} reads of classes meanwhile: none saw one half rolled over, or a pupil without the chat."
        return "\n".join([title, "", head, *self._rows, "", tail])

    def _disturbed(self, roll: Roll) -> int:
        """Rolls over with a client that is killed after a third, and a server that is killed after two thirds."""
        reads = 0
        name = f"{roll.year} to {roll.year + 1}"
        with self._server() as (pid, target), self._reading(target, roll.year) as reader:
            job = self._job(target, roll.file, halt_at=roll.records // 3)
            assert self._child(job) is None, "the client was to be killed"
            job = self._job(target, roll.file, halt_at=roll.records * 2 // 3)
            assert self._child(job, pid) is None, "the server was to be killed"
        reads += reader.reads
        with self._server() as (pid, target), self._reading(target, roll.year) as reader:
            self._step(f"{name}, again after both were killed", pid, self._job(target, roll.file))
        return reads + reader.reads

    def _step(self, name: str, pid: int, job: dict[str, Any]) -> None:
        Path(f"/proc/{pid}/clear_refs").write_text("5")
        told = self._child(job)
        assert told is not None, f"{name} failed"
        assert told["failed"] == 0, f"{name}: {told['failed']} records failed"
        cells = [name, told["records"], told["unbound"], f"{told['seconds']:.1f}"]
        cells += [told["peak_kib"] // MIB, peak_kib(pid) // MIB]
        self._rows.append(f"| {' | '.join(map(str, cells))} |")
        self._console.print(self._rows[-1])

    def _child(self, job: dict[str, Any], victim: int = 0) -> dict[str, Any] | None:
        """Imports in a process of its own, and kills it, or another one, when it says that it is where the job wants
        that. Returns its report, None if it came to none."""
        command = [sys.executable, __file__, "--import", json.dumps(job)]
        done: dict[str, Any] | None = None
        with (
            subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process,  # noqa: S603 - ourselves
            Progress(console=self._console) as progress,
        ):
            task = progress.add_task("records", total=job["records"] or None)
            for line in process.stdout or ():
                word, _, rest = line.strip().partition(" ")
                if word == "DONE":
                    done = json.loads(rest)
                elif word == "HALFWAY":
                    # The server's life if it is to be the server, else the client's own.
                    os.kill(victim or process.pid, signal.SIGKILL)
                elif rest.isdigit():
                    progress.update(task, completed=int(rest))
        return done

    def _job(self, target: str, file: Path, *, world: bool = False, halt_at: int = 0) -> dict[str, Any]:
        records = 0 if world else sum(1 for _ in file.open())
        key = str(self._key.key_path)
        return {
            "target": target,
            "key": key,
            "file": str(file),
            "world": world,
            "halt_at": halt_at,
            "records": records,
        }

    @contextmanager
    def _server(self) -> Iterator[tuple[int, str]]:
        with server(self._folder, self._key.public_key_path, METHODS) as running:
            yield running

    def _client(self, target: str) -> BindingClient:
        return BindingClient.connect(target, token=ServiceCredentials(SERVICE, self._key.key_pem))

    @contextmanager
    def _reading(self, target: str, year: int) -> Iterator[Reader]:
        classes: dict[str, list[str]] = {}
        for chat, kind, account in self._all(IN_CHATS, year, 1, LAST_GRADE - 1):
            if kind == "PUPILS" and not account.endswith("-staff"):
                classes.setdefault(chat, []).append(account)
        for chat, kind, account in self._all(IN_CHATS, year + 1, 2, LAST_GRADE):
            if kind == "PUPILS" and not account.endswith("-staff"):
                classes.setdefault(chat, []).append(account)
        reader = Reader(self._client(target), list(islice(classes.items(), WATCHED)))
        thread = threading.Thread(target=reader.run, daemon=True)
        thread.start()
        try:
            yield reader
        finally:
            reader.stopped.set()
            thread.join()
        assert not reader.faults, reader.faults[:5]
        assert reader.reads, "the reader saw nothing"

    def _roll(self, year: int) -> Roll:
        """Writes down what the e-diary tells at the end of a school year: classes go on, the last grade leaves."""
        roll = Roll(year, self._folder / f"roll-{year}.txt")
        leaving: set[str] = set()
        with roll.file.open("w", encoding="ascii") as lines:
            for class_id, organisation_id, _, name in self._all(CLASSES, year):
                grade, letter = re.match(r"(\d+)(.*)", name).groups()  # pyright: ignore[reportOptionalMemberAccess]
                if int(grade) >= LAST_GRADE:
                    leaving.add(class_id)
                    continue
                begin = class_id.replace(f"-{year}-{grade}", f"-{year + 1}-{int(grade) + 1}")
                after = SchoolClassRecord(
                    id=begin,
                    organisation_id=organisation_id,
                    year=year + 1,
                    display_name=f"{int(grade) + 1}{letter}",
                    continues=class_id,
                )
                lines.write(RosterRecord(school_class=after).SerializeToString().hex() + "\n")
                roll.records += 1
            for person_id, class_id in self._all(PUPILS, year):
                if class_id in leaving:
                    ended = EnrolmentRecord(person_id=person_id, class_id=class_id, ended=True)
                    lines.write(RosterRecord(enrolment=ended).SerializeToString().hex() + "\n")
                    roll.records += 1
        return roll

    async def _bind_all(self) -> int:
        """Binds every account that may be bound, straight in the database of a server that is down."""
        vault = Vault(load_secret(self._folder / "secret.key", create=False))
        store = SqliteStore.open(self._database, vault)
        clock = WorldClock()
        ids = RandomIds(clock)
        names = [row[0] for row in self._all("SELECT id FROM account WHERE NOT closed ORDER BY id")]
        bound = 0
        with Progress(console=self._console) as progress:
            task = progress.add_task("accounts", total=len(names))
            for begin in range(0, len(names), AT_ONCE):
                contexts = (await store.accounts_by_id(names[begin : begin + AT_ONCE])).values()
                able = [context for context in contexts if is_eligible(context)]
                claims = [_claim(vault, ids, clock, context, bound + place) for place, context in enumerate(able)]
                made = await asyncio.gather(*(store.claim(claim) for claim in claims))
                assert all(isinstance(each, Claimed) for each in made)
                bound += len(claims)
                progress.update(task, completed=begin + AT_ONCE)
        await store.close()
        return bound

    def _members(self, year: int, lowest: int, highest: int) -> tuple[int, str]:
        """Returns how many are in the chats of some grades, and a digest of who is in which."""
        count, digest = 0, hashlib.sha256()
        for row in self._all(IN_CHATS, year, lowest, highest):
            count += 1
            digest.update("\t".join(row).encode())
        return count, digest.hexdigest()

    def _same(self, before: tuple[int, str], after: tuple[int, str], chats: int) -> None:
        assert before == after, f"{before[0]} members before, {after[0]} after"
        assert self._one("SELECT count(*) FROM class_chat") == chats, "a chat was made twice"
        assert self._one("SELECT count(*) FROM unsettled_account") == 0, "somebody was left unsettled"

    def _all(self, sql: str, *values: Any) -> Iterable[Any]:
        with closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True)) as raw:
            yield from raw.execute(sql, values)

    def _one(self, sql: str) -> int:
        return next(iter(self._all(sql)))[0]


def _claim(vault: Vault, ids: RandomIds, clock: WorldClock, context: AccountContext, number: int) -> Claim:
    account, now = context.account, clock.now()
    roles = FITTING[account.role]
    wanted = memberships(account.role, roles, Policy.STRICT, context.classes)
    vk_user_id = str(10**9 + number)
    return Claim(
        binding=Binding(
            id=ids.new_id(),
            account_id=account.id,
            person_id=account.person_id,
            vk_user_id=vk_user_id,
            vk_digest=vault.vk_digest(vk_user_id),
            state=BindingState.ACTIVE,
            diagnosis=Diagnosis.OK,
            evidence=(),
            chats=ChatsState.READY,
            roles=roles,
            policy=Policy.STRICT,
            contact_digest=vault.vk_digest(account.id),
            contact_mask="+7 *** *** ** 00",
            via_pupil=None,
            created_at=now,
        ),
        attempt_id=None,
        wanted=[WantedChat(ids.new_id(), place, kind, role) for (place, kind), role in wanted.items()],
        settled=True,
        decision=DecisionEntry(account.id, "STRICT", "D19", True, None, {}, now),
        audit=AuditEntry("service:bench", "binding.create", account.id, now),
        request=None,
        ground=ground_of(context),
    )


def _import(target: str, key: str, file: str, world: bool, halt_at: int, records: int) -> None:
    """Imports as a process of its own; says how far it is, and what became of it."""
    credentials = ServiceCredentials(SERVICE, Path(key).read_bytes())
    size = WORLD_CHUNK if world else max(1, min(CHUNK, records // 12))
    with Path(file).open(encoding="utf-8") as lines:
        told = open_roster(Path(file)) if world else _recorded(lines, halt_at)
        begun = time.perf_counter()
        try:
            with BindingClient.connect(target, token=credentials) as client:
                answer = import_roster(client, told, lambda sent: print("SENT", sent, flush=True), size=size)
        except BindingError:
            # The halted stream would wait for ever.
            os._exit(1)
    report = {
        "records": answer.created + answer.updated + answer.unchanged + answer.failed,
        "failed": answer.failed,
        "unbound": answer.unbound,
        "seconds": time.perf_counter() - begun,
        "peak_kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    }
    print("DONE", json.dumps(report), flush=True)


def _recorded(lines: Iterable[str], halt_at: int) -> Iterator[RosterRecord]:
    for number, line in enumerate(lines, 1):
        if number == halt_at:
            print("HALFWAY", flush=True)
            threading.Event().wait()
        yield RosterRecord.FromString(bytes.fromhex(line))


WORLD_CHUNK = 1000
CHUNK = 20
"""Records a message: some classes with all that is theirs, so that others have their turn in between."""

if __name__ == "__main__":
    main()
