"""What ESIA knows of a person, in the shapes of the data API: the person, contacts, children. Filtered by scope."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection
from typing import Any

from idp_mock.esia.claims import trusted
from idp_mock.world import EsiaContact, Person

Document = dict[str, Any]

_PHONE = re.compile(r"^\+7(\d{3})(\d{7})$")

#: Which scopes show contacts of which type; `contacts` shows all.
_CONTACT_SCOPES = {"MBT": "mobile", "EML": "email"}


def person_document(
    person: Person, scopes: Collection[str], *, updated_on: int, main_document: int | None = None
) -> Document:
    """The person object: a field appears only if its scope was granted. It does not hold the person's number.

    Args:
        person: who has an ESIA account.
        scopes: the granted scopes.
        updated_on: when the account was last changed, seconds since 1970.
        main_document: number of the main document, if there is one.
    """
    account = person.esia
    assert account is not None
    fields = _fields(person, scopes, "", updated_on)
    if "birthplace" in scopes and account.birth_place:
        fields["birthPlace"] = account.birth_place
    if "id_doc" in scopes:
        fields["citizenship"] = account.citizenship
    if "self_employed" in scopes and account.self_employed is not None:
        fields["selfEmployed"] = {"confirmed": account.self_employed}
    if main_document is not None and {"fullname", "id_doc"} & set(scopes):
        fields["rIdDoc"] = main_document
    return tagged({"stateFacts": ["EntityRoot"], **fields})


def contact_documents(person: Person, scopes: Collection[str], prefix: str = "") -> list[Document]:
    """The contacts that the scopes show; with `kid_` before them, a child's."""
    account = person.esia
    assert account is not None
    shown = [
        contact
        for contact in account.contacts
        if prefix + "contacts" in scopes or prefix + _CONTACT_SCOPES.get(contact.type, "none") in scopes
    ]
    return [_contact(contact, account.oid) for contact in shown]


def child_document(child: Person, scopes: Collection[str], *, updated_on: int) -> Document:
    """A child in a parent's list. The shape is inferred: a person's fields by the `kid_` scopes, the number as `id`."""
    assert child.esia is not None
    fields = _fields(child, scopes, "kid_", updated_on)
    return tagged({"stateFacts": ["Identifiable"], "id": child.esia.oid, **fields})


def _fields(person: Person, scopes: Collection[str], prefix: str, updated_on: int) -> Document:
    account = person.esia
    assert account is not None
    fields: Document = {}
    if f"{prefix}fullname" in scopes:
        fields |= {"firstName": person.name.first, "lastName": person.name.last}
        if person.name.middle:
            fields["middleName"] = person.name.middle
    if f"{prefix}birthdate" in scopes:
        fields["birthDate"] = f"{person.birth_date:%d.%m.%Y}"
    if f"{prefix}gender" in scopes:
        fields["gender"] = person.gender
    if f"{prefix}snils" in scopes and account.snils:
        fields["snils"] = account.snils
    if f"{prefix}inn" in scopes and account.inn:
        fields["inn"] = account.inn
    if f"{prefix}fullname" in scopes:
        fields |= {
            "trusted": trusted(account),
            "updatedOn": updated_on,
            "status": "REGISTERED",
            "verifying": account.verifying,
            "containsUpCfmCode": any(contact.new_value for contact in account.contacts),
        }
        if account.operator_check is not None:
            fields["rfgUOperatorCheck"] = account.operator_check
    return fields


def _contact(contact: EsiaContact, oid: int) -> Document:
    def spelled(value: str) -> str:
        return spell_phone(value) if contact.type in {"MBT", "PHN"} else value

    fields: Document = {
        "stateFacts": ["Identifiable"],
        "id": _contact_id(oid, contact),
        "type": contact.type,
        "vrfStu": "VERIFIED" if contact.verified else "NOT_VERIFIED",
        "value": spelled(contact.value),
    }
    if contact.new_value is not None:
        fields |= {"vrfValStu": "VERIFYING", "verifyingValue": spelled(contact.new_value)}
    if contact.code_expired is not None:
        fields["isCfmCodeExpired"] = contact.code_expired
    return tagged(fields)


def spell_phone(phone: str) -> str:
    """`+7(900)0000103`: how ESIA spells `+79000000103`. Numbers of other countries stay as they are."""
    return _PHONE.sub(r"+7(\1)\2", phone)


def _contact_id(oid: int, contact: EsiaContact) -> int:
    # The same contact keeps its number over restarts and when others are added or removed.
    digest = hashlib.sha256(f"{oid} {contact.type} {contact.value}".encode()).digest()
    return 10_000_000 + int.from_bytes(digest[:5], "big") % 90_000_000


def tag(document: Any) -> str:
    """An eTag that looks like ESIA's: 40 upper-case hex digits, another one for another content."""
    text = json.dumps(document, ensure_ascii=False, sort_keys=True)
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest().upper()


def tagged(document: Document) -> Document:
    """The document with its eTag."""
    return {**document, "eTag": tag(document)}
