"""A parent joins Sferum by a link from the child's learning profile.

That there is such a link, and that it fails where the child is signed in, is known from schools' guides; its address
and its pages are inferred.
"""

import secrets

from idp_mock.vkid.identity import Identity, find_user
from idp_mock.world import VkProfile, World, dump


class Oneself(Exception):
    """The child opened the own link for parents."""


class JoinLinks:
    """The links of a world: one for each pupil's learning profile, made when it is first looked at."""

    def __init__(self) -> None:
        self._tokens: dict[int, str] = {}
        self._pupils: dict[str, int] = {}

    def token(self, user_id: int) -> str:
        """What names the profile in its link."""
        if user_id not in self._tokens:
            self._tokens[user_id] = secrets.token_urlsafe(16)
            self._pupils[self._tokens[user_id]] = user_id
        return self._tokens[user_id]

    def pupil(self, token: str) -> int | None:
        """The number of the profile that the link belongs to."""
        return self._pupils.get(token)


def pupils(identities: list[Identity]) -> list[tuple[Identity, VkProfile]]:
    """The learning profiles of pupils among some logins."""
    return [(found, profile) for found in identities for profile in found.learning if "PUPIL" in profile.roles]


def join(world: World, parent: Identity, pupil_id: int) -> int | None:
    """Makes a login a parent's: its learning profile gets the role and the child's organisations, or is made.

    Returns:
        number of the parent's learning profile; None if the child's is there no more.

    Raises:
        Oneself: it is the child's own login.
    """
    if parent.profile(pupil_id) is not None:
        raise Oneself
    found = find_user(world, pupil_id)
    login = world.vk_login(parent.key.login_id)
    if found is None or login is None:
        return None
    child = found[1]
    if not parent.learning:
        profile = VkProfile(
            user_id=world.new_user_id(),
            kind="LEARNING",
            roles=["PARENT"],
            organisations=child.organisations,
            organisation_names=child.organisation_names,
        )
        return world.add_vk_profile(login[1], profile)[2].user_id
    old = parent.learning[0]
    new = old.model_copy(
        update={
            name: list(dict.fromkeys([*getattr(old, name), *added]))
            for name, added in (
                ("roles", ["PARENT"]),
                ("organisations", child.organisations),
                ("organisation_names", child.organisation_names),
            )
        }
    )
    logins = [dump(other) for other in login[0].vk_id]
    for other in logins:
        other["profiles"] = [dump(new) if one["user_id"] == old.user_id else one for one in other["profiles"]]
    world.update_person(login[0].id, {"vk_id": logins})
    return old.user_id
