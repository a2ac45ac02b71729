"""Makes `signatures.json`: keys, certificates and signatures of the openssl command line with its GOST engine.

Run `apt-get install libengine-gost-openssl`, then this file. The tests read what it has made, so that they have an
independent maker of signatures on machines without the engine too. The keys are for nothing else.
"""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

VALUES = {
    "scope": "openid fullname",
    "scope_org": "org_shortname",
    "timestamp": "2026.11.23 15:00:00 +0300",
    "client_id": "TESTSYS",
    "state": "5f9a8a5e-2f0e-4d0a-9a53-0a2b6a4d7c11",
    "redirect_uri": "https://diary.example/back?x=1",
    "code": "eyJhbGciOiJSUzI1NiJ9.e30.c2ln",
    "refresh_token": "11111111-2222-4333-8444-555555555555",
}
V2 = ("client_id", "scope", "scope_org", "timestamp", "state", "redirect_uri")
ORDERS = {
    "v1": ("scope", "timestamp", "client_id", "state"),
    "v2/ac": V2,
    "v3/te code": (*V2, "code"),
    "v3/te refresh": V2,
    "v3/te refresh with the token": ("client_id", "scope", "timestamp", "state", "refresh_token"),
    "v3/te system": ("client_id", "scope", "timestamp", "state", "redirect_uri"),
}
KEYS = {
    "testsys": (256, "A"),
    "other": (256, "A"),
    "cryptopro-b": (256, "B"),
    "cryptopro-c": (256, "C"),
    "tc26-a": (256, "TCA"),
    "tc26-b": (256, "TCB"),
    "512-a": (512, "A"),
    "512-b": (512, "B"),
    "512-c": (512, "C"),
}
CONTAINERS = {
    "smime": ("smime",),
    "smime -binary": ("smime", "-binary"),
    "smime -binary -noattr": ("smime", "-binary", "-noattr"),
    "smime -binary -nodetach": ("smime", "-binary", "-nodetach"),
    "smime -binary -nodetach -noattr": ("smime", "-binary", "-nodetach", "-noattr"),
    "smime -binary -nocerts": ("smime", "-binary", "-nocerts"),
    "cms -binary": ("cms", "-binary"),
    "cms -binary -noattr": ("cms", "-binary", "-noattr"),
    "cms -binary -nodetach": ("cms", "-binary", "-nodetach"),
    "cms -binary -keyid": ("cms", "-binary", "-keyid"),
}
CONFIGURATION = """openssl_conf = all
[all]
engines = engines
[engines]
gost = gost
[gost]
engine_id = gost
default_algorithms = ALL
[req]
distinguished_name = name
x509_extensions = extensions
[name]
[extensions]
subjectKeyIdentifier = hash
"""


def main() -> None:
    """Writes the file beside this one."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.joinpath("openssl.cnf").write_text(CONFIGURATION)
        for key, (bits, parameters) in KEYS.items():
            openssl(
                folder,
                *("req", "-x509", "-newkey", f"gost2012_{bits}", "-pkeyopt", f"paramset:{parameters}", "-nodes"),
                *("-keyout", f"{key}.key", "-out", f"{key}.crt", "-days", "7000", "-subj", f"/CN={key}"),
                f"-md_gost12_{bits}",
            )
        document = {
            "openssl": openssl(folder, "version").decode().strip(),
            "values": VALUES,
            "keys": {
                key: {
                    "bits": bits,
                    "key": folder.joinpath(f"{key}.key").read_text(),
                    "certificate": folder.joinpath(f"{key}.crt").read_text(),
                    "fingerprint": openssl(
                        folder,
                        *("dgst", "-md_gost12_256", "-binary"),
                        message=openssl(folder, "x509", "-in", f"{key}.crt", "-outform", "DER"),
                    )
                    .hex()
                    .upper(),
                }
                for key, (bits, _) in KEYS.items()
            },
            "raw": {key: {order: text(raw(folder, key, order)) for order in ORDERS} for key in KEYS},
            "cms": {
                key: {name: text(container(folder, key, options)) for name, options in CONTAINERS.items()}
                for key in ("testsys", "other", "512-a")
            },
        }
    Path(__file__).with_name("signatures.json").write_text(json.dumps(document, indent=1) + "\n")


def raw(folder: Path, key: str, order: str) -> bytes:
    """A bare signature over an endpoint's string."""
    bits = KEYS[key][0]
    return openssl(folder, "dgst", f"-md_gost12_{bits}", "-sign", f"{key}.key", message=message(order))


def container(folder: Path, key: str, options: tuple[str, ...]) -> bytes:
    """A PKCS#7 container over the string of the first version."""
    command, *rest = options
    words = ("-signer", f"{key}.crt", "-inkey", f"{key}.key", "-md", f"md_gost12_{KEYS[key][0]}", "-outform", "DER")
    return openssl(folder, command, "-sign", *words, *rest, message=message("v1"))


def message(order: str) -> bytes:
    """The string that is signed."""
    return "".join(VALUES[name] for name in ORDERS[order]).encode()


def openssl(folder: Path, *words: str, message: bytes = b"") -> bytes:
    """What openssl prints."""
    environment = {"PATH": "/usr/bin:/bin", "OPENSSL_CONF": str(folder / "openssl.cnf")}
    done = subprocess.run(
        ["openssl", *words], cwd=folder, input=message, capture_output=True, env=environment, check=True
    )
    return done.stdout


def text(data: bytes) -> str:
    """Base64."""
    return base64.b64encode(data).decode()


if __name__ == "__main__":
    main()
