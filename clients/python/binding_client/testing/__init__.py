"""The whole stack for tests: simulator, binding service and e-diary web as processes, and persons who use them.

    with Stack(test_worlds=True) as stack, stack.world() as world:
        vera = world.person("vera")
        vera.bind()
        assert vera.chats()

`AsyncStack` is the same for an event loop. `python -m binding_client.testing run` runs the stack for a person.
"""

from binding_client.testing._facts import PersonFacts, WorldClock
from binding_client.testing._families import Family, WorldSnapshot
from binding_client.testing._process import StackError
from binding_client.testing._programs import demo_world_file
from binding_client.testing.actor import Actor
from binding_client.testing.aio import AsyncStack
from binding_client.testing.aio_actor import AsyncActor
from binding_client.testing.aio_world import AsyncWorld
from binding_client.testing.stack import Stack
from binding_client.testing.world import World

__all__ = [
    "Actor",
    "AsyncActor",
    "AsyncStack",
    "AsyncWorld",
    "Family",
    "PersonFacts",
    "Stack",
    "StackError",
    "World",
    "WorldClock",
    "WorldSnapshot",
    "demo_world_file",
]
