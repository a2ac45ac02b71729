"""Control calls in proto JSON, and what tests ask of the providers with what they get."""

from __future__ import annotations

import json
from typing import Any

import grpc
import grpc.aio
import httpx
from google.protobuf import json_format
from idp_mock.app import Simulator
from idp_mock.control.errors import Code
from sferum.simulator.v1 import control_service_pb2 as pb
from sferum.simulator.v1.control_service_pb2_grpc import ControlServiceStub

CODES = {code.value: code.name for code in Code}
CLIENT, APP_ID = "DIARY", 51000066


class Caller:
    """Makes a call in proto JSON and gives the answer, or the code of its error, whichever way it goes."""

    def __init__(self, channel: grpc.aio.Channel | None, http: httpx.AsyncClient) -> None:
        self._stub = ControlServiceStub(channel) if channel else None
        self._http = http

    async def __call__(self, method: str, **fields: Any) -> Any:
        if self._stub is None:
            answer = await self._http.post(method, content=json.dumps(fields))
            document = answer.json()
            if answer.status_code == 200:
                return document
            assert document["code"] == CODES[answer.status_code]
            return document["code"]
        descriptor = pb.DESCRIPTOR.services_by_name["ControlService"].methods_by_name[method]
        request = json_format.ParseDict(fields, getattr(pb, descriptor.input_type.name)())
        try:
            message = await getattr(self._stub, method)(request)
        except grpc.aio.AioRpcError as error:
            return error.code().name
        return json_format.MessageToDict(
            message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
        )


async def esia_token(call: Caller, world: str, person: str, **fields: Any) -> str:
    """Returns an ESIA access token of a person, minted."""
    return (await call("MintEsiaToken", world=world, person=person, client=CLIENT, **fields))["access_token"]


async def person_of(simulator: Simulator, world: str, token: str, oid: int = 1000300103) -> httpx.Response:
    """Asks ESIA's data API about a person."""
    async with httpx.AsyncClient(base_url=simulator.addresses["esia"], trust_env=False) as client:
        return await client.get(f"/w/{world}/rs/prns/{oid}", headers={"authorization": f"Bearer {token}"})


async def vk_user(simulator: Simulator, world: str, token: str) -> Any:
    """Asks VK ID whose an access token is."""
    async with httpx.AsyncClient(base_url=simulator.addresses["vk_id"], trust_env=False) as client:
        form = {"client_id": str(APP_ID), "access_token": token}
        return (await client.post(f"/w/{world}/oauth2/user_info", data=form)).json()
