"""How tests say what they expect."""

from collections.abc import Callable

import pytest
from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal


class refused:  # noqa: N801 - reads as a sentence: `with refused(Reason.…) as refusal`
    """Expects a refusal, by reason and row."""

    def __init__(self, reason: Reason, row: str | None = None) -> None:
        self._expected = (reason, row)
        self._raises = pytest.raises(Refusal)

    def __enter__(self) -> Callable[[], Refusal]:
        caught = self._raises.__enter__()
        return lambda: caught.value

    def __exit__(self, *details: object) -> bool:
        swallowed = self._raises.__exit__(*details)  # type: ignore[arg-type]
        if swallowed:
            refusal = details[1]
            assert isinstance(refusal, Refusal)
            assert (refusal.reason, refusal.row) == self._expected
        return bool(swallowed)
