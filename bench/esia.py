"""How soon the simulator answers, how much memory it holds, and how many people a second sign in at its ESIA.

    .venv/bin/python bench/esia.py [--sign-ins 600] [--starts 9] [--report FILE.md]

The simulator is one process on one core; who asks it sits on another, where there is one. A sign-in is an
authorization request with a live session and the exchange of its code, both with a signed `client_secret` that the
strict mode checks. Figures differ from machine to machine, so the rate is told as a share of what `cryptography` alone
signs on that core in the same run, divided by the signatures that a sign-in needs. Fails if a figure misses its target.
"""

import argparse
import http.client
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from esia_clients import CURVE, gost_client, rsa_client, sign_in_rate, write
from idp_mock.esia.gost.signature import PrivateKey

#: Of the code, the access token and the id token.
SIGNATURES = 3
START_S, MEMORY_MIB, SHARE = 0.4, 70, 0.4
SIGNED = b"x" * 600
_ROUNDS = 3
_TASKSET = shutil.which("taskset") or "taskset"
_BARE_S = 0.5

HEAD = """# The simulator's ESIA

Made by `bench/esia.py --report`: one process on one core. A sign-in is an authorization request with a live session and
the exchange of its code, each with a signature that the strict mode checks. What a ratio compares was measured on one
core in one run, in turns; the figures are medians.
"""


@dataclass(frozen=True)
class Row:
    """A line of the table; `met` is whether its target is."""

    name: str
    figure: str
    ratio: str = ""
    met: bool = True


def main() -> None:
    """Measures all and prints a Markdown table."""
    parser = argparse.ArgumentParser(description="Start, memory and rate of the simulator's ESIA")
    parser.add_argument("--sign-ins", type=int, default=600)
    parser.add_argument("--starts", type=int, default=9)
    parser.add_argument("--report", type=Path, default=None, help="Markdown file to write")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = run(Path(folder), arguments.sign_ins, arguments.starts)
    table = "\n".join(
        [
            "| what | figure | ratio |",
            "|---|---:|---:|",
            *(f"| {row.name} | {row.figure} | {row.ratio} |" for row in rows),
        ]
    )
    print(table)
    if arguments.report:
        arguments.report.write_text(f"{HEAD}\n{table}\n", encoding="utf-8")
    if missed := [row.name for row in rows if not row.met]:
        sys.exit(f"missed: {', '.join(missed)}")


def run(folder: Path, sign_ins: int, starts: int) -> list[Row]:
    """Measures all."""
    rsa_key, gost_key = rsa.generate_private_key(65537, 2048), PrivateKey.make(CURVE)
    clients = [rsa_client(rsa_key), gost_client(gost_key, "GOSTSYS"), gost_client(gost_key, "GOSTALL")]
    world = write(folder, clients)
    core = min(os.sched_getaffinity(0))
    os.sched_setaffinity(0, os.sched_getaffinity(0) - {core} or {core})
    start_times = [started(folder, world, core) for _ in range(starts + 1)][1:]
    bare, gost_bare, rates = [], [], [[] for _ in clients]
    with simulator(folder, world, core) as (process, port):
        time.sleep(1)
        idle = resident_mib(process.pid)
        for _ in range(_ROUNDS):
            bare.append(on_core(core, lambda: rsa_key.sign(SIGNED, padding.PKCS1v15(), hashes.SHA256())))
            gost_bare.append(on_core(core, lambda: gost_key.sign(SIGNED)))
            for number, client in enumerate(clients):
                rates[number].append(sign_in_rate(port, client, sign_ins // _ROUNDS // (1 if number == 0 else 4)))
        busy = resident_mib(process.pid)
    start, signed = statistics.median(start_times), statistics.median(bare)
    most = signed / SIGNATURES
    by_rsa, by_gost, all_gost = (statistics.median(rate) for rate in rates)
    gost = statistics.median(gost_bare)
    return [
        Row("start to the first answer", f"{start:.2f} s", f"{start / START_S:.2f} of {START_S} s", start <= START_S),
        Row("memory when idle", f"{idle:.0f} MiB", f"{idle / MEMORY_MIB:.2f} of {MEMORY_MIB} MiB", idle <= MEMORY_MIB),
        Row("memory after the sign-ins", f"{busy:.0f} MiB"),
        Row("bare RS256 signatures", f"{signed:.0f}/s"),
        Row(f"the same, divided by the {SIGNATURES} of a sign-in", f"{most:.0f}/s", "1"),
        Row(
            "sign-ins, first version, RSA",
            f"{by_rsa:.0f}/s",
            f"{by_rsa / most:.2f}, at least {SHARE}",
            by_rsa >= SHARE * most,
        ),
        Row("sign-ins, current version, GOST secret", f"{by_gost:.0f}/s", f"{by_gost / most:.2f}"),
        Row("sign-ins, current version, GOST secret and tokens", f"{all_gost:.0f}/s", f"{all_gost / most:.2f}"),
        Row("bare GOST signatures of the simulator", f"{gost:.0f}/s", f"{gost / signed:.3f} of RS256"),
    ]


def started(folder: Path, world: Path, core: int) -> float:
    """Seconds from the call of the command to ESIA's first answer."""
    begun = time.perf_counter()
    with simulator(folder, world, core, wait=False) as (_, port):
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            try:
                connection.request("POST", "/aas/oauth2/te", b"", {"connection": "close"})
                status = connection.getresponse().status
            except ConnectionError:
                time.sleep(0.002)
                continue
            finally:
                connection.close()
            if status != 400:
                raise AssertionError(f"the first answer is {status}")
            return time.perf_counter() - begun


@contextmanager
def simulator(
    folder: Path, world: Path, core: int, *, wait: bool = True
) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The simulator on one core; with `wait`, when it says that it is ready."""
    port = 18_000 + os.getpid() % 10_000
    options = ["--esia-port", str(port), "--vk-id-port", "0", "--control-port", "0", "--control-grpc-port", "0"]
    command = [sys.executable, "-m", "idp_mock", "serve", str(world), "--state-dir", str(folder / "state"), *options]
    process = subprocess.Popen(  # noqa: S603 - our own program
        [_TASKSET, "-c", str(core), *command], stdout=subprocess.PIPE, text=True
    )
    try:
        if wait:
            assert process.stdout is not None
            line = next(line for line in process.stdout if line.startswith("READY "))
            assert json.loads(line.removeprefix("READY "))["esia"].endswith(f":{port}")
        yield process, port
    finally:
        process.terminate()
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()


def on_core(core: int, act: Callable[[], object]) -> float:
    """How often a second something is done on a core."""
    usual = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        act()
        begun, count = time.perf_counter(), 0
        while time.perf_counter() - begun < _BARE_S:
            act()
            count += 1
        return count / (time.perf_counter() - begun)
    finally:
        os.sched_setaffinity(0, usual)


def resident_mib(pid: int) -> float:
    """Resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


if __name__ == "__main__":
    main()
