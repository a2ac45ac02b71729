"""The callers file: which systems' ESIA tokens are taken and where their browsers may return, which back ends may call
what."""

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    StringConstraints,
    ValidationError,
    ValidationInfo,
)

from binding_server.identity.keys import KeyFileError, read_public_keys
from binding_server.identity.service_jwt import usable_key
from binding_server.use_cases.services import ServiceIdentity

EVERYWHERE_METHODS = frozenset({"DirectoryService/ImportRoster"})
"""What only a back end of all municipalities may call: a roster moves persons between them."""
_LOOPBACK_HOSTS = ("127.0.0.1", "::1", "localhost")
_UNCLEAR = re.compile(r"[^!-~]|[\\#]")
"""What does not belong into an address, or is read by browsers otherwise than here."""

_ID = re.compile(r"[A-Za-z0-9._-]{1,100}")
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,100}$")]


class CallersFileError(Exception):
    """The callers file is wrong; the text has a line per mistake, with file, line and path."""


def _known_method(method: str, info: ValidationInfo) -> str:
    known: Collection[str] = info.context or ()
    if method in known:
        return method
    services = sorted({each.partition("/")[0] for each in known})
    service = method.partition("/")[0]
    if service not in services:
        raise ValueError(f"no such service; methods are written like {min(known, default='Service/Method')}")
    names = sorted(each.partition("/")[2] for each in known if each.startswith(f"{service}/"))
    raise ValueError(f"no such method; {service} has {', '.join(names)}")


def _municipalities(value: object) -> frozenset[str] | None:
    if value == "*":
        return None
    if not isinstance(value, list) or not all(isinstance(each, str) and _ID.fullmatch(each) for each in value):
        raise ValueError('expected a list of municipality ids, or "*" (in quotes) for all')
    return frozenset(value)


def _absolute_uri(uri: str) -> str:
    parts = urlsplit(uri)
    if not parts.scheme or parts.fragment:
        raise ValueError("a redirect URI is absolute and has no fragment")
    return uri


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EsiaClient(_Model):
    """A system of ESIA whose access tokens are taken. With `loopback_redirects` its browsers may return to any port of
    this machine, as for programs that listen there for a moment."""

    redirect_uris: tuple[Annotated[str, AfterValidator(_absolute_uri)], ...] = ()
    loopback_redirects: bool = False


class Service(EsiaClient):
    """A back end, known by its own key. What is not listed is denied.

    `methods` are written like `DirectoryService/ImportRoster`. `municipalities` are those whose data it reads by
    itself, None (`"*"` in the file) for all. `acts_for` are the ESIA client systems whose persons it may act for; where
    their browsers then return to is its own list.
    """

    public_key_file: Path
    methods: frozenset[Annotated[str, AfterValidator(_known_method)]] = frozenset()
    municipalities: Annotated[frozenset[str] | None, PlainValidator(_municipalities)] = frozenset()
    acts_for: frozenset[str] = frozenset()

    def identity(self, name: str) -> ServiceIdentity:
        """Returns what use cases know of it."""
        return ServiceIdentity(name, self.methods, self.municipalities, self.acts_for)


class Callers(_Model):
    """The whole file. Who is not named may not call."""

    esia_clients: Mapping[Name, EsiaClient] = Field(default_factory=dict)
    services: Mapping[Name, Service] = Field(default_factory=dict)


class Redirects:
    """Where a caller may have browsers sent back to. Implements the port `Redirects`."""

    def __init__(self, callers: Callers) -> None:
        self._clients: Mapping[str, EsiaClient] = {
            **callers.esia_clients,
            **{f"service:{name}": service for name, service in callers.services.items()},
        }

    def allows(self, client: str, uri: str) -> bool:
        """True if the URI is one of the client's, letter by letter, or a loopback one of a client that may use those.

        `client` is the mnemonic of an ESIA client system, or `service:NAME`: no mnemonic has a colon.

        Loopback means plain http to this machine, any port and path, no user information, no fragment.
        """
        known = self._clients.get(client)
        if known is None:
            return False
        return uri in known.redirect_uris or (known.loopback_redirects and _is_loopback(uri))


def load_callers(path: Path, methods: Collection[str]) -> Callers:
    """Reads the callers file; paths of keys in it are relative to it.

    Args: `methods`: all that there are, as `Service/Method`.

    Raises:
        CallersFileError: with every mistake found.
    """
    try:
        text = path.read_text(encoding="utf-8")
        document = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
        found = list(_repeated(document))
    except (OSError, UnicodeDecodeError) as error:
        raise CallersFileError(f"{path}: {error}") from error
    except yaml.YAMLError as error:
        raise CallersFileError(f"{path}: {error}".replace("\n", " ")) from error
    except RecursionError as error:
        raise CallersFileError(f"{path}: nested too deep") from error
    repeated = [f"{path}:{line}: {name}: named twice" for line, name in found]
    if repeated:
        raise CallersFileError("\n".join(repeated))
    try:
        callers = Callers.model_validate(content if content is not None else {}, context=methods)
    except ValidationError as error:
        mistakes = [(item["loc"], item["msg"].removeprefix("Value error, ")) for item in error.errors()]
        lines = [f"{path}:{_line(document, loc)}: {'.'.join(map(str, loc))}: {text}" for loc, text in mistakes]
        raise CallersFileError("\n".join(lines)) from error
    services = {
        name: service.model_copy(update={"public_key_file": path.parent / service.public_key_file})
        for name, service in callers.services.items()
    }
    callers = callers.model_copy(update={"services": services})
    wrong = [f"{path}:{_line(document, loc)}: {'.'.join(loc)}: {text}" for loc, text in _cross_checks(callers)]
    if wrong:
        raise CallersFileError("\n".join(wrong))
    return callers


def _cross_checks(callers: Callers) -> Iterator[tuple[tuple[str, ...], str]]:
    """Returns what is wrong between the parts of the file, and with the files that it names."""
    for name, service in callers.services.items():
        place = ("services", name)
        try:
            if not any(usable_key(key) for key in read_public_keys(service.public_key_file)):
                yield (*place, "public_key_file"), "expected a key of EC P-256, Ed25519 or RSA of at least 2048 bits"
        except KeyFileError as error:
            yield (*place, "public_key_file"), str(error)
        for client in sorted(service.acts_for - callers.esia_clients.keys()):
            yield (*place, "acts_for"), f"{client}: not among esia_clients"
        if service.municipalities is not None:
            for method in sorted(service.methods & EVERYWHERE_METHODS):
                yield (*place, "municipalities"), f'{method} reaches across municipalities: it needs "*"'


def _is_loopback(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
        _ = parts.port
    except ValueError:
        return False
    plain = parts.scheme == "http" and "@" not in parts.netloc and not _UNCLEAR.search(uri)
    return plain and parts.hostname in _LOOPBACK_HOSTS


def _repeated(node: yaml.Node | None) -> Iterator[tuple[int, str]]:
    if isinstance(node, yaml.MappingNode):
        seen: set[Any] = set()
        for key, value in node.value:
            if key.value in seen:
                yield key.start_mark.line + 1, str(key.value)
            seen.add(key.value)
            yield from _repeated(value)


def _line(node: yaml.Node | None, path: tuple[int | str, ...]) -> int:
    """Returns the line, from 1, of the deepest part of a path that stands in the file."""
    line = 1
    for step in path:
        found = None
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == step), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            found = (node.value[step], node.value[step])
        if found is None:
            break
        line, node = found[0].start_mark.line + 1, found[1]
    return line
