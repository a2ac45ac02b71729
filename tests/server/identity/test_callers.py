"""The callers file."""

import pytest
from binding_server.identity.callers import CallersFileError, EsiaClient, Redirects, load_callers

METHODS = {"DirectoryService/ImportRoster"}


@pytest.fixture
def load(tmp_path):
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
    callers = load(
        """
esia_clients:
  EDIARY66: {redirect_uris: ["https://dnevnik.example/vk"], loopback_redirects: true}
  SFERUM_CLI: {loopback_redirects: true}
services:
  roster-feed: {public_key_file: keys/roster-feed.pem, methods: [DirectoryService/ImportRoster]}
"""
    )
    assert list(callers.esia_clients) == ["EDIARY66", "SFERUM_CLI"]
    service = callers.services["roster-feed"]
    assert service.public_key_file == tmp_path / "keys" / "roster-feed.pem"
    assert service.methods == METHODS


def test_denies_everybody_in_an_empty_file(load):
    callers = load("")
    assert (callers.esia_clients, callers.services) == ({}, {})


def test_names_line_and_path_of_every_mistake(load):
    found = mistakes(
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
  other: {methods: []}
""",
    ).splitlines()
    assert [line.split(": ")[0].rpartition(":")[2] + " " + line.split(": ")[1] for line in found] == [
        "4 esia_clients.EDIARY66.redirect_uris.0",
        "5 esia_clients.EDIARY66.colour",
        "11 services.roster-feed.methods.1",
        "12 services.other.public_key_file",
    ]


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
    {
        "EDIARY66": EsiaClient(redirect_uris=("https://dnevnik.example/vk",)),
        "CLI": EsiaClient(loopback_redirects=True),
    }
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
        ("OTHER", "http://127.0.0.1:5000/", False),
        ("", "", False),
    ],
)
def test_allows_a_callers_own_addresses_only(client, uri, allowed):
    assert REDIRECTS.allows(client, uri) is allowed
