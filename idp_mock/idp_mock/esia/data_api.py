"""`/rs/prns/{oid}` and its collections."""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from idp_mock.esia.bearer import bearer
from idp_mock.esia.collections import answer, embedded, listing, one_of
from idp_mock.esia.elements import DOCUMENT_SCOPES, MORE_DOCUMENT_SCOPES, addresses, document, documents, role, vehicles
from idp_mock.esia.errors import not_allowed, not_found
from idp_mock.esia.esia import Esia
from idp_mock.esia.persons import Document, child_document, contact_documents, person_document, tag
from idp_mock.esia.state import EsiaState
from idp_mock.web import base_url, world_of
from idp_mock.world import Person, World


@dataclass(frozen=True)
class _Collection:
    """A collection of a person: the scopes that open it (any one of them), its name when nested, and its elements."""

    scopes: frozenset[str]
    nested: str
    elements: Callable[[World, Person, Collection[str]], list[Document]]


def _contacts(_world: World, person: Person, scopes: Collection[str]) -> list[Document]:
    return contact_documents(person, scopes)


def _children(world: World, person: Person, scopes: Collection[str]) -> list[Document]:
    # A child without an ESIA account has no number by which it could stand in the list.
    children = [child for child in world.children(person.id) if child.esia]
    return [child_document(child, scopes, updated_on=_updated_on(world, child)) for child in children]


def _addresses(_world: World, person: Person, _scopes: Collection[str]) -> list[Document]:
    assert person.esia is not None
    return addresses(person.esia.addresses, person.esia.oid)


def _documents(_world: World, person: Person, scopes: Collection[str]) -> list[Document]:
    return documents(person, scopes)


def _vehicles(_world: World, person: Person, _scopes: Collection[str]) -> list[Document]:
    assert person.esia is not None
    return vehicles(person.esia.vehicles, person.esia.oid)


_KID = frozenset(
    f"kid_{name}"
    for name in ("fullname", "birthdate", "gender", "snils", "inn", "birth_cert_doc", "medical_doc", "mobile", "email")
)

_COLLECTIONS = {
    "ctts": _Collection(frozenset({"email", "mobile", "contacts"}), "contacts", _contacts),
    "addrs": _Collection(frozenset({"addresses", "contacts"}), "addresses", _addresses),
    "docs": _Collection(MORE_DOCUMENT_SCOPES | set(DOCUMENT_SCOPES.values()), "documents", _documents),
    "kids": _Collection(_KID, "kids", _children),
    "vhls": _Collection(frozenset({"vehicles"}), "vehicles", _vehicles),
}
# Collections of a child: the scopes that open them (any one of them) and their elements. That a child's contacts lie
# beside the documents is inferred.
_OF_CHILD: dict[str, tuple[frozenset[str], Callable[[Person, Collection[str], str], list[Document]]]] = {
    "docs": (frozenset({"kid_birth_cert_doc", "kid_medical_doc"}), documents),
    "ctts": (frozenset({"kid_mobile", "kid_email"}), contact_documents),
}
_ORGANISATIONS = frozenset({"usr_org"})


@dataclass(frozen=True)
class DataApi:
    """The data API. Refusals: 401 for the token, 403 for scope or person, 404 for what is not there."""

    esia: Esia

    async def person(self, request: Request) -> Response:
        """`/rs/prns/{oid}`, with collections in it if `embed=(contacts.elements,…)` asks for them."""
        return answer(request, self._person)

    async def collection(self, request: Request) -> Response:
        """`/rs/prns/{oid}/{collection}`: addresses of the elements, or the elements with `embed=(elements)`."""
        return answer(request, self._collection)

    async def element(self, request: Request) -> Response:
        """`/rs/prns/{oid}/{collection}/{id}`."""
        return answer(request, lambda asked: one_of(asked, self._elements(asked)))

    async def child_collection(self, request: Request) -> Response:
        """`/rs/prns/{oid}/kids/{kid}/docs` and `/ctts`."""
        return answer(request, self._child_collection)

    async def child_element(self, request: Request) -> Response:
        """`/rs/prns/{oid}/kids/{kid}/docs/{id}` and `/ctts/{id}`."""
        return answer(request, lambda asked: one_of(asked, self._of_child(asked)))

    async def avatar(self, request: Request) -> Response:
        """`/rs/prns/{oid}/avt`: the picture itself. Only its scope is known, address and form are inferred."""
        found: list[bytes] = []

        def look(asked: Request) -> Document:
            person, scopes = self._caller(asked)
            _demand(frozenset({"usr_avt"}), scopes)
            if person.esia is None or person.esia.avatar is None:
                raise not_found("у пользователя нет изображения профиля", expected="an account with a picture")
            found.append(base64.b64decode(person.esia.avatar))
            return {}

        refusal = answer(request, look)
        if not found:
            return refusal
        kind = "image/png" if found[0].startswith(b"\x89PNG") else "image/jpeg"
        return Response(found[0], media_type=kind, headers={"x-content-type-options": "nosniff"})

    async def unknown(self, request: Request) -> Response:
        """Anything else under `/rs`."""

        def look(asked: Request) -> Document:
            bearer(asked, self.esia)
            raise not_found("такого адреса в имитаторе нет", expected="an address of the data API")

        return answer(request, look)

    def _person(self, request: Request) -> Document:
        person, scopes = self._caller(request)
        world = world_of(request)
        assert person.esia is not None
        main = next((document(item, person.esia.oid)["id"] for item in person.esia.documents), None)
        shown = person_document(person, scopes, updated_on=_updated_on(world, person), main_document=main)
        wanted = {name.strip().removesuffix(".elements") for name in embedded(request)}
        for name, collection in _COLLECTIONS.items():
            if collection.nested in wanted and collection.scopes & scopes:
                elements = collection.elements(world, person, scopes)
                shown[collection.nested] = listing(_address(request, name), elements, embed=True)
        if "organizations" in wanted and _ORGANISATIONS & scopes:
            places = _roles(world, person)
            shown["organizations"] = listing(_address(request, "orgs"), places, embed=True)
        return shown

    def _collection(self, request: Request) -> Document:
        name = request.path_params["collection"]
        if name in ("roles", "orgs"):
            return self._organisations(request, name)
        return listing(_address(request, name), self._elements(request), embed="elements" in embedded(request))

    def _organisations(self, request: Request, name: str) -> Document:
        person, scopes = self._caller(request)
        _demand(_ORGANISATIONS, scopes)
        places = _roles(world_of(request), person)
        if name == "roles":
            # These are always shown in full.
            return listing("", places, embed=True)
        address = f"{base_url(request)}/rs/orgs"
        return listing(
            address, [{**place, "id": place["oid"]} for place in places], embed="elements" in embedded(request)
        )

    def _elements(self, request: Request) -> list[Document]:
        person, scopes = self._caller(request)
        collection = _COLLECTIONS.get(request.path_params["collection"])
        if collection is None:
            known = ", ".join((*_COLLECTIONS, "roles", "orgs"))
            raise not_found(f"раздела нет в имитаторе; есть {known}", expected=f"one of {known}")
        _demand(collection.scopes, scopes)
        return collection.elements(world_of(request), person, scopes)

    def _child_collection(self, request: Request) -> Document:
        given = request.path_params
        address = f"{_address(request, 'kids')}/{given['kid']}/{given['collection']}"
        return listing(address, self._of_child(request), embed="elements" in embedded(request))

    def _of_child(self, request: Request) -> list[Document]:
        person, scopes = self._caller(request)
        found = _OF_CHILD.get(request.path_params["collection"])
        if found is None:
            raise not_found("такого раздела у ребёнка нет", expected=f"one of {', '.join(_OF_CHILD)}")
        needed, elements = found
        _demand(needed, scopes)
        for child in world_of(request).children(person.id):
            if child.esia and str(child.esia.oid) == request.path_params["kid"]:
                return elements(child, scopes, "kid_")
        raise not_found("среди детей пользователя такого нет", expected="a child of the person")

    def _caller(self, request: Request) -> tuple[Person, frozenset[str]]:
        token = bearer(request, self.esia)
        oid = request.path_params["oid"]
        if oid != str(token.owner):
            text = f"в адресе oid {oid[:20]!r}, а токен пользователя {token.owner}"
            raise not_allowed(text, expected="the oid of the token's person")
        person = world_of(request).person_by_oid(token.owner)
        if person is None:
            raise not_found("у пользователя больше нет учётной записи")
        return person, frozenset(token.scopes)


def _demand(needed: frozenset[str], granted: frozenset[str]) -> None:
    if not needed & granted:
        one, has = ", ".join(sorted(needed)), " ".join(sorted(granted))
        raise not_allowed(f"нужен один из scope {one}, а в токене {has}", expected=f"one of the scopes {one}")


def _roles(world: World, person: Person) -> list[Document]:
    assert person.esia is not None
    found = ((item, world.esia_organisation(item.organisation)) for item in person.esia.roles)
    return [role(item, organisation, person.esia.oid) for item, organisation in found if organisation is not None]


def _address(request: Request, collection: str) -> str:
    return f"{base_url(request)}/rs/prns/{request.path_params['oid']}/{collection}"


def _updated_on(world: World, person: Person) -> int:
    return world.of(EsiaState).updated_on(
        person.id, tag(person.model_dump_json()), now=world.clock_of("esia").timestamp()
    )
