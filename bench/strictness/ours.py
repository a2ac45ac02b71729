"""The simulator's two providers, as targets of the probe."""

import base64
import json
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
from binding_client.control import SimulatorControl
from binding_client.esia import EsiaClient, ensure_key
from binding_client.headless import Person, SignInError
from programs import program, python
from target import REDIRECT_URI, Answer, Verifier

PHONE = "+79000000199"
_ESIA = ("probe", "other", "signed")


def _world(certificate: str) -> dict[str, Any]:
    client = {"name": "Проверка", "redirect_uris": [REDIRECT_URI]}
    system = {**client, "scopes": ["openid", "fullname"]}
    return {
        "version": 1,
        "persons": [
            {
                "id": "vera",
                "name": {"last": "Проверкина", "first": "Вера"},
                "gender": "F",
                "birth_date": "1986-11-02",
                "esia": {"oid": 1000000199, "login": "vera", "password": "vera-esia"},
                "vk_id": [{"phone": PHONE, "profiles": [{"user_id": 7001, "kind": "PERSONAL"}]}],
            }
        ],
        "clients": {
            "esia": [
                # The signature has a line of its own; the others are about what follows it.
                {"mnemonic": "probe", **system, "signature_mode": "off"},
                {"mnemonic": "other", **system, "signature_mode": "off"},
                {"mnemonic": "signed", **system, "certificate": certificate},
            ],
            "vk_id": [
                {"app_id": 51000001, **client},
                {"app_id": 51000002, **client},
                {"app_id": 51000003, **client, "service_token": "right-service-token"},
            ],
        },
    }


@contextmanager
def simulator() -> Iterator[tuple["Esia", "VkId"]]:
    """Runs the simulator with a world for the probe."""
    with tempfile.TemporaryDirectory() as folder:
        pair = ensure_key(Path(folder), "signed")
        world = Path(folder) / "world.json"
        world.write_text(json.dumps(_world(pair.certificate_pem.decode()), ensure_ascii=False), encoding="utf-8")
        ports = {f"IDP_MOCK_{name}_PORT": "0" for name in ("ESIA", "VK_ID", "CONTROL", "CONTROL_GRPC")}
        environment = {**ports, "IDP_MOCK_STATE_DIR": folder}
        with program(python("idp_mock", "serve", str(world)), environment) as ready:
            addresses = json.loads(ready)
            with httpx.Client() as http, SimulatorControl(addresses["control_grpc"]) as control:
                system = EsiaClient(
                    addresses["esia"],
                    "signed",
                    pair.key_pem,
                    pair.certificate_pem,
                    REDIRECT_URI,
                    ["openid", "fullname"],
                )
                yield Esia(addresses["esia"], http, control, system), VkId(addresses["vk_id"], http, control)


class _Ours:
    def __init__(self, base: str, http: httpx.Client, control: SimulatorControl) -> None:
        self._base = base
        self._http = http
        self._control = control
        self._person = Person(http)
        self._browser: Any = None

    def _sign_in(self, url: str) -> Answer:
        raise NotImplementedError

    def _opened(self, path: str, parameters: dict[str, str | None]) -> Answer:
        query = urlencode({name: value for name, value in parameters.items() if value is not None})
        try:
            return self._sign_in(f"{self._base}{path}?{query}")
        except SignInError as error:
            return Answer(400, {}, str(error) or type(error).__name__)

    def _posted(self, path: str, parameters: dict[str, str | None]) -> Answer:
        response = self._http.post(f"{self._base}{path}", data={n: v for n, v in parameters.items() if v is not None})
        values = response.json()
        said = " ".join(str(values.get(name, "")) for name in ("error", "error_description")).strip()
        return Answer(response.status_code, values, said)

    def explained(self) -> int:
        """How many refusals were explained so far."""
        return sum(bool(refusal["explanation"]) for refusal in self._control.list_refusals())


class Esia(_Ours):
    """ESIA: `/v2/ac` and `/v3/te` with PKCE; the signature at `/ac` and `/te`, where it is RSA."""

    name = "ESIA (idp_mock)"
    unsaid = frozenset({"tokens of a code that was used twice"})

    def __init__(self, base: str, http: httpx.Client, control: SimulatorControl, system: EsiaClient) -> None:
        super().__init__(base, http, control)
        self._system = system

    def _sign_in(self, url: str) -> Answer:
        redirect = self._person.sign_in_esia(url, "vera", "vera-esia")
        return _redirected(redirect)

    def authorize(self, verifier: Verifier, **changes: str | None) -> Answer:
        """Signs in at the newer endpoint."""
        asked: dict[str, str | None] = {
            **self._common("probe"),
            "redirect_uri": REDIRECT_URI,
            "response_type": "code",
            "access_type": "offline",
            "code_challenge": verifier.challenge,
            "code_challenge_method": "S256",
        }
        return self._opened("/aas/oauth2/v2/ac", {**asked, **changes})

    def exchange(self, granted: Answer, verifier: Verifier, **changes: str | None) -> Answer:
        """Exchanges a code at the newer endpoint."""
        client = changes.pop("client", None) or "probe"
        asked: dict[str, str | None] = {
            **self._common(client),
            "grant_type": "authorization_code",
            "token_type": "Bearer",
            "code": granted.values["code"],
            "redirect_uri": REDIRECT_URI,
            "code_verifier": verifier.value,
        }
        return self._posted("/aas/oauth2/v3/te", {**asked, **changes})

    def refresh(self, tokens: Answer, granted: Answer, **changes: str | None) -> Answer:
        """Asks for new tokens."""
        client = changes.pop("client", None) or "probe"
        asked: dict[str, str | None] = {
            **self._common(client),
            "grant_type": "refresh_token",
            "token_type": "Bearer",
            "refresh_token": tokens.values["refresh_token"],
            "redirect_uri": REDIRECT_URI,
        }
        return self._posted("/aas/oauth2/v3/te", {**asked, **changes})

    def read(self, token: str) -> Answer:
        """Reads the person."""
        response = self._http.get(f"{self._base}/rs/prns/1000000199", headers={"authorization": f"Bearer {token}"})
        return Answer(response.status_code, {}, "" if response.is_success else f"HTTP {response.status_code}")

    def revoke(self, token: str, granted: Answer) -> None:
        """Signs the person out: ESIA has no other way to end a token."""
        self._http.get(f"{self._base}/idp/ext/Logout", params={"client_id": "probe"})

    def wrong_secret(self, granted: Answer, verifier: Verifier) -> Answer:
        """Signs another string than the endpoint wants."""
        url = self._system.authorization_url()
        parameters: dict[str, str | None] = dict(parse_qsl(urlsplit(url).query))
        return self._opened("/aas/oauth2/ac", {**parameters, "state": str(uuid.uuid4())})

    def _common(self, client: str) -> dict[str, str | None]:
        return {
            "client_id": client,
            "client_secret": base64.urlsafe_b64encode(b"not checked").decode(),
            "scope": "openid fullname",
            "state": str(uuid.uuid4()),
            "timestamp": datetime.now(UTC).strftime("%Y.%m.%d %H:%M:%S %z"),
        }


class VkId(_Ours):
    """VK ID as a public client sees it, and its service token as a secret."""

    name = "VK ID (idp_mock)"
    unsaid: frozenset[str] = frozenset()
    _APPS = ("51000001", "51000002", "51000003")

    def _sign_in(self, url: str) -> Answer:
        redirect = self._person.sign_in_vk(url, PHONE, inbox=self._control.last_code)
        return _redirected(redirect)

    def authorize(self, verifier: Verifier, **changes: str | None) -> Answer:
        """Signs in."""
        asked: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self._APPS[0],
            "redirect_uri": REDIRECT_URI,
            "scope": "vkid.personal_info",
            "state": uuid.uuid4().hex + uuid.uuid4().hex,
            "code_challenge": verifier.challenge,
            "code_challenge_method": "S256",
        }
        return self._opened("/authorize", {**asked, **changes})

    def exchange(self, granted: Answer, verifier: Verifier, **changes: str | None) -> Answer:
        """Exchanges a code."""
        client = self._APPS[1] if changes.pop("client", None) else self._APPS[0]
        asked: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "client_id": client,
            "code": granted.values["code"],
            "code_verifier": verifier.value,
            "device_id": granted.values["device_id"],
            "redirect_uri": REDIRECT_URI,
            "state": uuid.uuid4().hex + uuid.uuid4().hex,
        }
        return self._posted("/oauth2/auth", {**asked, **changes})

    def refresh(self, tokens: Answer, granted: Answer, **changes: str | None) -> Answer:
        """Asks for new tokens."""
        client = self._APPS[1] if changes.pop("client", None) else self._APPS[0]
        asked: dict[str, str | None] = {
            "grant_type": "refresh_token",
            "client_id": client,
            "refresh_token": tokens.values["refresh_token"],
            "device_id": granted.values["device_id"],
            "state": uuid.uuid4().hex + uuid.uuid4().hex,
        }
        return self._posted("/oauth2/auth", {**asked, **changes})

    def read(self, token: str) -> Answer:
        """Reads user_info."""
        return self._posted("/oauth2/user_info", {"access_token": token, "client_id": self._APPS[0]})

    def revoke(self, token: str, granted: Answer) -> None:
        """Revokes what the person allowed."""
        self._posted("/oauth2/revoke", {"access_token": token, "client_id": self._APPS[0]})

    def wrong_secret(self, granted: Answer, verifier: Verifier) -> Answer:
        """Exchanges with a wrong service token, at the application that has one."""
        app = self._APPS[2]
        other = self.authorize(verifier, client_id=app)
        return self.exchange(other, verifier, client_id=app, service_token="wrong")  # noqa: S106


def _redirected(url: str) -> Answer:
    values = dict(parse_qsl(urlsplit(url).query))
    said = " ".join(values.get(name, "") for name in ("error", "error_description")).strip()
    return Answer(302, values, said)
