"""VK ID as an OAuth client meets it."""

import asyncio
import hashlib
from base64 import urlsafe_b64encode
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest
from binding_server.domain.model import EducationalRole
from binding_server.identity.vk_id import VkId
from binding_server.use_cases.identity_ports import ProviderUnavailable, VkProfile, VkRefused

VERIFIER = "v" * 43
TOKENS = {"access_token": "vk2.a.t", "refresh_token": "r", "user_id": 700300103, "state": "s" * 43, "expires_in": 3600}
USER = {"user_id": "700300103", "first_name": "Вера", "last_name": "Воронова", "phone": "79000000103", "email": ""}
API_USER = {"id": 700300103, "first_name": "В", "last_name": "В", "educational_profile": {"roles": ["PARENT"]}}


class FakeVk:
    """VK ID and its API, answering from a table that a test changes."""

    def __init__(self) -> None:
        self.answers: dict[str, httpx.Response | Exception] = {
            "/oauth2/auth": httpx.Response(200, json=TOKENS),
            "/oauth2/user_info": httpx.Response(200, json={"user": USER}),
            "/method/users.get": httpx.Response(200, json={"response": [API_USER]}),
        }
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.addresses: list[str] = []

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.asked.append((request.url.path, dict(parse_qsl(request.content.decode()))))
        self.addresses.append(str(request.url))
        answer = self.answers[request.url.path]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def user(self, **changes: object) -> None:
        self.answers["/oauth2/user_info"] = httpx.Response(200, json={"user": USER | changes})

    def profile(self, document: object) -> None:
        user = API_USER | {"educational_profile": document}
        self.answers["/method/users.get"] = httpx.Response(200, json={"response": [user]})


@pytest.fixture
def vk():
    return FakeVk()


@pytest.fixture
def vk_id(vk, http_to, contacts):
    return VkId(http_to(vk.handle), "http://vk/", "http://api.vk", 51000066, "vkid.personal_info phone email", contacts)


@pytest.fixture
def read(vk_id):
    async def read(timeout_s: float = 5.0) -> VkProfile:
        return await vk_id.read_profile(
            code="the-code",
            code_verifier=VERIFIER,
            device_id="device",
            redirect_uri="https://dnevnik.example/vk",
            state="s" * 43,
            timeout_s=timeout_s,
        )

    return read


def test_sends_the_browser_to_an_authorization_with_pkce_and_a_choice_of_account(vk_id):
    uri = vk_id.authorization_uri(state="s" * 43, code_verifier=VERIFIER, redirect_uri="https://dnevnik.example/vk?a=b")
    query = {name: values[0] for name, values in parse_qs(urlsplit(uri).query).items()}
    challenge = urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
    assert uri.startswith("http://vk/authorize?")
    assert query == {
        "response_type": "code",
        "client_id": "51000066",
        "redirect_uri": "https://dnevnik.example/vk?a=b",
        "state": "s" * 43,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "scope": "vkid.personal_info phone email",
        "prompt": "select_account",
    }


def test_asks_for_consent_anew_if_told_to(vk_id):
    uri = vk_id.authorization_uri(
        state="s" * 43, code_verifier=VERIFIER, redirect_uri="https://dnevnik.example/vk", ask_consent=True
    )
    assert parse_qs(urlsplit(uri).query)["prompt"] == ["select_account consent"]


async def test_returns_who_signed_in(read):
    profile = await read()
    assert profile.vk_user_id == "700300103"
    assert profile.name == "Вера Воронова"
    assert profile.phone is not None
    assert profile.phone.value == "+79000000103"
    assert profile.email is None
    assert profile.learning
    assert profile.roles == {EducationalRole.PARENT}


async def test_exchanges_the_code_once_with_all_that_vk_wants(vk, read):
    await read()
    assert [path for path, _ in vk.asked] == ["/oauth2/auth", "/oauth2/user_info", "/method/users.get"]
    assert vk.asked[0][1] == {
        "grant_type": "authorization_code",
        "code": "the-code",
        "code_verifier": VERIFIER,
        "client_id": "51000066",
        "device_id": "device",
        "redirect_uri": "https://dnevnik.example/vk",
        "state": "s" * 43,
    }


async def test_puts_no_secret_into_an_address(vk, read):
    await read()
    assert vk.addresses == ["http://vk/oauth2/auth", "http://vk/oauth2/user_info", "http://api.vk/method/users.get"]


@pytest.mark.parametrize(
    ("named", "roles"),
    [
        (["PUPIL"], {EducationalRole.PUPIL}),
        (["student"], {EducationalRole.PUPIL}),
        (["TEACHER", "PARENT"], {EducationalRole.STAFF, EducationalRole.PARENT}),
        (["ADMINISTRATOR"], {EducationalRole.STAFF}),
        (["JANITOR", 5], set()),
        ([], set()),
        (None, set()),
    ],
)
async def test_maps_the_names_of_roles(vk, read, named, roles):
    vk.profile({"roles": named})
    profile = await read()
    assert (profile.learning, profile.roles) == (True, roles)


@pytest.mark.parametrize("document", [None, [], "none"])
async def test_sees_that_there_is_no_learning_profile(vk, read, document):
    vk.profile(document)
    profile = await read()
    assert (profile.learning, profile.roles) == (False, set())


async def test_leaves_out_contacts_that_are_none(vk, read):
    vk.user(phone="12", email="nonsense")
    profile = await read()
    assert (profile.phone, profile.email) == (None, None)


async def test_takes_the_names_of_the_api_if_user_info_has_none(vk, read):
    vk.user(first_name="", last_name=None)
    assert (await read()).name == "В В"


@pytest.mark.parametrize("status", [200, 400, 401])
@pytest.mark.parametrize("error", ["invalid_request", "invalid_grant", "invalid_client", "access_denied", "slow_down"])
async def test_passes_on_a_refusal_whatever_the_status(vk, read, status, error):
    vk.answers["/oauth2/auth"] = httpx.Response(status, json={"error": error, "error_description": "x"})
    with pytest.raises(VkRefused) as raised:
        await read()
    assert raised.value.error == error
    assert len(vk.asked) == 1


async def test_refuses_another_user_than_the_tokens(vk, read):
    vk.user(user_id="700300104")
    with pytest.raises(VkRefused) as raised:
        await read()
    assert raised.value.error == "user_mismatch"


@pytest.mark.parametrize("user_id", [None, "x", True, ""])
async def test_is_unavailable_if_no_user_is_named(vk, read, user_id):
    vk.user(user_id=user_id)
    with pytest.raises(ProviderUnavailable):
        await read()


async def test_refuses_another_user_of_the_api(vk, read):
    vk.answers["/method/users.get"] = httpx.Response(200, json={"response": [API_USER | {"id": 1}]})
    with pytest.raises(VkRefused) as raised:
        await read()
    assert raised.value.error == "user_mismatch"


@pytest.mark.parametrize("state", ["other", None, ""])
async def test_refuses_another_state_than_the_one_sent(vk, read, state):
    vk.answers["/oauth2/auth"] = httpx.Response(200, json=TOKENS | {"state": state})
    with pytest.raises(VkRefused) as raised:
        await read()
    assert raised.value.error == "state_mismatch"


@pytest.mark.parametrize(
    ("code", "refused"), [(5, True), (15, True), (1, False), (6, False), (10, False), ("x", False)]
)
async def test_tells_refusals_of_the_api_from_its_faults(vk, read, code, refused):
    vk.answers["/method/users.get"] = httpx.Response(200, json={"error": {"error_code": code, "error_msg": "x"}})
    with pytest.raises(VkRefused if refused else ProviderUnavailable):
        await read()


ODD = [
    httpx.Response(500, json={"error": "invalid_grant"}),
    httpx.Response(503, text="<html>"),
    httpx.Response(200, text="<html>"),
    httpx.Response(200, json=[]),
    httpx.Response(200, content=b"\xff{"),
    httpx.Response(302, headers={"location": "http://vk/"}, json={}),
    httpx.Response(404, json={}),
    httpx.Response(200, json={"error": "server_error", "error_description": "x"}),
    httpx.Response(400, json={"error": "temporarily_unavailable", "error_description": "x"}),
    httpx.Response(200, json={}),
    httpx.ReadTimeout("x"),
    httpx.RemoteProtocolError("x"),
    httpx.ReadError("x"),
]


@pytest.mark.parametrize("path", ["/oauth2/user_info", "/method/users.get"])
@pytest.mark.parametrize("answer", ODD, ids=repr)
async def test_is_unavailable_after_the_code_is_spent(vk, read, path, answer):
    vk.answers[path] = answer
    with pytest.raises(ProviderUnavailable) as raised:
        await read()
    assert (raised.value.provider, raised.value.sent) == ("VK_ID", True)


@pytest.mark.parametrize("answer", [*ODD, httpx.Response(200, json=TOKENS | {"access_token": 5})], ids=repr)
async def test_never_sends_a_code_again_after_an_odd_answer(vk, read, answer):
    vk.answers["/oauth2/auth"] = answer
    with pytest.raises(ProviderUnavailable) as raised:
        await read()
    assert raised.value.sent
    assert len(vk.asked) == 1


@pytest.mark.parametrize("error", [httpx.ConnectError("x"), httpx.ConnectTimeout("x"), httpx.PoolTimeout("x")])
async def test_knows_that_a_code_never_left(vk, read, error):
    vk.answers["/oauth2/auth"] = error
    with pytest.raises(ProviderUnavailable) as raised:
        await read()
    assert not raised.value.sent


async def test_counts_a_failed_connection_after_the_exchange_as_sent(vk, read):
    vk.answers["/oauth2/user_info"] = httpx.ConnectError("x")
    with pytest.raises(ProviderUnavailable) as raised:
        await read()
    assert raised.value.sent


async def test_sends_nothing_without_time(vk, read):
    with pytest.raises(ProviderUnavailable) as raised:
        await read(timeout_s=0.0)
    assert not raised.value.sent
    assert vk.asked == []


async def test_gives_up_when_the_time_is_over(http_to, contacts):
    async def handler(request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    vk_id = VkId(http_to(handler), "http://vk", "http://vk", 1, "phone", contacts)
    with pytest.raises(ProviderUnavailable) as raised:
        await vk_id.read_profile(
            code="c", code_verifier=VERIFIER, device_id="d", redirect_uri="u", state="s", timeout_s=0.05
        )
    assert raised.value.sent


async def test_knows_over_a_real_socket_that_nothing_listens(contacts, unused_tcp_port):
    address = f"http://127.0.0.1:{unused_tcp_port}"
    async with httpx.AsyncClient(trust_env=False) as http:
        vk_id = VkId(http, address, address, 1, "phone", contacts)
        with pytest.raises(ProviderUnavailable) as raised:
            await vk_id.read_profile(
                code="c", code_verifier=VERIFIER, device_id="d", redirect_uri="u", state="s", timeout_s=2.0
            )
    assert not raised.value.sent


async def test_counts_a_connection_that_breaks_without_an_answer_as_sent(contacts):
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, httpx.AsyncClient(trust_env=False) as http:
        vk_id = VkId(http, address, address, 1, "phone", contacts)
        with pytest.raises(ProviderUnavailable) as raised:
            await vk_id.read_profile(
                code="c", code_verifier=VERIFIER, device_id="d", redirect_uri="u", state="s", timeout_s=2.0
            )
    assert raised.value.sent
