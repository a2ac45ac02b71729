"""The three known problems: what the diagnosis says."""

from pytest_bdd import then
from sferum.binding.v1.resources_pb2 import Diagnosis, RemedyAction

from binding_client.testing.gherkin.stage import Stage
from binding_client.testing.gherkin.words import REMEDIES, Who, step

_DIAGNOSES = {
    "всё в порядке": "OK",
    "в учётной записи ученика профиль родителя": "PARENT_PROFILE_IN_PUPIL_ACCOUNT",
    "в учётной записи родителя профиль ученика": "PUPIL_PROFILE_IN_PARENT_ACCOUNT",
    "профиль постороннего": "FOREIGN_PROFILE",
    "контакт больше не свой": "CONTACT_STALE",
    "контакт не свой": "CONTACT_NOT_OWNED",
    "неизвестно": "UNKNOWN",
}


@then(step("у {who:Person} проблема {number:d}"))
def problem(stage: Stage, who: Who, number: int) -> None:
    """Диагностика видит одну из трёх известных проблем и предлагает выход.

    Пример: Тогда у Ани проблема 2
    """
    seen = stage.actor(who).diagnose(stage.account(who))
    assert seen.problem == number
    assert seen.remedies


@then(step("у {who:Person} нет проблем"))
def no_problem(stage: Stage, who: Who) -> None:
    """Привязка есть, и диагностика не видит в ней ничего неправильного.

    Пример: Тогда у Ани нет проблем
    """
    seen = stage.actor(who).diagnose(stage.account(who))
    assert (seen.problem, seen.diagnosis) == (0, Diagnosis.DIAGNOSIS_OK)


@then(step("диагноз {who:Person}: {name:Diagnosis}", Diagnosis=_DIAGNOSES))
def diagnosis(stage: Stage, who: Who, name: str) -> None:
    """Диагностика называет это, и то же стоит в самой привязке.

    Пример: Тогда диагноз Веры: контакт больше не свой
    """
    expected = Diagnosis.Value(f"DIAGNOSIS_{name}")
    seen = stage.actor(who).diagnose(stage.account(who))
    [binding] = stage.active(who)
    assert (seen.diagnosis, binding.diagnosis) == (expected, expected)


@then(step("диагностика советует {who:Person}: {way:Remedy}", Remedy=REMEDIES))
def advice(stage: Stage, who: Who, way: str) -> None:
    """Среди выходов, которые называет диагностика, есть этот.

    Пример: Тогда диагностика советует Ане: отменить привязку здесь
    """
    seen = stage.actor(who).diagnose(stage.account(who))
    assert RemedyAction.Value(f"REMEDY_ACTION_{way}") in [remedy.action for remedy in seen.remedies]


@then(step("диагностика помнит, как было при привязке {who:Person}"))
def evidence_of_the_time(stage: Stage, who: Who) -> None:
    """Каждое доказательство диагностики датировано временем привязки, а не временем вопроса.

    Пример: Тогда диагностика помнит, как было при привязке Ани
    """
    [binding] = stage.active(who)
    seen = stage.actor(who).diagnose(stage.account(who))
    assert seen.diagnosis == binding.diagnosis
    assert seen.evidence
    for part in seen.evidence:
        assert abs(part.observe_time.ToSeconds() - binding.create_time.ToSeconds()) <= 2
