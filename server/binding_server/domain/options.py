"""What a service may allow beyond the rules, off unless chosen (A7, A8)."""

from dataclasses import dataclass
from datetime import date

from binding_server.domain.facts import Facts, ProfileHeldBy, Relation, Release
from binding_server.domain.model import AccountContext, Role

GUARDED_YEARS = 14
"""Until this birthday a child counts as small (A8)."""


@dataclass(frozen=True, slots=True)
class Options:
    """`release_by_vk_proof`: a profile's owner may end its binding in another account by binding it in an own one (A7).
    `guardian_unbind`: who represents a pupil under 14 may end the pupil's binding (A8)."""

    release_by_vk_proof: bool = False
    guardian_unbind: bool = False


def releases_other(facts: Facts) -> bool:
    """Tells whether a decision that accepts ends the profile's binding in another account: its owner has asked for
    that, where it is allowed."""
    claims, vk = facts.claims, facts.vk
    if claims is None or vk is None or claims.release is not Release.ASKED or vk.owner is not Relation.OWN:
        return False
    return claims.profile_held_by in (ProfileHeldBy.SAME_PERSON, ProfileHeldBy.OTHER_PERSON)


def is_small_child(birth_date: date | None, today: date) -> bool:
    """Tells whether somebody is under 14; one whose birth date is not known counts as not."""
    if birth_date is None:
        return False
    # Who was born on 29 February turns a year older on 1 March.
    birthday_comes = (today.month, today.day) < (birth_date.month, birth_date.day)
    return today.year - birth_date.year - birthday_comes < GUARDED_YEARS


def guardian_may_unbind(
    options: Options, context: AccountContext, person_id: str, birth_date: date | None, today: date
) -> bool:
    """Tells whether somebody may end the binding of a pupil whom he or she represents."""
    represents = context.account.role is Role.PUPIL and person_id in context.guardians
    return options.guardian_unbind and represents and is_small_child(birth_date, today)
