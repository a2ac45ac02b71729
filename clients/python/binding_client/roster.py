"""A world document's roster: the part of it that the binding service may know.

Never passwords, never ESIA's or VK ID's contacts, nothing of VK. Every field that leaves is named here one by one, so
that a new field of the document stays inside until somebody lets it out.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import yaml
from sferum.binding.v1.directory_service_pb2 import ImportRosterRequest, ImportRosterResponse
from sferum.binding.v1.roster_pb2 import (
    AccountRecord,
    ContactRecord,
    DutyRecord,
    EnrolmentRecord,
    GuardianshipRecord,
    MunicipalityRecord,
    OrganisationRecord,
    PersonRecord,
    RosterRecord,
    SchoolClassRecord,
)

from binding_client.aio import AsyncBindingClient
from binding_client.client import BindingClient
from binding_client.errors import BindingError

Path_ = tuple[str | int, ...]
Lines = Mapping[Path_, int]
"""Line of each value of a document by its path, such as ("persons", 3, "enrolments", 0)."""

Progress = Callable[[int], None]
"""Called with the number of records sent so far, after each part."""

MAX_CHUNK = 1000
IMPORT_TIMEOUT_S = 600.0


class WorldFileError(Exception):
    """A world file cannot be read as one; the text names file, line and path."""


@dataclass(frozen=True)
class WorldSource:
    """A world file as it was read.

    Attributes:
        document: The world in the world file's schema.
        lines: Line of each value.
    """

    document: dict[str, Any]
    lines: Lines


def load_world(path: Path) -> WorldSource:
    """Reads a world file (YAML or JSON).

    Raises:
        WorldFileError: The file cannot be read, or is not a mapping.
    """
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        document = yaml.safe_load(text)
        lines = dict(_lines(node, ())) if isinstance(document, dict) else {}
    except (OSError, UnicodeDecodeError) as error:
        raise WorldFileError(f"{path}: {error.strerror if isinstance(error, OSError) else 'not UTF-8'}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path}:{mark.line + 1}" if mark else str(path)
        raise WorldFileError(f"{place}: {getattr(error, 'problem', None) or 'not YAML'}") from None
    except RecursionError:
        raise WorldFileError(f"{path}: nested too deep, or a part in itself") from None
    if not isinstance(document, dict):
        raise WorldFileError(f"{path}:1: a world is a mapping with `persons`, `organisations` and so on")
    return WorldSource(document, lines)


def _lines(node: Any, path: Path_) -> Iterator[tuple[Path_, int]]:
    yield path, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _lines(value, (*path, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield from _lines(value, (*path, number))


def roster_records(document: Mapping[str, Any], lines: Lines | None = None) -> Iterator[RosterRecord]:
    """Projects a world document to roster records, each after what it refers to.

    Args:
        document: The world in the world file's schema, from a file or from `SimulatorControl.get_world_document`.
        lines: Lines of the file, if it is one, so that an error can name them.

    Raises:
        WorldFileError: A value is missing or not of the schema.
    """
    known = lines or {}
    for path, record in _records(document):
        try:
            made = record()
        except (KeyError, TypeError, ValueError) as error:
            wanted = f"`{error.args[0]}` is missing" if isinstance(error, KeyError) else str(error)
            place = f"line {known[path]}: " if path in known else ""
            raise WorldFileError(f"{place}{_spelled(path)}: {wanted}") from None
        made.line = known.get(path, 0)
        yield made


def _spelled(path: Path_) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


_Made = tuple[Path_, Callable[[], RosterRecord]]


def _records(document: Mapping[str, Any]) -> Iterator[_Made]:
    # Each record is made late, in roster_records, so that what is wrong with it is told with its place.
    for path, item in _items(document, "municipalities"):
        yield path, lambda item=item: RosterRecord(municipality=_municipality(item))
    for path, item in _items(document, "organisations"):
        yield path, lambda item=item: RosterRecord(organisation=_organisation(item))
    for path, item in _items(document, "classes"):
        yield path, lambda item=item: RosterRecord(school_class=_school_class(item))
    persons = list(_items(document, "persons"))
    for path, person in persons:
        if not isinstance(person, Mapping):
            raise WorldFileError(f"{_spelled(path)}: a person is a mapping")
        yield path, lambda person=person: RosterRecord(person=_person(person))
    kinds = _guardianship_kinds(document)
    for path, person in persons:
        yield from _accounts(path, person, kinds)
    for path, person in persons:
        yield from _enrolments(path, person)
    for path, item in _items(document, "guardianships"):
        yield path, lambda item=item: RosterRecord(guardianship=_guardianship(item))
    for path, person in persons:
        yield from _duties(path, person)
    for path, person in persons:
        yield from _contacts(path, person)


def _items(holder: Mapping[str, Any], key: str, path: Path_ = ()) -> Iterator[tuple[Path_, Any]]:
    for number, item in enumerate(holder.get(key) or ()):
        yield (*path, key, number), item


def _municipality(item: Mapping[str, Any]) -> MunicipalityRecord:
    policy = item.get("ownership_policy") or "UNSPECIFIED"
    return MunicipalityRecord(id=item["id"], display_name=item["name"], ownership_policy=f"OWNERSHIP_POLICY_{policy}")


def _organisation(item: Mapping[str, Any]) -> OrganisationRecord:
    return OrganisationRecord(
        id=item["id"],
        municipality_id=item["municipality"],
        display_name=item["name"],
        kind=f"ORGANISATION_KIND_{item.get('kind') or 'UNSPECIFIED'}",
    )


def _school_class(item: Mapping[str, Any]) -> SchoolClassRecord:
    return SchoolClassRecord(
        id=item["id"], organisation_id=item["organisation"], year=int(item["year"]), display_name=item["name"]
    )


def _person(item: Mapping[str, Any]) -> PersonRecord:
    name = item["name"]
    parts = (name["last"], name["first"], name.get("middle"))
    oid = (item.get("esia") or {}).get("oid") or 0
    return PersonRecord(id=item["id"], esia_oid=int(oid), display_name=" ".join(part for part in parts if part))


def _guardianship_kinds(document: Mapping[str, Any]) -> dict[str, set[str]]:
    kinds: dict[str, set[str]] = {}
    for _, item in _items(document, "guardianships"):
        if isinstance(item, Mapping):
            kinds.setdefault(str(item.get("guardian")), set()).add(str(item.get("kind")))
    return kinds


def derived_roles(person: Mapping[str, Any], guardianship_kinds: Iterable[str]) -> list[str]:
    """Returns the roles in which a person without stated `accounts` has one.

    Args:
        person: The person in the world file's schema.
        guardianship_kinds: Kinds of the guardianships that the person holds.
    """
    kinds = set(guardianship_kinds)
    roles = ["PUPIL"] if person.get("enrolments") else []
    if "PARENT" in kinds:
        roles.append("PARENT")
    elif kinds:
        roles.append("LEGAL_REPRESENTATIVE")
    return [*roles, "STAFF"] if person.get("duties") else roles


def account_id(person_id: str, role: str) -> str:
    """Returns the key of an account whose world does not state one, such as "vera-parent"."""
    return f"{person_id}-{role.lower().replace('_', '-')}"


def _accounts(path: Path_, person: Mapping[str, Any], kinds: Mapping[str, set[str]]) -> Iterator[_Made]:
    owner = person.get("id", "")
    if person.get("accounts") is None:
        for role in derived_roles(person, kinds.get(owner, ())):
            yield path, lambda role=role: RosterRecord(account=_account(owner, {"role": role}))
    for place, item in _items(person, "accounts", path):
        yield place, lambda item=item: RosterRecord(account=_account(owner, item))


def _account(owner: str, item: Mapping[str, Any]) -> AccountRecord:
    role = item["role"]
    return AccountRecord(
        id=item.get("id") or account_id(owner, role),
        person_id=owner,
        role=f"ROLE_{role}",
        closed=bool(item.get("closed")),
    )


def _enrolments(path: Path_, person: Mapping[str, Any]) -> Iterator[_Made]:
    for place, item in _items(person, "enrolments", path):
        stated = item if isinstance(item, Mapping) else {"class": item}
        yield (
            place,
            lambda stated=stated: RosterRecord(
                enrolment=EnrolmentRecord(
                    person_id=person["id"], class_id=stated["class"], ended=bool(stated.get("ended"))
                )
            ),
        )


def _guardianship(item: Mapping[str, Any]) -> GuardianshipRecord:
    return GuardianshipRecord(
        guardian_id=item["guardian"],
        pupil_id=item["pupil"],
        kind=f"GUARDIANSHIP_KIND_{item['kind']}",
        ended=bool(item.get("ended")),
    )


def _duties(path: Path_, person: Mapping[str, Any]) -> Iterator[_Made]:
    for place, item in _items(person, "duties", path):
        yield (
            place,
            lambda item=item: RosterRecord(
                duty=DutyRecord(
                    person_id=person["id"],
                    organisation_id=item["organisation"],
                    kind=f"DUTY_KIND_{item['kind']}",
                    class_id=item.get("class") or "",
                    ended=bool(item.get("ended")),
                )
            ),
        )


def _contacts(path: Path_, person: Mapping[str, Any]) -> Iterator[_Made]:
    for place, item in _items(person, "recorded_contacts", path):
        yield place, lambda item=item: RosterRecord(contact=ContactRecord(person_id=person["id"], value=item))


def chunks(records: Iterable[RosterRecord], size: int = MAX_CHUNK) -> Iterator[ImportRosterRequest]:
    """Returns records as parts of a stream, at most `size` (1 to 1000) in each."""
    rest = iter(records)
    while part := list(islice(rest, size)):
        yield ImportRosterRequest(records=part)


def import_roster(
    client: BindingClient, records: Iterable[RosterRecord], progress: Progress | None = None
) -> ImportRosterResponse:
    """Sends a roster.

    Args:
        client: Client with a service's token.
        records: The records, each after what it refers to.
        progress: Told how many records were sent.

    Returns:
        What became of the records; those with an error are skipped and named.

    Raises:
        WorldFileError: A value of the world is missing or not of the schema; the records before it may be applied.
        BindingError: The call did not succeed.
    """
    broken: list[WorldFileError] = []
    try:
        return client.import_roster(
            requests=_told(_noted(chunks(records), broken), progress), timeout_s=IMPORT_TIMEOUT_S
        )
    except BindingError:
        # gRPC tells only that the stream of requests broke, not why.
        if broken:
            raise broken[0] from None
        raise


async def import_roster_async(
    client: AsyncBindingClient, records: Iterable[RosterRecord], progress: Progress | None = None
) -> ImportRosterResponse:
    """Sends a roster, as `import_roster` does."""

    async def requests() -> AsyncIterator[ImportRosterRequest]:
        for request in _told(_noted(chunks(records), broken), progress):
            yield request

    broken: list[WorldFileError] = []
    try:
        return await client.import_roster(requests=requests(), timeout_s=IMPORT_TIMEOUT_S)
    except (BindingError, asyncio.CancelledError):
        if broken:
            raise broken[0] from None
        raise


def _noted(requests: Iterator[ImportRosterRequest], broken: list[WorldFileError]) -> Iterator[ImportRosterRequest]:
    try:
        yield from requests
    except WorldFileError as error:
        broken.append(error)
        raise


def _told(requests: Iterable[ImportRosterRequest], progress: Progress | None) -> Iterator[ImportRosterRequest]:
    sent = 0
    for request in requests:
        yield request
        # Control comes back here when gRPC asks for the next part: this one is on its way.
        sent += len(request.records)
        if progress is not None:
            progress(sent)
