"""A consumer that is killed again and again, and a service that is: every event counts once all the same."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from binding_client.errors import BindingError
from binding_client.roster import load_world
from binding_client.testing import Actor, Stack
from binding_client.watch import Event, SnapshotEnd
from sferum.binding.v1.binding_service_pb2 import BindingEventKind
from sferum.binding.v1.resources_pb2 import Binding

from .acting import eventually
from .documents import CLASS_5A, copy_of, with_pupils

DEMO = Path(__file__).parents[2] / "worlds" / "demo.yaml"
KILLS = int(os.environ.get("SFERUM_FOLLOW_KILLS", "100"))
PUPILS = 8
FOLLOWER = "follower"

pytestmark = [pytest.mark.xdist_group("follow"), pytest.mark.timeout(KILLS * 2 + 120)]


@pytest.fixture(scope="module")
def followed() -> Iterator[Stack]:
    """A stack of its own with a database file and a back end that follows."""
    document = with_pupils(copy_of(load_world(DEMO).document), PUPILS, CLASS_5A)
    policy = {"methods": ["BindingService/WatchBindings"], "municipalities": "*"}
    with Stack(world=document, services={FOLLOWER: policy}) as running:
        yield running


class Consumer:
    """The consumer's process and its database."""

    def __init__(self, stack: Stack, directory: Path) -> None:
        key = directory / "follower.key"
        key.write_bytes(stack.programs.service_key_pem(FOLLOWER))
        self.file = directory / "consumer.db"
        program = Path(__file__).with_name("consumer.py")
        self._log = (directory / "consumer.log").open("w+", encoding="utf-8")
        self._process = subprocess.Popen(
            [sys.executable, str(program), stack.grpc, FOLLOWER, str(key), str(self.file)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self._child = 0

    def start(self) -> None:
        self._child = self._tell("start")

    def kill(self) -> None:
        """kill -9; a consumer that has ended by itself is a failure."""
        os.kill(self._child, signal.SIGKILL)
        ended = self._tell("wait")
        assert ended == -signal.SIGKILL, self._said()

    def stop(self) -> None:
        if self._child:
            with suppress(ProcessLookupError):
                os.kill(self._child, signal.SIGKILL)
        self._process.communicate(timeout=10)
        self._log.close()

    def rows(self, query: str) -> list[Any]:
        with closing(sqlite3.connect(self.file, timeout=30)) as db:
            return db.execute(query).fetchall()

    def has_snapshot(self) -> bool:
        with suppress(sqlite3.OperationalError):
            return bool(self.rows("SELECT 1 FROM position"))
        return False

    def _tell(self, command: str) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{command}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def _said(self) -> str:
        self._log.seek(0)
        return self._log.read()


class Crowd:
    """Pupils who bind and unbind all the time, in a thread for each half of them."""

    def __init__(self, pupils: list[Actor]) -> None:
        self._stopped = threading.Event()
        halves = (pupils[::2], pupils[1::2])
        self._threads = [threading.Thread(target=self._run, args=(half,)) for half in halves]

    def __enter__(self) -> Crowd:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _run(self, pupils: list[Actor]) -> None:
        chance = random.Random(len(pupils))
        while not self._stopped.is_set():
            pupil = chance.choice(pupils)
            # Refused, or the service is gone: what counts is what the service says in the end.
            with suppress(BindingError):
                if chance.random() < 0.5:
                    pupil.unbind()
                else:
                    pupil.bind()


def all_bindings(pupil: Actor) -> list[Binding]:
    """Every binding that the pupil ever had."""
    found, token = [], ""
    while True:
        page = pupil.client.list_bindings(parent=pupil.account(), page_size=500, page_token=token)
        found += page.bindings
        token = page.next_page_token
        if not token:
            return found


@pytest.fixture
def consumer(followed: Stack, tmp_path: Path) -> Iterator[Consumer]:
    consumer = Consumer(followed, tmp_path)
    yield consumer
    consumer.stop()


def test_a_consumer_killed_at_random_it_ends_with_the_services_state_and_each_event_once(
    followed: Stack, consumer: Consumer
) -> None:
    pupils = [followed.person(f"p{number}") for number in range(1, PUPILS + 1)]
    for pupil in pupils[:3]:
        pupil.bind()
    consumer.start()
    eventually(consumer.has_snapshot)
    assert len(consumer.rows("SELECT * FROM first_snapshot")) == 3

    chance = random.Random(7)
    grew, before = 0, 0
    with Crowd(pupils):
        for kill in range(KILLS):
            # The moment is the point here: before the call, within a transaction, while waiting.
            time.sleep(chance.uniform(0.0, 0.5))
            consumer.kill()
            seen = consumer.rows("SELECT count(*) FROM seen")[0][0]
            grew, before = grew + (seen > before), seen
            if kill == KILLS // 2:
                followed.kill_server()
            consumer.start()
            if kill == KILLS // 2 + 1:
                followed.restart_server()
    # On a busy machine many lives end before anything comes; some must have seen something.
    assert grew >= 3

    every = [binding for pupil in pupils for binding in all_bindings(pupil)]
    active = {binding.account: binding.name for binding in every if binding.state == Binding.STATE_ACTIVE}
    first = {row[0] for row in consumer.rows("SELECT binding FROM first_snapshot")}
    created = Counter(binding.name for binding in every if binding.name not in first)
    removed = Counter(binding.name for binding in every if binding.state == Binding.STATE_UNBOUND)

    def seen_of(kind: str) -> Counter[str]:
        return Counter(row[0] for row in consumer.rows(f"SELECT binding FROM seen WHERE kind = '{kind}'"))

    eventually(lambda: seen_of("CREATED").total() >= created.total())
    eventually(lambda: seen_of("REMOVED").total() >= removed.total())
    consumer.kill()
    assert seen_of("CREATED") == created
    assert seen_of("REMOVED") == removed
    assert dict(consumer.rows("SELECT account, binding FROM bound")) == active
    numbers = [row[0] for row in consumer.rows("SELECT number FROM seen ORDER BY id")]
    assert numbers == sorted(set(numbers))
    assert created.total() + removed.total() > KILLS // 2


def test_a_service_that_stops_in_good_order_it_is_followed_again_without_a_gap(followed: Stack) -> None:
    boris = followed.person("boris")
    seen: list[str] = []
    with followed.service_client(FOLLOWER).watch_bindings() as watch:
        while not isinstance(next(watch), SnapshotEnd):
            pass
        seen.append(boris.bind().binding.name)
        followed.stop_server()
        followed.restart_server()
        boris.unbind()
        seen.append(boris.bind().binding.name)
        events = (step.event for step in watch if isinstance(step, Event))
        told = [(event.kind, event.binding.name) for event in islice(events, 3)]
    created, removed = BindingEventKind.BINDING_EVENT_KIND_CREATED, BindingEventKind.BINDING_EVENT_KIND_REMOVED
    assert told == [(created, seen[0]), (removed, seen[0]), (created, seen[1])]
