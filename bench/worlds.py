"""How long worlds take on both products, and whether their memory comes back.

    .venv/bin/python bench/worlds.py [--worlds 10000] [--report FILE.md]

Starts simulator and service as processes with the demo world and calls them over gRPC, one call after the other. First
the medians of each call, then so many worlds made, used (a family, a token, a code) and dropped on both products, with
the memory of each process watched. Fails if a median or the memory is over its target. Absolute figures differ from
machine to machine.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from binding_client.testing import Stack

TARGET_MS = 5.0
"""A world is made, and reset, in so many milliseconds (median)."""
TARGET_MIB = 50.0
"""So much may the memory of a process grow while worlds come and go."""
WARM_UP = 300
"""Worlds that come and go before the memory is first looked at: by then all code is loaded and all pools are filled."""

Timings = dict[str, list[float]]
CLIENT, APP_ID = "EDIARY66", 51000066


@dataclass(frozen=True)
class Memory:
    """Memory of a process in MiB: at first, at most, at last."""

    first: float
    most: float
    last: float

    @property
    def growth(self) -> float:
        """How much more it is at most than at first."""
        return self.most - self.first


def main() -> None:
    """Measures, prints a Markdown report, and exits 1 if a target is missed."""
    parser = argparse.ArgumentParser(description="Worlds on both products")
    parser.add_argument("--worlds", type=int, default=10_000)
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--report", type=Path)
    options = parser.parse_args()
    with Stack(test_worlds=True) as stack:
        timings = measure_calls(stack, options.calls)
        began = time.perf_counter()
        memory = measure_memory(stack, options.worlds)
        seconds = time.perf_counter() - began
    lines = report(timings, memory, options.worlds, seconds)
    print("\n".join(lines))
    if options.report:
        options.report.write_text("\n".join(lines) + "\n", encoding="utf-8")
    sys.exit(1 if missed(timings, memory) else 0)


def measure_calls(stack: Stack, calls: int) -> Timings:
    """Times each call about worlds, in milliseconds; the worlds are gone afterwards."""
    timings: Timings = {}

    def timed(name: str, call: Callable[[], Any]) -> Any:
        began = time.perf_counter()
        answer = call()
        timings.setdefault(name, []).append((time.perf_counter() - began) * 1000)
        return answer

    document = stack.control.get_world_document()
    for number in range(calls):
        name = f"bench-{number}"
        control = stack.control.using(name)
        service = stack.client().using(world=name)
        timed("simulator: CreateWorld, of the world file", lambda name=name: stack.control.create_world(name))
        timed("simulator: ForkWorld", lambda name=name, control=control: control.fork_world(f"{name}-fork"))
        timed("simulator: CreateFamily", control.create_family)
        timed("simulator: MintEsiaToken", lambda control=control: control.mint_esia_token("vera", CLIENT))
        snapshot = timed("simulator: SnapshotWorld", control.snapshot_world)
        timed("simulator: ResetWorld", control.reset_world)
        timed("simulator: RestoreWorld", lambda control=control, kept=snapshot: control.restore_world(kept))
        stack.control.using(f"{name}-fork").drop_world()
        timed("simulator: DropWorld", control.drop_world)
        made = f"{name}-of-document"
        timed("simulator: CreateWorld, of a document", lambda made=made: stack.control.create_world(made, document))
        stack.control.using(made).drop_world()
        timed("service: a world's first call", service.get_clock)
        timed("service: ForkWorld, of the roster's", lambda name=name: stack.client().fork_world(world=f"{name}-fork"))
        fork = stack.client().using(world=f"{name}-fork")
        snapshot = timed("service: SnapshotWorld", fork.snapshot_world).snapshot
        timed("service: ResetWorld", fork.reset_world)
        timed("service: RestoreWorld", lambda fork=fork, kept=snapshot: fork.restore_world(snapshot=kept))
        fork.drop_world()
        timed("service: DropWorld", service.drop_world)
        world = timed("stack: world()", stack.world)
        timed("stack: reset()", world.reset)
        world.drop()
    return timings


def measure_memory(stack: Stack, worlds: int, warm_up: int = WARM_UP) -> dict[str, Memory]:
    """Makes worlds on both products, uses and drops them; returns how the memory of the processes went."""
    pids = {"simulator": stack.programs.simulator.pid, "service": stack.programs.server.pid}
    for number in range(warm_up):
        _come_and_go(stack, f"warm-{number}")
    seen: dict[str, list[float]] = {name: [resident_mib(pid)] for name, pid in pids.items()}
    for number in range(worlds):
        _come_and_go(stack, f"w-{number}")
        if number % 100 == 99 or number == worlds - 1:
            for name, pid in pids.items():
                seen[name].append(resident_mib(pid))
    return {name: Memory(values[0], max(values), values[-1]) for name, values in seen.items()}


def resident_mib(pid: int) -> float:
    """The memory that a process has now, in MiB (Linux)."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("no VmRSS")


def missed(timings: Timings, memory: dict[str, Memory]) -> list[str]:
    """What is over its target."""
    bounded = [name for name in timings if "CreateWorld" in name or "ForkWorld" in name or "ResetWorld" in name]
    slow = [name for name in bounded if statistics.median(timings[name]) > TARGET_MS]
    return slow + [f"memory of the {name}" for name, one in memory.items() if one.growth > TARGET_MIB]


def report(timings: Timings, memory: dict[str, Memory], worlds: int, seconds: float) -> list[str]:
    """The measurements in Markdown."""
    lines = [
        "# Worlds",
        "",
        "Made by `bench/worlds.py --report`: simulator and service as processes with the demo world, one blocking",
        "client, one call after the other over gRPC on loopback. Targets: a world made and reset in 5 ms (medians),",
        "memory within 50 MiB. Two shared cores, busy with other programs at the same time.",
        "",
        "| call | median ms | 95 % ms |",
        "|---|---:|---:|",
    ]
    for name, values in sorted(timings.items()):
        tail = sorted(values)[int(len(values) * 0.95)]
        lines.append(f"| {name} | {statistics.median(values):.2f} | {tail:.2f} |")
    lines += [
        "",
        f"{worlds} worlds made on both products, each with a family, an ESIA token and a VK ID code, and dropped, in "
        f"{seconds:.0f} s:",
        "",
        "| process | MiB at first | at most | at last | growth |",
        "|---|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {name} | {one.first:.0f} | {one.most:.0f} | {one.last:.0f} | {one.growth:.1f} |"
        for name, one in memory.items()
    ]
    over = missed(timings, memory)
    return [*lines, "", f"Over target: {', '.join(over)}." if over else "All targets are met."]


def _come_and_go(stack: Stack, name: str) -> None:
    control = stack.control.using(name)
    service = stack.client().using(world=name)
    stack.control.create_world(name)
    family = control.create_family()
    control.mint_esia_token(family["parents"][0], CLIENT)
    control.mint_vk_tokens(family["parents"][0], APP_ID)
    service.get_clock()
    control.drop_world()
    service.drop_world()


if __name__ == "__main__":
    main()
