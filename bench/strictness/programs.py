"""Programs that say READY, and stop with the probe."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager


@contextmanager
def program(
    command: Sequence[str], environment: Mapping[str, str] | None = None, cwd: str | None = None
) -> Iterator[str]:
    """Runs a program and yields what follows its word READY.

    Raises:
        RuntimeError: it ended without a word.
    """
    process = subprocess.Popen(  # noqa: S603 - the programs of this probe
        command,
        env={**os.environ, **(environment or {})},
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("READY "):
                yield line.removeprefix("READY ").strip()
                return
        raise RuntimeError(f"{' '.join(command)} did not start")
    finally:
        process.terminate()
        process.wait(10)


def python(*arguments: str) -> list[str]:
    """A module run by this interpreter."""
    return [sys.executable, "-m", *arguments]
