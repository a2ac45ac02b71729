"""The GOST engine of the openssl command line (`libengine-gost-openssl`), where it is installed."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

_TIMEOUT_S = 5


@cache
def engine() -> str | None:
    """The openssl program if it has a GOST engine. Looked for once, with the first GOST signature."""
    program = which("openssl")
    if program is None:
        return None
    try:
        listed = subprocess.run([program, "engine", "gost"], capture_output=True, timeout=_TIMEOUT_S, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None
    return program if listed.returncode == 0 and b"gost" in listed.stdout else None


def verify(program: str, bits: int, key_info: bytes, signature: bytes, message: bytes) -> bool | None:
    """Asks openssl about a signature.

    Args:
        program: path of openssl.
        bits: 256 or 512.
        key_info: DER of the key's SubjectPublicKeyInfo.
        signature: as `openssl dgst -sign` writes it.
        message: what is signed.

    Returns:
        The verdict; None if openssl gave none.
    """
    with TemporaryDirectory(prefix="esia-") as folder:
        key, made = Path(folder, "key"), Path(folder, "signature")
        key.write_bytes(key_info)
        made.write_bytes(signature)
        words = ["dgst", "-engine", "gost", f"-md_gost12_{bits}", "-keyform", "DER", "-verify", key, "-signature", made]
        try:
            done = subprocess.run(  # noqa: S603
                [program, *words], input=message, capture_output=True, timeout=_TIMEOUT_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
    if done.returncode == 0 and b"Verified OK" in done.stdout:
        return True
    return False if b"Verification failure" in done.stdout else None
