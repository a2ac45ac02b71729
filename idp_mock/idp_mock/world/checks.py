"""What the parts of a world document say about each other: duplicates and references.

Works on the raw document, so that these faults are found in the same run as those of the schema; whatever has not the
right shape is passed over, the schema reports it.
"""

from collections.abc import Iterator
from typing import Any

from idp_mock.world.errors import Path, WorldError, render_path


def check(document: object) -> list[WorldError]:
    """Finds duplicates and dangling references in a raw world document."""
    return list(_Checker(document).run()) if isinstance(document, dict) else []


def _items(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield (*path, index), item


def _dicts(value: Any, path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    for place, item in _items(value, path):
        if isinstance(item, dict):
            yield place, item


class _Unique:
    """Remembers where a value of one kind stood first."""

    def __init__(self) -> None:
        self.first: dict[object, Path] = {}

    def add(self, value: object, path: Path) -> Iterator[WorldError]:
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            return
        key = value.casefold() if isinstance(value, str) else value
        before = self.first.setdefault(key, path)
        if before != path:
            yield WorldError(path, f"duplicate of {render_path(before)}")


class _Checker:
    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.ids: dict[str, set[str]] = {
            section: {item["id"] for _, item in _dicts(document.get(section), ()) if isinstance(item.get("id"), str)}
            for section in ("municipalities", "organisations", "classes", "persons")
        }
        self.accounts = _Unique()
        self.logins = _Unique()
        self.oids = _Unique()
        self.snils = _Unique()
        self.organisation_oids = {
            item["oid"]
            for _, item in _dicts(document.get("esia_organisations"), ())
            if isinstance(item.get("oid"), int)
        }
        self.vk_addresses = _Unique()
        self.user_ids = _Unique()

    def run(self) -> Iterator[WorldError]:
        for section in self.ids:
            seen: dict[str, Path] = {}
            for path, item in _dicts(self.document.get(section), (section,)):
                key = item.get("id")
                if isinstance(key, str) and seen.setdefault(key, path) != path:
                    yield WorldError((*path, "id"), f"duplicate of {render_path(seen[key])}.id")
        for path, item in _dicts(self.document.get("organisations"), ("organisations",)):
            yield from self._reference(item, "municipality", "municipalities", path)
        for path, item in _dicts(self.document.get("classes"), ("classes",)):
            yield from self._reference(item, "organisation", "organisations", path)
        for path, item in _dicts(self.document.get("persons"), ("persons",)):
            yield from self._person(item, path)
        yield from self._guardianships()
        for section, key in (("esia_organisations", "oid"), ("esia_consents", "sysname")):
            unique = _Unique()
            for path, item in _dicts(self.document.get(section), (section,)):
                yield from unique.add(item.get(key), (*path, key))
        yield from self._clients()

    def _reference(self, item: dict[str, Any], key: str, section: str, path: Path) -> Iterator[WorldError]:
        value = item.get(key)
        if isinstance(value, str):
            yield from self._resolves(value, section, (*path, key))

    def _resolves(self, value: str, section: str, path: Path) -> Iterator[WorldError]:
        if value not in self.ids[section]:
            yield WorldError(path, f"there is no {value!r} in {section}")

    def _person(self, person: dict[str, Any], path: Path) -> Iterator[WorldError]:
        for place, item in _items(person.get("enrolments"), (*path, "enrolments")):
            if isinstance(item, str):
                yield from self._resolves(item, "classes", place)
            elif isinstance(item, dict):
                yield from self._reference(item, "class", "classes", place)
        for place, item in _dicts(person.get("duties"), (*path, "duties")):
            yield from self._reference(item, "organisation", "organisations", place)
            yield from self._reference(item, "class", "classes", place)
        for place, item in _dicts(person.get("accounts"), (*path, "accounts")):
            default = f"{person.get('id')}-{str(item.get('role')).lower().replace('_', '-')}"
            yield from self.accounts.add(item.get("id") or default, (*place, "id") if item.get("id") else place)
        esia = person.get("esia")
        if isinstance(esia, dict):
            for key, unique in (("oid", self.oids), ("login", self.logins), ("snils", self.snils)):
                yield from unique.add(esia.get(key), (*path, "esia", key))
            for place, role in _dicts(esia.get("roles"), (*path, "esia", "roles")):
                oid = role.get("organisation")
                if isinstance(oid, int) and oid not in self.organisation_oids:
                    yield WorldError((*place, "organisation"), f"there is no {oid} in esia_organisations")
        for place, login in _dicts(person.get("vk_id"), (*path, "vk_id")):
            yield from self.vk_addresses.add(login.get("phone"), (*place, "phone"))
            yield from self.vk_addresses.add(login.get("email"), (*place, "email"))
            for profile_place, profile in _dicts(login.get("profiles"), (*place, "profiles")):
                yield from self.user_ids.add(profile.get("user_id"), (*profile_place, "user_id"))
                for name_place, name in _items(profile.get("organisations"), (*profile_place, "organisations")):
                    if isinstance(name, str):
                        yield from self._resolves(name, "organisations", name_place)

    def _guardianships(self) -> Iterator[WorldError]:
        seen: dict[tuple[Any, Any], Path] = {}
        for path, item in _dicts(self.document.get("guardianships"), ("guardianships",)):
            yield from self._reference(item, "guardian", "persons", path)
            yield from self._reference(item, "pupil", "persons", path)
            guardian, pupil = item.get("guardian"), item.get("pupil")
            if not isinstance(guardian, str) or not isinstance(pupil, str):
                continue
            if guardian == pupil:
                yield WorldError((*path, "pupil"), "guardian and pupil are the same person")
            elif seen.setdefault((guardian, pupil), path) != path:
                yield WorldError(path, f"duplicate of {render_path(seen[guardian, pupil])}")

    def _clients(self) -> Iterator[WorldError]:
        clients = self.document.get("clients")
        if not isinstance(clients, dict):
            return
        for section, key in (("esia", "mnemonic"), ("vk_id", "app_id")):
            unique = _Unique()
            for path, item in _dicts(clients.get(section), ("clients", section)):
                yield from unique.add(item.get(key), (*path, key))
