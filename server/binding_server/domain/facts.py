"""What the decision table looks at. None means: not known yet."""

from dataclasses import dataclass
from enum import StrEnum

from binding_server.domain.model import EducationalRole, Policy, Role


class ContactStated(StrEnum):
    """Whether a contact was stated, and whether it is one."""

    MISSING = "MISSING"
    MALFORMED = "MALFORMED"
    VALID = "VALID"


class Relation(StrEnum):
    """Whose something is, seen from the account's person."""

    OWN = "OWN"
    GUARDIAN = "GUARDIAN"  # of somebody who represents the account's person
    PUPIL = "PUPIL"  # of somebody whom the account's person represents
    OTHER = "OTHER"
    NOBODY = "NOBODY"  # known to nobody


class VkOutcome(StrEnum):
    """How the VK ID authorization ended."""

    OK = "OK"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"
    UNAVAILABLE = "UNAVAILABLE"


class AccountHolds(StrEnum):
    """What the account is bound to now."""

    NOTHING = "NOTHING"
    THIS_PROFILE = "THIS_PROFILE"
    OTHER_PROFILE = "OTHER_PROFILE"


class ProfileHeldBy(StrEnum):
    """Where the learning profile is bound now."""

    NOBODY = "NOBODY"
    THIS_ACCOUNT = "THIS_ACCOUNT"
    SAME_PERSON = "SAME_PERSON"
    OTHER_PERSON = "OTHER_PERSON"


class Release(StrEnum):
    """Whether a profile's owner may end its binding elsewhere by this sign-in (A7), and has asked for that."""

    OFF = "OFF"
    OFFERED = "OFFERED"
    ASKED = "ASKED"


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """The stated contact. `used_by` counts for a VALID one only; `verified` means verified for the account's
    person."""

    stated: ContactStated
    used_by: Relation = Relation.NOBODY
    verified: bool = False


@dataclass(frozen=True, slots=True)
class VkFacts:
    """What VK ID answered. All but `outcome` count for an OK outcome only.

    `owner` is NOBODY if no known contact came back; `contact_returned` then tells whether any came at all.
    """

    outcome: VkOutcome
    learning: bool = False
    owner: Relation = Relation.NOBODY
    contact_returned: bool = False
    roles: frozenset[EducationalRole] = frozenset()


@dataclass(frozen=True, slots=True)
class ClaimFacts:
    """What is bound now. `holder_role` and `holder_organisation_kind` describe another holder as coarsely as may be
    told. `release` says whether the owner may have the other binding ended."""

    account_holds: AccountHolds = AccountHolds.NOTHING
    profile_held_by: ProfileHeldBy = ProfileHeldBy.NOBODY
    holder_role: str = ""
    holder_organisation_kind: str = ""
    other_guardian_bound: bool = False
    release: Release = Release.OFF


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that the table looks at. `assisted` tells that an operator leads the sign-in in a visit."""

    policy: Policy
    session: bool
    role: Role
    eligible: bool
    contact: ContactFacts | None = None
    vk: VkFacts | None = None
    claims: ClaimFacts | None = None
    assisted: bool = False

    def as_text(self) -> dict[str, str]:
        """Returns the known facts by name, as categories: what a decision keeps and an explanation shows."""
        known = {"policy": str(self.policy), "role": str(self.role), "session": yes_no(self.session)}
        known["eligible"] = yes_no(self.eligible)
        if self.assisted:
            known["assisted"] = yes_no(self.assisted)
        if self.contact:
            known["contact.stated"] = str(self.contact.stated)
            known["contact.used_by"] = str(self.contact.used_by)
            known["contact.verified"] = yes_no(self.contact.verified)
        if self.vk:
            known["vk.outcome"] = str(self.vk.outcome)
            if self.vk.outcome is VkOutcome.OK:
                known["vk.learning"] = yes_no(self.vk.learning)
                known["vk.owner"] = str(self.vk.owner)
                known["vk.contact_returned"] = yes_no(self.vk.contact_returned)
                known["vk.roles"] = ",".join(sorted(self.vk.roles))
        if self.claims:
            known["account.holds"] = str(self.claims.account_holds)
            known["profile.held_by"] = str(self.claims.profile_held_by)
            known["other_guardian_bound"] = yes_no(self.claims.other_guardian_bound)
            if self.claims.release is not Release.OFF:
                known["profile.release"] = str(self.claims.release)
        return known


def yes_no(value: bool) -> str:
    """Returns "true" or "false", as ErrorInfo metadata writes booleans."""
    return "true" if value else "false"
