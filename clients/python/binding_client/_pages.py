"""Reads the step form and the error out of a provider's page."""

from collections.abc import Container
from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Control:
    """One control of a form.

    Attributes:
        name: Its name.
        value: Its value.
        kind: "hidden", "checkbox", "radio", "button", "option", or another type of input.
        chosen: It would be sent by a person who changes nothing.
    """

    name: str
    value: str
    kind: str
    chosen: bool


@dataclass
class StepForm:
    """The form `#step` of a page.

    Attributes:
        step: What the page asks for.
        action: Where the form goes; "" for the page's own address.
        controls: Its controls, in order.
    """

    step: str
    action: str
    controls: list[Control] = field(default_factory=list)

    def choices(self, name: str) -> list[str]:
        """Returns the values that can be chosen under a name."""
        kinds = ("checkbox", "radio", "button", "option")
        return [control.value for control in self.controls if control.name == name and control.kind in kinds]

    def defaults(self, *, without: Container[str]) -> dict[str, str | list[str]]:
        """Returns what a browser would send by itself, less the names in `without`.

        That is what is filled in and ticked, and the first button unless `without` names one: so a browser sends a form
        when Enter is pressed.
        """
        values: dict[str, list[str]] = {}
        buttons = [control for control in self.controls if control.kind == "button"]
        pressed = buttons[:1] if not any(button.name in without for button in buttons) else []
        for control in [*(control for control in self.controls if control.chosen), *pressed]:
            if control.name not in without:
                values.setdefault(control.name, []).append(control.value)
        return {name: found[0] if len(found) == 1 else found for name, found in values.items()}


@dataclass
class Page:
    """What a page says.

    Attributes:
        title: Its title.
        form: Its step form, if there is one.
        error: Code of its error; "" if there is none.
        error_text: The error in words.
    """

    title: str = ""
    form: StepForm | None = None
    error: str = ""
    error_text: str = ""


def read_page(html: str) -> Page:
    """Returns what a page says."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    page = reader.page
    page.title, page.error_text = page.title.strip(), " ".join(page.error_text.split())
    return page


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self._form: StepForm | None = None
        self._select = ""
        self._in_title = False
        self._in_alert = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and given.get("id") == "step":
            self._form = self.page.form = StepForm(given.get("data-step", ""), given.get("action", ""))
        elif tag == "title":
            self._in_title = True
        elif given.get("role") == "alert" and not self.page.error:
            self.page.error = given.get("data-error", "") or "error"
            self._in_alert = True
        elif self._form is not None:
            self._control(self._form, tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._end_select()
        elif tag == "title":
            self._in_title = False
        elif tag == "p":
            self._in_alert = False

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.page.title += data
        elif self._in_alert:
            self.page.error_text += data

    def _end_select(self) -> None:
        options = [control for control in self._form.controls if control.name == self._select] if self._form else []
        # A list in which nothing is marked shows its first option.
        if options and not any(option.chosen for option in options):
            options[0].chosen = True
        self._select = ""

    def _control(self, form: StepForm, tag: str, given: dict[str, str]) -> None:
        name, value = given.get("name", ""), given.get("value", "")
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            form.controls.append(Control(self._select, value, "option", "selected" in given))
        elif not name or "disabled" in given:
            return
        elif tag == "button":
            form.controls.append(Control(name, value, "button", chosen=False))
        elif tag == "input":
            kind = given.get("type", "text").lower()
            if kind in ("checkbox", "radio"):
                form.controls.append(Control(name, value or "on", kind, "checked" in given))
            elif kind in ("submit", "image"):
                form.controls.append(Control(name, value, "button", chosen=False))
            else:
                form.controls.append(Control(name, value, kind, chosen=True))
        elif tag == "textarea":
            form.controls.append(Control(name, "", "textarea", chosen=True))
