"""Under the lenient policy, as life is today: the three known problems are seen, diagnosed and cured."""

from sferum.binding.v1.error_reason_pb2 import ErrorReason
from sferum.binding.v1.resources_pb2 import Diagnosis

from binding_client.demo.narration import PARENTS, PUPILS, Narrator
from binding_client.demo.strict import CLASS_5A, CLASS_9B
from binding_client.errors import VkProfileAlreadyBound
from binding_client.testing import Actor, World

_PROBLEM_2 = Diagnosis.DIAGNOSIS_PARENT_PROFILE_IN_PUPIL_ACCOUNT
_PROBLEM_3 = Diagnosis.DIAGNOSIS_PUPIL_PROFILE_IN_PARENT_ACCOUNT


def problem_one_and_two(tell: Narrator, world: World) -> None:
    """A pupil sees her parent's chats, and because of that the parent cannot bind (P21, P23, P22, P11)."""
    anya, vera = world.person("anya"), world.person("vera")
    tell.act(
        "Правила LENIENT: у обучающегося отображается чат родителя (проблема 2), а родитель не может привязать "
        "профиль (проблема 1)",
        "Policy LENIENT: a pupil sees the parents' chat (problem 2), and the parent cannot bind (problem 1)",
    )

    tell.step(
        anya,
        "привязывает профиль, но во VK ID входит с номером мамы",
        "binds, but signs in at VK ID with her mother's number",
    )
    tell.bound(anya.bind(vk=vera.facts.vk_login), _PROBLEM_2)
    tell.sees(anya, [(CLASS_5A, PARENTS)])

    tell.step(anya, "спрашивает, что не так", "asks what is wrong")
    tell.diagnosed(anya, problem=2, diagnosis=_PROBLEM_2)

    tell.step(vera, "привязывает свой профиль", "binds her own profile")
    tell.refused(VkProfileAlreadyBound, "D14", vera.bind)
    tell.sees(vera, [])
    last = vera.diagnose().last_refusal
    tell.expect(
        last == ErrorReason.ERROR_REASON_VK_PROFILE_ALREADY_BOUND,
        "диагноз должен помнить отказ",
        "the diagnosis must remember the refusal",
    )

    _unbinds_on_chats_tab(tell, anya)

    tell.step(vera, "повторяет привязку", "repeats the binding")
    tell.bound(vera.bind())
    tell.sees(vera, [(CLASS_5A, PARENTS), (CLASS_9B, PARENTS)])

    tell.step(anya, "привязывает свой профиль, по своей почте", "binds her own profile, by her own e-mail address")
    tell.bound(anya.bind())
    tell.sees(anya, [(CLASS_5A, PUPILS)])


def problem_three(tell: Narrator, world: World) -> None:
    """A parent sees a pupil's chats; once cured, the pupil can bind too (P31, B03, P32, P11)."""
    vera, boris = world.person("vera"), world.person("boris")
    tell.act(
        "Правила LENIENT: у родителя отображаются чаты обучающегося (проблема 3)",
        "Policy LENIENT: a parent sees the pupils' chats (problem 3)",
    )

    tell.step(
        vera,
        "привязывает профиль, но во VK ID входит с номером сына",
        "binds, but signs in at VK ID with her son's number",
    )
    tell.bound(vera.bind(vk=boris.facts.vk_login), _PROBLEM_3)
    tell.sees(vera, [(CLASS_5A, PUPILS), (CLASS_9B, PUPILS)])

    tell.step(vera, "спрашивает, что не так", "asks what is wrong")
    tell.diagnosed(vera, problem=3, diagnosis=_PROBLEM_3)

    tell.step(boris, "привязывает свой профиль", "binds his own profile")
    tell.refused(VkProfileAlreadyBound, "D14", boris.bind)

    _unbinds_on_chats_tab(tell, vera)

    tell.step(vera, "привязывает свой профиль", "binds her own profile")
    tell.bound(vera.bind())
    tell.sees(vera, [(CLASS_5A, PARENTS), (CLASS_9B, PARENTS)])

    tell.step(boris, "повторяет привязку", "repeats the binding")
    tell.bound(boris.bind())
    tell.sees(boris, [(CLASS_9B, PUPILS)])


def _unbinds_on_chats_tab(tell: Narrator, who: Actor) -> None:
    tell.step(
        who,
        "нажимает «Отменить привязку профиля» на вкладке «Чаты»",
        "presses «Отменить привязку профиля» on the tab «Чаты»",
    )
    tell.came(who.unbind().message)
    tell.sees(who, [])
