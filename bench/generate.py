"""How fast worlds are generated, checked and served, and in how much memory.

    .venv/bin/python bench/generate.py [--region] [--directory DIR] [--report FILE]

Runs the command `sferum-idp-mock` itself for 10^4 and 10^5 persons, with `--region` also for the 564 000 pupils and
1.3 million accounts of the Sverdlovsk region. Reports persons a second and the largest resident memory of each process;
`--report` writes them as a table in Markdown. Ratios hold from machine to machine, figures do not.
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PERSONS_PER_PUPIL = 2.32
REGION = 564_000

_COMMAND = (sys.executable, "-m", "idp_mock")


@dataclass(frozen=True)
class Figures:
    """What one process took: seconds from its start to its end (or to the ready line), and megabytes at most."""

    what: str
    persons: int
    seconds: float
    peak_mb: float

    def row(self) -> str:
        """A row of the report."""
        rate = self.persons / self.seconds
        return f"| {self.what} | {self.persons:,} | {self.seconds:.1f} | {rate:,.0f} | {self.peak_mb:.0f} |"


def measured(what: str, *arguments: str) -> Figures:
    """Runs a command that says how many persons it saw."""
    begun = time.perf_counter()
    process = subprocess.Popen([*_COMMAND, *arguments], stdout=subprocess.PIPE, text=True)  # noqa: S603 - ours
    if process.stdout is None:
        raise RuntimeError("the process has no output")
    said = process.stdout.read()
    peak_mb = ended(process)
    seconds = time.perf_counter() - begun
    found = re.search(r"(\d+) persons", said)
    if found is None:
        raise RuntimeError(f"{what} did not succeed")
    return Figures(what, int(found[1]), seconds, peak_mb)


def served(file: Path, persons: int) -> Figures:
    """Starts the simulator until it is ready."""
    settings = dict.fromkeys(("ESIA_PORT", "VK_ID_PORT", "CONTROL_PORT", "CONTROL_GRPC_PORT"), "0")
    with tempfile.TemporaryDirectory() as state:
        environment = {f"IDP_MOCK_{name}": value for name, value in {**settings, "STATE_DIR": state}.items()}
        times: list[tuple[float, float]] = []
        # Twice: the first start makes the signing keys.
        for _ in range(2):
            begun = time.perf_counter()
            process = subprocess.Popen(  # noqa: S603 - ours
                [*_COMMAND, "serve", str(file)], stdout=subprocess.PIPE, text=True, env={**os.environ, **environment}
            )
            if process.stdout is None or not process.stdout.readline().startswith("READY"):
                raise RuntimeError("the simulator did not start")
            seconds = time.perf_counter() - begun
            process.send_signal(signal.SIGTERM)
            times.append((seconds, ended(process)))
    return Figures("serve, until ready", persons, *times[-1])


def ended(process: "subprocess.Popen[str]") -> float:
    """Waits for a process; the largest memory it had, in megabytes."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.stdout is not None:
        process.stdout.close()
    return usage.ru_maxrss / 1024


def runs(directory: Path, region: bool) -> Iterator[Figures]:
    """All measurements, one after the other."""
    for persons in (10_000, 100_000):
        file = directory / f"{persons}.jsonl"
        pupils = str(round(persons / PERSONS_PER_PUPIL))
        made = measured("generate", "generate", "--pupils", pupils, "--out", str(file))
        yield made
        yield measured("validate", "validate", str(file))
        yield served(file, made.persons)
    small = directory / "small.yaml"
    yield measured("generate, YAML", "generate", "--pupils", "4000", "--out", str(small))
    yield measured("validate, YAML", "validate", str(small))
    if region:
        file = directory / "region.jsonl"
        yield measured("generate", "generate", "--pupils", str(REGION), "--out", str(file))
        yield measured("validate", "validate", str(file))


def main() -> None:
    """Runs all and prints the table."""
    parser = argparse.ArgumentParser(description="Generated worlds: speed and memory")
    parser.add_argument("--region", action="store_true", help="the region too: some minutes and 1 GB of disk")
    parser.add_argument("--directory", type=Path, default=None, help="where the files go")
    parser.add_argument("--report", type=Path, default=None, help="write the table there too")
    arguments = parser.parse_args()
    table = ["| what | persons | s | persons/s | peak MB |", "|---|---:|---:|---:|---:|"]
    print(*table, sep="\n", flush=True)
    with tempfile.TemporaryDirectory(dir=arguments.directory) as folder:
        for figures in runs(Path(folder), arguments.region):
            table.append(figures.row())
            print(table[-1], flush=True)
    if arguments.report:
        arguments.report.parent.mkdir(parents=True, exist_ok=True)
        head = f"# Generated worlds\n\n`bench/generate.py{' --region' if arguments.region else ''}`, one process each,"
        about = f"{os.cpu_count()} shared cores, Python {sys.version.split()[0]}."
        arguments.report.write_text(f"{head} {about}\n\n" + "\n".join(table) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
