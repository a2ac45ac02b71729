"""Tells the story while it happens, and stops it when something else happens."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from rich.console import Console
from rich.panel import Panel
from rich.text import Text
from sferum.binding.v1.binding_service_pb2 import BindingPreview, CompleteBindingResponse, DiagnoseAccountResponse
from sferum.binding.v1.resources_pb2 import Chat, ChatKind, Diagnosis

from binding_client.cli import render
from binding_client.cli.texts import Say
from binding_client.errors import BindingError
from binding_client.testing import Actor, Stack

_Error = TypeVar("_Error", bound=BindingError)

PUPILS = ChatKind.CHAT_KIND_PUPILS
PARENTS = ChatKind.CHAT_KIND_PARENTS

ExpectedChat = tuple[str, ChatKind]
"""Key of a class, and for whom the chat is."""


class ExpectationFailed(Exception):
    """Something else happened than the story says."""


class Narrator:
    """Prints the steps and checks what came back.

    Attributes:
        say: Language.
    """

    def __init__(self, console: Console, say: Say) -> None:
        self.say = say
        self._console = console
        self._acts = 0
        self._steps = 0

    def stack(self, stack: Stack) -> None:
        """Says where everything listens."""
        text = f"gRPC {stack.grpc}   ESIA {stack.esia}   VK ID {stack.vk_id}"
        self._console.print(Panel(text, title=self.say("Стенд запущен", "The stack is up"), title_align="left"))

    def act(self, russian: str, english: str) -> None:
        """Begins an act."""
        self._acts += 1
        self._console.print()
        self._console.rule(Text(f"{self._acts}. {self.say(russian, english)}", style="bold"), align="left")

    def step(self, who: Actor, russian: str, english: str) -> None:
        """Says who does what next."""
        self._steps += 1
        line = Text.assemble(
            (f"\n{self._steps:>2}. ", "dim"), (who.facts.display_name, "bold cyan"), ": ", self.say(russian, english)
        )
        self._console.print(line)

    def came(self, text: str, style: str = "green") -> None:
        """Says what came back."""
        self._console.print(Text.assemble("    → ", (text, style)))

    def expect(self, happened: bool, russian: str, english: str) -> None:
        """Stops the story unless it happened.

        Raises:
            ExpectationFailed: It did not.
        """
        if not happened:
            raise ExpectationFailed(self.say(russian, english))

    def preview(self, answer: BindingPreview) -> None:
        """Shows what would be bound."""
        self._console.print(render.preview(answer, self.say))

    def bound(self, answer: CompleteBindingResponse, diagnosis: Diagnosis = Diagnosis.DIAGNOSIS_OK) -> None:
        """Says what was bound, and checks its diagnosis."""
        binding = answer.binding
        self.expect(
            binding.state == binding.STATE_ACTIVE and binding.diagnosis == diagnosis,
            f"ожидалась привязка с диагнозом {Diagnosis.Name(diagnosis)}",
            f"expected a binding with diagnosis {Diagnosis.Name(diagnosis)}",
        )
        told = f"{answer.message} VK ID {binding.vk_user_id}. {self.say('Диагноз', 'Diagnosis')}: "
        style = "green" if diagnosis == Diagnosis.DIAGNOSIS_OK else "yellow"
        self.came(told + self.say.diagnosis(binding.diagnosis), style)

    def refused(self, kind: type[_Error], row: str, call: Callable[[], Any]) -> _Error:
        """Makes a call that must be refused, and shows the refusal.

        Args:
            kind: The reason's exception.
            row: Row of the decision table.
            call: The call.
        """
        try:
            call()
        except BindingError as error:
            came = f"{error.reason or error.code.name} ({error.row})"
            if isinstance(error, kind) and error.row == row:
                self._console.print(render.refusal(error, self.say))
                return error
            wanted = f"{kind.known_reason} ({row})"
            raise ExpectationFailed(
                self.say(f"ожидался отказ {wanted}, пришел {came}", f"expected {wanted}, got {came}")
            ) from error
        raise ExpectationFailed(
            self.say(f"ожидался отказ {kind.known_reason}", f"expected the refusal {kind.known_reason}")
        )

    def sees(self, who: Actor, expected: Iterable[ExpectedChat]) -> None:
        """Shows the chats that a person sees, and checks that they are the expected ones."""
        found = who.chats()
        title = self.say("вкладка «Чаты»", "tab «Чаты»")
        names = ", ".join(f"«{chat.display_name}»" for chat in found) or self.say("пусто", "empty")
        self._console.print(Text.assemble("    ", (who.facts.display_name, "cyan"), f", {title}: ", (names, "magenta")))
        wanted = {(f"classes/{key}", kind) for key, kind in expected}
        self.expect(
            {(chat.school_class, chat.kind) for chat in found} == wanted and len(found) == len(wanted),
            f"{who.facts.display_name} видит другие чаты: {_spelled(found)}",
            f"{who.facts.display_name} sees other chats: {_spelled(found)}",
        )

    def diagnosed(self, who: Actor, *, problem: int, diagnosis: Diagnosis) -> DiagnoseAccountResponse:
        """Asks for the diagnosis of a person's account, shows it and checks it."""
        answer = who.diagnose()
        self._console.print(render.diagnosis(answer, self.say))
        self.expect(
            answer.problem == problem and answer.diagnosis == diagnosis,
            f"ожидалась проблема {problem}, {Diagnosis.Name(diagnosis)}",
            f"expected problem {problem}, {Diagnosis.Name(diagnosis)}",
        )
        self.expect(bool(answer.remedies), "ожидались способы решения", "expected ways out")
        return answer

    def failed(self, what: str) -> None:
        """Says what did not happen."""
        self._console.print(render.failure(what, self.say))

    def end(self) -> None:
        """Says that all of it happened."""
        self._console.print()
        text = self.say(
            f"Все прошло так, как рассказано: шагов {self._steps}.", f"All of it happened as told: {self._steps} steps."
        )
        self._console.print(Panel(text, border_style="green"))


def _spelled(chats: Iterable[Chat]) -> str:
    return ", ".join(sorted(f"{chat.school_class}/{ChatKind.Name(chat.kind)}" for chat in chats)) or "-"
