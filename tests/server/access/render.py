"""Writes docs/access.md from the table: `python -m server.access.render` in `tests/`."""

from pathlib import Path

from .table import CALLERS, POLICY, ROWS, THROUGH, Caller, expected

TARGET = Path(__file__).parents[3] / "docs" / "access.md"
_MARKS = {
    THROUGH: "yes",
    "ACCOUNT_NOT_ACCESSIBLE": "account",
    "RESOURCE_NOT_ACCESSIBLE": "resource",
    "CALLER_NOT_ALLOWED": "caller",
    "CALLER_UNKNOWN": "unknown",
    "ESIA_SESSION_REQUIRED": "sign in",
}
_HEAD = """\
# Who may call what

Every method against every kind of caller, made from the policy below by `python -m server.access.render` in `tests/`.
`tests/server/access` calls the running service once for each cell. Everything asked for is of one pupil, the holder, at
a school of the municipality `ekaterinburg`.

| in a cell | the answer |
|---|---|
| yes | the call reaches what it asks for |
| caller | PERMISSION_DENIED, `CALLER_NOT_ALLOWED` |
| account | PERMISSION_DENIED, `ACCOUNT_NOT_ACCESSIBLE`; in a batch, that one result |
| resource | PERMISSION_DENIED, `RESOURCE_NOT_ACCESSIBLE`; in a batch, that one result |
| unknown | UNAUTHENTICATED, `CALLER_UNKNOWN` |
| sign in | UNAUTHENTICATED, `ESIA_SESSION_REQUIRED` |

A denied call learns nothing: of what does not exist the very same is said.

A back end by itself reads what lies in its municipalities, and sees VK ID numbers masked. On behalf of a person
(`x-on-behalf-of`) it has that person's rights and no others, in the methods that its policy lists, with tokens of the
ESIA systems in its `acts_for`. Its own token is good for one call.

An operator of the holder's school brings the holder's token along in the same way, in an open visit. What only says
that the holder's sign-in is missing is `sign in` as well.
"""


def page() -> str:
    """Returns the page."""
    parts = [_HEAD, "## The policy\n", _policy()]
    groups = {
        "Persons": [caller for caller in CALLERS if caller.token == "person" and not caller.behalf],
        "Back ends by themselves": [caller for caller in CALLERS if caller.token == "service" and not caller.behalf],
        "On behalf of a person": [caller for caller in CALLERS if caller.behalf],
        "Without a good token": [caller for caller in CALLERS if caller.token not in ("person", "service")],
    }
    assert sum(map(len, groups.values())) == len(CALLERS)
    parts += [f"## {title}\n\n{_table(callers)}" for title, callers in groups.items()]
    return "\n".join(parts)


def _policy() -> str:
    lines = ["| back end | methods | municipalities | acts for |", "|---|---|---|---|"]
    every = {row.method for row in ROWS if not row.method.startswith("TestingService/")}
    for name, policy in POLICY.items():
        left_out = sorted(every - set(policy["methods"]))
        listed = "none" if not policy["methods"] else "all" + "".join(f" but `{method}`" for method in left_out)
        places = policy["municipalities"]
        where = "all" if places == "*" else ", ".join(f"`{place}`" for place in places)
        systems = ", ".join(f"`{system}`" for system in policy["acts_for"])
        lines.append(f"| `{name}` | {listed} | {where} | {systems} |")
    return "\n".join(lines) + "\n"


def _table(callers: list[Caller]) -> str:
    lines = [
        f"| method | {' | '.join(caller.title for caller in callers)} |",
        "|---|" + "---|" * len(callers),
    ]
    for row in ROWS:
        cells = [_MARKS[expected(row, caller)] for caller in callers]
        name = f"`{row.method}`" + (f" {row.asks}" if row.asks else "")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")
