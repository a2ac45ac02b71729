"""Keyed digests and sealing, so that a copy of the database tells nobody's contact or VK ID number.

One secret of 32 bytes; a key of its own for each purpose is derived from it with HKDF-SHA256 (RFC 5869), so that a
digest made for one purpose means nothing for another.
"""

import hmac
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from binding_server.domain.model import Contact
from binding_server.store.errors import StoreError, StoreProblem

SECRET_BYTES = 32
NONCE_BYTES = 12
FORMAT = b"\x01"
"""First byte of everything sealed: AES-256-GCM, a random nonce of 96 bits, the ciphertext with its tag."""


class Vault:
    """Implements `ports.Vault`, and seals what the store keeps readable for the service only.

    Args:
        secret: 32 random bytes; the database is useless with another one.
    """

    def __init__(self, secret: bytes) -> None:
        if len(secret) != SECRET_BYTES:
            raise ValueError(f"the secret must have {SECRET_BYTES} bytes")
        self._contact = _derive(secret, "contact")
        self._vk = _derive(secret, "vk-user")
        self._code = _derive(secret, "authorization-code")
        self._contact_code = _derive(secret, "contact-code")
        self._content = _derive(secret, "request-content")
        self._resume = _derive(secret, "resume-token")
        self._check = _derive(secret, "check")
        self._cipher = AESGCM(_derive(secret, "seal"))

    def contact_digest(self, contact: Contact) -> bytes:
        """Returns the keyed digest under which a contact is known; equal for equal normal forms."""
        return _digest(self._contact, f"{contact.kind}:{contact.value}")

    def vk_digest(self, vk_user_id: str) -> bytes:
        """Returns the keyed digest that carries I1."""
        return _digest(self._vk, vk_user_id)

    def code_digest(self, code: str) -> bytes:
        """Returns the keyed digest of an authorization code."""
        return _digest(self._code, code)

    def contact_code_digest(self, person_id: str, contact: bytes, code: str) -> bytes:
        """Returns the keyed digest of a one-time code for a person's contact."""
        return _digest(self._contact_code, f"{contact.hex()}:{code}:{person_id}")

    def content_digest(self, content: str) -> bytes:
        """Returns the keyed digest of a request's content."""
        return _digest(self._content, content)

    def resume_digest(self, content: str) -> bytes:
        """Returns the keyed digest that makes a resume token ours."""
        return _digest(self._resume, content)

    def check(self) -> str:
        """Returns a text by which a database recognises its secret without knowing it."""
        return _digest(self._check, "sferum-binding").hex()

    def seal(self, text: str, place: str) -> bytes:
        """Encrypts a text.

        Args:
            text: what to hide.
            place: where it will stand, such as `binding:ID:vk_user_id`; it opens in that place only.
        """
        return self.seal_bytes(text.encode(), place)

    def seal_bytes(self, content: bytes, place: str) -> bytes:
        """Encrypts content, as `seal` does a text."""
        nonce = os.urandom(NONCE_BYTES)
        return FORMAT + nonce + self._cipher.encrypt(nonce, content, place.encode())

    def open(self, sealed: bytes, place: str) -> str:
        """Returns the text that was sealed for that place.

        Raises:
            StoreError: sealed with another secret, for another place, or damaged.
        """
        return self.open_bytes(sealed, place).decode()

    def open_bytes(self, sealed: bytes, place: str) -> bytes:
        """Returns the content that was sealed for that place. Raises StoreError, as `open` does."""
        nonce, box = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        try:
            if sealed[:1] != FORMAT:
                raise InvalidTag
            return self._cipher.decrypt(nonce, box, place.encode())
        except (InvalidTag, ValueError) as error:
            raise StoreError(
                StoreProblem.SECRET,
                "a sealed value does not open: the database was written with another secret or is damaged; "
                "start the server with the secret file that belongs to this database",
            ) from error


def load_secret(path: Path, create: bool) -> bytes:
    """Returns the secret of a file that holds it as 64 hexadecimal digits.

    Args:
        path: the file.
        create: whether to make the file, readable by its owner only, if there is none.

    Raises:
        StoreError: there is no such file (and `create` is false), it cannot be read or written, or holds something
            else.
    """
    try:
        if create and not path.exists():
            _write_new(path)
        text = path.read_text("ascii").strip()
    except FileNotFoundError as error:
        raise _secret_error(path, "does not exist; put 64 random hexadecimal digits there") from error
    except FileExistsError:  # another process was faster
        return load_secret(path, create=False)
    except UnicodeDecodeError as error:
        raise _secret_error(path, "is not a secret of 64 hexadecimal digits") from error
    except OSError as error:
        raise _secret_error(path, f"cannot be read or written ({error.strerror})") from error
    try:
        secret = bytes.fromhex(text)
    except ValueError as error:
        raise _secret_error(path, "is not a secret of 64 hexadecimal digits") from error
    if len(secret) != SECRET_BYTES:
        raise _secret_error(path, "is not a secret of 64 hexadecimal digits")
    return secret


def _write_new(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Written aside and linked, so that no reader ever sees half a secret.
    aside = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(SECRET_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(aside, path)
    finally:
        aside.unlink()


def _secret_error(path: Path, what: str) -> StoreError:
    return StoreError(StoreProblem.SECRET, f"secret file {path} {what}")


def _derive(secret: bytes, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"sferum-binding {purpose}".encode()).derive(secret)


def _digest(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
