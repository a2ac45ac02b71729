"""The seed's story, played over the wire on a stack of its own."""

from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from binding_client.cli.texts import Say
from binding_client.demo.lenient import problem_one_and_two, problem_three
from binding_client.demo.narration import ExpectationFailed, Narrator
from binding_client.demo.strict import first_bindings, refused_under_strict
from binding_client.demo.worlds import lenient
from binding_client.errors import BindingError
from binding_client.headless import SignInError
from binding_client.testing import Stack, World

_Act = Callable[[Narrator, World], None]


def run_demo(console: Console, language: str = "ru", world_file: Path | None = None) -> bool:
    """Starts a stack on free ports and plays the story; says whether all of it happened.

    Args:
        console: Where to tell it.
        language: "ru" or "en".
        world_file: World with the demo's cast; `worlds/demo.yaml` if None.

    Raises:
        StackError: The stack did not start.
        WorldFileError: The world file cannot be read.
    """
    narrator = Narrator(console, Say(language))
    with Stack(world=world_file, test_worlds=True, language=language) as stack:
        narrator.stack(stack)
        strict_world = stack.programs.source.document
        lenient_world = lenient(strict_world)
        acts: list[tuple[_Act, dict]] = [
            (first_bindings, strict_world),
            (problem_one_and_two, lenient_world),
            (problem_three, lenient_world),
            (refused_under_strict, strict_world),
        ]
        try:
            for act, document in acts:
                with stack.world(document) as world:
                    act(narrator, world)
        except ExpectationFailed as failed:
            narrator.failed(str(failed))
            return False
        except (BindingError, SignInError) as error:
            narrator.failed(str(error))
            return False
    narrator.end()
    return True
