"""Watches as they come over the wire."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import grpc
import pytest
from binding_client import errors
from binding_client.errors import BindingError, from_rpc_error
from binding_client.testing import Stack, World
from sferum.binding.v1 import binding_service_pb2 as pb
from sferum.binding.v1.binding_service_pb2_grpc import BindingServiceStub
from sferum.binding.v1.error_reason_pb2 import ErrorReason

from .acting import eventually, refusal
from .streams import EVERYWHERE, QUICK, SERVICES, STRICT_CITY, TAGIL, Watcher, metadata

pytestmark = pytest.mark.xdist_group("watching")


@pytest.fixture
def watch(followed_worlds: Stack, city: World) -> Iterator[Watcher]:
    watcher = Watcher(followed_worlds, city)
    yield watcher
    watcher.close()


def told(events: list[Any]) -> list[tuple[str, str]]:
    kinds = pb.BindingEventKind
    return [(kinds.Name(event.kind).removeprefix("BINDING_EVENT_KIND_"), event.account) for event in events]


class TestWatching:
    def test_snapshot_then_follow_it_tells_what_is_and_then_what_happens(self, city: World, watch: Watcher) -> None:
        vera, anya = city.person("vera"), city.person("anya")
        vera.bind()
        line = watch.bindings()
        (shown,) = line.snapshot()
        assert (shown.account, shown.vk_user_id) == (vera.account(), "*****0103")
        anya.bind()
        vera.unbind()
        created, removed = line.events(2)
        assert told([created, removed]) == [("CREATED", anya.account()), ("REMOVED", vera.account())]
        assert removed.binding.name == shown.name
        assert removed.number == created.number + 2  # Anya was the first in her chat
        assert line.is_silent()

    def test_chats_they_are_followed_too(self, city: World, watch: Watcher) -> None:
        city.person("vera").bind()
        line = watch.chats()
        (shown,) = line.snapshot()
        assert [chat.display_name for chat in shown.chats] == ["5А · Родители", "9Б · Родители"]
        city.person("anya").bind()
        city.person("vera").unbind()
        changed, made, ended = line.events(3)
        assert [chat.display_name for chat in changed.account_chats.chats] == ["5А · Обучающиеся"]
        assert made.chat.display_name == "5А · Обучающиеся"
        assert (ended.account_chats.account, len(ended.account_chats.chats)) == (shown.account, 0)

    def test_a_refusal_it_is_told_with_its_reason(self, city: World, watch: Watcher) -> None:
        line = watch.at_the_end(kinds=["BINDING_EVENT_KIND_REFUSED"])
        with pytest.raises(errors.VkProfileNotOwned):
            city.person("anya").bind(vk="+79000000103")
        (event,) = line.events(1)
        assert ErrorReason.Name(event.refusal) == "ERROR_REASON_VK_PROFILE_NOT_OWNED"
        assert not event.HasField("binding")

    @pytest.mark.parametrize(
        ("caller", "wanted", "seen"),
        [
            (EVERYWHERE, {}, ["vera", "lada", "anya"]),
            (TAGIL, {}, ["lada"]),
            (STRICT_CITY, {}, ["vera", "anya"]),
            (EVERYWHERE, {"organisation": "organisations/shkola-7"}, ["lada"]),
            (EVERYWHERE, {"municipality": "municipalities/tagil"}, ["lada"]),
            (STRICT_CITY, {"account": "accounts/anya-pupil"}, ["anya"]),
        ],
    )
    def test_filters_they_are_met_within_the_rights(
        self, city: World, watch: Watcher, caller: str, wanted: dict[str, str], seen: list[str]
    ) -> None:
        line = watch.at_the_end(caller, filter=pb.WatchFilter(**wanted))
        for name in ("vera", "lada", "anya"):
            city.person(name).bind()
        accounts = [city.person(name).account() for name in seen]
        assert told(line.events(len(seen))) == [("CREATED", account) for account in accounts]
        assert line.is_silent()
        assert {shown.account for shown in watch.bindings(caller, filter=pb.WatchFilter(**wanted)).snapshot()} == set(
            accounts
        )

    @pytest.mark.parametrize(
        ("wanted", "kind"),
        [
            ({"municipality": "municipalities/ekaterinburg"}, errors.CallerNotAllowed),
            ({"organisation": "organisations/shkola-5"}, errors.CallerNotAllowed),
            ({"account": "accounts/vera-parent"}, errors.AccountNotAccessible),
        ],
    )
    def test_what_is_not_the_callers_it_is_refused(
        self, watch: Watcher, wanted: dict[str, str], kind: type[BindingError]
    ) -> None:
        with refusal(kind):
            watch.bindings(TAGIL, filter=pb.WatchFilter(**wanted)).step()

    def test_a_person_it_follows_own_and_childrens(self, city: World) -> None:
        vera, anya, egor = city.person("vera"), city.person("anya"), city.person("egor")
        call: Any = vera.client.stubs.binding.WatchBindings(
            pb.WatchBindingsRequest(),
            metadata=[("authorization", f"Bearer {vera.sign_in().access_token}"), ("x-world", city.name)],
            timeout=60,
        )
        assert next(call).WhichOneof("step") == "snapshot_end"
        egor.bind()
        anya.bind()
        seen = next(answer.event for answer in call if answer.WhichOneof("step") == "event")
        assert seen.account == anya.account()
        call.cancel()


class TestTokens:
    def test_a_token_of_something_else_it_is_refused(self, followed_worlds: Stack, city: World, watch: Watcher) -> None:
        token = watch.at_the_end().token
        in_tagil = pb.WatchFilter(municipality="municipalities/tagil")
        with followed_worlds.world() as elsewhere:
            lines = [
                watch.bindings(resume_token=token[:-2]),
                watch.bindings(resume_token="nonsense"),
                watch.bindings(resume_token=token, filter=in_tagil),
                watch.bindings(resume_token=token, kinds=["BINDING_EVENT_KIND_CREATED"]),
                watch.bindings(TAGIL, resume_token=token),
                watch.bindings(world=elsewhere, resume_token=token),
                watch.chats(resume_token=token),
            ]
            for line in lines:
                with refusal(errors.ResumeTokenInvalid) as refused:
                    line.step()
                assert refused.value.remedies == ["RETRY"]
                assert [field for field, _ in refused.value.field_violations] == ["resume_token"]

    def test_a_token_whose_events_are_gone_it_is_refused(self, city: World, watch: Watcher) -> None:
        token = watch.at_the_end().token
        for name in ("vera", "anya"):
            city.person(name).bind()
        assert watch.bindings(resume_token=token).events(1)
        city.advance(timedelta(days=31))

        eventually(lambda: self.is_gone(watch, token))
        with refusal(errors.ResumeTokenExpired):
            watch.bindings(resume_token=token).step()
        assert len(watch.bindings().snapshot()) == 2

    def is_gone(self, watch: Watcher, token: str) -> bool:
        try:
            watch.bindings(resume_token=token).step()
        except errors.ResumeTokenExpired:
            return True
        return False


class TestRestart:
    def test_a_token_of_before_it_loses_and_doubles_nothing(self) -> None:
        with Stack(services=SERVICES, environment=QUICK) as stack:
            world, watcher = stack.default, Watcher(stack, stack.default)
            people = [world.person(name) for name in ("vera", "anya", "boris")]
            line = watcher.at_the_end()
            people[0].bind()
            people[1].bind()
            seen = line.events(1)

            stack.stop_server()
            seen += line.until_it_breaks()
            stack.restart_server()
            eventually(lambda: is_up(stack))

            people[2].bind()
            people[0].unbind()
            again = watcher.bindings(resume_token=line.token)
            seen += again.events(4 - len(seen))
            happened = [("CREATED", people[number].account()) for number in range(3)]
            assert told(seen) == [*happened, ("REMOVED", people[0].account())]
            assert again.is_silent()
            watcher.close()


def is_up(stack: Stack) -> bool:
    try:
        stack.channel.get_binding(name="bindings/x")
    except errors.ServiceUnavailable:
        return False
    except BindingError:
        return True
    return True


class TestSlowness:
    def test_one_who_does_not_read_it_loses_the_stream(self) -> None:
        chatty = {"BINDING_WATCH_HEARTBEAT_S": "0.0001", "BINDING_WATCH_PATIENCE_S": "0.5"}
        # A small window, so that it is full soon.
        options = [("grpc.http2.bdp_probe", 0), ("grpc.http2.lookahead_bytes", 4096)]
        with (
            Stack(services=SERVICES, environment=chatty, import_roster=False) as stack,
            grpc.insecure_channel(stack.grpc, options=options) as channel,
        ):
            credentials = metadata(stack, stack.default, EVERYWHERE)
            call: Any = BindingServiceStub(channel).WatchBindings(pb.WatchBindingsRequest(), metadata=credentials)
            assert next(call).HasField("snapshot_end")
            eventually(lambda: "CONSUMER_TOO_SLOW" in stack.log_tail(200))
            read: list[str] = []
            with pytest.raises(grpc.RpcError) as caught:
                read.extend(answer.resume_token for answer in call)
            with refusal(errors.ConsumerTooSlow):
                raise from_rpc_error(caught.value)
            again = Watcher(stack, stack.default)
            assert again.bindings(resume_token=read[-1] if read else "").is_silent()
            again.close()
