"""The callers file."""

from pathlib import Path

import pytest
from binding_server.identity.callers import Callers, CallersFileError, EsiaClient, Redirects, Service, load_callers
from binding_server.identity.keys import public_pem
from binding_server.use_cases.services import ServiceIdentity
from cryptography.hazmat.primitives.asymmetric import ec

METHODS = {"DirectoryService/ImportRoster", "DirectoryService/GetAccount", "ChatService/GetChat"}


def write_key(path: Path, curve: ec.EllipticCurve | None = None) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(public_pem(ec.generate_private_key(curve or ec.SECP256R1()).public_key()))


@pytest.fixture
def load(tmp_path):
    write_key(tmp_path / "x.pem")

    def load(text: str):
        path = tmp_path / "callers.yaml"
        path.write_text(text, encoding="utf-8")
        return load_callers(path, METHODS)

    return load


def mistakes(load, text: str) -> str:
    with pytest.raises(CallersFileError) as raised:
        load(text)
    return str(raised.value)


def test_reads_systems_and_back_ends(load, tmp_path):
    write_key(tmp_path / "keys" / "roster-feed.pem")
    callers = load(
        """
esia_clients:
  EDIARY66: {redirect_uris: ["https://dnevnik.example/vk"], loopback_redirects: true}
  SFERUM_CLI: {loopback_redirects: true}
services:
  roster-feed: {public_key_file: keys/roster-feed.pem, methods: [DirectoryService/ImportRoster], municipalities: "*"}
  chats:
    public_key_file: x.pem
    methods: [ChatService/GetChat]
    municipalities: [tagil]
    acts_for: [EDIARY66]
    redirect_uris: ["https://chats.example/vk"]
"""
    )
    assert list(callers.esia_clients) == ["EDIARY66", "SFERUM_CLI"]
    feed, chats = callers.services.values()
    assert feed.public_key_file == tmp_path / "keys" / "roster-feed.pem"
    assert feed.identity("roster-feed") == ServiceIdentity(
        "roster-feed", frozenset({"DirectoryService/ImportRoster"}), None
    )
    assert chats.identity("chats") == ServiceIdentity(
        "chats", frozenset({"ChatService/GetChat"}), frozenset({"tagil"}), frozenset({"EDIARY66"})
    )


def test_gives_a_back_end_nothing_that_is_not_written(load):
    callers = load("services: {chats: {public_key_file: x.pem}}")
    assert callers.services["chats"].identity("chats") == ServiceIdentity("chats", frozenset(), frozenset())


def places(load, text: str) -> list[str]:
    """Line and path of every mistake."""
    found = mistakes(load, text).splitlines()
    return [line.split(": ")[0].rpartition(":")[2] + " " + line.split(": ")[1] for line in found]


def test_denies_everybody_in_an_empty_file(load):
    callers = load("")
    assert (callers.esia_clients, callers.services) == ({}, {})


def test_names_line_and_path_of_every_mistake(load):
    assert places(
        load,
        """
esia_clients:
  EDIARY66:
    redirect_uris: [relative]
    colour: red
services:
  roster-feed:
    public_key_file: x.pem
    methods:
      - DirectoryService/ImportRoster
      - DirectoryService/Nothing
      - NoService/GetAccount
      - GetAccount
    municipalities: everywhere
  other: {methods: []}
""",
    ) == [
        "4 esia_clients.EDIARY66.redirect_uris.0",
        "5 esia_clients.EDIARY66.colour",
        "11 services.roster-feed.methods.1",
        "12 services.roster-feed.methods.2",
        "13 services.roster-feed.methods.3",
        "14 services.roster-feed.municipalities",
        "15 services.other.public_key_file",
    ]


def test_names_what_does_not_fit_together(load, tmp_path):
    (tmp_path / "no.pem").write_text("no key")
    write_key(tmp_path / "weak.pem", ec.SECP384R1())
    assert places(
        load,
        """
esia_clients: {EDIARY66: {}}
services:
  a:
    public_key_file: absent.pem
    acts_for: [EDIARY66, STRANGER]
  b:
    public_key_file: no.pem
    municipalities: [tagil]
    methods: [DirectoryService/ImportRoster]
  c:
    public_key_file: weak.pem
""",
    ) == [
        "5 services.a.public_key_file",
        "6 services.a.acts_for",
        "8 services.b.public_key_file",
        "9 services.b.municipalities",
        "12 services.c.public_key_file",
    ]


@pytest.mark.parametrize("given", ["tagil", "5", "[5]", '["a b"]', "{}", "*", '["*"]', "null"])
def test_refuses_municipalities_that_are_neither_a_list_of_ids_nor_all(load, given):
    assert "callers.yaml" in mistakes(load, f"services: {{a: {{public_key_file: x.pem, municipalities: {given}}}}}")


@pytest.mark.parametrize("text", ["a: [", "\t", "- 1", "esia_clients: 5", "unknown: {}", "services: {'a b': {}}"])
def test_names_the_file_that_is_wrong(load, text):
    assert "callers.yaml" in mistakes(load, text)


def test_refuses_a_name_that_stands_twice(load):
    assert ":3: SFERUM_CLI" in mistakes(load, "esia_clients:\n  SFERUM_CLI: {}\n  SFERUM_CLI: {}\n")


def test_refuses_a_file_that_contains_itself(load):
    assert "nested too deep" in mistakes(load, "esia_clients: &all {EDIARY66: *all}\n")


def test_names_a_missing_file(tmp_path):
    with pytest.raises(CallersFileError, match=r"absent\.yaml"):
        load_callers(tmp_path / "absent.yaml", METHODS)


REDIRECTS = Redirects(
    Callers(
        esia_clients={
            "EDIARY66": EsiaClient(redirect_uris=("https://dnevnik.example/vk",)),
            "CLI": EsiaClient(loopback_redirects=True),
        },
        services={"chats": Service(public_key_file=Path("x.pem"), redirect_uris=("https://chats.example/vk",))},
    )
)


@pytest.mark.parametrize(
    ("client", "uri", "allowed"),
    [
        ("EDIARY66", "https://dnevnik.example/vk", True),
        ("EDIARY66", "https://dnevnik.example/vk/", False),
        ("EDIARY66", "https://dnevnik.example/vk?x=1", False),
        ("EDIARY66", "http://127.0.0.1:5000/", False),
        ("CLI", "http://127.0.0.1:5000/vk", True),
        ("CLI", "http://localhost:1/", True),
        ("CLI", "http://[::1]:80/a?b=c", True),
        ("CLI", "http://127.0.0.1", True),
        ("CLI", "https://127.0.0.1:5000/", False),
        ("CLI", "http://127.0.0.1:5000/#f", False),
        ("CLI", "http://127.0.0.1:5000@evil.example/", False),
        ("CLI", "http://user@127.0.0.1:5000/", False),
        ("CLI", "http://127.0.0.1.evil.example/", False),
        ("CLI", "http://127.0.0.1:99999/", False),
        ("CLI", "http://[::1", False),
        ("CLI", "http://:@evil.example\\@127.0.0.1/", False),
        ("CLI", "http://@127.0.0.1/", False),
        ("CLI", "http://127.0.0.1:5000\\evil", False),
        ("CLI", "http://127.0.0.1/a\r\nb", False),
        ("CLI", "\thttp://127.0.0.1/", False),
        ("CLI", "http://127.0.0.1/я", False),
        ("CLI", "http://127.0.0.1/#", False),
        ("CLI", "https://dnevnik.example/vk", False),
        ("service:chats", "https://chats.example/vk", True),
        ("service:chats", "https://dnevnik.example/vk", False),
        ("service:chats", "http://127.0.0.1:5000/", False),
        ("chats", "https://chats.example/vk", False),
        ("service:EDIARY66", "https://dnevnik.example/vk", False),
        ("OTHER", "http://127.0.0.1:5000/", False),
        ("", "", False),
    ],
)
def test_allows_a_callers_own_addresses_only(client, uri, allowed):
    assert REDIRECTS.allows(client, uri) is allowed
