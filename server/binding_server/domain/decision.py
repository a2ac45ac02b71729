"""The decision table: every row a function, asked in one fixed order, the first that decides wins.

A row answers PASSED (its condition is false), REFUSES or ACCEPTS (it decides), NOTED (its condition holds, but the
policy lets it through and the diagnosis tells, or the profile's owner has the other binding ended), or UNKNOWN (a fact
that it needs is not known yet: nothing is decided then).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from binding_server.domain.facts import (
    AccountHolds,
    ContactFacts,
    ContactStated,
    Facts,
    ProfileHeldBy,
    Relation,
    Release,
    VkFacts,
    VkOutcome,
    yes_no,
)
from binding_server.domain.model import Policy, Role
from binding_server.domain.ownership import roles_fit
from binding_server.domain.reasons import Reason, Remedy
from binding_server.domain.refusal import Refusal


class Outcome(StrEnum):
    """What a row did."""

    PASSED = "PASSED"
    REFUSES = "REFUSES"
    ACCEPTS = "ACCEPTS"
    NOTED = "NOTED"
    UNKNOWN = "UNKNOWN"
    NOT_REACHED = "NOT_REACHED"


@dataclass(frozen=True, slots=True)
class RowResult:
    """A row, played. `remedies` None means those of the catalogue."""

    row: str
    outcome: Outcome
    reason: Reason | None = None
    metadata: tuple[tuple[str, str], ...] = ()
    remedies: tuple[Remedy, ...] | None = None
    facts: tuple[tuple[str, str], ...] = field(default=(), compare=False)

    def refusal(self) -> Refusal:
        """Returns the refusal of a row that refuses."""
        if self.reason is None:
            raise ValueError(f"{self.row} does not refuse")
        return Refusal(self.reason, row=self.row, metadata=dict(self.metadata), remedies=self.remedies)


def play(facts: Facts) -> Sequence[RowResult]:
    """Plays all rows in order; those after the deciding one are NOT_REACHED, or UNKNOWN after a missing fact."""
    results: list[RowResult] = []
    rest: Outcome | None = None
    text = facts.as_text()
    if not _tellable(facts):
        # The rows are shown to the person, and what is bound elsewhere is no business of who does not own it.
        text.pop("profile.held_by", None)
    for name, keys, row in TABLE:
        result = RowResult(name, rest) if rest else row(name, facts)
        if rest is None and result.outcome in (Outcome.REFUSES, Outcome.ACCEPTS):
            rest = Outcome.NOT_REACHED
        elif rest is None and result.outcome is Outcome.UNKNOWN:
            rest = Outcome.UNKNOWN
        results.append(replace(result, facts=tuple((key, text[key]) for key in keys if key in text)))
    return results


def decide(facts: Facts) -> RowResult | None:
    """Returns the deciding row, or None if nothing stands against it so far but facts are missing."""
    return next((result for result in play(facts) if result.outcome in (Outcome.REFUSES, Outcome.ACCEPTS)), None)


def _if(
    name: str,
    holds: bool,
    reason: Reason,
    metadata: tuple[tuple[str, str], ...] = (),
    remedies: tuple[Remedy, ...] | None = None,
    *,
    lenient: bool = False,
) -> RowResult:
    """Refuses if the condition holds; with `lenient` the condition is only noted."""
    if not holds:
        return RowResult(name, Outcome.PASSED)
    if lenient:
        return RowResult(name, Outcome.NOTED)
    return RowResult(name, Outcome.REFUSES, reason, metadata, remedies)


def _with_contact(condition: Callable[[str, Facts, ContactFacts], RowResult]) -> Callable[[str, Facts], RowResult]:
    def row(name: str, facts: Facts) -> RowResult:
        return condition(name, facts, facts.contact) if facts.contact else RowResult(name, Outcome.UNKNOWN)

    return row


def _with_vk(condition: Callable[[str, Facts, VkFacts], RowResult]) -> Callable[[str, Facts], RowResult]:
    def row(name: str, facts: Facts) -> RowResult:
        return condition(name, facts, facts.vk) if facts.vk else RowResult(name, Outcome.UNKNOWN)

    return row


def _d1(name: str, facts: Facts) -> RowResult:
    return _if(name, not facts.session, Reason.ESIA_SESSION_REQUIRED)


def _d2(name: str, facts: Facts) -> RowResult:
    return _if(name, not facts.eligible, Reason.ACCOUNT_NOT_ELIGIBLE)


def _d3(name: str, facts: Facts, contact: ContactFacts) -> RowResult:
    malformed = contact.stated is ContactStated.MALFORMED
    reason = Reason.CONTACT_INVALID if malformed else Reason.CONTACT_REQUIRED
    return _if(name, contact.stated is not ContactStated.VALID, reason)


def _d4(name: str, facts: Facts, contact: ContactFacts) -> RowResult:
    unconfirmed = contact.used_by is Relation.OWN and not contact.verified
    return _if(name, unconfirmed or contact.used_by is Relation.NOBODY, Reason.CONTACT_NOT_VERIFIED)


def _d5(name: str, facts: Facts, contact: ContactFacts) -> RowResult:
    return _not_owned(name, facts, _foreign_to_pupil(facts, contact))


def _d6(name: str, facts: Facts, contact: ContactFacts) -> RowResult:
    return _not_owned(name, facts, _childs(facts, contact.used_by))


def _d7(name: str, facts: Facts, contact: ContactFacts) -> RowResult:
    told = _foreign_to_pupil(facts, contact) or _childs(facts, contact.used_by)
    return _not_owned(name, facts, _is_foreign(contact.used_by) and not told)


def _foreign_to_pupil(facts: Facts, contact: ContactFacts) -> bool:
    return facts.role is Role.PUPIL and contact.used_by in (Relation.GUARDIAN, Relation.OTHER)


def _guardians(facts: Facts, whose: Relation) -> bool:
    return facts.role is Role.PUPIL and whose is Relation.GUARDIAN


def _childs(facts: Facts, whose: Relation) -> bool:
    return facts.role.is_family_adult and whose is Relation.PUPIL


def _is_foreign(whose: Relation) -> bool:
    return whose not in (Relation.OWN, Relation.NOBODY)


def _not_owned(name: str, facts: Facts, holds: bool) -> RowResult:
    return _if(name, holds, Reason.CONTACT_NOT_OWNED, lenient=facts.policy is not Policy.STRICT)


def _d9(name: str, facts: Facts, vk: VkFacts) -> RowResult:
    return _if(name, vk.outcome is VkOutcome.CANCELLED, Reason.USER_CANCELLED)


def _d21(name: str, facts: Facts, vk: VkFacts) -> RowResult:
    return _if(name, vk.outcome is VkOutcome.FAILED, Reason.VK_AUTH_FAILED)


def _d22(name: str, facts: Facts, vk: VkFacts) -> RowResult:
    unavailable = vk.outcome is VkOutcome.UNAVAILABLE
    return _if(name, unavailable, Reason.PROVIDER_UNAVAILABLE, (("provider", "VK_ID"),))


def _d12(name: str, facts: Facts) -> RowResult:
    if not facts.claims:
        return RowResult(name, Outcome.UNKNOWN)
    same = facts.claims.account_holds is AccountHolds.THIS_PROFILE
    return RowResult(name, Outcome.ACCEPTS if same else Outcome.PASSED)


def _d8(name: str, facts: Facts) -> RowResult:
    other = facts.claims is not None and facts.claims.account_holds is AccountHolds.OTHER_PROFILE
    return _if(name, other, Reason.DIARY_ACCOUNT_ALREADY_BOUND)


def _d10(name: str, facts: Facts, vk: VkFacts) -> RowResult:
    return _if(name, not vk.learning, Reason.LEARNING_PROFILE_REQUIRED)


def _d11(name: str, facts: Facts, vk: VkFacts) -> RowResult:
    unknown = vk.owner is Relation.NOBODY
    metadata = (("contact_returned", yes_no(vk.contact_returned)),)
    remedies = (Remedy.VERIFY_CONTACT,) if vk.contact_returned else (Remedy.GRANT_VK_SCOPES,)
    lenient = facts.policy is not Policy.STRICT
    return _if(name, unknown, Reason.OWNERSHIP_UNVERIFIED, metadata, remedies, lenient=lenient)


def _bound_elsewhere(name: str, facts: Facts, vk: VkFacts, by: ProfileHeldBy) -> RowResult:
    claims = facts.claims
    if claims is None or claims.profile_held_by is not by or not _tellable(facts):
        return RowResult(name, Outcome.PASSED)
    release = claims.release if vk.owner is Relation.OWN else Release.OFF
    if release is Release.ASKED:
        return RowResult(name, Outcome.NOTED)
    same_person = by is ProfileHeldBy.SAME_PERSON
    metadata = [("same_person", yes_no(same_person))]
    if not same_person:
        metadata += [("holder_role", claims.holder_role), ("holder_organisation_kind", claims.holder_organisation_kind)]
    remedies = (Remedy.UNBIND_IN_OTHER_ACCOUNT,)
    if not same_person:
        remedies += (Remedy.VISIT_SCHOOL, Remedy.SUPPORT_TICKET)
    if release is Release.OFFERED:
        remedies = (Remedy.RELEASE_BY_VK_PROOF, *remedies)
    return RowResult(name, Outcome.REFUSES, Reason.VK_PROFILE_ALREADY_BOUND, tuple(metadata), remedies)


def _tellable(facts: Facts) -> bool:
    # Under STRICT a foreign profile is refused as foreign whether it is bound or not, so that nobody can probe what
    # is bound.
    return facts.policy is not Policy.STRICT or (facts.vk is not None and facts.vk.owner is Relation.OWN)


def _d13(name: str, facts: Facts, vk: VkFacts) -> RowResult:
    return _bound_elsewhere(name, facts, vk, ProfileHeldBy.SAME_PERSON)


def _d14(name: str, facts: Facts, vk: VkFacts) -> RowResult:
    return _bound_elsewhere(name, facts, vk, ProfileHeldBy.OTHER_PERSON)


def _foreign(name: str, facts: Facts, holds: bool, hint: str) -> RowResult:
    metadata = (("hint", hint),) if hint else ()
    # What an operator lets somebody else sign in to is not the holder's own sign-in (I11).
    lenient = facts.policy is not Policy.STRICT and not facts.assisted
    return _if(name, holds, Reason.VK_PROFILE_NOT_OWNED, metadata, lenient=lenient)


def _d15(name: str, facts: Facts, vk: VkFacts) -> RowResult:
    return _foreign(name, facts, _guardians(facts, vk.owner), "problem-2")


def _d16(name: str, facts: Facts, vk: VkFacts) -> RowResult:
    return _foreign(name, facts, _childs(facts, vk.owner), "problem-3")


def _d17(name: str, facts: Facts, vk: VkFacts) -> RowResult:
    told = _guardians(facts, vk.owner) or _childs(facts, vk.owner)
    return _foreign(name, facts, _is_foreign(vk.owner) and not told, "")


def _d18(name: str, facts: Facts, vk: VkFacts) -> RowResult:
    mismatch = not roles_fit(facts.role, vk.roles)
    return _if(name, mismatch, Reason.VK_ROLE_MISMATCH, lenient=facts.policy is Policy.LENIENT)


def _d20(name: str, facts: Facts) -> RowResult:
    another = facts.role.is_family_adult and facts.claims is not None and facts.claims.other_guardian_bound
    return RowResult(name, Outcome.ACCEPTS if another else Outcome.PASSED)


def _d19(name: str, facts: Facts) -> RowResult:
    return RowResult(name, Outcome.ACCEPTS)


_CONTACT = ("role", "contact.stated", "contact.used_by", "contact.verified", "policy")
_VK = ("vk.outcome",)
_OWNER = ("role", "vk.owner", "policy")
_HELD = ("account.holds", "profile.held_by")
_ELSEWHERE = (*_HELD, *_OWNER, "profile.release")

TABLE: Sequence[tuple[str, tuple[str, ...], Callable[[str, Facts], RowResult]]] = (
    ("D1", ("session",), _d1),
    ("D2", ("eligible",), _d2),
    ("D3", ("contact.stated",), _with_contact(_d3)),
    ("D4", _CONTACT, _with_contact(_d4)),
    ("D5", _CONTACT, _with_contact(_d5)),
    ("D6", _CONTACT, _with_contact(_d6)),
    ("D7", _CONTACT, _with_contact(_d7)),
    ("D9", _VK, _with_vk(_d9)),
    ("D21", _VK, _with_vk(_d21)),
    ("D22", _VK, _with_vk(_d22)),
    ("D12", _HELD, _d12),
    ("D8", _HELD, _d8),
    ("D10", ("vk.learning",), _with_vk(_d10)),
    ("D11", ("vk.owner", "vk.contact_returned", "policy"), _with_vk(_d11)),
    ("D13", _ELSEWHERE, _with_vk(_d13)),
    ("D14", _ELSEWHERE, _with_vk(_d14)),
    ("D15", _OWNER, _with_vk(_d15)),
    ("D16", _OWNER, _with_vk(_d16)),
    ("D17", _OWNER, _with_vk(_d17)),
    ("D18", ("role", "vk.roles", "policy"), _with_vk(_d18)),
    ("D20", ("role", "other_guardian_bound"), _d20),
    ("D19", (), _d19),
)
"""The rows in the order in which they are asked, with the facts that each looks at. The provider's own failures come
right after D7 and
the same-pair row right after them; D20, the special case of D19, is asked before it."""
