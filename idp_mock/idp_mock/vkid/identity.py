"""Who a VK login is, in the words of VK ID's answers."""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from idp_mock.world import Person, VkLogin, VkProfile, World


class LoginKey(NamedTuple):
    """Names a login over requests. With the person in it, because a phone may pass to another person."""

    person_id: str
    login_id: str


@dataclass(frozen=True, slots=True)
class Identity:
    """A login with everything that VK ID says about it.

    Attributes:
        key: names the login.
        first_name, last_name: as at VK ID, else the person's.
        sex: `female` or `male`.
        birthday: date of birth.
        phone: `+79…`, or None.
        email: or None.
        shares_phone, shares_email: whether VK ID ever gives the contact out.
        profiles: the login's profiles.
    """

    key: LoginKey
    first_name: str
    last_name: str
    sex: str
    birthday: date
    phone: str | None
    email: str | None
    shares_phone: bool
    shares_email: bool
    profiles: tuple[VkProfile, ...]

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}"

    @property
    def learning(self) -> tuple[VkProfile, ...]:
        """The learning profiles."""
        return tuple(profile for profile in self.profiles if profile.kind == "LEARNING")

    @property
    def personal(self) -> tuple[VkProfile, ...]:
        """The personal profiles."""
        return tuple(profile for profile in self.profiles if profile.kind == "PERSONAL")

    def profile(self, user_id: int) -> VkProfile | None:
        """The profile with that number."""
        return next((profile for profile in self.profiles if profile.user_id == user_id), None)


def identity_of(person: Person, login: VkLogin) -> Identity:
    """Puts a login and its person together."""
    return Identity(
        key=LoginKey(person.id, login.id),
        first_name=login.first_name or person.name.first,
        last_name=login.last_name or person.name.last,
        sex=login.sex or ("female" if person.gender == "F" else "male"),
        birthday=login.birthday or person.birth_date,
        phone=login.phone,
        email=login.email,
        shares_phone=login.share.phone,
        shares_email=login.share.email,
        profiles=tuple(login.profiles),
    )


def find_login(world: World, contact: str) -> Identity | None:
    """The login that signs in with that phone or e-mail address."""
    found = world.vk_login(contact)
    return identity_of(*found) if found else None


def find_key(world: World, key: LoginKey) -> Identity | None:
    """The login of that key, if it still is the same person's."""
    found = find_login(world, key.login_id)
    return found if found is not None and found.key == key else None


def find_user(world: World, user_id: int) -> tuple[Identity, VkProfile] | None:
    """The profile with that VK ID number, and its login."""
    found = world.vk_profile(user_id)
    return (identity_of(found[0], found[1]), found[2]) if found else None
