"""A roster in which one record of a hundred is broken: every one of them is told, and the others are applied.

    .venv/bin/python bench/broken.py [--records 100000] [--directory DIR] [--report FILE.md]

Imports persons and enrolments of which every hundredth record names a class that there is not, first all or nothing,
then for good. Fails unless the broken records, and they only, are listed by line.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from binding_client import BindingClient
from binding_client.roster import import_roster, roster_errors
from binding_client.service_credentials import ServiceCredentials, ensure_service_key
from rich.console import Console
from rich.progress import Progress
from roster import MIB, SERVICE, peak_kib, server
from sferum.binding.v1.roster_pb2 import EnrolmentRecord, PersonRecord, RosterRecord

METHODS = ("DirectoryService/ImportRoster", "DirectoryService/ListRosterErrors")
ONE_IN = 100


def main() -> None:
    """Runs both ways and prints a Markdown table."""
    parser = argparse.ArgumentParser(description="A roster with broken records")
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--directory", type=Path, default=None, help="where the database goes")
    parser.add_argument("--report", type=Path, default=None, help="Markdown file to which the table is added")
    arguments = parser.parse_args()
    rows: list[str] = []
    with tempfile.TemporaryDirectory(dir=arguments.directory) as folder:
        key = ensure_service_key(Path(folder), SERVICE)
        with server(Path(folder), key.public_key_path, METHODS) as (pid, target):
            credentials = ServiceCredentials(SERVICE, key.key_pem)
            with BindingClient.connect(target, token=credentials) as client:
                for atomic in (True, False):
                    rows.append(_run(client, arguments.records, pid, atomic=atomic))
    head = "| step | created | failed | listed | s | client peak MiB | server peak MiB |\n|---|" + "---:|" * 6
    table = "\n".join([f"### {arguments.records} records, one in {ONE_IN} broken", "", head, *rows])
    print(table)
    if arguments.report:
        with arguments.report.open("a", encoding="utf-8") as report:
            report.write(f"\n{table}\n")


def _run(client: BindingClient, count: int, pid: int, *, atomic: bool) -> str:
    begun = time.perf_counter()
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("records", total=count)
        answer = import_roster(
            client, _records(count), lambda sent: progress.update(task, completed=sent), atomic=atomic
        )
    listed = [error.line for error in roster_errors(client, answer.name)]
    assert listed == list(range(ONE_IN, count + 1, ONE_IN)), "not every broken record was told"
    assert (answer.failed, answer.dry_run) == (len(listed), atomic)
    assert answer.created == count - answer.failed
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    name = "all or nothing: nothing" if atomic else "the rest is applied"
    cells = [name, answer.created, answer.failed, len(listed), f"{time.perf_counter() - begun:.1f}"]
    return f"| {' | '.join(map(str, [*cells, peak // MIB, peak_kib(pid) // MIB]))} |"


def _records(count: int) -> Iterator[RosterRecord]:
    for line in range(1, count + 1):
        if line % ONE_IN:
            yield RosterRecord(line=line, person=PersonRecord(id=f"p{line}", display_name="Имя"))
        else:
            yield RosterRecord(line=line, enrolment=EnrolmentRecord(person_id=f"p{line - 1}", class_id="nowhere"))


if __name__ == "__main__":
    main()
