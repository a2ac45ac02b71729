"""A small world, and a running simulator with both ways to control it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc.aio
import httpx
import pytest
from idp_mock.app import Simulator
from idp_mock.settings import read_settings
from idp_mock.world import load_document

from .calling import Caller

PORTS = ("esia_port", "vk_id_port", "control_port", "control_grpc_port")


@pytest.fixture
def document() -> dict[str, Any]:
    """Vera is a mother with both accounts; Anya is her daughter; Mark has no VK ID yet."""
    return {
        "version": 1,
        "municipalities": [{"id": "city", "name": "Город"}],
        "organisations": [{"id": "school", "municipality": "city", "name": "Школа"}],
        "classes": [{"id": "5a", "organisation": "school", "year": 2026, "name": "5А"}],
        "persons": [
            {
                "id": "anya",
                "name": {"last": "Воронова", "first": "Анна"},
                "gender": "F",
                "birth_date": "2015-03-10",
                "enrolments": ["5a"],
            },
            {
                "id": "vera",
                "name": {"last": "Воронова", "first": "Вера", "middle": "Павловна"},
                "gender": "F",
                "birth_date": "1986-11-02",
                "recorded_contacts": ["+79000000103"],
                "esia": {
                    "oid": 1000300103,
                    "snils": "000-000-603 09",
                    "login": "vera",
                    "password": "vera-esia",
                    "contacts": [
                        {"type": "MBT", "value": "+79000000103", "verified": True},
                        {"type": "EML", "value": "vera@example.org"},
                    ],
                },
                "vk_id": [
                    {
                        "phone": "+79000000103",
                        "email": "Vera.VK@example.org",
                        "profiles": [
                            {"user_id": 700300103, "kind": "LEARNING", "roles": ["PARENT"], "organisations": ["school"]}
                        ],
                    }
                ],
            },
            {
                "id": "mark",
                "name": {"last": "Ильин", "first": "Марк"},
                "gender": "M",
                "birth_date": "1987-10-03",
                "recorded_contacts": ["+79000000112"],
            },
        ],
        "guardianships": [{"guardian": "vera", "pupil": "anya", "kind": "PARENT"}],
        "clients": {
            "esia": [{"mnemonic": "DIARY", "name": "Дневник", "scopes": ["openid"], "loopback_redirects": True}],
            "vk_id": [{"app_id": 51000066, "name": "Привязка", "redirect_uris": ["https://diary.example/vk"]}],
        },
    }


@pytest.fixture(scope="session")
def state_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all: keys take longer to make than all the rest of a simulator."""
    return tmp_path_factory.mktemp("state")


@pytest.fixture
async def simulator(document: dict[str, Any], state_dir: Path) -> AsyncIterator[Simulator]:
    settings = read_settings({}, {"state_dir": str(state_dir), **dict.fromkeys(PORTS, 0)})
    running = Simulator(settings, load_document(document))
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def channel(simulator: Simulator) -> AsyncIterator[grpc.aio.Channel]:
    async with grpc.aio.insecure_channel(simulator.addresses["control_grpc"]) as opened:
        yield opened


@pytest.fixture
async def control(simulator: Simulator) -> AsyncIterator[httpx.AsyncClient]:
    """HTTP client of the control calls."""
    base_url = f"{simulator.addresses['control']}/control/v1/"
    async with httpx.AsyncClient(base_url=base_url, trust_env=False) as client:
        yield client


@pytest.fixture(params=["grpc", "http"])
def call(request: pytest.FixtureRequest, channel: grpc.aio.Channel, control: httpx.AsyncClient) -> Caller:
    """Makes control calls, either way."""
    return Caller(channel if request.param == "grpc" else None, control)


@pytest.fixture
def one_way(control: httpx.AsyncClient) -> Caller:
    """Makes control calls over HTTP only, for what does not depend on the way."""
    return Caller(None, control)


@pytest.fixture
async def vk_id(simulator: Simulator) -> AsyncIterator[httpx.AsyncClient]:
    """HTTP client of VK ID."""
    async with httpx.AsyncClient(base_url=simulator.addresses["vk_id"], trust_env=False) as client:
        yield client
