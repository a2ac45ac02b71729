"""Settings of the diary that cannot be."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DIARY_WEB_LISTEN", "8100"),
        ("DIARY_WEB_LISTEN", "127.0.0.1:²"),
        ("DIARY_WEB_LISTEN", "127.0.0.1:65536"),
        ("DIARY_WEB_ESIA_URL", "esia.example"),
        ("DIARY_WEB_BINDING_TARGET", ""),
        ("DIARY_WEB_BINDING_TARGET", "not a target"),
        ("DIARY_WEB_SESSION_IDLE_S", "99999999999999"),
        ("DIARY_WEB_TIMEOUT_S", "0"),
        ("DIARY_WEB_ESIA_CLIENT_ID", "../key"),
    ],
)
def test_wrong_value_it_is_told_with_its_name_and_nothing_starts(tmp_path: Path, variable: str, value: str) -> None:
    environment = {
        **{name: text for name, text in os.environ.items() if not name.startswith("DIARY_WEB_")},
        "DIARY_WEB_LISTEN": "127.0.0.1:0",
        "DIARY_WEB_STATE_DIR": str(tmp_path / "state"),
        variable: value,
    }
    ended = subprocess.run(
        [sys.executable, "-m", "diary_web"], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"{variable}: ")
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "state").exists()
