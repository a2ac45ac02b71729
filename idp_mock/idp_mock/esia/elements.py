"""Elements of the data API's collections, of persons and of organisations: addresses, documents, vehicles, roles."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import date
from typing import Any

from idp_mock.esia.persons import Document, spell_phone, tagged
from idp_mock.world import EsiaAddress, EsiaDocument, EsiaOrganisation, EsiaRole, EsiaVehicle, Person

#: Which scope shows documents of which type.
DOCUMENT_SCOPES = {
    "RF_PASSPORT": "id_doc",
    "FID_DOC": "id_doc",
    "RF_DRIVING_LICENSE": "drivers_licence_doc",
    "MLTR_ID": "military_doc",
    "FRGN_PASS": "foreign_passport_doc",
    "MDCL_PLCY": "medical_doc",
    "RF_BRTH_CERT": "birth_cert_doc",
    "FID_BRTH_CERT": "birth_cert_doc",
    "OLD_BRTH_CERT": "birth_cert_doc",
}


def addresses(items: Collection[EsiaAddress], oid: int) -> list[Document]:
    """Addresses of a person or an organisation."""
    return [_address(item, oid) for item in items]


def _address(item: EsiaAddress, oid: int) -> Document:
    parts = (item.zip_code, item.region, item.city, item.street, item.house, item.flat)
    return _element(
        "Identifiable",
        oid,
        type=item.type,
        countryId="RUS",
        zipCode=item.zip_code,
        region=item.region,
        city=item.city,
        street=item.street,
        house=item.house,
        flat=item.flat,
        addressStr=item.text or ", ".join(part for part in parts if part),
        fiasCode=item.fias_code,
    )


def documents(person: Person, scopes: Collection[str], prefix: str = "") -> list[Document]:
    """The documents that the scopes show; with `kid_` before them, a child's."""
    account = person.esia
    assert account is not None
    return [document(item, account.oid) for item in account.documents if prefix + DOCUMENT_SCOPES[item.type] in scopes]


def document(item: EsiaDocument, oid: int) -> Document:
    """One document."""
    return _element(
        "EntityRoot",
        oid,
        type=item.type,
        vrfStu="VERIFIED" if item.verified else "NOT_VERIFIED",
        series=item.series,
        number=item.number,
        issueDate=_day(item.issue_date),
        issueId=item.issue_id,
        issuedBy=item.issued_by,
        expiryDate=_day(item.expiry_date),
        firstName=item.first_name,
        lastName=item.last_name,
        actNo=item.act_number,
        actDate=_day(item.act_date),
        unitedNumber=item.united_number,
        medicalOrg=item.medical_org,
    )


def vehicles(items: Collection[EsiaVehicle], oid: int) -> list[Document]:
    """Vehicles of a person or an organisation."""
    return [_vehicle(item, oid) for item in items]


def _vehicle(item: EsiaVehicle, oid: int) -> Document:
    certificate = {"series": item.series, "number": item.number}
    given = {key: value for key, value in certificate.items() if value}
    return _element("Identifiable", oid, name=item.name, numberPlate=item.number_plate, regCertificate=given or None)


def role(item: EsiaRole, organisation: EsiaOrganisation, oid: int) -> Document:
    """A person's place in an organisation."""
    fields = {
        "oid": organisation.oid,
        "prnOid": oid,
        "fullName": organisation.full_name,
        "shortName": organisation.short_name,
        "ogrn": organisation.ogrn,
        "type": organisation.type,
        "chief": item.chief,
        "admin": item.admin,
        "active": item.active,
    }
    return {key: value for key, value in fields.items() if value is not None}


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


def organisation_contacts(organisation: EsiaOrganisation) -> list[Document]:
    """Contacts of an organisation."""
    return [
        _element(
            "Identifiable",
            organisation.oid,
            type=item.type,
            vrfStu="NOT_VERIFIED",
            value=spell_phone(item.value) if item.type != "OEM" else item.value,
        )
        for item in organisation.contacts
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
        _element("Identifiable", organisation.oid, name=item.name, kpp=item.kpp, leg=item.leg)
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


def _day(day: date | None) -> str | None:
    return f"{day:%d.%m.%Y}" if day else None


def _element(fact: str, oid: int, **fields: Any) -> Document:
    shown = {key: value for key, value in fields.items() if value is not None}
    # The same thing keeps its number over restarts and when others are added or removed.
    identity = "|".join(str(shown.get(key)) for key in ("type", "name", "number", "numberPlate", "value", "addressStr"))
    digest = hashlib.sha256(f"{oid} {identity}".encode()).digest()
    number = 1_000 + int.from_bytes(digest[:5], "big") % 90_000_000
    return tagged({"stateFacts": [fact], "id": number, **shown})
