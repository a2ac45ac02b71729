"""Child processes that say READY."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 10.0
_KEPT_LINES = 200


class StackError(Exception):
    """A part of the stack did not start, or is not there; the text holds its last log lines.

    Attributes:
        exit_code: Exit code of the process, if it ended; 2 means a setting or a busy port.
    """

    def __init__(self, message: str, exit_code: int | None = None) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class Child:
    """A program of the stack, run as a process; its lines go to a log file, the last ones are kept.

    Attributes:
        name: What it is called in messages.
        ready: What it said in its READY line.
    """

    def __init__(self, name: str, arguments: Sequence[str], log: Path) -> None:
        self.name = name
        self.ready: dict[str, Any] = {}
        self._arguments = [sys.executable, "-m", *arguments]
        self._log = log
        self._lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._process: subprocess.Popen[str] | None = None
        self._readers: list[threading.Thread] = []

    def start(self, environment: Mapping[str, str]) -> None:
        """Starts the process and waits for its READY line.

        Raises:
            StackError: It ended, or said nothing in time.
        """
        self._log.parent.mkdir(parents=True, exist_ok=True)
        seen = threading.Event()
        # A session of its own: Ctrl-C in the terminal reaches this process only, and it stops the children in order.
        process = subprocess.Popen(  # noqa: S603 - our own programs
            self._arguments,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        self._process = process
        self._readers = [
            threading.Thread(target=self._read, args=(stream, seen), daemon=True)
            for stream in (process.stdout, process.stderr)
        ]
        for reader in self._readers:
            reader.start()
        seen.wait(START_TIMEOUT_S)
        if not self.ready:
            code = self._ended()
            self.stop()
            how = "said nothing in time" if code is None else f"ended with exit code {code}"
            raise StackError(f"{self.name} {how}\n{self.tail(20)}", code)

    @property
    def running(self) -> bool:
        """The process is there."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Its number in the system; LookupError if it does not run."""
        if self._process is None:
            raise LookupError(f"{self.name} does not run")
        return self._process.pid

    def stop(self) -> None:
        """Asks the process to end, and ends it if it does not."""
        if self._process is None:
            return
        if self.running:
            self._process.terminate()
            try:
                self._process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self.kill()
        self._finish()

    def kill(self) -> None:
        """Ends the process at once, as `kill -9` does."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._finish()

    def tail(self, lines: int = 40) -> str:
        """Returns the last lines that the process wrote."""
        return "\n".join(list(self._lines)[-lines:])

    def _ended(self) -> int | None:
        """Returns the exit code of a process whose pipes are closed, or None if it is still there."""
        assert self._process is not None
        try:
            code = self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            return None
        for reader in self._readers:
            reader.join(1.0)
        return code

    def _finish(self) -> None:
        for reader in self._readers:
            reader.join(STOP_TIMEOUT_S)
        self._readers = []
        self._process = None
        self.ready = {}

    def _read(self, stream: Any, seen: threading.Event) -> None:
        with self._log.open("a", encoding="utf-8") as log, stream:
            for line in stream:
                log.write(line)
                log.flush()
                self._lines.append(line.rstrip("\n"))
                if line.startswith("READY "):
                    self.ready = json.loads(line.removeprefix("READY "))
                    seen.set()
        # The end of a pipe is the end of the process: nobody needs to wait for a READY that cannot come.
        seen.set()
