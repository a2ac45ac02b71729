"""Which entries are meant, and in what others differ."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from idp_mock.journal.entry import Entry
from idp_mock.world.refusals import Provider

_NEAREST = 5


@dataclass(frozen=True, slots=True)
class Matcher:
    """All that is set must fit. `endpoint` is the end of a path; `error` is `-` for none."""

    provider: Provider | None = None
    method: str = ""
    endpoint: str = ""
    client: str = ""
    person: str = ""
    status: int = 0
    error: str = ""
    sender: str = ""
    parameters: dict[str, str] = field(default_factory=dict)

    def fits(self, entry: Entry) -> bool:
        """Whether an entry is meant."""
        return not self.differences(entry)

    def differences(self, entry: Entry) -> list[str]:
        """In what an entry differs, in words."""
        wanted = {
            "provider": self.provider,
            "method": self.method.upper(),
            "client": self.client,
            "person": self.person,
            "status": self.status,
            "sender": self.sender,
        }
        found = [
            _words(name, value, getattr(entry, name))
            for name, value in wanted.items()
            if value and value != getattr(entry, name)
        ]
        if self.endpoint and not entry.path.rstrip("/").endswith(self.endpoint.rstrip("/")):
            found.append(_words("endpoint", self.endpoint, entry.path))
        if self.error and entry.error != ("" if self.error == "-" else self.error):
            found.append(_words("error", self.error, entry.error or "none"))
        for name, value in self.parameters.items():
            if entry.parameters.get(name) != value:
                found.append(_words(f"parameters.{name}", value, entry.parameters.get(name, "none")))
        return found


def nearest(matcher: Matcher, entries: Sequence[Entry]) -> list[tuple[Entry, list[str]]]:
    """The entries that nearly fit, nearest first, the newer of equals first."""
    missed = [(entry, differences) for entry in entries if (differences := matcher.differences(entry))]
    missed.sort(key=lambda miss: (_distance(miss[1]), -miss[0].number))
    return missed[:_NEAREST]


def _distance(differences: list[str]) -> int:
    # Another endpoint is another question; a wrong status is a wrong answer to the same one.
    return sum(3 if difference.startswith(("endpoint:", "provider:")) else 1 for difference in differences)


def _words(name: str, wanted: object, was: object) -> str:
    return f"{name}: wanted {wanted}, was {was}"
