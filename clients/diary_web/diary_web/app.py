"""Composes the diary: the one place where its parts are built and joined."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from urllib.parse import urlsplit

import httpx
from binding_client import AsyncBindingClient
from binding_client.esia import ensure_key
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from diary_web import failures
from diary_web.clock import Clock, SystemClock
from diary_web.identity import EsiaSystem
from diary_web.pages import accounts, attempts, chats, contact, home, profile, sign_in
from diary_web.security import LOOPBACK_NAMES, KnownHosts, SecurityHeaders
from diary_web.sessions import Sessions
from diary_web.settings import Settings
from diary_web.web import Diary, SessionCookie, page_templates


def diary_app(settings: Settings, *, clock: Clock | None = None) -> Starlette:
    """The diary as an ASGI application. Makes the ESIA system key in the state directory if there is none.

    Args:
        settings: where everything is.
        clock: time of the sessions; the machine's by default.

    Raises:
        OSError: the state directory cannot be used.
    """
    key = ensure_key(settings.state_dir, settings.esia_client_id)
    sessions = Sessions(clock or SystemClock(), timedelta(seconds=settings.session_idle_s))
    https = (settings.public_url or "").startswith("https://")

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        http = httpx.AsyncClient(timeout=settings.timeout_s, trust_env=False)
        channel = AsyncBindingClient.connect(settings.binding_target, timeout_s=settings.timeout_s)
        async with http, channel:

            def client_for(token: str, language: str) -> AsyncBindingClient:
                return channel.using(token=token, language=language)

            app.state.diary = Diary(settings, sessions, EsiaSystem(settings, key, http), client_for, page_templates())
            yield

    return Starlette(
        routes=[
            *sign_in.routes(),
            *home.routes(),
            *profile.routes(),
            *chats.routes(),
            *accounts.routes(),
            *contact.routes(),
            *attempts.routes(),
            Route("/healthz", healthz),
            Mount("/static", StaticFiles(packages=[("diary_web", "static")])),
        ],
        middleware=[
            Middleware(SecurityHeaders, https=https),
            Middleware(KnownHosts, names=host_names(settings)),
            Middleware(SessionCookie, sessions=sessions, https=https),
            Middleware(failures.Journal),
        ],
        exception_handlers=failures.HANDLERS,
        lifespan=lifespan,
    )


def host_names(settings: Settings) -> frozenset[str]:
    """Host names under which the diary answers: loopback, what it listens on, and the public one."""
    public = urlsplit(settings.public_url or "").hostname
    return LOOPBACK_NAMES | {settings.host.lower()} | ({public.lower()} if public else set())


async def healthz(_: Request) -> Response:
    """Says that the program answers."""
    return JSONResponse({"status": "ok"})
