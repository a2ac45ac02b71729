"""Settings from the environment."""

from datetime import timedelta
from pathlib import Path

import pytest
from binding_server.domain.limits import Limit
from binding_server.settings import SettingsError, is_loopback, read_settings


@pytest.fixture
def environment(monkeypatch):
    """Sets what must be set, and more."""

    def set_all(**values: str) -> None:
        for name, value in ({"CALLERS_FILE": "callers.yaml", "ESIA_KEYS": "esia.pem"} | values).items():
            monkeypatch.setenv(f"BINDING_{name}", value)

    return set_all


def test_has_defaults_for_all_but_who_is_trusted(environment, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    environment()
    settings = read_settings()
    assert settings.listen == "127.0.0.1:50051"
    assert settings.state_dir == Path("/state/sferum-binding")
    assert (settings.esia_url, settings.vk_id_url) == ("http://127.0.0.1:8101", "http://127.0.0.1:8102")
    assert settings.esia_issuer == "http://esia.gosuslugi.ru/"
    assert (settings.vk_app_id, settings.vk_scopes) == (51000066, "vkid.personal_info phone email")
    assert settings.metrics_listen is None


def test_names_what_is_missing(monkeypatch):
    monkeypatch.delenv("BINDING_CALLERS_FILE", raising=False)
    monkeypatch.delenv("BINDING_ESIA_KEYS", raising=False)
    with pytest.raises(SettingsError) as raised:
        read_settings()
    assert [line.split(":")[0] for line in str(raised.value).splitlines()] == [
        "BINDING_CALLERS_FILE",
        "BINDING_ESIA_KEYS",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LISTEN", "50051"),
        ("LISTEN", "127.0.0.1:99999"),
        ("LISTEN", "127.0.0.1:x"),
        ("LISTEN", ""),
        ("ESIA_URL", "esia.example"),
        ("VK_ID_URL", "ftp://vk"),
        ("VK_API_URL", "vk"),
        ("VK_APP_ID", "abc"),
        ("VK_APP_ID", "0"),
        ("ESIA_KEYS", " , "),
        ("METRICS_LISTEN", "9090"),
        ("NOTIFIER_EMAIL_URL", "mail.example"),
        ("NOTIFIER_EMAIL_URL", "ftp://mail.example"),
        ("NOTIFIER_SMS_URL", "smtp://mail.example"),
        ("LIMIT_PROBES_PER_10_MIN", "0"),
    ],
)
def test_names_a_bad_value(environment, name, value):
    environment(**{name: value})
    with pytest.raises(SettingsError, match=f"^BINDING_{name}: "):
        read_settings()


@pytest.mark.parametrize("alone", ["TLS_CERTIFICATE_FILE", "TLS_KEY_FILE", "TLS_CLIENT_CA_FILE"])
def test_names_files_of_tls_that_go_together(environment, alone):
    environment(**{alone: "some.pem"})
    with pytest.raises(SettingsError, match=r"^BINDING_TLS_(\w+) .*TLS_KEY_FILE"):
        read_settings()


@pytest.mark.parametrize("scheme", ["smtp", "smtps", "smtp+starttls", "http", "https"])
def test_knows_the_ways_of_mail(environment, scheme):
    environment(NOTIFIER_EMAIL_URL=f"{scheme}://mail.example:25/")
    assert read_settings().notifier_email_url == f"{scheme}://mail.example:25"


def test_reads_the_limits(environment):
    environment(LIMIT_PROBES_PER_10_MIN="3", LIMIT_STARTS_PER_HOUR="4", LIMIT_TICKETS_PER_DAY="5")
    limits = read_settings().limits
    assert limits.probes == Limit(3, timedelta(minutes=10))
    assert limits.start_binding == Limit(4, timedelta(hours=1))
    assert limits.tickets == Limit(5, timedelta(days=1))


def test_reads_several_keys_and_trims_addresses(environment):
    environment(ESIA_KEYS="a.pem, b.zip,", ESIA_URL="http://esia/w/{world}/")
    settings = read_settings()
    assert settings.esia_keys == (Path("a.pem"), Path("b.zip"))
    assert settings.esia_url == "http://esia/w/{world}"


@pytest.mark.parametrize(
    ("address", "loopback"),
    [
        ("127.0.0.1:1", True),
        ("127.0.0.2:1", True),
        ("[::1]:1", True),
        ("localhost:1", True),
        ("0.0.0.0:1", False),
        ("[::]:1", False),
        ("10.0.0.1:1", False),
        ("example.org:1", False),
    ],
)
def test_knows_addresses_of_this_machine(address, loopback):
    assert is_loopback(address) is loopback
