"""What do mocks of identity providers let through? The same probe against ours and three popular ones.

    .venv/bin/python bench/strictness [--ours] [--report FILE.md]

Each line signs a person in anew and does one thing wrong. A strict provider refuses every line. Ends with 1 if one of
ours accepts a line, or refuses one without an explanation for the developer. Where a provider has no such thing, or
its documents say nothing of it, the table has «-». Without `--ours` it needs `npm`, and installs what it compares with
in this folder.
"""

import argparse
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from lines import LINES, WORKS, Unfit
from others import npm_mock, python_mock
from ours import simulator
from target import NotOffered, Target

REFUSED, ACCEPTED, NOT_OFFERED, UNFIT = "refused", "**ACCEPTED**", "-", "?"


@dataclass
class Report:
    """What one provider did: line -> verdict, and which refusals it did not explain."""

    name: str
    verdicts: dict[str, str]
    unexplained: list[str]
    explains: bool

    @property
    def accepted(self) -> list[str]:
        """Lines that should have been refused, or could not be tried."""
        return [line for line, verdict in self.verdicts.items() if verdict in (ACCEPTED, UNFIT)]


def probe(target: Target) -> Report:
    """Plays all lines against one provider."""
    name, works = WORKS
    try:
        if works(target).refused:
            raise Unfit("refresh")
    except Unfit as reason:
        print(f"{target.name}: {name} does not work: {reason}", file=sys.stderr)
    report = Report(target.name, {}, [], target.explained() >= 0)
    for name, line in LINES.items():
        before = target.explained()
        try:
            if name in target.unsaid:
                raise NotOffered
            report.verdicts[name] = REFUSED if line(target).refused else ACCEPTED
        except NotOffered:
            report.verdicts[name] = NOT_OFFERED
        except (Unfit, KeyError) as reason:
            print(f"{target.name}: {name}: {reason!r}", file=sys.stderr)
            report.verdicts[name] = UNFIT
        if report.explains and report.verdicts[name] == REFUSED and target.explained() == before:
            report.unexplained.append(name)
    return report


def table(reports: list[Report]) -> str:
    """The Markdown table of all reports."""
    head = ["what the client does", *(report.name for report in reports)]
    rows = [[line, *(report.verdicts[line] for report in reports)] for line in LINES]
    rows.append(["refused", *(f"{_count(report)} of {_tried(report)}" for report in reports)])
    rows.append(["explained to the developer", *("yes" if report.explains else "no" for report in reports)])
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _count(report: Report) -> int:
    return sum(verdict == REFUSED for verdict in report.verdicts.values())


def _tried(report: Report) -> int:
    return sum(verdict in (REFUSED, ACCEPTED) for verdict in report.verdicts.values())


def main() -> None:
    """Probes, prints the table, and fails if ours is not strict."""
    parser = argparse.ArgumentParser(description="Strictness of mocks")
    parser.add_argument("--ours", action="store_true", help="only the simulator's two providers")
    parser.add_argument("--report", type=Path, default=None, help="file that the table is written to")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        ours: list[Target] = list(stack.enter_context(simulator()))
        others: list[Target] = []
        if not arguments.ours:
            others = [
                stack.enter_context(npm_mock("oauth2-mock-server")),
                stack.enter_context(npm_mock("oidc-provider")),
                stack.enter_context(python_mock()),
            ]
        reports = [probe(target) for target in (*ours, *others)]
    text = table(reports)
    print(text)
    if arguments.report:
        arguments.report.write_text(f"{text}\n", encoding="utf-8")
    wrong = [
        f"{report.name}: {line}" for report in reports[: len(ours)] for line in report.accepted + report.unexplained
    ]
    if wrong:
        raise SystemExit("accepted or not explained: " + "; ".join(wrong))


if __name__ == "__main__":
    main()
