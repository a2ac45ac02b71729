"""`/rs/orgs/{oid}` and its collections, for tokens with scopes of that organisation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from idp_mock.esia import elements, organisation_elements
from idp_mock.esia.bearer import bearer
from idp_mock.esia.collections import answer, embedded, listing, one_of
from idp_mock.esia.errors import not_allowed, not_found
from idp_mock.esia.esia import Esia
from idp_mock.esia.organisation_elements import organisation_contacts
from idp_mock.esia.persons import Document
from idp_mock.esia.scopes import of_organisation
from idp_mock.web import base_url, world_of
from idp_mock.world import EsiaBranch, EsiaOrganisation, EsiaRole, Person, World

Elements = Callable[[World, EsiaOrganisation], list[Document]]

#: Scope and elements of each collection.
_COLLECTIONS: dict[str, tuple[str, Elements]] = {
    "ctts": ("org_ctts", lambda _, organisation: organisation_contacts(organisation.contacts, organisation.oid)),
    "addrs": ("org_addrs", lambda _, organisation: elements.addresses(organisation.addresses, organisation.oid)),
    "emps": ("org_emps", lambda world, organisation: _employees(world, organisation)),
    "grps": ("org_grps", lambda _, organisation: organisation_elements.groups(organisation)),
    "brhs": ("org_brhs", lambda _, organisation: organisation_elements.branches(organisation)),
    "vhls": ("org_vhls", lambda _, organisation: elements.vehicles(organisation.vehicles, organisation.oid)),
    "rcs": ("org_rcs", lambda _, organisation: organisation_elements.registration_centres(organisation)),
    "stms": ("org_stms", lambda _, organisation: organisation_elements.systems(organisation)),
    "invts": ("org_invts", lambda _, organisation: organisation_elements.invitations(organisation)),
}
#: Scope and elements of what lies below an element: contacts and addresses of a branch, groups of an employee.
_BELOW: dict[tuple[str, str], tuple[str, Callable[[World, EsiaOrganisation, str], list[Document] | None]]] = {
    ("brhs", "ctts"): ("org_brhs_ctts", lambda _, organisation, number: _contacts_of_branch(organisation, number)),
    ("brhs", "addrs"): ("org_brhs_addrs", lambda _, organisation, number: _addresses_of_branch(organisation, number)),
    ("emps", "grps"): ("org_emps", lambda world, organisation, number: _groups_of(world, organisation, number)),
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

    async def below(self, request: Request) -> Response:
        """`/rs/orgs/{oid}/brhs/{id}/ctts` and `/addrs`, `/rs/orgs/{oid}/emps/{id}/grps`."""
        return answer(request, self._below)

    async def element_below(self, request: Request) -> Response:
        """One element of those."""
        return answer(request, lambda asked: one_of(asked, self._elements_below(asked), "item"))

    def _organisation(self, request: Request) -> Document:
        organisation, scopes = self._asked(request)
        return organisation_elements.organisation_document(organisation, scopes)

    def _below(self, request: Request) -> Document:
        given = request.path_params
        address = f"{base_url(request)}/rs/orgs/{given['oid']}/{given['collection']}/{given['id']}/{given['below']}"
        return listing(address, self._elements_below(request), embed="elements" in embedded(request))

    def _elements_below(self, request: Request) -> list[Document]:
        given = request.path_params
        organisation, scopes = self._asked(request)
        found = _BELOW.get((given["collection"], given["below"]))
        if found is None:
            known = ", ".join("/".join(path) for path in _BELOW)
            raise not_found(f"раздела нет в имитаторе; есть {known}", expected=f"one of {known}")
        scope, make = found
        _demand(scope, organisation, scopes)
        shown = make(world_of(request), organisation, given["id"])
        if shown is None:
            raise not_found(f"в {given['collection']} нет элемента {given['id'][:30]!r}")
        return shown

    def _collection(self, request: Request) -> Document:
        oid, name = request.path_params["oid"], request.path_params["collection"]
        address = f"{base_url(request)}/rs/orgs/{oid}/{name}"
        return listing(address, self._elements(request), embed="elements" in embedded(request))

    def _elements(self, request: Request) -> list[Document]:
        organisation, scopes = self._asked(request)
        found = _COLLECTIONS.get(request.path_params["collection"])
        if found is None:
            known = ", ".join(_COLLECTIONS)
            raise not_found(f"раздела нет в имитаторе; есть {known}", expected=f"one of {known}")
        scope, make = found
        _demand(scope, organisation, scopes)
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


def _demand(scope: str, organisation: EsiaOrganisation, scopes: frozenset[str]) -> None:
    if scope not in scopes:
        wanted = f"{scope}?org_oid={organisation.oid}"
        text = f"нужен scope {wanted}, а в токене {' '.join(sorted(scopes))}"
        raise not_allowed(text, expected=f"the scope {wanted}")


def _staff(world: World, organisation: EsiaOrganisation) -> Iterator[tuple[Person, EsiaRole]]:
    for person in world.document.persons:
        for role in person.esia.roles if person.esia else ():
            if role.organisation == organisation.oid:
                yield person, role


def _employees(world: World, organisation: EsiaOrganisation) -> list[Document]:
    return [organisation_elements.employee(person, role) for person, role in _staff(world, organisation)]


def _groups_of(world: World, organisation: EsiaOrganisation, number: str) -> list[Document] | None:
    for person, role in _staff(world, organisation):
        if person.esia is not None and str(person.esia.oid) == number:
            return [group for group in organisation_elements.groups(organisation) if group["id"] in role.groups]
    return None


def _branch(organisation: EsiaOrganisation, number: str) -> EsiaBranch | None:
    shown = zip(organisation.branches, organisation_elements.branches(organisation), strict=True)
    return next((branch for branch, document in shown if str(document["id"]) == number), None)


def _contacts_of_branch(organisation: EsiaOrganisation, number: str) -> list[Document] | None:
    branch = _branch(organisation, number)
    return None if branch is None else organisation_contacts(branch.contacts, int(number))


def _addresses_of_branch(organisation: EsiaOrganisation, number: str) -> list[Document] | None:
    branch = _branch(organisation, number)
    return None if branch is None else elements.addresses(branch.addresses, int(number))
