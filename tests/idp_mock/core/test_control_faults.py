"""Faults as a client of a provider meets them, over real connections."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest
from idp_mock.app import Simulator
from idp_mock.world import Fault, FaultKind, Refusals

TELEMETRY = "/stat_events_vkid_sdk"
USER_INFO = "/oauth2/user_info"

Arm = Callable[..., Fault]


@pytest.fixture
def arm(simulator: Simulator) -> Arm:
    def create(kind: FaultKind, endpoint: str = USER_INFO, **options: object) -> Fault:
        return simulator.worlds.default.faults.create(kind, endpoint, "vk_id", **options)  # pyright: ignore[reportArgumentType]

    return create


async def until(condition: Callable[[], bool]) -> None:
    """Waits for what another task does; the time limit of the test ends it."""
    while not condition():  # noqa: ASYNC110 - the server has no event for it
        await asyncio.sleep(0)


def post(client: httpx.AsyncClient, path: str = USER_INFO) -> Awaitable[httpx.Response]:
    return client.post(path, data={"access_token": "junk", "client_id": "51000066"})


async def test_status_is_the_providers_own_error_document(vk_id: httpx.AsyncClient, arm: Arm) -> None:
    fault = arm(FaultKind.STATUS, status=503, error="temporarily_unavailable")

    answer = await post(vk_id)

    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
    assert fault.struck == 1
    assert (await post(vk_id)).json()["error"] != "temporarily_unavailable"


async def test_error_with_200_is_the_error_document(vk_id: httpx.AsyncClient, arm: Arm) -> None:
    arm(FaultKind.ERROR_WITH_200, error="slow_down")

    answer = await post(vk_id)

    assert (answer.status_code, answer.json()["error"]) == (200, "slow_down")


async def test_malformed_json_is_no_json(vk_id: httpx.AsyncClient, arm: Arm) -> None:
    arm(FaultKind.MALFORMED_JSON)

    answer = await post(vk_id)

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/json")
    with pytest.raises(ValueError):
        answer.json()


async def test_drop_cuts_the_connection(vk_id: httpx.AsyncClient, arm: Arm, caplog: pytest.LogCaptureFixture) -> None:
    arm(FaultKind.DROP)

    with pytest.raises(httpx.TransportError):
        await post(vk_id)
    assert (await post(vk_id)).status_code == 200
    assert [record.name for record in caplog.records] == [Refusals.__module__]


async def test_latency_delays_the_answer_until_the_fault_is_deleted(
    simulator: Simulator, vk_id: httpx.AsyncClient, arm: Arm
) -> None:
    fault = arm(FaultKind.LATENCY, latency_s=600.0)
    late = asyncio.ensure_future(post(vk_id))
    await until(lambda: fault.struck == 1)
    assert not late.done()

    simulator.worlds.default.faults.delete()

    assert (await late).status_code == 200


async def test_latency_ends_by_itself(vk_id: httpx.AsyncClient, arm: Arm) -> None:
    arm(FaultKind.LATENCY, latency_s=0.01)

    assert (await post(vk_id)).json()["error"] == "invalid_token"


@pytest.mark.parametrize("kind", [FaultKind.HANG, FaultKind.HANG_AFTER])
async def test_a_hanging_call_is_let_go_when_the_fault_is_deleted(
    simulator: Simulator, vk_id: httpx.AsyncClient, arm: Arm, kind: FaultKind
) -> None:
    fault = arm(kind)
    hanging = asyncio.ensure_future(post(vk_id))
    await until(lambda: fault.struck == 1)
    assert not hanging.done()

    simulator.worlds.default.faults.delete(fault.id)

    assert (await hanging).status_code == (503 if kind is FaultKind.HANG else 200)


@pytest.mark.parametrize(("kind", "done"), [(FaultKind.HANG, 0), (FaultKind.HANG_AFTER, 1)])
async def test_a_hanging_call_is_carried_out_or_not(
    simulator: Simulator, vk_id: httpx.AsyncClient, arm: Arm, kind: FaultKind, done: int
) -> None:
    fault = arm(kind)
    refusals = simulator.worlds.default.refusals

    with pytest.raises(httpx.ReadTimeout):
        await vk_id.post(USER_INFO, data={"access_token": "junk"}, timeout=0.2)

    assert fault.struck == 1
    assert len(refusals.list()) == done


async def test_other_user_names_the_number_that_follows(
    simulator: Simulator, vk_id: httpx.AsyncClient, arm: Arm
) -> None:
    """The rewriting is seen on a document that echoes a user's number."""
    from idp_mock.faults import FaultGate
    from idp_mock.vkid.fault_dialect import VkIdDialect
    from idp_mock.vkid.faults import fault_response
    from idp_mock.web import WorldPrefix
    from starlette.requests import Request
    from starlette.responses import JSONResponse, Response

    async def provider(scope, receive, send) -> None:
        document = {"user": {"user_id": "700300103"}, "user_id": 700300103, "response": [{"id": 5, "name": "В"}]}
        response: Response = JSONResponse(document)
        await response(Request(scope).scope, receive, send)

    arm(FaultKind.OTHER_USER, "/me")
    dialect = VkIdDialect(simulator.vk_id_keys, fault_response)
    app = WorldPrefix(FaultGate(provider, dialect), simulator.worlds)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://vk") as client:
        changed, unchanged = await client.get("/me"), await client.get("/me")

    assert changed.json() == {
        "user": {"user_id": "700300104"},
        "user_id": 700300104,
        "response": [{"id": 6, "name": "В"}],
    }
    assert unchanged.json()["user_id"] == 700300103


async def test_a_fault_strikes_its_own_world_only(
    simulator: Simulator, vk_id: httpx.AsyncClient, control: httpx.AsyncClient, arm: Arm
) -> None:
    await control.post("CreateWorld", json={"world": "w1"})
    fault = arm(FaultKind.STATUS)

    assert (await post(vk_id, f"/w/w1{USER_INFO}")).status_code == 200
    assert fault.struck == 0
    assert (await post(vk_id, f"/w/default{USER_INFO}")).status_code == 503


async def test_a_world_that_is_dropped_lets_its_calls_go(
    simulator: Simulator, vk_id: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    await control.post("CreateWorld", json={"world": "w1"})
    world = simulator.worlds.get("w1")
    assert world is not None
    fault = world.faults.create(FaultKind.HANG, USER_INFO)
    hanging = asyncio.ensure_future(post(vk_id, f"/w/w1{USER_INFO}"))
    await until(lambda: fault.struck == 1)

    await control.post("DropWorld", json={"world": "w1"})

    assert (await hanging).status_code == 503
    gone = await post(vk_id, f"/w/w1{USER_INFO}")
    assert (gone.status_code, gone.json()["error"]) == (404, "world_not_found")
