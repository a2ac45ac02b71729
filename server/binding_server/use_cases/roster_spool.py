"""Keeps a roster that is tried before it is applied, outside of memory."""

import pickle
from collections.abc import AsyncIterator
from tempfile import TemporaryFile
from types import TracebackType

from binding_server.use_cases.roster_report import RosterPart


class RosterSpool:
    """The parts of a roster in a nameless temporary file, which is gone with the spool or the process. Contacts are in
    it as digests only."""

    def __init__(self) -> None:
        self._file = TemporaryFile()  # noqa: SIM115 - closed by __exit__

    def __enter__(self) -> "RosterSpool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    async def taking(self, parts: AsyncIterator[RosterPart]) -> AsyncIterator[RosterPart]:
        """Passes parts on and keeps them."""
        async for part in parts:
            pickle.dump(part, self._file, protocol=pickle.HIGHEST_PROTOCOL)
            yield part

    async def parts(self) -> AsyncIterator[RosterPart]:
        """Gives what was kept, from the beginning."""
        self._file.seek(0)
        while True:
            try:
                yield pickle.load(self._file)  # noqa: S301 - written by this process, into a file without a name
            except EOFError:
                return
