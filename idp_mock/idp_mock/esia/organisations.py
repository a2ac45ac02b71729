"""`/rs/orgs/{oid}` and its collections, for tokens with scopes of that organisation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from idp_mock.esia import elements
from idp_mock.esia.bearer import bearer
from idp_mock.esia.collections import answer, embedded, listing, one_of
from idp_mock.esia.errors import not_allowed, not_found
from idp_mock.esia.esia import Esia
from idp_mock.esia.persons import Document
from idp_mock.esia.scopes import of_organisation
from idp_mock.web import base_url, world_of
from idp_mock.world import EsiaOrganisation, World

#: Scope and elements of each collection.
_COLLECTIONS: dict[str, tuple[str, Callable[[World, EsiaOrganisation], list[Document]]]] = {
    "ctts": ("org_ctts", lambda _, organisation: elements.organisation_contacts(organisation)),
    "addrs": ("org_addrs", lambda _, organisation: elements.addresses(organisation.addresses, organisation.oid)),
    "emps": ("org_emps", lambda world, organisation: _employees(world, organisation)),
    "grps": ("org_grps", lambda _, organisation: elements.groups(organisation)),
    "brhs": ("org_brhs", lambda _, organisation: elements.branches(organisation)),
    "vhls": ("org_vhls", lambda _, organisation: elements.vehicles(organisation.vehicles, organisation.oid)),
}


@dataclass(frozen=True)
class OrganisationApi:
    """The data API of organisations."""

    esia: Esia

    async def organisation(self, request: Request) -> Response:
        """`/rs/orgs/{oid}`."""
        return answer(request, self._organisation)

    async def collection(self, request: Request) -> Response:
        """`/rs/orgs/{oid}/{collection}`."""
        return answer(request, self._collection)

    async def element(self, request: Request) -> Response:
        """`/rs/orgs/{oid}/{collection}/{id}`."""
        return answer(request, lambda asked: one_of(asked, self._elements(asked)))

    def _organisation(self, request: Request) -> Document:
        organisation, scopes = self._asked(request)
        return elements.organisation_document(organisation, scopes)

    def _collection(self, request: Request) -> Document:
        oid, name = request.path_params["oid"], request.path_params["collection"]
        address = f"{base_url(request)}/rs/orgs/{oid}/{name}"
        return listing(address, self._elements(request), embed="elements" in embedded(request))

    def _elements(self, request: Request) -> list[Document]:
        organisation, scopes = self._asked(request)
        found = _COLLECTIONS.get(request.path_params["collection"])
        if found is None:
            raise not_found(f"раздела нет в имитаторе; есть {', '.join(_COLLECTIONS)}")
        scope, make = found
        if scope not in scopes:
            wanted = f"{scope}?org_oid={organisation.oid}"
            text = f"нужен scope {wanted}, а в токене {' '.join(sorted(scopes))}"
            raise not_allowed(text, expected=f"the scope {wanted}")
        return make(world_of(request), organisation)

    def _asked(self, request: Request) -> tuple[EsiaOrganisation, frozenset[str]]:
        token = bearer(request, self.esia)
        text = request.path_params["oid"]
        oid = int(text) if text.isascii() and text.isdigit() and len(text) < 17 else 0
        scopes = of_organisation(token.scopes, oid)
        if not scopes:
            expected = f"a scope with ?org_oid={text[:20]}"
            raise not_allowed(f"в токене нет scope с ?org_oid={text[:20]}", expected=expected)
        organisation = world_of(request).esia_organisation(oid)
        if organisation is None:
            raise not_found("организации больше нет")
        return organisation, scopes


def _employees(world: World, organisation: EsiaOrganisation) -> list[Document]:
    return [
        elements.employee(person, role)
        for person in world.document.persons
        if person.esia
        for role in person.esia.roles
        if role.organisation == organisation.oid
    ]
