"""What the parts of a world document say about each other: duplicates and references.

Works on raw documents, so that these faults are found in the same run as those of the schema; whatever has not the
right shape is passed over, the schema reports it.
"""

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any

from idp_mock.world.errors import Path, WorldError, render_path
from idp_mock.world.layers import Layer

_SECTIONS = ("municipalities", "organisations", "classes", "persons")
_UNIQUES = (
    "accounts",
    "logins",
    "oids",
    "snils",
    "vk_addresses",
    "user_ids",
    "esia_organisations",
    "esia_consents",
    "clients.esia",
    "clients.vk_id",
)


def check(document: object) -> list[WorldError]:
    """Finds duplicates and dangling references in a raw world document."""
    checker = Checker()
    return [*checker.document(document), *checker.finish()] if isinstance(document, dict) else []


def _items(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield (*path, index), item


def _dicts(value: Any, path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    for place, item in _items(value, path):
        if isinstance(item, dict):
            yield place, item


class _Unique:
    """Remembers which item, such as `persons[3]`, has a value first; of millions, so no more than that."""

    def __init__(self, first: MutableMapping[object, Path] | None = None) -> None:
        self.first: MutableMapping[object, Path] = {} if first is None else first

    def add(self, value: object, path: Path, item: Path) -> Iterator[WorldError]:
        if (key := _key(value)) is None:
            return
        if key in self.first:
            yield WorldError(path, f"duplicate of one in {render_path(self.first[key])}")
        else:
            self.first[key] = item

    def forget(self, value: object, item: Path) -> None:
        key = _key(value)
        if key is not None and self.first.get(key) == item:
            del self.first[key]


def _key(value: object) -> object:
    if isinstance(value, str):
        return value.casefold()
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


class Checker:
    """Knows the keys and numbers of a world, and finds what does not fit to them.

    A part that is found faulty is remembered nevertheless, so that its other faults and those of later parts are found
    in the same run.
    """

    def __init__(self) -> None:
        self._ids: dict[str, MutableMapping[str, Path]] = {section: {} for section in _SECTIONS}
        self._uniques = {name: _Unique() for name in _UNIQUES}
        self._guardianships: MutableMapping[tuple[str, str], Path] = {}
        self._old_tokens: list[tuple[Path, int]] = []

    def layer(self) -> "Checker":
        """A checker that begins with all that this one knows, which must not change any more."""
        return self._over(Layer.over)

    def draft(self) -> "Checker":
        """A checker that begins with all that this one knows; `commit` makes this one know the rest too."""
        return self._over(Layer)

    def _over(self, layer: Callable[[Any], Layer[Any, Any]]) -> "Checker":
        made = Checker.__new__(Checker)
        made._ids = {section: layer(ids) for section, ids in self._ids.items()}
        made._uniques = {name: _Unique(layer(unique.first)) for name, unique in self._uniques.items()}
        made._guardianships = layer(self._guardianships)
        made._old_tokens = []
        return made

    def commit(self) -> None:
        """Makes known to the checker that this is a draft of what it took in."""
        layers = (*self._ids.values(), *(unique.first for unique in self._uniques.values()), self._guardianships)
        for layer in layers:
            if isinstance(layer, Layer):
                layer.commit()

    def document(self, document: dict[str, Any], offsets: Mapping[str, int] | None = None) -> Iterator[WorldError]:
        """Takes in a whole document, in which parts may refer to later ones.

        Args:
            document: the document.
            offsets: how many of each section were taken in before; paths go on from there.
        """
        before = offsets or {}

        def parts(section: str) -> Iterator[tuple[Path, dict[str, Any]]]:
            for path, item in _dicts(document.get(section), ()):
                yield (section, int(path[0]) + before.get(section, 0)), item

        for section, key in (("esia_organisations", "oid"), ("esia_consents", "sysname")):
            for path, item in parts(section):
                yield from self._uniques[section].add(item.get(key), (*path, key), path)
        for section in _SECTIONS:
            for path, item in parts(section):
                yield from self._id(item, path)
        for section in ("organisations", "classes", "persons"):
            for path, item in parts(section):
                yield from self._refers(item, path)
        for path, item in parts("guardianships"):
            yield from self._guardianship(item, path)
        clients = document.get("clients")
        if isinstance(clients, dict):
            for section, key in (("esia", "mnemonic"), ("vk_id", "app_id")):
                offset = before.get(f"clients.{section}", 0)
                for place, item in _dicts(clients.get(section), ()):
                    path = ("clients", section, int(place[0]) + offset)
                    yield from self._uniques[f"clients.{section}"].add(item.get(key), (*path, key), path)
        self._old_tokens += _old_tokens(document.get("clients"))

    def finish(self) -> Iterator[WorldError]:
        """Finds what clients say of profiles that did not come at all, now that all have been taken in."""
        for path, user_id in self._old_tokens:
            if user_id not in self._uniques["user_ids"].first:
                yield WorldError(path, f"there is no VK profile {user_id}")

    def part(self, item: dict[str, Any], path: Path) -> Iterator[WorldError]:
        """Takes in one class, person or guardianship, which may refer to what was taken in before.

        Args:
            item: The part.
            path: Its section and number, such as `("persons", 3)`.
        """
        if path[0] == "guardianships":
            yield from self._guardianship(item, path)
        else:
            yield from self._id(item, path)
            yield from self._refers(item, path)

    def forget_person(self, person: dict[str, Any], path: Path) -> None:
        """Takes out a person who was taken in with this very content and path."""
        key = person.get("id")
        if isinstance(key, str) and self._ids["persons"].get(key) == path:
            del self._ids["persons"][key]
        for unique, value, _ in self._values(person, path):
            unique.forget(value, path)

    def _id(self, item: dict[str, Any], path: Path) -> Iterator[WorldError]:
        key, known = item.get("id"), self._ids[str(path[0])]
        if isinstance(key, str) and known.setdefault(key, path) is not path:
            yield WorldError((*path, "id"), f"duplicate of {render_path(known[key])}.id")

    def _refers(self, item: dict[str, Any], path: Path) -> Iterator[WorldError]:
        if path[0] == "organisations":
            yield from self._reference(item, "municipality", "municipalities", path)
        elif path[0] == "classes":
            yield from self._reference(item, "organisation", "organisations", path)
        else:
            yield from self._person(item, path)

    def _reference(self, item: dict[str, Any], key: str, section: str, path: Path) -> Iterator[WorldError]:
        value = item.get(key)
        if isinstance(value, str):
            yield from self._resolves(value, section, (*path, key))

    def _resolves(self, value: str, section: str, path: Path) -> Iterator[WorldError]:
        if value not in self._ids[section]:
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
        for login_place, login in _dicts(person.get("vk_id"), (*path, "vk_id")):
            for profile_place, profile in _dicts(login.get("profiles"), (*login_place, "profiles")):
                for place, name in _items(profile.get("organisations"), (*profile_place, "organisations")):
                    if isinstance(name, str):
                        yield from self._resolves(name, "organisations", place)
        esia = person.get("esia")
        for place, role in _dicts(esia.get("roles") if isinstance(esia, dict) else (), (*path, "esia", "roles")):
            oid = role.get("organisation")
            if isinstance(oid, int) and oid not in self._uniques["esia_organisations"].first:
                yield WorldError((*place, "organisation"), f"there is no {oid} in esia_organisations")
        for unique, value, place in self._values(person, path):
            yield from unique.add(value, place, path)

    def _values(self, person: dict[str, Any], path: Path) -> Iterator[tuple[_Unique, object, Path]]:
        """What nobody else may have: where it is remembered, the value, and its place."""
        for place, item in _dicts(person.get("accounts"), (*path, "accounts")):
            default = f"{person.get('id')}-{str(item.get('role')).lower().replace('_', '-')}"
            yield self._uniques["accounts"], item.get("id") or default, (*place, "id") if item.get("id") else place
        esia = person.get("esia")
        if isinstance(esia, dict):
            for key, unique in (("oid", "oids"), ("login", "logins"), ("snils", "snils")):
                yield self._uniques[unique], esia.get(key), (*path, "esia", key)
        for place, login in _dicts(person.get("vk_id"), (*path, "vk_id")):
            yield self._uniques["vk_addresses"], login.get("phone"), (*place, "phone")
            yield self._uniques["vk_addresses"], login.get("email"), (*place, "email")
            for profile_place, profile in _dicts(login.get("profiles"), (*place, "profiles")):
                yield self._uniques["user_ids"], profile.get("user_id"), (*profile_place, "user_id")

    def _guardianship(self, item: dict[str, Any], path: Path) -> Iterator[WorldError]:
        yield from self._reference(item, "guardian", "persons", path)
        yield from self._reference(item, "pupil", "persons", path)
        guardian, pupil = item.get("guardian"), item.get("pupil")
        if not isinstance(guardian, str) or not isinstance(pupil, str):
            return
        if guardian == pupil:
            yield WorldError((*path, "pupil"), "guardian and pupil are the same person")
        elif (first := self._guardianships.setdefault((guardian, pupil), path)) is not path:
            yield WorldError(path, f"duplicate of {render_path(first)}")


def _old_tokens(clients: object) -> Iterator[tuple[Path, int]]:
    """The profiles of old tokens; the path counts them, as the tokens themselves are nobody's business."""
    section = clients.get("vk_id") if isinstance(clients, dict) else None
    for path, item in _dicts(section, ("clients", "vk_id")):
        tokens = item.get("v1_tokens")
        for number, user_id in enumerate(tokens.values() if isinstance(tokens, dict) else ()):
            if isinstance(user_id, int):
                yield (*path, "v1_tokens", number), user_id
