"""ESIA over real HTTP on a free port, with a small world of its own for each test."""

from __future__ import annotations

import asyncio
import base64
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import httpx
import pytest
from idp_mock.esia.app import esia_app
from idp_mock.esia.fault_dialect import EsiaDialect
from idp_mock.faults import FaultGate
from idp_mock.http_server import HttpServer, listen, port_of
from idp_mock.oauth.certificates import ClientCertificates
from idp_mock.oauth.keys import SigningKeys
from idp_mock.web import WorldPrefix
from idp_mock.world import World, Worlds, load_document
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from .gost_signers import made
from .parties import REDIRECT_URI, Browser, CurrentSystem, System, person
from .signers import key_pair

SCOPES = ["openid", "fullname", "birthdate", "gender", "snils", "email", "mobile", "contacts"]
KID_SCOPES = ["kid_fullname", "kid_birthdate"]
ORG_SCOPES = ["org_shortname", "org_inn", "org_ctts", "org_addrs", "org_emps", "org_grps", "org_brhs", "org_vhls"]
ORG_SCOPES += ["org_brhs_ctts", "org_brhs_addrs", "org_rcs", "org_stms", "org_invts"]
MORE_SCOPES = [
    *("inn", "birthplace", "id_doc", "medical_doc", "drivers_licence_doc", "foreign_passport_doc", "birth_cert_doc"),
    *("addresses", "vehicles", "usr_org", "self_employed", "kid_birth_cert_doc", "kid_medical_doc", "prm_chg"),
    *("usr_avt", "kid_mobile", "kid_email", "residence_doc"),
]
ROMASHKA, VASILEK = 1000298922, 1000298923

NINA = {
    "inn": "123456789047",
    "birth_place": "Казань",
    "self_employed": True,
    "addresses": [
        {
            "type": "PRG",
            "zip_code": "420000",
            "region": "Татарстан",
            "city": "Казань",
            "street": "Тестовая",
            "house": "1",
        },
        {"type": "PLV", "text": "Казань, Тестовая, 2"},
    ],
    "documents": [
        {"type": "RF_PASSPORT", "series": "0000", "number": "000001", "issue_date": "2010-01-01", "issued_by": "Отдел"},
        {"type": "MDCL_PLCY", "number": "0000000000000001", "united_number": "0000000000000001"},
        {"type": "RF_DRIVING_LICENSE", "series": "0000", "number": "000002", "expiry_date": "2030-01-01"},
    ],
    "vehicles": [{"name": "Лада", "number_plate": "А000АА16", "series": "0000", "number": "000000"}],
    "roles": [{"organisation": ROMASHKA, "chief": True, "groups": ["GROUP"]}, {"organisation": VASILEK}],
    "avatar": base64.b64encode(b"\x89PNG picture").decode(),
}
CHILD_PAPERS = [
    {"type": "RF_BRTH_CERT", "series": "I-КБ", "number": "000003", "act_number": "7", "act_date": "2015-03-20"},
    {"type": "MDCL_PLCY", "number": "0000000000000002"},
]
CHILD_CONTACTS = [
    {"type": "MBT", "value": "+79000000101", "verified": True},
    {"type": "EML", "value": "anya@example.org", "verified": True},
]
ORGANISATIONS = [
    {
        "oid": ROMASHKA,
        "full_name": "ООО «Ромашка»",
        "short_name": "Ромашка",
        "inn": "1600000000",
        "contacts": [{"type": "OPH", "value": "+78430000000"}, {"type": "OEM", "value": "romashka@example.org"}],
        "addresses": [{"type": "OLG", "text": "Казань, Тестовая, 3"}],
        "vehicles": [{"name": "Газель", "number_plate": "В000ВВ16"}],
        "groups": [{"id": "GROUP", "name": "Группа"}],
        "branches": [
            {
                "name": "Филиал",
                "kpp": "160000000",
                "contacts": [{"type": "OPH", "value": "+78430000001"}],
                "addresses": [{"type": "OPS", "text": "Казань, Тестовая, 4"}],
            }
        ],
        "registration_centres": [{"name": "Центр", "address": "Казань, Тестовая, 5"}],
        "systems": [{"id": "GOSTSYS", "name": "Система"}],
        "invitations": [{"email": "new@example.org", "last_name": "Новая", "first_name": "Анна"}],
    },
    {"oid": VASILEK, "full_name": "ООО «Василёк»", "short_name": "Василёк"},
]
CONSENTS = [
    {
        "sysname": "CREDIT",
        "scopes": [{"scope": "fullname", "mandatory": True}, {"scope": "snils"}],
        "purposes": ["CREDIT", "OTHER"],
        "one_purpose": True,
        "max_expire_minutes": 262800,
    },
    {"sysname": "BARE", "purposes": ["OTHER"]},
]


@dataclass
class Stand:
    """A running ESIA: its world, a client system, another one, and a browser."""

    world: World
    worlds: Worlds
    base: str
    system: System
    other: System
    current: CurrentSystem
    browser: Browser


def document() -> dict[str, object]:
    contacts = [
        {"type": "MBT", "value": "+79000000103", "verified": True},
        {"type": "EML", "value": "vera@example.org", "verified": True},
        {"type": "PHN", "value": "+74950000103"},
        {"type": "CEM", "value": "vera@work.example"},
    ]
    anya = {"last": "Тестова", "first": "Анна"}
    local = {"mnemonic": "LOCAL", "name": "Л", "scopes": ["openid"], "loopback_redirects": True}
    clients = [
        {
            "mnemonic": name,
            "name": f"Система {name}",
            "redirect_uris": [REDIRECT_URI],
            "scopes": [*SCOPES, *KID_SCOPES],
            "certificate": key_pair(pair).certificate_pem,
        }
        for name, pair in (("TESTSYS", "testsys"), ("OTHERSYS", "other"))
    ]
    current = [
        {
            "mnemonic": name,
            "name": f"Система {name}",
            "redirect_uris": [REDIRECT_URI],
            "scopes": [*SCOPES, *KID_SCOPES, *ORG_SCOPES, *MORE_SCOPES],
            "certificate": made()["keys"][key]["certificate"],
        }
        for name, key in (("GOSTSYS", "testsys"), ("GOST512", "512-a"))
    ]
    return {
        "version": 1,
        "persons": [
            person("vera", 1000300103, esia={"snils": "000-000-603 09", "contacts": contacts}),
            person(
                "anya",
                1000300101,
                name=anya,
                birth_date="2015-03-10",
                esia={"level": "CHILD", "documents": CHILD_PAPERS, "contacts": CHILD_CONTACTS},
            ),
            person("mark", 1000300112, esia={"level": "SIMPLIFIED"}),
            person("nina", 1000300120, esia=NINA),
            person("oleg", 1000300121, esia={"roles": [{"organisation": ROMASHKA}]}),
        ],
        "esia_organisations": ORGANISATIONS,
        "esia_consents": CONSENTS,
        "guardianships": [{"guardian": "vera", "pupil": "anya", "kind": "PARENT"}],
        "clients": {"esia": [*clients, *current, local]},
    }


@pytest.fixture(scope="session")
def keys() -> SigningKeys:
    return SigningKeys(None, "esia")


class Server:
    """One HTTP server, in a thread of its own, that serves whatever application the running test puts into it."""

    def __init__(self) -> None:
        self.app: ASGIApp = Response(status_code=503)
        self._listener = listen("127.0.0.1", 0, "esia_port")
        self.base = f"http://127.0.0.1:{port_of(self._listener)}"
        self._stop = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=[self._run()])
        self._thread.start()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._loop.close()
        self._listener.close()

    async def _run(self) -> None:
        server = HttpServer(self._serve, self._listener)
        await server.start()
        await self._stop.wait()
        await server.stop()

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture
async def stand(server: Server, keys: SigningKeys, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stand]:
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    worlds = Worlds(load_document(document()))
    esia = esia_app(worlds, keys, ClientCertificates())
    server.app = WorldPrefix(FaultGate(esia, EsiaDialect(keys)), worlds)
    base, world = server.base, worlds.default
    async with httpx.AsyncClient(base_url=base) as back_end, httpx.AsyncClient() as front_end:
        yield Stand(
            world,
            worlds,
            base,
            System(back_end, key_pair("testsys"), world.clock.now),
            System(back_end, key_pair("other"), world.clock.now, "OTHERSYS"),
            CurrentSystem(back_end, "testsys", world.clock.now),
            Browser(base, front_end),
        )
