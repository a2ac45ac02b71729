"""Digests and sealing."""

import stat
from pathlib import Path

import pytest
from binding_server.domain.model import Contact, ContactKind
from binding_server.store.errors import StoreError, StoreProblem
from binding_server.store.vault import Vault, load_secret
from binding_server.use_cases import system_ports

from .samples import SECRET


def as_port(vault: Vault) -> system_ports.Vault:
    """What the use cases need; the type checker holds them together."""
    return vault


class TestDigests:
    def test_it_digests_equal_for_equal_and_differently_for_each_purpose(self, vault: Vault) -> None:
        contact = Contact(ContactKind.PHONE, "+79000000103")
        assert as_port(vault).contact_digest(contact) == Vault(SECRET).contact_digest(contact)
        digests = {
            vault.contact_digest(contact),
            vault.contact_digest(Contact(ContactKind.EMAIL, contact.value)),
            vault.vk_digest(contact.value),
            vault.code_digest(contact.value),
            vault.content_digest(contact.value),
        }
        assert len(digests) == 5
        assert {len(digest) for digest in digests} == {32}

    def test_it_digests_differently_under_another_secret(self, vault: Vault) -> None:
        other = Vault(b"x" * 32)
        assert vault.vk_digest("1") != other.vk_digest("1")
        assert vault.check() != other.check()

    def test_it_wants_a_whole_secret(self) -> None:
        with pytest.raises(ValueError):
            Vault(b"short")


class TestSealing:
    def test_it_opens_what_it_sealed_in_its_place(self, vault: Vault) -> None:
        sealed = vault.seal("700300103", "binding:1:vk_user_id")
        assert vault.open(sealed, "binding:1:vk_user_id") == "700300103"
        assert b"700300103" not in sealed
        assert vault.seal("700300103", "binding:1:vk_user_id") != sealed

    @pytest.mark.parametrize("damage", ["place", "secret", "byte", "cut", "format", "empty"])
    def test_it_does_not_open_anything_else(self, vault: Vault, damage: str) -> None:
        sealed, place, opener = vault.seal("700300103", "here"), "here", vault
        match damage:
            case "place":
                place = "there"
            case "secret":
                opener = Vault(b"x" * 32)
            case "byte":
                sealed = sealed[:-1] + bytes([sealed[-1] ^ 1])
            case "cut":
                sealed = sealed[:10]
            case "format":
                sealed = b"\x02" + sealed[1:]
            case _:
                sealed = b""
        with pytest.raises(StoreError) as refused:
            opener.open(sealed, place)
        assert refused.value.problem is StoreProblem.SECRET


class TestSecretFile:
    def test_it_makes_a_secret_once_for_the_owner_only(self, tmp_path: Path) -> None:
        path = tmp_path / "state" / "secret.key"
        secret = load_secret(path, create=True)
        assert len(secret) == 32
        assert load_secret(path, create=True) == secret
        assert load_secret(path, create=False) == secret
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert list(path.parent.iterdir()) == [path]

    def test_it_makes_none_unless_asked(self, tmp_path: Path) -> None:
        with pytest.raises(StoreError) as refused:
            load_secret(tmp_path / "secret.key", create=False)
        assert refused.value.problem is StoreProblem.SECRET
        assert not (tmp_path / "secret.key").exists()

    @pytest.mark.parametrize("content", ["", "zz", "00" * 31, "00" * 33, "ключ"])
    def test_it_takes_no_other_content(self, tmp_path: Path, content: str) -> None:
        path = tmp_path / "secret.key"
        path.write_text(content)
        with pytest.raises(StoreError) as refused:
            load_secret(path, create=True)
        assert refused.value.problem is StoreProblem.SECRET
        assert path.read_text() == content

    def test_it_says_where_it_cannot_write(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(StoreError) as refused:
            load_secret(tmp_path / "file" / "secret.key", create=True)
        assert refused.value.problem is StoreProblem.SECRET
