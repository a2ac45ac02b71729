"""World documents: the demo's, changed as a scenario needs it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

Document = dict[str, Any]

CLASS_5A = "s5-2026-5a"
CLASS_9B = "s5-2026-9b"
CLASS_1V = "s5-2026-1v"

SECOND_LOGIN = "vera@example.org"
"""A second VK login of Vera, in the worlds that have one."""


def copy_of(document: Mapping[str, Any]) -> Document:
    """A document that may be changed without changing its origin."""
    return copy.deepcopy(dict(document))


def with_policy(document: Document, policy: str) -> Document:
    """The same world with one ownership policy everywhere."""
    changed = copy_of(document)
    for municipality in changed["municipalities"]:
        municipality["ownership_policy"] = policy
    return changed


def person_in(document: Document, key: str) -> dict[str, Any]:
    """A person of the document, to be changed."""
    return next(person for person in document["persons"] if person["id"] == key)


def somebody(number: int, role: str, **more: Any) -> dict[str, Any]:
    """An invented person with a phone that the school has recorded, an ESIA account and a learning profile.

    Args:
        number: 1 to 999; names the person and makes phone, oid and VK ID number.
        role: role of the learning profile.
        more: further keys of the person.
    """
    key, phone = f"p{number}", phone_of(number)
    return {
        "id": key,
        "name": {"last": f"Тестов{number}", "first": "Имярек"},
        "gender": "M",
        "birth_date": "2015-01-31",
        "recorded_contacts": [phone],
        "esia": {
            "oid": 1000400000 + number,
            "login": key,
            "password": f"{key}-esia",
            "contacts": [{"type": "MBT", "value": phone, "verified": True}],
        },
        "vk_id": [
            {
                "phone": phone,
                "profiles": [
                    {
                        "user_id": 700400000 + number,
                        "kind": "LEARNING",
                        "roles": [role],
                        "organisations": ["shkola-5"],
                    }
                ],
            }
        ],
        **more,
    }


def phone_of(number: int) -> str:
    """The phone of `somebody`."""
    return f"+79000001{number:03d}"


def with_pupils(document: Document, count: int, school_class: str, first: int = 1) -> Document:
    """The same world with more pupils in a class: `p{first}`, `p{first + 1}` and so on."""
    changed = copy_of(document)
    numbers = range(first, first + count)
    changed["persons"] += [somebody(number, "PUPIL", enrolments=[school_class]) for number in numbers]
    return changed


def with_second_vk_login(document: Document) -> Document:
    """The same world in which Vera has a second VK login with a learning profile, by e-mail."""
    profile = {"user_id": 700300203, "kind": "LEARNING", "roles": ["PARENT"], "organisations": ["shkola-5"]}
    changed = copy_of(document)
    person_in(changed, "vera")["vk_id"].append({"email": SECOND_LOGIN, "profiles": [profile]})
    return changed
