"""Class chats: made by the first who needs them, once."""

from __future__ import annotations

import pytest
from binding_client.testing import World
from sferum.binding.v1.resources_pb2 import Chat, ChatKind

from .acting import at_once, chat_names, forgo, members, signed_in, tab
from .conftest import NewWorld
from .documents import CLASS_5A, Document, with_pupils

ROUNDS = 20
PUPILS = 30


def chats_of_5a(world: World) -> dict[str, Chat]:
    """The chats of 5А by kind, as its class teacher sees them, who is in both."""
    seen = world.person("zhanna").client.list_chats(parent="accounts/zhanna-staff").chats
    assert all(chat.school_class == f"classes/{CLASS_5A}" for chat in seen)
    return {ChatKind.Name(chat.kind).removeprefix("CHAT_KIND_"): chat for chat in seen}


@pytest.mark.scenario("K02")
@pytest.mark.rules("I3", "I12")
@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_class_of_thirty_with_its_teacher_binds_at_once_it_gets_two_chats_with_the_right_members(
    new_world: NewWorld, document: Document, number: int
) -> None:
    world = new_world(with_pupils(document, PUPILS, CLASS_5A))
    pupils = [world.person(f"p{index}") for index in range(1, PUPILS + 1)]
    zhanna = world.person("zhanna")
    ready = [(pupil, *signed_in(pupil)) for pupil in pupils]
    ready.append((zhanna, *signed_in(zhanna, "STAFF")))

    done = at_once([lambda who=who: who[0].complete(who[1], who[2]) for who in ready])

    assert [getattr(each, "reason", "") for each in done if isinstance(each, Exception)] == []
    made = chats_of_5a(world)
    assert sorted(made) == ["PARENTS", "PUPILS"]
    everybody = sorted(["accounts/zhanna-staff", *(pupil.account() for pupil in pupils)])
    assert members(zhanna, made["PUPILS"].name) == everybody
    assert members(zhanna, made["PARENTS"].name) == ["accounts/zhanna-staff"]
    assert made["PUPILS"].member_count == PUPILS + 1
    for pupil in pupils:
        assert chat_names(pupil) == [made["PUPILS"].name]
    forgo(world, [*pupils, zhanna])


@pytest.mark.rules("I4", "I5")
def test_unbind_it_takes_the_member_away_and_leaves_the_chat_to_the_others(world: World) -> None:
    vera, gleb = world.person("vera"), world.person("gleb")
    vera.bind()
    gleb.bind()
    chats = chat_names(gleb)
    vera.unbind()
    assert chat_names(vera) == []
    assert chat_names(gleb) == chats
    for chat in chats:
        assert members(gleb, chat) == ["accounts/gleb-parent"]


@pytest.mark.rules("A14")
def test_a_teacher_who_is_a_parent_too_it_is_in_the_chats_of_the_account_that_is_bound(world: World) -> None:
    zhanna = world.person("zhanna")
    zhanna.bind("PARENT")
    assert tab(zhanna, "PARENT") == [("s5-2026-1v", "PARENTS")]
    assert tab(zhanna, "STAFF") == []
