"""How often things are in a generated region. What is not said to be measured is a choice."""

from dataclasses import dataclass, field
from enum import Enum

from idp_mock.world.generate.dice import Weighted


class Home(Enum):
    """Who is responsible for the children of a family."""

    TOGETHER = "both parents, one home"
    TWO_HOMES = "both parents, two homes"
    MOTHER = "the mother alone"
    FATHER = "the father alone"
    REPRESENTATIVE = "a legal representative"


def _weighted(**weights: float) -> Weighted[str]:
    return Weighted(weights)


@dataclass(frozen=True)
class Shares:
    """What a generated world promises; the tests hold it to that.

    The figures of pupils, schools (550 pupils each) and teachers are those of the Sverdlovsk region on 1 September 2025
    (564 000 pupils, 1033 schools, 80 000 pedagogues); with 1.2 grown-ups a pupil they make 1.3 million accounts.

    Attributes:
        pupils_per_class, pupils_per_school: As near as whole classes and schools allow.
        staff_per_pupil: Members of staff, at least one for each class and an operator.
        staff_with_own_pupils: Members of staff who are parents of pupils of their school.
        children: How many pupils a family has, where a school has seats in that many parallels.
        homes: Who is responsible for them.
        twins: For each further child, that it is a twin.
        mixed: Families in two homes with several children in which these have two fathers.
        phone, email: Who has one: grown-ups; pupils by `pupil_phone` and `pupil_email`.
        pupil_phone: Pupils with a phone of their own: parallels 1 to 4, 5 to 11.
        parents_phone: Pupils of parallels 1 to 4 without a phone, for whom the school recorded a parent's.
        recorded: What the school recorded of who has a phone and an address; who lacks one has the other recorded.
        phone_at_esia, email_at_esia: State of a phone and an address in an ESIA account.
        home_phone: Families whose members have the same home phone at ESIA.
        esia: Who has an account at ESIA: grown-ups, pupils under 14, older pupils.
        levels: Levels of accounts that are not a child's.
        vk_id: Who has a login at VK ID, if there is a phone or an address: grown-ups, parallels 1 to 4, 5 to 11.
        vk_profiles: Profiles behind a login.
        second_vk_login: Persons at VK ID, with a phone and an address, who have a login for each.
        vk_hides_phone: Logins of which VK ID never gives out the phone.
    """

    pupils_per_class: int = 25
    pupils_per_school: int = 550
    staff_per_pupil: float = 0.142
    staff_with_own_pupils: float = 0.3
    children: Weighted[int] = field(default_factory=lambda: Weighted({1: 0.58, 2: 0.33, 3: 0.07, 4: 0.02}))
    homes: Weighted[Home] = field(
        default_factory=lambda: Weighted(
            {Home.TOGETHER: 0.66, Home.TWO_HOMES: 0.16, Home.MOTHER: 0.12, Home.FATHER: 0.02, Home.REPRESENTATIVE: 0.04}
        )
    )
    twins: float = 0.02
    mixed: float = 0.4
    phone: float = 0.97
    email: float = 0.7
    pupil_phone: tuple[float, float] = (0.4, 0.9)
    pupil_email: float = 0.6
    parents_phone: float = 0.6
    recorded: Weighted[str] = field(default_factory=lambda: _weighted(phone=0.68, both=0.15, email=0.09, none=0.08))
    phone_at_esia: Weighted[str] = field(
        default_factory=lambda: Weighted({"verified": 0.85, "not verified": 0.08, "none": 0.07})
    )
    email_at_esia: Weighted[str] = field(
        default_factory=lambda: Weighted({"verified": 0.6, "not verified": 0.25, "none": 0.15})
    )
    home_phone: float = 0.08
    esia: tuple[float, float, float] = (0.97, 0.75, 0.93)
    levels: Weighted[str] = field(default_factory=lambda: _weighted(CONFIRMED=0.92, STANDARD=0.05, SIMPLIFIED=0.03))
    vk_id: tuple[float, float, float] = (0.9, 0.6, 0.9)
    vk_profiles: Weighted[str] = field(default_factory=lambda: _weighted(learning=0.6, both=0.3, personal=0.1))
    second_vk_login: float = 0.06
    vk_hides_phone: float = 0.03
