"""How fast a region's roster goes in through the API, and how much memory both sides need.

    .venv/bin/python bench/roster.py [--persons 100000] [--directory DIR] [--report FILE.md]

Generates a region as JSON Lines, starts a server on a fresh database file, and imports from a process of its own: all
of it, the same again, the same as a FULL roster, as a dry run with 1 % of the persons renamed, and that for real. Fails
if a repeat changes anything or the 1 % is not exactly what is updated. Peak memory is that of each process in that
step; absolute figures differ from machine to machine.
"""

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from binding_client import BindingClient
from binding_client.esia import ensure_key
from binding_client.roster import import_roster, open_roster
from binding_client.service_credentials import ServiceCredentials, ensure_service_key

SERVICE = "roster-feed"
PERSONS_A_PUPIL = 2.31
CHANGED_ONE_IN = 100
MIB = 1024


@dataclass(frozen=True)
class Step:
    """One import, with what is asserted of its report."""

    name: str
    changed: bool = False
    full: bool = False
    dry_run: bool = False


STEPS = (
    Step("first import"),
    Step("the same again"),
    Step("the same again, FULL", full=True),
    Step("1 % renamed, dry run", changed=True, dry_run=True),
    Step("1 % renamed", changed=True),
)


def main() -> None:
    """Runs all steps and prints a Markdown table."""
    parser = argparse.ArgumentParser(description="Rosters through the API")
    parser.add_argument("--persons", type=int, default=100_000)
    parser.add_argument("--directory", type=Path, default=None, help="where file and database go")
    parser.add_argument("--report", type=Path, default=None, help="Markdown file to which the table is added")
    parser.add_argument("--short", action="store_true", help="without the FULL import and the dry run")
    parser.add_argument("--import", dest="job", default="", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.job:
        print(json.dumps(_import(**json.loads(arguments.job))))
        return
    with tempfile.TemporaryDirectory(dir=arguments.directory) as folder:
        table = run(Path(folder), arguments.persons, short=arguments.short)
    print(table)
    if arguments.report:
        with arguments.report.open("a", encoding="utf-8") as report:
            report.write(f"\n{table}\n")


def run(folder: Path, persons: int, *, short: bool = False) -> str:
    """Generates, imports in all ways, and returns the table.

    Raises:
        AssertionError: a repeat changed something, or a change was not the one that was made.
    """
    whole, changed = folder / "region.jsonl", folder / "changed.jsonl"
    command = ["idp_mock", "generate", "--pupils", str(round(persons / PERSONS_A_PUPIL)), "--out", str(whole)]
    subprocess.run([sys.executable, "-m", *command], check=True, stdout=sys.stderr)  # noqa: S603 - our own program
    count, renamed = rename(whole, changed)
    key = ensure_service_key(folder, SERVICE)
    rows: list[str] = []
    with server(folder, key.public_key_path) as (pid, target):
        for step in STEPS:
            if short and (step.full or step.dry_run):
                continue
            Path(f"/proc/{pid}/clear_refs").write_text("5")
            job = {
                "target": target,
                "key": str(key.key_path),
                "file": str(changed if step.changed else whole),
                "full": step.full,
                "dry_run": step.dry_run,
            }
            told = _child(job)
            expect(step, told, renamed)
            rows.append(_row(step, told, peak_kib(pid)))
            print(rows[-1], file=sys.stderr, flush=True)
        size = sum(file.stat().st_size for file in folder.glob("binding.sqlite3*"))
    head = "| step | records | created | updated | ended | s | records/s | client peak MiB | server peak MiB |"
    title = f"### {count} persons, file {whole_mib(whole)} MiB, database {size // MIB // MIB} MiB after all steps"
    return "\n".join([title, "", head, "|---|" + "---:|" * 8, *rows])


def rename(source: Path, target: Path) -> tuple[int, int]:
    """Copies a region with every hundredth person renamed; returns how many persons there are and how many differ."""
    count = renamed = 0
    with source.open(encoding="utf-8") as lines, target.open("w", encoding="utf-8") as copy:
        for line in lines:
            if line.startswith('{"person"'):
                count += 1
                if count % CHANGED_ONE_IN == 0:
                    line = re.sub(r'"last":"', '"last":"Ново-', line, count=1)
                    renamed += 1
            copy.write(line)
    return count, renamed


def expect(step: Step, told: dict[str, Any], renamed: int) -> None:
    """Checks a report against what was sent."""
    wanted = {"created": 0, "updated": renamed if step.changed else 0, "failed": 0, "ended": 0}
    if step == STEPS[0]:
        del wanted["created"]
    found = {name: told[name] for name in wanted}
    if found != wanted:
        raise AssertionError(f"{step.name}: {found}, expected {wanted}")


@contextmanager
def server(
    folder: Path, public_key: Path, methods: Sequence[str] = ("DirectoryService/ImportRoster",)
) -> Iterator[tuple[int, str]]:
    """Runs a server on a database file, with a back end that may call some methods; gives its process id and
    address."""
    callers = {
        "esia_clients": {"EDIARY66": {"redirect_uris": [], "loopback_redirects": True}},
        "services": {
            SERVICE: {
                "public_key_file": str(public_key),
                "methods": list(methods),
                "municipalities": "*",
            }
        },
    }
    file = folder / "callers.yaml"
    file.write_text(yaml.safe_dump(callers), encoding="utf-8")
    settings = {
        "BINDING_LISTEN": "127.0.0.1:0",
        "BINDING_STATE_DIR": str(folder),
        "BINDING_DATABASE_URL": f"sqlite:///{folder / 'binding.sqlite3'}",
        "BINDING_CALLERS_FILE": str(file),
        "BINDING_ESIA_KEYS": str(ensure_key(folder, "esia").certificate_path),
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("BINDING_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "binding_server"],
        env={**inherited, **settings},
        stdout=subprocess.PIPE,
        stderr=(folder / "server.log").open("w"),
        text=True,
    )
    try:
        assert process.stdout is not None
        line = next((line for line in process.stdout if line.startswith("READY ")), None)
        if line is None:
            raise RuntimeError((folder / "server.log").read_text())
        yield process.pid, json.loads(line.removeprefix("READY "))["grpc"]
    finally:
        process.terminate()
        process.wait()


def _child(job: dict[str, Any]) -> dict[str, Any]:
    """Imports in a process of its own, so that its memory is its own."""
    command = [sys.executable, __file__, "--import", json.dumps(job)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - ourselves
    return json.loads(done.stdout)


def _import(target: str, key: str, file: str, full: bool, dry_run: bool) -> dict[str, Any]:
    credentials = ServiceCredentials(SERVICE, Path(key).read_bytes())
    begun = time.perf_counter()
    with BindingClient.connect(target, token=credentials) as client:
        answer = import_roster(client, open_roster(Path(file)), full=full, dry_run=dry_run)
    seconds = time.perf_counter() - begun
    counts = {name: getattr(answer, name) for name in ("created", "updated", "unchanged", "failed", "ended")}
    return {**counts, "seconds": seconds, "peak_kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}


def _row(step: Step, told: dict[str, Any], server_kib: int) -> str:
    records = sum(told[name] for name in ("created", "updated", "unchanged", "failed"))
    cells = [step.name, records, told["created"], told["updated"], told["ended"], f"{told['seconds']:.1f}"]
    cells += [f"{records / told['seconds']:.0f}", told["peak_kib"] // MIB, server_kib // MIB]
    return f"| {' | '.join(map(str, cells))} |"


def peak_kib(pid: int) -> int:
    """Returns the largest resident memory of a process since it was last cleared."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) if found else 0


def whole_mib(file: Path) -> int:
    """Returns the size of a file in MiB."""
    return file.stat().st_size // MIB // MIB


if __name__ == "__main__":
    main()
