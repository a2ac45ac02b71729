"""Client systems of `bench/esia.py`: their keys, their signed requests, and what asks the simulator with them."""

import base64
import http.client
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder
from idp_mock.esia.gost.certificate import pem, self_signed
from idp_mock.esia.gost.signature import PrivateKey, streebog

CURVE = "1.2.643.2.2.35.1"
REDIRECT = "https://bench.example/back"
SCOPE = "openid fullname"
CONNECTIONS = 4
_VALID = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2049, 1, 1, tzinfo=UTC))
_V1 = ("scope", "timestamp", "client_id", "state")
_V2 = ("client_id", "scope", "timestamp", "state", "redirect_uri")

Values = dict[str, str]


@dataclass(frozen=True)
class Client:
    """A client system: its paths, how it signs a string, and of which parameters it makes one."""

    client_id: str
    certificate: str
    authorize: str
    token: str
    sign: Callable[[bytes], bytes]
    orders: tuple[tuple[str, ...], tuple[str, ...]]
    extra: Values

    def signed(self, order: Sequence[str], **given: str) -> Values:
        """The parameters of a request."""
        values = {
            "client_id": self.client_id,
            "scope": SCOPE,
            "timestamp": f"{datetime.now(UTC):%Y.%m.%d %H:%M:%S +0000}",
            "state": str(uuid.uuid4()),
            "redirect_uri": REDIRECT,
            **given,
        }
        secret = self.sign("".join(values[name] for name in order).encode())
        return {**values, **self.extra, "client_secret": base64.urlsafe_b64encode(secret).rstrip(b"=").decode()}

    def authorization(self) -> str:
        """Path and query of an authorization request."""
        values = self.signed(self.orders[0], response_type="code", access_type="online")
        return f"{self.authorize}?{urlencode(values)}"

    def exchange(self, code: str) -> str:
        """The form of an exchange."""
        return urlencode(self.signed(self.orders[1], grant_type="authorization_code", code=code, token_type="Bearer"))  # noqa: S106


def rsa_client(key: rsa.RSAPrivateKey) -> Client:
    """`/ac` and `/te`: detached PKCS#7 with signed attributes."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "RSASYS")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(7).not_valid_before(_VALID[0]).not_valid_after(_VALID[1])
    certificate = builder.sign(key, hashes.SHA256())

    def sign(text: bytes) -> bytes:
        signer = PKCS7SignatureBuilder().set_data(text).add_signer(certificate, key, hashes.SHA256())
        return signer.sign(Encoding.DER, [PKCS7Options.Binary, PKCS7Options.DetachedSignature])

    shown = certificate.public_bytes(Encoding.PEM).decode()
    return Client("RSASYS", shown, "/aas/oauth2/ac", "/aas/oauth2/te", sign, (_V1, _V1), {})


def gost_client(key: PrivateKey, client_id: str) -> Client:
    """`/v2/ac` and `/v3/te`: bare GOST signatures and the digest of the certificate."""
    der = self_signed(key, CURVE, client_id, 7, _VALID)
    extra = {"client_certificate_hash": streebog(der, 256).hex().upper()}
    paths = ("/aas/oauth2/v2/ac", "/aas/oauth2/v3/te")
    return Client(client_id, pem("CERTIFICATE", der), *paths, key.sign, (_V2, (*_V2, "code")), extra)


def world_document(clients: Sequence[Client]) -> dict[str, object]:
    """A world with one person and these systems; one whose name ends in ALL has its tokens signed with GOST too."""
    systems = [
        {
            "mnemonic": client.client_id,
            "name": client.client_id,
            "scopes": SCOPE.split(),
            "redirect_uris": [REDIRECT],
            "certificate": client.certificate,
            "token_algorithm": "GOST3410_2012_256" if client.client_id.endswith("ALL") else "RS256",
        }
        for client in clients
    ]
    person = {
        "id": "vera",
        "name": {"last": "Тестова", "first": "Вера"},
        "gender": "F",
        "birth_date": "1986-11-02",
        "esia": {"oid": 1000300103, "login": "vera", "password": "vera-esia"},
    }
    return {"version": 1, "persons": [person], "clients": {"esia": systems}}


def sign_in_rate(port: int, client: Client, count: int) -> float:
    """Sign-ins a second over some connections: requests are signed before, codes and tokens are asked for in time."""
    cookie = _begin(port, client)
    queries = [client.authorization() for _ in range(count)]
    took, answers = _ask(port, [("GET", query, "") for query in queries], cookie)
    codes = [parse_qs(urlsplit(answer).query)["code"][0] for answer in answers]
    forms = [client.exchange(code) for code in codes]
    again, answers = _ask(port, [("POST", client.token, form) for form in forms], cookie)
    if not all("access_token" in answer for answer in answers):
        raise AssertionError("an exchange was refused")
    return count / (took + again)


def _begin(port: int, client: Client) -> str:
    """Signs in by hand; returns the session's cookie."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    step = _send(connection, "GET", client.authorization(), "", "")[1]
    key = parse_qs(urlsplit(step).query)["request"][0]
    form = urlencode({"request": key, "login": "vera", "password": "vera-esia"})
    cookie, _ = _send(connection, "POST", "/login", form, "")
    _send(connection, "POST", "/consent", urlencode({"request": key, "decision": "allow"}), cookie)
    connection.close()
    return cookie


def _send(connection: http.client.HTTPConnection, method: str, path: str, form: str, cookie: str) -> tuple[str, str]:
    headers = {"cookie": cookie}
    if form:
        headers["content-type"] = "application/x-www-form-urlencoded"
    connection.request(method, path, form or None, headers)
    response = connection.getresponse()
    body = response.read().decode()
    return (response.headers.get("set-cookie") or "").partition(";")[0], response.headers.get("location") or body


def _ask(port: int, requests: Sequence[tuple[str, str, str]], cookie: str) -> tuple[float, list[str]]:
    answers = [""] * len(requests)

    def work(first: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        for number in range(first, len(requests), CONNECTIONS):
            answers[number] = _send(connection, *requests[number], cookie)[1]
        connection.close()

    threads = [threading.Thread(target=work, args=[number]) for number in range(CONNECTIONS)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - begun, answers


def write(folder: Path, clients: Sequence[Client]) -> Path:
    """Writes the world file."""
    import yaml

    file = folder / "world.yaml"
    file.write_text(yaml.safe_dump(world_document(clients), allow_unicode=True), encoding="utf-8")
    return file
