"""Sign-ins a second of the simulator's VK ID, against a bare Starlette app that answers the same bytes.

    .venv/bin/python bench/vkid.py [--seconds 2] [--rounds 8] [--connections 30] [--report bench/results/vkid.md]

A sign-in is `GET /authorize` with a live session and consent (302 with a code), `POST /oauth2/auth` (code for tokens)
and `POST /oauth2/user_info`. The bare app answers recorded bytes, reads nothing, and makes one RS256 signature in each
exchange: no program in Python that signs with RSA and speaks through Starlette can be faster. Each server is a process
of its own on one core, the client is on another; both are measured in turns, so that a busy machine is busy for both.
"""

import argparse
import asyncio
import gc
import json
import multiprocessing
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import uvicorn
import uvloop
from caller import Answer, Caller, connected
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

WANTED = 0.5
SERVER_CORE = 0
REPORT = """# VK ID: sign-ins a second

Made by `bench/vkid.py --report`. A sign-in is `/authorize` with a live session, the exchange of its code, and
`user_info`, over {connections} connections that are kept alive. Beside it a bare Starlette app that answers the same
bytes and makes one RS256 signature in each exchange. Each server is alone on one core, the client on another; in each
round both are measured for {seconds:g} s, one after the other. Python {python}, uvicorn {uvicorn} with uvloop and
{parser}, Starlette {starlette}. Absolute figures differ from machine to machine.

| round | simulator, sign-ins/s | bare, sign-ins/s | share | simulator, µs CPU | bare, µs CPU | client's core busy |
|---:|---:|---:|---:|---:|---:|---:|
{table}

Median share: **{middle:.2f}**; wanted: {wanted} or more: {verdict}.
By the servers' CPU time for a sign-in: {by_cpu:.2f}.
"""
APP, PHONE, REDIRECT = "51000066", "+79000000111", "https://shop.example/vk"
VERIFIER = "verifier-of-the-benchmark-0123456789-abcdefghij"
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
AUTHORIZE = "/authorize?" + urlencode(
    {
        "response_type": "code",
        "client_id": APP,
        "redirect_uri": REDIRECT,
        "state": "state-of-the-benchmark-0123456789",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "s256",
        "scope": "vkid.personal_info phone email",
        "prompt": "",
        "v": "2.6.7",
        "sdk_type": "vkid",
    }
)
WORLD = {
    "version": 1,
    "persons": [
        {
            "id": "vera",
            "name": {"last": "Иванова", "first": "Вера"},
            "gender": "F",
            "birth_date": "1986-11-02",
            "vk_id": [
                {
                    "phone": PHONE,
                    "email": "vera@example.org",
                    "profiles": [{"user_id": 7001, "kind": "LEARNING", "roles": ["PARENT"]}],
                }
            ],
        }
    ],
    "clients": {"vk_id": [{"app_id": int(APP), "name": "Магазин", "redirect_uris": [REDIRECT]}]},
}


@dataclass
class Server:
    """A process that serves on a port."""

    pid: int
    port: int

    @property
    def cpu_s(self) -> float:
        """CPU time of the process so far, in seconds."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def signed_in(port: int, control: int) -> str:
    """Signs in in a new browser and allows the application everything; returns the browser's cookie."""
    caller = await connected(port)
    first = await caller.get(AUTHORIZE)
    cookie = first.header("set-cookie").partition(";")[0]
    flow = first.body.decode().partition('name="flow" value="')[2].partition('"')[0]
    await caller.post("/authorize/login", {"flow": flow, "login": PHONE}, cookie)
    inbox = await (await connected(control)).send(
        b"POST /control/v1/ListInboxMessages HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n\r\n{}"
    )
    code = json.loads(inbox.body)["messages"][-1]["code"]
    await caller.post("/authorize/code", {"flow": flow, "code": code, "action": "confirm"}, cookie)
    allowed = {"flow": flow, "decision": "allow", "scope": ["phone", "email"]}
    last = await caller.post("/authorize/consent", allowed, cookie)
    assert last.status == 302, last.body
    return cookie


async def sign_in(caller: Caller, cookie: str) -> list[Answer]:
    """One sign-in of who has a session, from the application's question to the person's name."""
    asked = await caller.get(AUTHORIZE, cookie)
    given = parse_qs(urlsplit(asked.header("location")).query)
    code, device_id, state = (given[name][0] for name in ("code", "device_id", "state"))
    exchanged = await caller.post(
        "/oauth2/auth",
        {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": VERIFIER,
            "client_id": APP,
            "device_id": device_id,
            "redirect_uri": REDIRECT,
            "state": state,
        },
    )
    token = json.loads(exchanged.body)["access_token"]
    shown = await caller.post("/oauth2/user_info", {"access_token": token, "client_id": APP})
    assert b'"7001"' in shown.body, shown.body
    return [asked, exchanged, shown]


@dataclass
class Load:
    """What a server did in a while.

    Attributes:
        rate: sign-ins a second.
        cost_us: the server's CPU time for a sign-in, in microseconds.
        client: how busy the client was, as a share of its core.
    """

    rate: float
    cost_us: float
    client: float


async def load(server: Server, cookies: list[str], seconds: float) -> Load:
    """Signs in over all connections at once."""
    done = 0
    begin, busy, cpu = time.perf_counter(), time.process_time(), server.cpu_s

    async def go_on(cookie: str) -> None:
        nonlocal done
        caller = await connected(server.port)
        while time.perf_counter() < begin + seconds:
            await sign_in(caller, cookie)
            done += 1

    await asyncio.gather(*(go_on(cookie) for cookie in cookies))
    took = time.perf_counter() - begin
    return Load(done / took, (server.cpu_s - cpu) / done * 1e6, (time.process_time() - busy) / took)


def bare_app(recorded: list[Answer]) -> Starlette:
    """Answers the recorded bytes, and signs once for each exchange."""
    key = rsa.generate_private_key(65537, 2048)

    def route(path: str, answer: Answer, method: str, *, signs: bool = False) -> Route:
        headers = {name: value for name, value in answer.headers if name not in ("content-length", "date")}

        async def serve(_: Request) -> Response:
            if signs:
                key.sign(answer.body[:200], padding.PKCS1v15(), hashes.SHA256())
            return Response(answer.body, answer.status, headers)

        return Route(path, serve, methods=[method])

    asked, exchanged, shown = recorded
    return Starlette(
        routes=[
            route("/authorize", asked, "GET"),
            route("/oauth2/auth", exchanged, "POST", signs=True),
            route("/oauth2/user_info", shown, "POST"),
        ]
    )


def serve_bare(recorded: list[Answer], port: int) -> None:
    """Runs the bare app by uvicorn, which takes the fastest loop and HTTP parser that are installed."""
    os.sched_setaffinity(0, {SERVER_CORE})
    gc.freeze()
    uvicorn.run(bare_app(recorded), port=port, log_config=None, access_log=False, server_header=False)


@contextmanager
def simulator(folder: Path) -> Iterator[tuple[Server, int]]:
    """The program itself on the server's core, and the port of its control."""
    world = folder / "world.yaml"
    world.write_text(json.dumps(WORLD), encoding="utf-8")
    ports = {f"IDP_MOCK_{name}_PORT": "0" for name in ("ESIA", "VK_ID", "CONTROL", "CONTROL_GRPC")}
    process = subprocess.Popen(  # noqa: S603 - the project's own program
        [sys.executable, "-m", "idp_mock", "serve", str(world), "--state-dir", str(folder / "state")],
        env={**os.environ, **ports},
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {SERVER_CORE}),
    )
    try:
        assert process.stdout is not None
        line = next(line for line in process.stdout if line.startswith("READY "))
        addresses: dict[str, str] = json.loads(line.removeprefix("READY "))
        vk_id, control = (int(addresses[name].rpartition(":")[2]) for name in ("vk_id", "control"))
        yield Server(process.pid, vk_id), control
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def bare(recorded: list[Answer]) -> Iterator[Server]:
    """The bare app on the server's core."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    process = multiprocessing.get_context("spawn").Process(target=serve_bare, args=(recorded, port), daemon=True)
    process.start()
    try:
        for _ in range(200):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        assert process.pid is not None
        yield Server(process.pid, port)
    finally:
        process.terminate()
        process.join(20)


async def measure(arguments: argparse.Namespace) -> str:
    """Both servers in turns; the report in Markdown."""
    rounds: list[tuple[Load, Load]] = []
    with tempfile.TemporaryDirectory() as folder, simulator(Path(folder)) as (vk_id, control):
        cookies = [await signed_in(vk_id.port, control) for _ in range(arguments.connections)]
        recorded = await sign_in(await connected(vk_id.port), cookies[0])
        with bare(recorded) as plain:
            for server in (vk_id, plain):
                await load(server, cookies, 1)
            for _ in range(arguments.rounds):
                rounds.append(
                    (await load(vk_id, cookies, arguments.seconds), await load(plain, cookies, arguments.seconds))
                )
                print(*rounds[-1], file=sys.stderr)
    table = "\n".join(
        f"| {number} | {own.rate:.0f} | {bare.rate:.0f} | {own.rate / bare.rate:.2f} | {own.cost_us:.0f} | "
        f"{bare.cost_us:.0f} | {own.client:.0%} / {bare.client:.0%} |"
        for number, (own, bare) in enumerate(rounds, 1)
    )
    middle = statistics.median(own.rate / bare.rate for own, bare in rounds)
    by_cpu = statistics.median(bare.cost_us / own.cost_us for own, bare in rounds)
    return REPORT.format(
        python=platform.python_version(),
        uvicorn=version("uvicorn"),
        starlette=version("starlette"),
        parser="httptools" if find_spec("httptools") else "h11",
        connections=arguments.connections,
        seconds=arguments.seconds,
        table=table,
        middle=middle,
        by_cpu=by_cpu,
        verdict="met" if middle >= WANTED else "NOT met",
        wanted=WANTED,
    )


def main() -> None:
    """Measures, prints the report, and fails below the wanted share."""
    parser = argparse.ArgumentParser(description="Sign-ins a second of VK ID")
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--connections", type=int, default=30)
    parser.add_argument("--report", type=Path, default=None, help="Markdown file to write")
    arguments = parser.parse_args()
    os.sched_setaffinity(0, set(range(os.cpu_count() or 1)) - {SERVER_CORE} or {SERVER_CORE})
    report = uvloop.run(measure(arguments))
    print(report)
    if arguments.report:
        arguments.report.write_text(report, encoding="utf-8")
    if "NOT met" in report:
        sys.exit(1)


if __name__ == "__main__":
    main()
