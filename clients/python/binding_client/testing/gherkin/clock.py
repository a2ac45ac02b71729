"""Time of the world."""

from datetime import timedelta

from pytest_bdd import given, when

from binding_client.testing.gherkin.stage import Stage
from binding_client.testing.gherkin.words import step


@given(step("проходит {minutes:d} {unit:Minutes}"))
@when(step("проходит {minutes:d} {unit:Minutes}"))
def minutes_pass(stage: Stage, minutes: int) -> None:
    """Часы обоих продуктов в этом мире идут вперёд; никто не ждёт на самом деле.

    Пример: Когда проходит 11 минут
    """
    stage.settled()
    stage.world.advance(timedelta(minutes=minutes))
    stage.tell(f"проходит {minutes} минут")


@given(step("часы дневника отстают от Госуслуг на {minutes:d} {unit:Minutes}"))
def clock_skew(stage: Stage, minutes: int) -> None:
    """Система дневника подписывает запросы временем, которое отстаёт от времени Госуслуг.

    Пример: Дано часы дневника отстают от Госуслуг на 10 минут
    """
    stage.world.control.advance_clock(timedelta(minutes=minutes))
    stage.tell(f"часы дневника отстают на {minutes} минут")
