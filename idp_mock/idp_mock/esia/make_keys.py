"""Makes ESIA's keys in a folder and publishes them: `python -m idp_mock.esia.make_keys STATE_DIR`."""

from __future__ import annotations

import sys
from pathlib import Path

from idp_mock.esia.gost.keys import GostSigningKeys
from idp_mock.oauth.keys import SigningKeys


def main(folder: Path) -> None:
    """Makes what is not there yet."""
    keys = SigningKeys(folder, "esia")
    keys.accompany("GOST", GostSigningKeys(folder, "esia"))
    keys.export()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
