"""Under the strict policy: first bindings succeed, and problems 2 and 3 cannot happen."""

from sferum.binding.v1.resources_pb2 import Diagnosis

from binding_client.demo.narration import PARENTS, PUPILS, Narrator
from binding_client.errors import VkProfileNotOwned
from binding_client.testing import World

CLASS_5A = "s5-2026-5a"
CLASS_9B = "s5-2026-9b"
CLASS_1V = "s5-2026-1v"


def first_bindings(tell: Narrator, world: World) -> None:
    """A mother of two, her son, and a father who is new at VK ID (H03, H04, H01, H09)."""
    vera, boris, anya, mark = (world.person(name) for name in ("vera", "boris", "anya", "mark"))
    tell.act("Первая привязка (правила STRICT)", "First bindings (policy STRICT)")

    tell.step(
        vera,
        f"входит через Госуслуги, открывает профиль через имя дочери и нажимает «Привязать учебный профиль Сферума», "
        f"контакт {vera.facts.contact}",
        f"signs in through Gosuslugi, opens the profile by her daughter's name and asks to bind, contact "
        f"{vera.facts.contact}",
    )
    attempt = vera.start_binding(via_pupil=anya.account())
    tell.came(
        tell.say(
            f"попытка {attempt.name}, контакт {attempt.contact_masked}",
            f"attempt {attempt.name}, contact {attempt.contact_masked}",
        )
    )

    tell.step(
        vera,
        f"входит во VK ID со своим номером {vera.facts.vk_login} и смотрит, что будет привязано",
        f"signs in at VK ID with her own number {vera.facts.vk_login} and looks at what would be bound",
    )
    shown = vera.complete(attempt, vera.vk_sign_in(attempt), preview=True)
    tell.expect(
        bool(shown.preview.vk_user_id) and not shown.HasField("binding"),
        "предпросмотр не должен привязывать",
        "a preview must not bind",
    )
    tell.preview(shown.preview)

    tell.step(vera, "подтверждает", "confirms")
    tell.bound(vera.complete(attempt))
    tell.sees(vera, [(CLASS_5A, PARENTS), (CLASS_9B, PARENTS)])

    tell.step(boris, "привязывает свой профиль ученика", "binds his own pupil's profile")
    tell.bound(boris.bind())
    tell.sees(boris, [(CLASS_9B, PUPILS)])

    tell.step(
        mark,
        f"привязывает профиль; номера {mark.facts.vk_login} во VK ID еще нет, и учебный профиль создается по дороге",
        f"binds; VK ID does not know the number {mark.facts.vk_login} yet, and the profile is made on the way",
    )
    tell.bound(mark.bind())
    tell.sees(mark, [(CLASS_1V, PARENTS)])


def refused_under_strict(tell: Narrator, world: World) -> None:
    """The same slips as under the lenient policy, refused (P24, P33), and the right number instead."""
    anya, vera, boris = (world.person(name) for name in ("anya", "vera", "boris"))
    tell.act("Проблемы 2 и 3 при правилах STRICT не возникают", "Under STRICT problems 2 and 3 cannot happen")

    tell.step(
        anya,
        "привязывает профиль, но во VK ID входит с номером мамы",
        "binds, but signs in at VK ID with her mother's number",
    )
    error = tell.refused(VkProfileNotOwned, "D15", lambda: anya.bind(vk=vera.facts.vk_login))
    tell.expect(error.metadata.get("hint") == "problem-2", "ожидалась подсказка problem-2", "expected hint problem-2")
    tell.sees(anya, [])

    tell.step(
        vera,
        "привязывает профиль, но во VK ID входит с номером сына",
        "binds, but signs in at VK ID with her son's number",
    )
    error = tell.refused(VkProfileNotOwned, "D16", lambda: vera.bind(vk=boris.facts.vk_login))
    tell.expect(error.metadata.get("hint") == "problem-3", "ожидалась подсказка problem-3", "expected hint problem-3")
    tell.sees(vera, [])

    tell.step(anya, "повторяет со своей почтой", "repeats with her own e-mail address")
    tell.bound(anya.bind(), Diagnosis.DIAGNOSIS_OK)
    tell.sees(anya, [(CLASS_5A, PUPILS)])

    tell.step(vera, "повторяет со своим номером", "repeats with her own number")
    tell.bound(vera.bind(), Diagnosis.DIAGNOSIS_OK)
    tell.sees(vera, [(CLASS_5A, PARENTS), (CLASS_9B, PARENTS)])
