"""Signatures of openssl's GOST engine that were made before, and GOST signers for the flow tests."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from idp_mock.esia.gost.certificate import load_private

SIGNATURES = Path(__file__).parent / "gost_data" / "signatures.json"


@cache
def made() -> dict[str, Any]:
    """What `gost_data/make.py` has made."""
    return json.loads(SIGNATURES.read_text())


def certificate(key: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(made()["keys"][key]["certificate"].encode())


def fingerprint(key: str) -> str:
    """The certificate's Streebog digest as openssl tells it."""
    return made()["keys"][key]["fingerprint"]


def raw(key: str, order: str) -> bytes:
    return base64.b64decode(made()["raw"][key][order])


def container(key: str, name: str) -> bytes:
    return base64.b64decode(made()["cms"][key][name])


def signer(key: str) -> Callable[[object, bytes], bytes]:
    """A signer with one of openssl's keys that signs new messages; its signatures are bare."""
    private, _ = load_private(made()["keys"][key]["key"])
    return lambda _pair, message: private.sign(message)
