"""How a person walks through the providers' sign-in pages, without any transport.

A journey is a generator: it yields what to do next (open a page, send a form, read a one-time code) and is sent what
came of it. `headless` gives it a blocking or an asyncio HTTP client.
"""

from collections.abc import Callable, Collection, Generator
from dataclasses import dataclass
from urllib.parse import parse_qs, parse_qsl, urljoin, urlsplit

from sferum.binding.v1.binding_service_pb2 import AuthorizationResult

from binding_client._pages import StepForm, read_page

_MAX_STEPS = 30
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Redirect(str):
    """The address that a sign-in ended at: the client's redirect URI with its parameters."""

    __slots__ = ()

    @property
    def params(self) -> dict[str, str]:
        """The query's parameters."""
        return dict(parse_qsl(urlsplit(self).query, keep_blank_values=True))

    @property
    def code(self) -> str:
        """The authorization code; "" if there is none."""
        return self.params.get("code", "")

    @property
    def state(self) -> str:
        """The state that came back."""
        return self.params.get("state", "")

    @property
    def device_id(self) -> str:
        """VK ID's device id; "" if there is none."""
        return self.params.get("device_id", "")

    @property
    def error(self) -> str:
        """The error, such as "access_denied"; "" if there is none."""
        return self.params.get("error", "")

    @property
    def error_description(self) -> str:
        """The provider's words on the error."""
        return self.params.get("error_description", "")

    def authorization_result(self) -> AuthorizationResult:
        """Returns what CompleteBinding wants to know of a VK ID redirect."""
        return AuthorizationResult(code=self.code, state=self.state, device_id=self.device_id, error=self.error)


class SignInError(Exception):
    """A sign-in did not come to its end."""


class SignInRefused(SignInError):
    """A page showed an error.

    Attributes:
        step: Name of the page's step, or "" if it has none.
        error: Code of the error.
        text: The page's words.
    """

    def __init__(self, step: str, error: str, text: str) -> None:
        super().__init__(f"{step or 'page'}: {error}: {text}")
        self.step = step
        self.error = error
        self.text = text


class StepUnexpected(SignInError):
    """A page asks for what was not given.

    Attributes:
        step: Name of the page's step.
        choices: What can be chosen there, if it is a choice.
    """

    def __init__(self, step: str, choices: Collection[str] = ()) -> None:
        super().__init__(f"step {step!r} needs an answer" + (f": one of {', '.join(choices)}" if choices else ""))
        self.step = step
        self.choices = list(choices)


@dataclass(frozen=True)
class Registration:
    """What a person says when VK ID makes an account or a learning profile.

    Attributes:
        first_name: Given name.
        last_name: Family name.
        birthday: DD.MM.YYYY.
        sex: "female" or "male".
        role: "PUPIL", "PARENT" or "TEACHER".
        organisation: School, by id or as free text; may be empty.
        create_learning: Make a learning profile too.
    """

    first_name: str = ""
    last_name: str = ""
    birthday: str = ""
    sex: str = ""
    role: str = "PARENT"
    organisation: str = ""
    create_learning: bool = True


@dataclass(frozen=True)
class Send:
    """Ask for a page, or send a form.

    Attributes:
        url: Where to.
        data: The form's fields; None for a plain GET.
    """

    url: str
    data: dict[str, str | list[str]] | None = None


@dataclass(frozen=True)
class ReadCode:
    """Read the newest one-time code.

    Attributes:
        recipient: Phone as +79… or e-mail address.
    """

    recipient: str


@dataclass(frozen=True)
class Response:
    """What came back.

    Attributes:
        url: Address that was asked.
        status: HTTP status.
        location: Header `location`; "" if there is none.
        text: The body.
    """

    url: str
    status: int
    location: str
    text: str


@dataclass(frozen=True)
class VkAnswers:
    """What a person answers on VK ID's pages.

    Attributes:
        login: Phone or e-mail address, as typed.
        profile: Which profile: its user id, "create", or None for the only one.
        scopes: Which scopes to leave ticked; None leaves the page as it is.
        decision: "allow" or "deny".
        register: What to say when VK ID makes an account or a learning profile.
        account: Which signed-in account to go on with; None signs in anew by `login`.
    """

    login: str
    profile: str | None = None
    scopes: Collection[str] | None = None
    decision: str = "allow"
    register: Registration | None = None
    account: str | None = None


Answers = dict[str, str | list[str]]
Doing = Send | ReadCode
Journey = Generator[Doing, Response | str, Redirect]


def esia_journey(url: str, login: str, password: str, decision: str) -> Journey:
    """Signs in at ESIA and consents."""

    def answer(form: StepForm) -> Answers:
        if form.step == "login":
            return {"login": login, "password": password}
        if form.step == "consent":
            return {"decision": decision}
        raise StepUnexpected(form.step)

    return (yield from _walk(url, answer, recipient=""))


def vk_journey(url: str, answers: VkAnswers) -> Journey:
    """Signs in at VK ID, registers if need be, chooses a profile and consents."""
    return (yield from _walk(url, lambda form: _vk_answer(form, answers), recipient=normalised(answers.login)))


def normalised(login: str) -> str:
    """Returns a login as the inbox names its recipient: a phone as +7…, an e-mail address in lower case."""
    login = login.strip()
    if "@" in login:
        return login.lower()
    digits = "".join(char for char in login if char.isdigit())
    if len(digits) == 11 and digits[0] in "78":
        return f"+7{digits[1:]}"
    return f"+7{digits}" if len(digits) == 10 else f"+{digits}"


def _walk(url: str, answer: Callable[[StepForm], Answers], *, recipient: str) -> Journey:
    target = _bare((parse_qs(urlsplit(url).query).get("redirect_uri") or [""])[0])
    home = _origin(url)
    doing = Send(url)
    for _ in range(_MAX_STEPS):
        response = yield doing
        assert isinstance(response, Response)
        if response.status in _REDIRECTS:
            location = urljoin(response.url, response.location)
            if _origin(location) != home or (target and _bare(location) == target):
                return Redirect(location)
            doing = Send(location)
            continue
        page = read_page(response.text)
        form = page.form
        if page.error:
            raise SignInRefused(form.step if form else "", page.error, page.error_text)
        if form is None:
            raise SignInRefused("", f"http-{response.status}", page.title)
        if form.step == "callback":
            # A fault lets the browser come back twice; who signs in hears of the way back, and may go it as often.
            return Redirect(form.action)
        doing = yield from _answered(form, answer, response.url, recipient)
    raise SignInError("the sign-in goes round in circles")


def _answered(
    form: StepForm, answer: Callable[[StepForm], Answers], url: str, recipient: str
) -> Generator[Doing, Response | str, Send]:
    if form.step == "code":
        code = yield ReadCode(recipient)
        assert isinstance(code, str)
        given: Answers = {"code": code}
    else:
        given = answer(form)
    return Send(urljoin(url, form.action or url), {**form.defaults(without=given), **given})


def _vk_answer(form: StepForm, answers: VkAnswers) -> Answers:
    match form.step:
        case "account":
            return {"account": answers.account or "other"}
        case "login":
            return {"login": answers.login}
        case "profile":
            return {"profile": answers.profile or _only_profile(form)}
        case "consent":
            if answers.scopes is None:
                return {"decision": answers.decision}
            return {"scope": [scope for scope in form.choices("scope") if scope in answers.scopes]} | {
                "decision": answers.decision
            }
        case "register" | "learning":
            if answers.register is None:
                raise StepUnexpected(form.step)
            return _registration(form, answers.register)
        case _:
            raise StepUnexpected(form.step)


def _only_profile(form: StepForm) -> str:
    profiles = [choice for choice in form.choices("profile") if choice != "create"]
    if len(profiles) != 1:
        raise StepUnexpected(form.step, form.choices("profile"))
    return profiles[0]


def _registration(form: StepForm, person: Registration) -> Answers:
    learning: Answers = {"role": person.role, "organisation": person.organisation}
    if form.step == "learning":
        return learning
    return {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "birthday": person.birthday,
        "sex": person.sex,
        "create_learning": "yes" if person.create_learning else "no",
        **learning,
    }


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _bare(url: str) -> str:
    return urlsplit(url)._replace(query="", fragment="").geturl()
