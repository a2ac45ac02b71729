"""A browser for plain pages: cookies, forms, no JavaScript."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx


@dataclass
class Form:
    """A form of a page; `name` is its `data-form`."""

    name: str
    method: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, Form] = {}
        self.marks: dict[str, list[str]] = {}
        self.labelled: set[str] = set()
        self.inputs: list[dict[str, str]] = []
        self.words: list[str] = []
        self._form: Form | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {key: value or "" for key, value in attrs}
        for key, value in values.items():
            if key.startswith("data-"):
                self.marks.setdefault(key.removeprefix("data-"), []).append(value)
        if tag == "form":
            name = values.get("data-form", "")
            self._form = Form(name, values.get("method", "get"), values.get("action", ""))
            self.forms[name] = self._form
        if tag == "input" and self._form is not None:
            self._form.fields[values.get("name", "")] = values.get("value", "")
        if tag == "input" and values.get("type") != "hidden":
            self.inputs.append(values)
        if tag == "label":
            self.labelled.add(values.get("for", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None

    def handle_data(self, data: str) -> None:
        self.words.append(data)


class Page:
    """What a browser shows."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.status = response.status_code
        self.html = response.text
        self.path = urlsplit(str(response.url)).path
        reader = _Reader()
        reader.feed(self.html)
        self.forms = reader.forms
        self.marks = reader.marks
        self.unlabelled = [i for i in reader.inputs if i.get("id") not in reader.labelled]
        self.text = " ".join(" ".join(reader.words).split())
        self.location = response.headers.get("location", "")

    def mark(self, name: str) -> str:
        """Value of the first `data-{name}` attribute; empty if there is none."""
        return self.marks.get(name, [""])[0]


class Browser:
    """Follows the diary's own redirects and stops at those that lead away."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self.page: Page | None = None
        self.seen: list[Page] = []
        """Every answer so far, redirects included."""

    async def open(self, path: str) -> Page:
        return await self._go(self.http.build_request("GET", path))

    async def submit(self, form_name: str, **values: str) -> Page:
        assert self.page is not None
        form = self.page.forms[form_name]
        assert form.method == "post"
        action = urljoin(str(self.page.response.url), form.action)
        return await self.post(action, {**form.fields, **values})

    async def post(self, path: str, fields: dict[str, str]) -> Page:
        return await self._go(self.http.build_request("POST", path, data=fields))

    async def _go(self, request: httpx.Request) -> Page:
        for _ in range(10):
            response = await self.http.send(request)
            page = Page(response)
            self.seen.append(page)
            if not response.is_redirect:
                self.page = page
                return page
            target = urljoin(str(response.url), page.location)
            if urlsplit(target).netloc != urlsplit(str(response.url)).netloc:
                return page
            request = self.http.build_request("GET", target)
        raise AssertionError("too many redirects")
