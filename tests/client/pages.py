"""Fake providers: pages of the step form, without any of the providers' rules."""

from collections.abc import Callable
from html import escape
from urllib.parse import parse_qs, urlsplit

import httpx

REDIRECT = "http://127.0.0.1:9/back"
ESIA = f"http://esia.example/aas/oauth2/ac?redirect_uri={REDIRECT}&state=s"
VK = f"http://vk.example/w/w1/authorize?redirect_uri={REDIRECT}&state=s"

Fields = dict[str, list[str]]
Answer = httpx.Response


def page(step: str, controls: str, *, error: str = "", action: str = "/next") -> Answer:
    """Returns a page as the simulator makes them."""
    alert = f'<p role="alert" data-error="{error}">Так <b>нельзя</b></p>' if error else ""
    html = (
        f"<html><head><title>{escape(step)}</title></head><body>{alert}"
        f'<form id="other"><input name="not" value="ours"></form>'
        f'<form id="step" data-step="{step}" method="post" action="{action}">'
        f'<input type="hidden" name="flow" value="f&amp;1">{controls}</form></body></html>'
    )
    return httpx.Response(400 if error else 200, html=html)


def redirect(url: str) -> Answer:
    return httpx.Response(302, headers={"location": url})


class Pages:
    """A provider that shows one page after another and keeps what is sent."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = iter(answers)
        self.sent: list[Fields] = []
        self.paths: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.paths.append(urlsplit(str(request.url)).path)
        if request.method == "POST":
            self.sent.append(parse_qs(request.content.decode(), keep_blank_values=True))
        return next(self._answers)

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self)


Inbox = Callable[[str], str]

LOGIN = '<input name="login"><input type="password" name="password"><button>Войти</button>'
CODE = (
    '<input name="code"><button name="action" value="confirm">Да</button>'
    '<button name="action" value="resend">Еще</button>'
)
CONSENT = (
    '<input type="checkbox" name="scope" value="phone" checked>'
    '<input type="checkbox" name="scope" value="email" checked>'
    '<input type="checkbox" name="scope" value="vkid.personal_info" checked disabled>'
    '<button name="decision" value="allow">Да</button><button name="decision" value="deny">Нет</button>'
)
DONE = f"{REDIRECT}?code=c%2F1&state=s&device_id=d"
