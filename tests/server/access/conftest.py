"""The whole stack, in which Boris is bound, and the tokens of every caller."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import grpc
import pytest
from binding_client.service_credentials import ServiceCredentials, ensure_service_key
from binding_client.testing import Stack

from ..images.pictures import saved, screen
from .calls import REQUESTS, Answer, Api, Metadata, Places
from .table import CALLERS, POLICY, ROWS, THROUGH, Caller, Relation, Row


@dataclass(frozen=True)
class Town:
    """The running service, what there is to ask for, and who calls."""

    api: Api
    places: Places
    credentials: Callable[[Caller], Metadata]
    world: str

    def ask(self, row: Row, caller: Caller, places: Places | None = None) -> Answer:
        """Calls a row's method; the levers of tests are those of a world that nobody needs."""
        world = f"{self.world}-spare" if row.method.startswith("TestingService/") else self.world
        metadata = [*self.credentials(caller), ("x-world", world), ("accept-language", "en")]
        return self.api.call(row.method, REQUESTS[row.id](places or self.places), metadata)


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with Stack(test_worlds=True, services=dict(POLICY)) as running:
        yield running


@pytest.fixture(scope="session")
def town(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    document = copy.deepcopy(dict(stack.default.document))
    kira = next(person for person in document["persons"] if person["id"] == "kira")
    kira["duties"] = [{"kind": "OPERATOR", "organisation": "shkola-7"}]
    world = stack.world(document)
    boris = world.person("boris")
    first = boris.bind()
    bound = first.binding
    desk = world.person("ivan").client.using(on_behalf_of=boris.access_token())
    ended_visit = desk.close_visit(name=desk.open_visit().name).name
    desk.open_visit()
    places = Places(
        account=boris.account(),
        binding=bound.name,
        chat=boris.chats()[0].name,
        organisation="organisations/shkola-5",
        municipality="municipalities/ekaterinburg",
        # Its number is not the bound one, so that support cannot end anything.
        ticket=boris.client.create_ticket(
            account=boris.account(),
            municipality="Екатеринбург",
            school_name="Школа № 5",
            full_name="Громов Борис",
            vk_user_id="1",
            screenshot=saved(screen(), "PNG"),
        ).name,
        visit=ended_visit,
        decision=f"decisions/{first.decision}",
        new_attempt=lambda: boris.start_binding().name,
    )
    forger = ensure_service_key(tmp_path_factory.mktemp("keys"), "everywhere")
    used: list[str] = []

    def token(service: str) -> str:
        return ServiceCredentials(service, stack.programs.service_key_pem(service), clock=world.clock)()

    def person(caller: Caller) -> str:
        assert caller.person is not None
        actor = world.person(caller.person.value)
        return (actor.tokens or actor.sign_in()).access_token

    def credentials(caller: Caller) -> Metadata:
        if not caller.token:
            return []
        if caller.token == "person":
            # One who brings another person along is Dina, if not staff.
            own = world.person((caller.operator or Relation.OTHER).value)
            bearer = (own.tokens or own.sign_in()).access_token if caller.behalf else person(caller)
        elif caller.token == "forged":
            bearer = ServiceCredentials("everywhere", forger.key_pem, clock=world.clock)()
        elif caller.token == "used":
            bearer = used[0]
        else:
            bearer = token(caller.service)
        behalf = [("x-on-behalf-of", person(caller))] if caller.behalf else []
        return [("authorization", f"Bearer {bearer}"), *behalf]

    with grpc.insecure_channel(stack.grpc, options=[("grpc.enable_http_proxy", 0)]) as channel:
        made = Town(Api(channel), places, credentials, world.name)
        used.append(token("everywhere"))
        assert (
            made.ask(next(row for row in ROWS if row.id == "DirectoryService/GetAccount"), CALLERS[-1]).reason
            == THROUGH
        )
        yield made
    world.drop()
