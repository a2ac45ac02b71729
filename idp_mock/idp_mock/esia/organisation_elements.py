"""Elements of an organisation in the data API. That these collections exist is known, names of members are inferred."""

from __future__ import annotations

from collections.abc import Collection

from idp_mock.esia.elements import element
from idp_mock.esia.persons import Document, spell_phone, tagged
from idp_mock.world import EsiaOrganisation, EsiaOrganisationContact, EsiaRole, Person


def organisation_document(organisation: EsiaOrganisation, scopes: Collection[str]) -> Document:
    """The organisation itself: a field appears only if its scope was granted. Names of the fields are inferred."""
    fields = {
        "org_shortname": ("shortName", organisation.short_name),
        "org_fullname": ("fullName", organisation.full_name),
        "org_type": ("type", organisation.type),
        "org_ogrn": ("ogrn", organisation.ogrn),
        "org_inn": ("inn", organisation.inn),
        "org_leg": ("leg", organisation.leg),
        "org_kpp": ("kpp", organisation.kpp),
        "org_agencyterrange": ("agencyTerRange", organisation.agency_ter_range),
        "org_agencytype": ("agencyType", organisation.agency_type),
        "org_oktmo": ("oktmo", organisation.oktmo),
    }
    shown = {key: value for scope, (key, value) in fields.items() if scope in scopes and value is not None}
    return tagged({"stateFacts": ["EntityRoot"], "oid": organisation.oid, **shown})


def organisation_contacts(items: Collection[EsiaOrganisationContact], oid: int) -> list[Document]:
    """Contacts of an organisation or a branch."""
    return [
        element(
            "Identifiable",
            oid,
            type=item.type,
            vrfStu="NOT_VERIFIED",
            value=spell_phone(item.value) if item.type != "OEM" else item.value,
        )
        for item in items
    ]


def groups(organisation: EsiaOrganisation) -> list[Document]:
    """Groups of employees; they are known by their mnemonics."""
    return [
        tagged({"stateFacts": ["Identifiable"], "id": item.id, "grp_id": item.id, "name": item.name})
        for item in organisation.groups
    ]


def branches(organisation: EsiaOrganisation) -> list[Document]:
    """Branches."""
    return [
        element("Identifiable", organisation.oid, name=item.name, kpp=item.kpp, leg=item.leg)
        for item in organisation.branches
    ]


def employee(person: Person, item: EsiaRole) -> Document:
    """A member of an organisation's staff."""
    account = person.esia
    assert account is not None
    name = {"lastName": person.name.last, "firstName": person.name.first, "middleName": person.name.middle}
    given = {key: value for key, value in name.items() if value}
    fields = {"id": account.oid, "prnOid": account.oid, **given, "chief": item.chief, "blocked": not item.active}
    return tagged({"stateFacts": ["Identifiable"], **fields})


def registration_centres(organisation: EsiaOrganisation) -> list[Document]:
    """Centres where accounts are confirmed."""
    items = organisation.registration_centres
    return [element("Identifiable", organisation.oid, name=item.name, addressStr=item.address) for item in items]


def systems(organisation: EsiaOrganisation) -> list[Document]:
    """Systems; they are known by their mnemonics."""
    return [
        tagged({"stateFacts": ["Identifiable"], "id": item.id, "mnemonic": item.id, "name": item.name})
        for item in organisation.systems
    ]


def invitations(organisation: EsiaOrganisation) -> list[Document]:
    """Open invitations."""
    return [
        element("Identifiable", organisation.oid, value=item.email, lastName=item.last_name, firstName=item.first_name)
        for item in organisation.invitations
    ]
