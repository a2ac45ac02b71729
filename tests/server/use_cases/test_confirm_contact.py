"""Codes that may or may not have gone out; what is kept and what is forgotten."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal
from binding_server.use_cases.confirm_contact import confirm_contact, send_contact_code
from binding_server.use_cases.contact_ports import CodeMessage, NotifierUnavailable
from binding_server.use_cases.housekeeping import forget_codes_and_limits
from binding_server.use_cases.limits import LimitKind, require_left, use
from binding_server.use_cases.services import Services

from .expect import refused
from .town import Town

MAIL = "new@example.org"


@dataclass
class FakeNotifier:
    """Keeps what it is to send. `problem` is raised after it has been kept."""

    sent: list[CodeMessage] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    problem: NotifierUnavailable | None = None

    async def send(self, message: CodeMessage, timeout_s: float) -> None:
        self.sent.append(message)
        self.times.append(timeout_s)
        if self.problem:
            raise self.problem

    @property
    def codes(self) -> list[str]:
        return [message.code for message in self.sent]


@pytest.fixture
def notifier() -> FakeNotifier:
    return FakeNotifier()


@pytest.fixture
def services(town: Town, notifier: FakeNotifier) -> Services:
    return replace(town.services, notifier=notifier)


async def send(town: Town, services: Services, name: str = "vera", contact: str = MAIL) -> None:
    await send_contact_code(services, await town.caller(name), contact, "ru")


async def confirm(town: Town, services: Services, code: str, name: str = "vera") -> None:
    await confirm_contact(services, await town.caller(name), MAIL, code)


class TestAMessageThatMayHaveGoneOut:
    async def test_leaves_both_codes_good_and_counts(
        self, town: Town, services: Services, notifier: FakeNotifier
    ) -> None:
        await send(town, services)
        town.clock.advance(timedelta(seconds=60))
        notifier.problem = NotifierUnavailable(sent=True)
        for _ in range(4):
            with refused(Reason.PROVIDER_UNAVAILABLE):
                await send(town, services)
        # Nobody is flooded by way of a slow gateway.
        with refused(Reason.RATE_LIMITED):
            await send(town, services)
        assert len(set(notifier.codes)) > 1
        await confirm(town, services, notifier.codes[0])

    async def test_is_good_itself_if_it_arrives(self, town: Town, services: Services, notifier: FakeNotifier) -> None:
        notifier.problem = NotifierUnavailable(sent=True)
        with refused(Reason.PROVIDER_UNAVAILABLE):
            await send(town, services)
        await confirm(town, services, notifier.codes[0])


class TestAMessageThatDidNotGoOut:
    async def test_leaves_the_code_of_before_good_and_does_not_count(
        self, town: Town, services: Services, notifier: FakeNotifier
    ) -> None:
        await send(town, services)
        town.clock.advance(timedelta(seconds=60))
        notifier.problem = NotifierUnavailable(sent=False)
        for _ in range(20):
            with refused(Reason.PROVIDER_UNAVAILABLE):
                await send(town, services)
        first, second = notifier.codes[:2]
        if first != second:
            with refused(Reason.CONTACT_CODE_INVALID):
                await confirm(town, services, second)
        await confirm(town, services, first)

    async def test_is_the_answer_where_no_way_is_set_up(self, town: Town) -> None:
        with pytest.raises(Refusal) as told:
            await send(town, town.services)
        assert told.value.reason is Reason.PROVIDER_UNAVAILABLE
        assert told.value.metadata == {"provider": "NOTIFIER"}
        assert told.value.retry_after_s


class TestACode:
    async def test_is_sent_within_the_time_of_the_call_less_what_noting_it_takes(
        self, town: Town, services: Services, notifier: FakeNotifier
    ) -> None:
        await send_contact_code(services, await town.caller("vera", lambda: 7.0), MAIL, "en")
        assert notifier.times == [6.0]
        [message] = notifier.sent
        assert (message.recipient.value, message.subject) == (MAIL, "Confirmation code")
        assert message.code in message.text

    async def test_is_no_good_for_another_person_or_contact_though_the_digits_are_right(
        self, town: Town, services: Services, notifier: FakeNotifier
    ) -> None:
        await send(town, services)
        await send(town, services, "gleb")
        vera, gleb = notifier.codes
        if vera != gleb:
            with refused(Reason.CONTACT_CODE_INVALID):
                await confirm(town, services, vera, "gleb")
        await confirm(town, services, gleb, "gleb")

    async def test_is_forgotten_once_it_counts_for_nothing(
        self, town: Town, services: Services, notifier: FakeNotifier
    ) -> None:
        await send(town, services)
        await use(services, await town.caller("vera"), LimitKind.TICKETS)
        assert await forget_codes_and_limits(services) == 0
        town.clock.advance(timedelta(hours=1, seconds=1))
        assert await forget_codes_and_limits(services) == 1
        town.clock.advance(timedelta(days=1))
        assert await forget_codes_and_limits(services) == 1


class TestALimit:
    async def test_is_counted_by_person_and_kind(self, town: Town, services: Services) -> None:
        vera, gleb = await town.caller("vera"), await town.caller("gleb")
        for _ in range(10):
            await use(services, vera, LimitKind.TICKETS)
        for call in (use, require_left):
            with pytest.raises(Refusal) as told:
                await call(services, vera, LimitKind.TICKETS)
            assert told.value.reason is Reason.RATE_LIMITED
            assert told.value.metadata == {"limit": "TICKETS"}
            assert told.value.retry_after_s == 86400
            await call(services, gleb, LimitKind.TICKETS)
        await use(services, vera, LimitKind.PROBES)
        town.clock.advance(timedelta(days=1))
        await use(services, vera, LimitKind.TICKETS)

    async def test_is_not_for_back_ends_by_themselves(self, town: Town, services: Services) -> None:
        vera = await town.caller("vera")
        itself = replace(vera, person=None, identity=None)
        for _ in range(20):
            await use(services, itself, LimitKind.TICKETS)
