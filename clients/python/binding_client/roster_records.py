"""A world document's roster: the part of it that the binding service may know.

Never passwords, never ESIA's or VK ID's contacts, nothing of VK. Every field that leaves is named here one by one, so
that a new field of the document stays inside until somebody lets it out.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

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

Path_ = tuple[str | int, ...]
Lines = Mapping[Path_, int]
"""Line of each value of a document by its path, such as ("persons", 3, "enrolments", 0)."""


class WorldFileError(Exception):
    """A world file cannot be read as one; the text names file, line and path."""


def roster_records(document: Mapping[str, Any], lines: Lines | None = None) -> Iterator[RosterRecord]:
    """Projects a world document to roster records, each after what it refers to.

    Args:
        document: The world in the world file's schema, from a file or from `SimulatorControl.get_world_document`.
        lines: Lines of the file, if it is one, so that an error can name them.

    Raises:
        WorldFileError: A value is missing or not of the schema.
    """
    known = lines or {}
    yield from _finished(_records(document), lambda path: known.get(path, 0))


def header_records(document: Mapping[str, Any]) -> Iterator[RosterRecord]:
    """Projects the first line of a world in JSON Lines: what stands before its persons."""
    yield from _finished(_places(document), lambda _: 1)


def line_records(part: Mapping[str, Any], line: int) -> Iterator[RosterRecord]:
    """Projects one further line: a class, a person or a guardianship, but for the accounts that a guardianship gives.

    Args:
        part: `{"class": {…}}`, `{"person": {…}}` or `{"guardianship": {…}}`.
        line: Its number in the file.
    """
    yield from _finished(_line_records(part), lambda _: line)


def guardian_account(guardian_id: str, role: str, line: int) -> RosterRecord:
    """Returns the account that a guardianship gives to a person whose accounts are not stated."""
    return RosterRecord(line=line, account=_account(guardian_id, {"role": role}))


def _finished(made: Iterable["_Made"], line_of: Callable[[Path_], int]) -> Iterator[RosterRecord]:
    for path, record in made:
        line = line_of(path)
        try:
            finished = record()
        except (KeyError, TypeError, ValueError) as error:
            wanted = f"`{error.args[0]}` is missing" if isinstance(error, KeyError) else str(error)
            raise WorldFileError(f"{f'line {line}: ' if line else ''}{_spelled(path)}: {wanted}") from None
        finished.line = line
        yield finished


def _spelled(path: Path_) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


_Made = tuple[Path_, Callable[[], RosterRecord]]


def _places(document: Mapping[str, Any]) -> Iterator[_Made]:
    # Each record is made late, in _finished, so that what is wrong with it is told with its place.
    for path, item in _items(document, "municipalities"):
        yield path, lambda item=item: RosterRecord(municipality=_municipality(item))
    for path, item in _items(document, "organisations"):
        yield path, lambda item=item: RosterRecord(organisation=_organisation(item))
    for path, item in _items(document, "classes"):
        yield path, lambda item=item: RosterRecord(school_class=_school_class(item))


def _line_records(part: Mapping[str, Any]) -> Iterator[_Made]:
    for kind, item in part.items():
        path = (kind,)
        if not isinstance(item, Mapping):
            raise TypeError(f"{kind}: expected a mapping")
        if kind == "class":
            yield path, lambda item=item: RosterRecord(school_class=_school_class(item))
        elif kind == "person":
            yield path, lambda item=item: RosterRecord(person=_person(item))
            yield from _accounts(path, item, {})
            yield from _enrolments(path, item)
            yield from _duties(path, item)
            yield from _contacts(path, item)
        elif kind == "guardianship":
            yield path, lambda item=item: RosterRecord(guardianship=_guardianship(item))
        else:
            raise TypeError(f"{kind}: expected `class`, `person` or `guardianship`")


def _records(document: Mapping[str, Any]) -> Iterator[_Made]:
    yield from _places(document)
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
        id=item["id"],
        organisation_id=item["organisation"],
        year=int(item["year"]),
        display_name=item["name"],
        continues=item.get("continues") or "",
    )


def _person(item: Mapping[str, Any]) -> PersonRecord:
    name = item["name"]
    parts = (name["last"], name["first"], name.get("middle"))
    oid = (item.get("esia") or {}).get("oid") or 0
    return PersonRecord(
        id=item["id"],
        esia_oid=int(oid),
        display_name=" ".join(part for part in parts if part),
        birth_date=str(item.get("birth_date") or ""),
    )


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
