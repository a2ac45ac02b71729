"""Faults of the world around a sign-in: what happens to people while a client is busy."""

from typing import Any

from idp_mock.faults.dialect import Dialect
from idp_mock.world import Fault, FaultKind, Person, VkLogin, World, dump

EVENTS = frozenset({FaultKind.PHONE_REASSIGNED, FaultKind.CONSENT_WITHDRAWN})
"""The kinds that change the world; the request that set them off goes on into what is then."""


def happen(fault: Fault, dialect: Dialect, world: World, client: str, person_id: str) -> None:
    """Lets it happen to the fault's person, else to the one whose request it is; nothing if there is neither."""
    person = world.person(fault.person or person_id)
    if person is None:
        return
    if fault.kind is FaultKind.CONSENT_WITHDRAWN:
        dialect.withdraw_consent(world, person, fault.client or client)
    else:
        _reassign_phone(world, person, fault.other)


def _reassign_phone(world: World, person: Person, other_id: str) -> None:
    """An operator gives the person's number to somebody else, who from now on signs in and is called with it.

    The person keeps a login at VK ID that has an e-mail address; one by phone alone is lost with the phone.
    """
    phone = next((login.phone for login in person.vk_id if login.phone), None) or _esia_phone(person)
    others = (item for item in world.document.persons if item.id != person.id)
    other = world.person(other_id) if other_id else next((item for item in others if item.esia), None)
    if phone is None or other is None or other.id == person.id:
        return
    logins = [_without_phone(login) if login.phone == phone else dump(login) for login in person.vk_id]
    kept = [login for login in logins if login.get("phone") or login.get("email")]
    world.update_person(person.id, {"vk_id": kept, **_contacts(person, phone, keeps=False)})
    current = world.person(other.id) or other
    patch: dict[str, Any] = _contacts(current, phone, keeps=True)
    world.update_person(other.id, {**patch, "vk_id": _with_phone(world, current, phone)})


def _esia_phone(person: Person) -> str | None:
    contacts = person.esia.contacts if person.esia else []
    return next((contact.value for contact in contacts if contact.type == "MBT"), None)


def _without_phone(login: VkLogin) -> dict[str, Any]:
    return {name: value for name, value in dump(login).items() if name != "phone"}


def _with_phone(world: World, person: Person, phone: str) -> list[dict[str, Any]]:
    logins = [dump(login) for login in person.vk_id]
    if logins:
        return [{**logins[0], "phone": phone}, *logins[1:]]
    return [{"phone": phone, "profiles": [{"user_id": world.new_user_id(), "kind": "PERSONAL"}]}]


def _contacts(person: Person, phone: str, *, keeps: bool) -> dict[str, Any]:
    if person.esia is None:
        return {}
    contacts = [dump(contact) for contact in person.esia.contacts if contact.type != "MBT" or contact.value != phone]
    if keeps:
        contacts = [contact for contact in contacts if contact["type"] != "MBT"]
        contacts.append({"type": "MBT", "value": phone, "verified": True})
    return {"esia": {"contacts": contacts}}
