"""`/rs/prns/{oid}` and its collections."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from idp_mock.esia.bearer import bearer
from idp_mock.esia.errors import DataRefusal, data_response, not_allowed, not_found
from idp_mock.esia.esia import Esia
from idp_mock.esia.persons import Document, child_document, contact_documents, person_document, tag
from idp_mock.esia.state import EsiaState
from idp_mock.web import base_url, world_of
from idp_mock.world import Person, World

_EMBED = re.compile(r"^\((.*)\)$")


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


_KID = frozenset(
    f"kid_{name}"
    for name in ("fullname", "birthdate", "gender", "snils", "inn", "birth_cert_doc", "medical_doc", "mobile", "email")
)

_COLLECTIONS = {
    "ctts": _Collection(frozenset({"email", "mobile", "contacts"}), "contacts", _contacts),
    "kids": _Collection(_KID, "kids", _children),
}


@dataclass(frozen=True)
class DataApi:
    """The data API. Refusals: 401 for the token, 403 for scope or person, 404 for what is not there."""

    esia: Esia

    async def person(self, request: Request) -> Response:
        """`/rs/prns/{oid}`, with collections in it if `embed=(contacts.elements,…)` asks for them."""
        return self._answer(request, self._person)

    async def collection(self, request: Request) -> Response:
        """`/rs/prns/{oid}/{collection}`: addresses of the elements, or the elements with `embed=(elements)`."""
        return self._answer(request, self._collection)

    async def element(self, request: Request) -> Response:
        """`/rs/prns/{oid}/{collection}/{id}`."""
        return self._answer(request, self._element)

    def _answer(self, request: Request, act: Callable[[Request], Document]) -> Response:
        try:
            return JSONResponse(act(request))
        except DataRefusal as refusal:
            path = request.url.path.removeprefix(request.scope["root_path"])
            world_of(request).refusals.record("esia", path, refusal.code, refusal.explanation)
            return data_response(refusal.status, refusal.code, refusal.message)

    def _person(self, request: Request) -> Document:
        person, scopes = self._caller(request)
        world = world_of(request)
        document = person_document(person, scopes, updated_on=_updated_on(world, person))
        wanted = {name.strip().removesuffix(".elements") for name in _embedded(request)}
        for name, collection in _COLLECTIONS.items():
            if collection.nested in wanted and collection.scopes & scopes:
                elements = collection.elements(world, person, scopes)
                document[collection.nested] = _listing(_address(request, name), elements, embed=True)
        return document

    def _collection(self, request: Request) -> Document:
        elements = self._elements(request)
        return _listing(
            _address(request, request.path_params["collection"]), elements, embed="elements" in _embedded(request)
        )

    def _element(self, request: Request) -> Document:
        wanted = request.path_params["id"]
        for element in self._elements(request):
            if str(element["id"]) == wanted:
                return element
        raise not_found(f"в {request.path_params['collection']} нет элемента {wanted[:30]!r}")

    def _elements(self, request: Request) -> list[Document]:
        person, scopes = self._caller(request)
        collection = _COLLECTIONS.get(request.path_params["collection"])
        if collection is None:
            raise not_found(f"раздела нет в имитаторе; есть {', '.join(_COLLECTIONS)}")
        if not collection.scopes & scopes:
            needed, granted = ", ".join(sorted(collection.scopes)), " ".join(sorted(scopes))
            raise not_allowed(f"нужен один из scope {needed}, а в токене {granted}")
        return collection.elements(world_of(request), person, scopes)

    def _caller(self, request: Request) -> tuple[Person, frozenset[str]]:
        token = bearer(request, self.esia)
        oid = request.path_params["oid"]
        if oid != str(token.owner):
            raise not_allowed(f"в адресе oid {oid[:20]!r}, а токен пользователя {token.owner}")
        person = world_of(request).person_by_oid(token.owner)
        if person is None:
            raise not_found("у пользователя больше нет учётной записи")
        return person, frozenset(token.scopes)


def _listing(address: str, elements: list[Document], *, embed: bool) -> Document:
    shown = elements if embed else [f"{address}/{element['id']}" for element in elements]
    return {"stateFacts": ["hasSize"], "size": len(elements), "eTag": tag(shown), "elements": shown}


def _address(request: Request, collection: str) -> str:
    return f"{base_url(request)}/rs/prns/{request.path_params['oid']}/{collection}"


def _embedded(request: Request) -> list[str]:
    match = _EMBED.match(request.query_params.get("embed", ""))
    return match.group(1).split(",") if match else []


def _updated_on(world: World, person: Person) -> int:
    return world.of(EsiaState).updated_on(person.id, tag(person.model_dump_json()), now=world.clock.timestamp())
