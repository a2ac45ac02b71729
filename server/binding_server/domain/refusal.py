"""How the domain says no."""

from collections.abc import Mapping, Sequence

from binding_server.domain.model import RefusalRecord
from binding_server.domain.reasons import Reason, Remedy


class Refusal(Exception):
    """A call is refused.

    Args:
        reason: why.
        row: the row of the decision table that decided, such as "D14", if one did.
        metadata: facts for a client, by name; ids and categories only.
        remedies: ways out, best first; those of the catalogue's entry if not given.
        fields: offending request fields with what is wrong, for REQUEST_INVALID.
        retry_after_s: after how many seconds a repeat may help.
    """

    def __init__(
        self,
        reason: Reason,
        *,
        row: str | None = None,
        metadata: Mapping[str, str] | None = None,
        remedies: Sequence[Remedy] | None = None,
        fields: Sequence[tuple[str, str]] = (),
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.row = row
        self.metadata: dict[str, str] = dict(metadata or {})
        self.remedies: tuple[Remedy, ...] | None = None if remedies is None else tuple(remedies)
        self.fields = tuple(fields)
        self.retry_after_s = retry_after_s

    def record(self) -> RefusalRecord:
        """Returns what is kept of the refusal, so that a repeat gets the same answer."""
        return RefusalRecord(
            reason=self.reason,
            row=self.row,
            metadata=tuple(sorted(self.metadata.items())),
            remedies=tuple(self.remedies) if self.remedies is not None else ("",),
        )

    @staticmethod
    def of(record: RefusalRecord) -> "Refusal":
        """Returns the refusal that a record was made of."""
        remedies = None if record.remedies == ("",) else [Remedy(name) for name in record.remedies]
        return Refusal(Reason(record.reason), row=record.row, metadata=dict(record.metadata), remedies=remedies)
