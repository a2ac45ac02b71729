"""What the tests of visits and of staff have in common."""

from __future__ import annotations

from binding_client import BindingClient
from binding_client.testing import Actor, World
from sferum.binding.v1.audit_pb2 import AuditRecord

from .documents import Document, copy_of, person_in

SCHOOL = "organisations/shkola-5"
OTHER_SCHOOL = "organisations/shkola-7"


def with_operator_elsewhere(document: Document) -> Document:
    """The same world in which Kira is OPERATOR at the other school."""
    changed = copy_of(document)
    person_in(changed, "kira")["duties"] = [{"kind": "OPERATOR", "organisation": "shkola-7"}]
    return changed


def at_the_desk(operator: Actor, holder: Actor) -> BindingClient:
    """A client with both sign-ins: the holder's token as it is now, whatever becomes of it."""
    return operator.client.using(on_behalf_of=holder.access_token())


def person_name(actor: Actor) -> str:
    """`persons/{person}` of an actor."""
    return f"persons/{actor.id}"


def all_audit(client: BindingClient, parent: str, action: str = "") -> list[AuditRecord]:
    """All records of a parent, newest first, page by page."""
    found: list[AuditRecord] = []
    token = ""
    while True:
        page = client.list_audit_records(parent=parent, action=action, page_size=3, page_token=token)
        found += page.records
        token = page.next_page_token
        if not token:
            return found


def lenient_profile_in(world: World, account_of: str, profile_of: str) -> None:
    """Binds somebody's profile in somebody else's account, as a lenient policy lets it happen."""
    world.person(account_of).bind(vk=world.person(profile_of).facts.vk_login)
