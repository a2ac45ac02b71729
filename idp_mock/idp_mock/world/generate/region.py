"""A whole region, line by line."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from idp_mock.world.generate.persons import Numbers
from idp_mock.world.generate.schools import Line, School, school_lines
from idp_mock.world.generate.shares import Shares

MOST_PUPILS = 20_000_000
"""More than there are in the country; the pool of phones ends not far beyond."""

_SCHOOLS_PER_MUNICIPALITY = 14
_MUNICIPALITIES = (
    "Екатеринбург;Нижний Тагил;Каменск-Уральский;Первоуральск;Серов;Новоуральск;Верхняя Пышма;Асбест;Ревда;Полевской;"
    "Берёзовский;Краснотурьинск;Лесной;Верхняя Салда;Качканар;Алапаевск;Ирбит;Реж;Красноуфимск;Сухой Лог;Артёмовский;"
    "Богданович;Тавда;Камышлов;Кушва;Североуральск;Карпинск;Заречный;Невьянск;Арамиль"
)


@dataclass(frozen=True)
class Region:
    """What is to be generated.

    Args:
        pupils: How many pupils, 1 to 20 000 000; about 2.3 times as many persons.
        seed: The same seed, with the same other arguments, gives the same world.
        policy: Ownership policy of every municipality: STRICT, LENIENT or ROLE_ONLY.
        municipalities: How many; one for each 14 schools if not set.
        year: The year in which the school year begins.

    Raises:
        ValueError: A number out of its range, or more municipalities than pupils.
    """

    pupils: int
    seed: int
    policy: str = "STRICT"
    municipalities: int | None = None
    year: int = 2026
    shares: Shares = field(default_factory=Shares)

    def __post_init__(self) -> None:
        if not 1 <= self.pupils <= MOST_PUPILS:
            raise ValueError(f"pupils: 1 to {MOST_PUPILS}")
        if self.municipalities is not None and not 1 <= self.municipalities <= self.pupils:
            raise ValueError("municipalities: at least 1, and at most as many as pupils")

    @property
    def schools(self) -> list[School]:
        """Its schools, all of nearly the same size."""
        count = max(1, round(self.pupils / self.shares.pupils_per_school), self.municipalities or 1)
        return [
            School(number + 1, (number + 1) * self.pupils // count - number * self.pupils // count)
            for number in range(count)
        ]

    def header(self) -> Line:
        """The first line: municipalities, organisations and the OAuth clients of both providers."""
        schools = self.schools
        count = self.municipalities or max(1, round(len(schools) / _SCHOOLS_PER_MUNICIPALITY))
        return {
            "version": 1,
            "municipalities": [
                {"id": f"m{number + 1}", "name": _municipality(number), "ownership_policy": self.policy}
                for number in range(count)
            ],
            "organisations": [
                {
                    "id": school.key,
                    "municipality": f"m{place * count // len(schools) + 1}",
                    "name": f"Школа № {school.number}",
                    "kind": "SCHOOL",
                }
                for place, school in enumerate(schools)
            ],
            "clients": _clients(),
        }

    def lines(self, progress: Callable[[int], None] | None = None) -> Iterator[Line]:
        """The whole world: the header, then classes, persons and guardianships, school by school.

        Only one school is in memory at a time.

        Args:
            progress: Called after each school with the number of pupils so far.
        """
        yield self.header()
        numbers = Numbers()
        pupils = 0
        for school in self.schools:
            yield from school_lines(school, self.seed, self.shares, self.year, numbers)
            pupils += school.pupils
            if progress:
                progress(pupils)


def _municipality(number: int) -> str:
    known = _MUNICIPALITIES.split(";")
    return known[number] if number < len(known) else f"Муниципальный округ № {number + 1}"


def _clients() -> Line:
    esia = {"EDIARY66": "Электронный дневник", "SFERUM_CLI": "Командная строка sferum"}
    return {
        "esia": [
            {"mnemonic": key, **_any_local(name), "scopes": ["openid", "fullname", "email", "mobile"]}
            for key, name in esia.items()
        ],
        "vk_id": [{"app_id": 51000066, **_any_local("Привязка Сферума")}],
    }


def _any_local(name: str) -> Line:
    """A client that may send people back to any address of this machine."""
    return {"name": name, "redirect_uris": [], "loopback_redirects": True}
