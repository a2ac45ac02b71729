"""Elements of the data API's collections: addresses, documents, vehicles, roles."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import date
from typing import Any

from idp_mock.esia.persons import Document, tagged
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
    "BRTH_CERT": "birth_cert_doc",
}
#: Scopes of documents whose ESIA's name is not known: they open the collection, and nothing is in it for them.
MORE_DOCUMENT_SCOPES = frozenset({"residence_doc", "temporary_residence_doc"})


def addresses(items: Collection[EsiaAddress], oid: int) -> list[Document]:
    """Addresses of a person or an organisation."""
    return [_address(item, oid) for item in items]


def _address(item: EsiaAddress, oid: int) -> Document:
    parts = (item.zip_code, item.region, item.area, item.city, item.settlement, item.street, item.house, item.flat)
    return element(
        "Identifiable",
        oid,
        type=item.type,
        countryId=item.country,
        zipCode=item.zip_code,
        region=item.region,
        area=item.area,
        city=item.city,
        district=item.district,
        settlement=item.settlement,
        additionArea=item.addition_area,
        additionAreaStreet=item.addition_area_street,
        street=item.street,
        house=item.house,
        building=item.building,
        frame=item.frame,
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
    return element(
        "EntityRoot",
        oid,
        type=item.type,
        vrfStu="VERIFIED" if item.verified else "NOT_VERIFIED",
        vrfValStu="VERIFYING" if item.verifying else None,
        fmsValid=item.fms_valid,
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
    return element("Identifiable", oid, name=item.name, numberPlate=item.number_plate, regCertificate=given or None)


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


def _day(day: date | None) -> str | None:
    return f"{day:%d.%m.%Y}" if day else None


def element(fact: str, oid: int, **fields: Any) -> Document:
    """An element with a number of its own; fields without a value are left out."""
    shown = {key: value for key, value in fields.items() if value is not None}
    # The same thing keeps its number over restarts and when others are added or removed.
    identity = "|".join(str(shown.get(key)) for key in ("type", "name", "number", "numberPlate", "value", "addressStr"))
    digest = hashlib.sha256(f"{oid} {identity}".encode()).digest()
    number = 1_000 + int.from_bytes(digest[:5], "big") % 90_000_000
    return tagged({"stateFacts": [fact], "id": number, **shown})
