"""Lints the protos without a network, and compares them with the newest tag's: `python protos/lint.py`.

The build writes an image of all protos (gen/api.binpb). Only findings of our own files count: the image holds imported
ones too.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

PROTOS = Path(__file__).resolve().parent
IMAGE = PROTOS / "gen" / "api.binpb"
BUF = Path(sys.executable).with_name("buf")


def findings(*command: str) -> list[str]:
    """Returns buf's findings in files under sferum/; raises SystemExit if buf itself fails."""
    done = subprocess.run(  # noqa: S603
        [BUF, *command, "--error-format=json"], cwd=PROTOS, capture_output=True, text=True, check=False
    )
    if done.stderr.strip() or done.returncode not in (0, 100):
        raise SystemExit(f"buf {command[0]} failed: {done.stderr.strip()}")
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.strip()]
    return [
        f"{row['path']}:{row.get('start_line', 0)}: {row['message']} ({row['type']})"
        for row in rows
        if row.get("path", "").startswith("sferum/")
    ]


def breaking_since_last_tag() -> list[str]:
    """Returns what breaks callers of the newest tag's protos; prints a notice if there is no tag yet."""
    described = subprocess.run(
        ["git", "describe", "--tags", "--abbrev=0"],  # noqa: S607
        cwd=PROTOS,
        capture_output=True,
        text=True,
        check=False,
    )
    if described.returncode:
        print("protos: no tag yet, nothing to compare with")
        return []
    tag = described.stdout.strip()
    with tempfile.TemporaryDirectory() as folder:
        archive = subprocess.run(["git", "archive", tag, "."], cwd=PROTOS, capture_output=True, check=True)  # noqa: S603, S607
        subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)  # noqa: S603, S607
        old = old_image(Path(folder))
        return findings("breaking", str(IMAGE), "--against", str(old))


def old_image(root: Path) -> Path:
    """Returns the image of another version's protos."""
    sys.path.insert(0, str(PROTOS))
    from build_hook import write_image

    image = root / "old.binpb"
    write_image(root, image)
    return image


def main() -> None:
    """Prints what is wrong and exits 1, or says that nothing is."""
    if not IMAGE.exists():
        raise SystemExit("protos/gen/api.binpb is missing: `make setup` builds it")
    wrong = findings("lint", str(IMAGE)) + breaking_since_last_tag()
    print("\n".join(wrong) or "protos: clean")
    raise SystemExit(1 if wrong else 0)


if __name__ == "__main__":
    main()
