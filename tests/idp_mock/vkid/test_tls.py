"""TLS under the providers' own names."""

from __future__ import annotations

import json
import os
import shlex
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from idp_mock.tls import ESIA_NAMES, LOCAL_ADDRESSES, LOCAL_NAMES, VK_ID_NAMES, LocalAuthority
from idp_mock.world import Clock

NAMES = (*VK_ID_NAMES, *ESIA_NAMES, *LOCAL_NAMES, LOCAL_ADDRESSES[0])
WORLD = {"version": 1, "clients": {"vk_id": [{"app_id": 51000066, "name": "П", "loopback_redirects": True}]}}


@pytest.fixture(scope="module")
def advised(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[list[str], dict[str, str]]]:
    """What the program says at its start, and its addresses."""
    folder = tmp_path_factory.mktemp("tls")
    world = folder / "world.yaml"
    world.write_text(json.dumps(WORLD), encoding="utf-8")
    ports = ("ESIA", "VK_ID", "CONTROL", "CONTROL_GRPC", "ESIA_TLS", "VK_ID_TLS")
    environment = {**os.environ, **{f"IDP_MOCK_{name}_PORT": "0" for name in ports}, "IDP_MOCK_TLS": "true"}
    command = [sys.executable, "-m", "idp_mock", "serve", str(world), "--state-dir", str(folder / "state")]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        lines: list[str] = []
        for line in process.stdout:
            if line.startswith("READY "):
                yield lines, json.loads(line.removeprefix("READY "))
                break
            lines.append(line.strip())
        else:
            raise AssertionError("the program did not start")
    finally:
        process.terminate()
        assert process.wait(20) == 0


def test_answers_under_every_name_to_who_trusts_the_authority(advised: tuple[list[str], dict[str, str]]) -> None:
    lines, addresses = advised
    [curl] = [shlex.split(line) for line in lines if line.startswith("curl ")]
    context = ssl.create_default_context(cafile=curl[curl.index("--cacert") + 1])
    for name in NAMES:
        provider = "esia_tls" if name in ESIA_NAMES else "vk_id_tls"
        port = int(addresses[provider].rpartition(":")[2])
        if name in (*VK_ID_NAMES, *ESIA_NAMES):
            assert f"{name}:443:127.0.0.1:{port}" in curl
        with (
            socket.create_connection(("127.0.0.1", port)) as bare,
            context.wrap_socket(bare, server_hostname=name) as stream,
        ):
            path = "/public/esia.zip" if name in ESIA_NAMES else "/images/camera_50.png"
            stream.sendall(f"GET {path} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
            assert stream.recv(100).startswith(b"HTTP/1.1 200")


def test_gives_no_certificate_for_other_names(tmp_path: Path) -> None:
    authority = LocalAuthority(tmp_path)
    authority.certificate_files()
    found = x509.load_pem_x509_certificate(authority.authority_file.read_bytes())
    allowed = found.extensions.get_extension_for_class(x509.NameConstraints)
    assert allowed.critical
    names = {str(name.value) for name in allowed.value.permitted_subtrees or ()}
    assert names == {*VK_ID_NAMES, *ESIA_NAMES, *LOCAL_NAMES, "127.0.0.1/32", "::1/128"}
    assert (tmp_path / "ca.key").stat().st_mode & 0o077 == 0


def test_keeps_the_authority_and_the_key_and_renews_the_certificate(tmp_path: Path) -> None:
    first = LocalAuthority(tmp_path)
    certificate, _ = first.certificate_files()
    before, trusted = certificate.read_bytes(), first.authority_file.read_bytes()
    again = LocalAuthority(tmp_path)
    again.certificate_files()
    assert (certificate.read_bytes(), again.fingerprint) == (before, first.fingerprint)
    clock = Clock()
    clock.advance(timedelta(days=380))
    later = LocalAuthority(tmp_path, clock)
    later.certificate_files()
    assert certificate.read_bytes() != before
    assert (later.authority_file.read_bytes(), later.fingerprint) == (trusted, first.fingerprint)


def test_sends_its_cookie_into_frames_over_tls_only(advised: tuple[list[str], dict[str, str]]) -> None:
    lines, addresses = advised
    [curl] = [shlex.split(line) for line in lines if line.startswith("curl ")]
    context = ssl.create_default_context(cafile=curl[curl.index("--cacert") + 1])
    asks = {
        "response_type": "code",
        "client_id": "51000066",
        "redirect_uri": "http://127.0.0.1/vk",
        "state": "s",
        "code_challenge": "A" * 43,
        "code_challenge_method": "s256",
    }
    with httpx.Client(verify=context, trust_env=False) as client:
        for provider, framed in (("vk_id", False), ("vk_id_tls", True)):
            cookie = client.get(f"{addresses[provider]}/authorize", params=asks).headers["set-cookie"].lower()
            assert ("samesite=none" in cookie, "secure" in cookie) == (framed, framed)
