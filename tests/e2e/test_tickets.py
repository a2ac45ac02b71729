"""Technical support over the wire: tickets, what support may end, and what it may not do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
from binding_client import BindingClient, errors
from binding_client.testing import Actor, Stack, World
from sferum.binding.v1.binding_service_pb2 import AuthorizationResult
from sferum.binding.v1.resources_pb2 import Binding
from sferum.binding.v1.support_service_pb2 import CreateTicketRequest, ListTicketsResponse, ResolveTicketRequest
from sferum.binding.v1.ticket_pb2 import SupportTicket

from ..server.images.pictures import archive, noise, opened, png, saved, screen
from .acting import active, at_once, nothing_claimed, refusal, signed_in, tab, where_kira_holds_the_profile_of_boris
from .conftest import NewWorld
from .documents import CLASS_9B, Document, copy_of, with_policy

pytestmark = pytest.mark.xdist_group("support")

SUPPORT, TAGIL = "support", "support-tagil"
TICKETS = [f"SupportService/{name}Ticket" for name in ("Create", "Get", "Resolve")] + ["SupportService/ListTickets"]
READS = ["BindingService/GetBinding", "BindingService/ListBindings", "BindingService/DiagnoseAccount"]
SERVICES = {
    SUPPORT: {"methods": TICKETS + READS, "municipalities": "*", "acts_for": ["EDIARY66"]},
    TAGIL: {"methods": TICKETS, "municipalities": ["tagil"]},
}
SETTINGS = {
    "BINDING_RELEASE_BY_VK_PROOF": "true",
    "BINDING_GUARDIAN_UNBIND": "true",
    "BINDING_HOUSEKEEPING_S": "0.1",
    "BINDING_SCREENSHOT_DAYS": "30",
    "BINDING_LIMIT_TICKETS_PER_DAY": "50",
}
BORIS = "700300102"
UNBIND, CLOSE = ResolveTicketRequest.ACTION_UNBIND, ResolveTicketRequest.ACTION_CLOSE
SCREENSHOT = saved(screen(), "PNG")
ITEMS: dict[str, Any] = {
    "municipality": "Екатеринбург",
    "school_name": "Школа № 5",
    "full_name": "Громов Борис Ильич",
    "vk_user_id": BORIS,
    "screenshot": SCREENSHOT,
    "school_steps": "Пробовали отменить на приеме.",
}


@pytest.fixture(scope="module")
def desk() -> Iterator[Stack]:
    """A stack with support, everywhere and of another town, whose service allows the two options."""
    with Stack(test_worlds=True, services=SERVICES, environment=SETTINGS) as running:
        yield running


@pytest.fixture
def document(desk: Stack) -> dict[str, Any]:
    """The demo world's document, for the test to change."""
    return copy_of(desk.default.document)


@pytest.fixture
def new_world(desk: Stack) -> Iterator[NewWorld]:
    """Makes worlds."""
    with ExitStack() as worlds:

        def make(document: Document | None = None) -> World:
            return worlds.enter_context(desk.world(document))

        yield make


@pytest.fixture
def world(new_world: NewWorld) -> World:
    """The demo world."""
    return new_world(None)


@pytest.fixture(scope="module")
def boris(desk: Stack) -> Iterator[Actor]:
    """A person of a world that no test changes."""
    with desk.world() as unchanged:
        yield unchanged.person("boris")


@pytest.fixture
def taken(new_world: NewWorld, document: Document) -> World:
    """A world in which Boris's profile is bound in Kira's account, and he has been refused."""
    world = where_kira_holds_the_profile_of_boris(new_world, document)
    with refusal(errors.VkProfileAlreadyBound, "D14"):
        world.person("boris").bind()
    return world


def support(world: World, service: str = SUPPORT) -> BindingClient:
    return world.service_client(service)


def file(client: BindingClient, account: str, **changed: Any) -> SupportTicket:
    """Files a ticket about Boris's number."""
    return client.create_ticket(account=account, **{**ITEMS, **changed})


def filed_by(person: Actor, account: str | None = None, **changed: Any) -> SupportTicket:
    """A person files a ticket about an own account."""
    return file(person.client, person.account(account), **changed)


@pytest.mark.scenario("T01")
@pytest.mark.rules("S22", "S24", "S25")
def test_a_ticket_with_all_five_items_it_is_accepted_and_support_unbinds(world: World) -> None:
    boris = world.person("boris")
    bound = boris.bind().binding
    ticket = filed_by(boris)
    assert ticket.state == SupportTicket.STATE_OPEN
    assert (ticket.account, ticket.filed_by) == (boris.account(), "persons/boris")
    assert (ticket.municipality, ticket.school_name, ticket.full_name, ticket.vk_user_id, ticket.school_steps) == (
        ITEMS["municipality"],
        ITEMS["school_name"],
        ITEMS["full_name"],
        bound.vk_user_id,
        ITEMS["school_steps"],
    )
    assert opened(ticket.screenshot.content).size == (ticket.screenshot.width, ticket.screenshot.height)
    seen = support(world).get_ticket(name=ticket.name)
    assert seen == ticket == boris.client.get_ticket(name=ticket.name)

    ended = support(world).resolve_ticket(name=ticket.name, action=UNBIND, agent="agent-7", resolution="Готово.")

    assert (ended.state, ended.resolution) == (SupportTicket.STATE_UNBOUND, "Готово.")
    assert ended.HasField("end_time")
    was = boris.client.get_binding(name=bound.name)
    assert (was.state, was.end_reason) == (Binding.STATE_UNBOUND, Binding.END_REASON_SUPPORT)
    assert tab(boris) == []
    boris.bind()
    assert tab(boris) == [(CLASS_9B, "PUPILS")]


@pytest.mark.scenario("T02")
@pytest.mark.rules("S24", "S25")
@pytest.mark.parametrize("nothing", ["", " ", "\u00a0", "-"])
@pytest.mark.parametrize("item", ["municipality", "school_name", "full_name", "vk_user_id", "screenshot"])
def test_an_item_is_missing_it_is_invalid_and_named(boris: Actor, item: str, nothing: str) -> None:
    missing: Any = b"" if item == "screenshot" else nothing
    with pytest.raises(errors.RequestInvalid) as refused:
        filed_by(boris, **{item: missing})
    assert refused.value.code.name == "INVALID_ARGUMENT"
    assert [name for name, _ in refused.value.field_violations] == [item]
    assert boris.client.list_tickets() == ListTicketsResponse()


@pytest.mark.scenario("T02")
def test_all_items_are_missing_it_names_all(boris: Actor) -> None:
    with pytest.raises(errors.RequestInvalid) as refused:
        boris.client.create_ticket(
            account="", municipality="", school_name="", full_name="", vk_user_id="", screenshot=b""
        )
    fields = {field.name for field in CreateTicketRequest.DESCRIPTOR.fields} - {
        "school_steps",
        "decision",
        "request_id",
    }
    assert {name for name, _ in refused.value.field_violations} == fields


PICTURES = [
    pytest.param(b"Boris was here", "NOT_AN_IMAGE", id="text"),
    pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "NOT_AN_IMAGE", id="svg"),
    pytest.param(archive(), "NOT_AN_IMAGE", id="zip"),
    pytest.param(saved(screen("P"), "GIF"), "NOT_AN_IMAGE", id="gif"),
    pytest.param(saved(noise((200, 100)), "JPEG")[:-3000], "DAMAGED", id="cut"),
    pytest.param(saved(screen(), "WEBP", save_all=True, append_images=[noise((64, 48))]), "ANIMATED", id="moving"),
    pytest.param(png(30_000, 30_000), "TOO_MANY_PIXELS", id="bomb"),
    pytest.param(SCREENSHOT + b" " * (3 * 1024 * 1024), "TOO_LARGE", id="3 MiB and more"),
]


@pytest.mark.scenario("T04")
@pytest.mark.parametrize(("picture", "problem"), PICTURES)
def test_an_attachment_that_is_no_picture_it_is_invalid(boris: Actor, picture: bytes, problem: str) -> None:
    with pytest.raises(errors.AttachmentInvalid) as refused:
        filed_by(boris, screenshot=picture)
    assert refused.value.code.name == "INVALID_ARGUMENT"
    assert refused.value.metadata["problem"] == problem
    assert [name for name, _ in refused.value.field_violations] == ["screenshot"]
    assert boris.client.list_tickets() == ListTicketsResponse()


def test_what_hides_in_a_picture_it_is_not_kept(world: World) -> None:
    boris = world.person("boris")
    behind = archive(text="canary" * 50)
    ticket = filed_by(boris, screenshot=saved(screen(), "JPEG", comment=b"<script>canary</script>") + behind)
    for seen in (ticket, support(world).get_ticket(name=ticket.name)):
        assert seen.screenshot.media_type == "image/png"
        assert b"canary" not in seen.screenshot.content
        assert behind not in seen.screenshot.content
        assert opened(seen.screenshot.content).format == "PNG"


@pytest.mark.scenario("T03")
@pytest.mark.parametrize("number", ["1", "700300103", "9" * 19])
def test_a_number_that_is_not_the_bound_one_it_is_refused_and_nothing_changes(world: World, number: str) -> None:
    boris = world.person("boris")
    bound = boris.bind().binding
    ticket = filed_by(boris, vk_user_id=number)
    with refusal(errors.TicketMismatch) as refused:
        support(world).resolve_ticket(name=ticket.name, action=UNBIND, agent="agent-7")
    assert "holder" not in refused.value.metadata
    assert active(boris) == [bound]
    assert boris.client.get_ticket(name=ticket.name) == ticket


@pytest.mark.scenario("P13")
@pytest.mark.rules("S21", "S22", "S23", "I11")
def test_the_school_could_not_help_it_is_support_that_unbinds_and_the_person_who_binds(taken: World) -> None:
    boris, kira = taken.person("boris"), taken.person("kira")
    ticket = filed_by(boris)
    with refusal(errors.TicketMismatch) as refused:
        support(taken).resolve_ticket(name=ticket.name, action=UNBIND, agent="agent-7")
    assert refused.value.metadata["holder"] == kira.account()

    ended = support(taken).resolve_ticket(name=ticket.name, action=UNBIND, account=kira.account(), agent="agent-7")

    assert ended.state == SupportTicket.STATE_UNBOUND
    assert active(kira) == []
    assert nothing_claimed(boris)
    assert boris.bind().binding.state == Binding.STATE_ACTIVE


@pytest.mark.rules("I10")
def test_a_ticket_about_somebody_elses_binding_it_ends_nothing(world: World) -> None:
    boris, kira = world.person("boris"), world.person("kira")
    bound = boris.bind().binding
    with refusal(errors.AccountNotAccessible):
        file(kira.client, boris.account())
    ticket = filed_by(kira)
    with refusal(errors.TicketMismatch) as refused:
        support(world).resolve_ticket(name=ticket.name, action=UNBIND, agent="agent-7")
    assert "holder" not in refused.value.metadata
    with refusal(errors.TicketUnproven):
        support(world).resolve_ticket(name=ticket.name, action=UNBIND, account=boris.account(), agent="agent-7")
    assert active(boris) == [bound]
    for other in (boris, world.person("vera")):
        with refusal(errors.ResourceNotAccessible):
            other.client.get_ticket(name=ticket.name)
        assert other.client.list_tickets() == ListTicketsResponse()


def test_support_of_another_town_it_sees_and_ends_nothing(world: World) -> None:
    boris = world.person("boris")
    bound = boris.bind().binding
    ticket = filed_by(boris)
    tagil = support(world, TAGIL)
    assert tagil.list_tickets() == ListTicketsResponse()
    with refusal(errors.ResourceNotAccessible):
        tagil.get_ticket(name=ticket.name)
    with refusal(errors.ResourceNotAccessible):
        tagil.resolve_ticket(name=ticket.name, action=UNBIND, agent="agent-1")
    with refusal(errors.AccountNotAccessible):
        file(tagil, boris.account())
    assert active(boris) == [bound]


@pytest.mark.rules("S22", "S23", "I11")
@pytest.mark.parametrize("behalf", [False, True])
@pytest.mark.parametrize(
    "call",
    [
        lambda client, at: client.start_binding(account=at, contact="+79000000102", redirect_uri="http://127.0.0.1/"),
        lambda client, at: client.complete_binding(name="attempts/1", result=AuthorizationResult(state="s", code="c")),
        lambda client, at: client.create_binding(
            account=at, contact="+79000000102", code="c", code_verifier="v" * 43, redirect_uri="r", device_id="d"
        ),
        lambda client, at: client.unbind(name=f"{at}/binding"),
    ],
    ids=["StartBinding", "CompleteBinding", "CreateBinding", "Unbind"],
)
def test_support_it_has_no_use_of_what_binds(
    boris: Actor, call: Callable[[BindingClient, str], object], behalf: bool
) -> None:
    client = boris.world.service_client(SUPPORT, on_behalf_of=boris.access_token if behalf else None)
    with refusal(errors.CallerNotAllowed):
        call(client, boris.account())
    assert nothing_claimed(boris)


def test_lists_it_shows_each_what_is_theirs(world: World) -> None:
    boris, ivan = world.person("boris"), world.person("ivan")
    first = filed_by(boris)
    second = file(ivan.client, boris.account())
    newest = [second.name, first.name]

    def listed(client: BindingClient, parent: str = "") -> list[tuple[str, str]]:
        page = client.list_tickets(parent=parent)
        assert all(not ticket.screenshot.content for ticket in page.tickets)
        return [(ticket.name, ticket.vk_user_id) for ticket in page.tickets]

    assert listed(boris.client) == [(second.name, "*****0102"), (first.name, BORIS)]
    assert listed(ivan.client, boris.account()) == [(second.name, BORIS), (first.name, "*****0102")]
    assert listed(ivan.client, "organisations/shkola-5") == [(second.name, BORIS), (first.name, "*****0102")]
    assert [name for name, _ in listed(support(world))] == newest
    one = support(world).list_tickets(page_size=1)
    two = support(world).list_tickets(page_size=1, page_token=one.next_page_token)
    assert [ticket.name for ticket in (*one.tickets, *two.tickets)] == newest
    support(world).resolve_ticket(name=first.name, action=CLOSE, agent="agent-7")
    closed = support(world).list_tickets(state=SupportTicket.STATE_CLOSED)
    assert [ticket.name for ticket in closed.tickets] == [first.name]


@pytest.mark.rules("I6")
def test_a_ticket_filed_twice_by_one_request_it_is_one(world: World) -> None:
    boris = world.person("boris")
    filed = at_once([lambda: filed_by(boris, request_id="double-click")] * 2)
    assert filed[0] == filed[1]
    with refusal(errors.RequestIdReused):
        filed_by(boris, request_id="double-click", full_name="Другой Человек")


def test_the_screenshot_it_is_deleted_some_days_after_the_end(world: World) -> None:
    boris = world.person("boris")
    ticket = filed_by(boris)
    support(world).resolve_ticket(name=ticket.name, action=CLOSE, agent="agent-7")
    world.advance(timedelta(days=31))
    boris.sign_in()
    found = boris.client.get_ticket(name=ticket.name)
    for _ in range(5000):
        if found.screenshot.HasField("delete_time"):
            break
        found = boris.client.get_ticket(name=ticket.name)
    assert found.screenshot.HasField("delete_time")
    assert found.screenshot.content == b""
    assert found.screenshot.width == ticket.screenshot.width


@pytest.mark.scenario("P14")
@pytest.mark.rules("A7", "I9")
def test_the_owner_proves_the_profile_afresh_it_is_released_and_bound(taken: World) -> None:
    boris, kira = taken.person("boris"), taken.person("kira")
    [held] = active(kira)
    with refusal(errors.VkProfileAlreadyBound, "D14") as refused:
        boris.bind()
    assert refused.value.remedies[0] == "RELEASE_BY_VK_PROOF"
    attempt, redirect = signed_in(boris)
    done = boris.complete(attempt, redirect, release_other=True)
    assert done.binding.vk_user_id == BORIS
    assert active(boris) == [done.binding]
    assert active(kira) == []
    ended = kira.client.get_binding(name=held.name)
    assert ended.end_reason == Binding.END_REASON_RELEASED_BY_OWNER


@pytest.mark.scenario("P14")
@pytest.mark.rules("I1")
def test_two_accounts_release_one_profile_at_once_it_is_bound_once(new_world: NewWorld, document: Document) -> None:
    world = new_world(with_policy(document, "LENIENT"))
    zhanna = world.person("zhanna")
    for _ in range(3):
        ready = [signed_in(zhanna, role) for role in ("STAFF", "PARENT")]
        done = at_once(
            [lambda each=each: zhanna.complete(*each, release_other=True) for each in ready],
        )
        assert [answer for answer in done if isinstance(answer, Exception)] == []
        assert len([*active(zhanna, "STAFF"), *active(zhanna, "PARENT")]) == 1
