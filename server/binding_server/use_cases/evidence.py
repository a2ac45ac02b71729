"""Loads what the decision table looks at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from binding_server.domain.facts import (
    AccountHolds,
    ClaimFacts,
    ContactFacts,
    ContactStated,
    Facts,
    ProfileHeldBy,
    Release,
    VkFacts,
    VkOutcome,
)
from binding_server.domain.model import AccountContext, Contact, ContactSource, Policy, Role, VkEvidence
from binding_server.domain.ownership import is_eligible, profile_owner, relation, strictest
from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal
from binding_server.use_cases.callers import session_required
from binding_server.use_cases.identity_ports import EsiaContact, EsiaScopeMissing, EsiaSessionEnded, ProviderUnavailable
from binding_server.use_cases.records import ContactUser
from binding_server.use_cases.services import Caller, Services
from binding_server.use_cases.visit_ends import signed_out

PROVIDER_RETRY_S = 5.0
"""After how many seconds a repeat may help when a provider is down."""


@dataclass(frozen=True, slots=True)
class StatedContact:
    """The contact as stated: parsed, or why not."""

    stated: ContactStated
    contact: Contact | None = None
    digest: bytes = b""
    mask: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """Facts with the ids behind them, which a decision keeps."""

    facts: Facts
    ids: Mapping[str, str]

    def as_text(self) -> dict[str, str]:
        """Returns facts and ids by name."""
        return {**self.facts.as_text(), **self.ids}


def state_contact(services: Services, text: str) -> StatedContact:
    """Returns a contact as typed in its normal form, digest and mask, or why it is none (D3)."""
    if not text.strip():
        return StatedContact(ContactStated.MISSING)
    try:
        contact = services.contacts.parse(text)
    except ValueError:
        return StatedContact(ContactStated.MALFORMED)
    digest = services.vault.contact_digest(contact)
    return StatedContact(ContactStated.VALID, contact, digest, services.contacts.mask(contact))


async def live_contacts(services: Services, caller: Caller) -> Sequence[EsiaContact]:
    """Reads the caller's contacts live from ESIA, which proves that the session still lives.

    Raises:
        Refusal: D1 if it does not (in a visit VISIT_REQUIRED, and the visit is over), ESIA_SCOPE_REQUIRED, or D22 with
            `provider` ESIA.
    """
    if caller.identity is None:
        raise session_required(EsiaSessionEnded("MISSING"))
    try:
        return await services.esia.contacts(caller.token, caller.identity, caller.time_left_s())
    except EsiaSessionEnded as ended:
        if caller.operator:
            raise await signed_out(services, caller, ended) from ended
        raise session_required(ended) from ended
    except EsiaScopeMissing as missing:
        raise Refusal(Reason.ESIA_SCOPE_REQUIRED, metadata={"scopes": missing.scopes}) from missing
    except ProviderUnavailable as unavailable:
        raise provider_unavailable(unavailable.provider) from unavailable


def provider_unavailable(provider: str, authorization_uri: str = "") -> Refusal:
    """Returns D22 as a refusal, with a fresh authorization URI if the old one can no longer be used."""
    metadata = {"provider": provider}
    if authorization_uri:
        metadata["authorization_uri"] = authorization_uri
    return Refusal(Reason.PROVIDER_UNAVAILABLE, row="D22", metadata=metadata, retry_after_s=PROVIDER_RETRY_S)


async def account_facts(
    services: Services,
    context: AccountContext,
    stated: StatedContact | None,
    live: Sequence[EsiaContact],
    *,
    policy: Policy | None = None,
    remember: bool = True,
) -> Found:
    """Returns what D1 to D7 look at.

    Args:
        stated: the contact; None if it is not known yet.
        live: the person's contacts as ESIA tells them now.
        policy: the policy to apply; the account's own of today if None.
        remember: whether contacts verified at ESIA are noted as the person's (not in a dry run).
    """
    verified = {services.vault.contact_digest(each.contact) for each in live if each.verified}
    if remember:
        await services.store.record_esia_uses(context.person.id, verified, services.clock.now())
    contact: ContactFacts | None = None
    ids: dict[str, str] = {}
    if stated:
        user = await _user_of(services, context, stated, verified) if stated.digest else None
        ids = {"contact.user": user.person_id} if user else {}
        whose = relation(context, user.person_id if user else None)
        # By ESIA, or by the person with a one-time code.
        works = stated.digest in verified or (user is not None and user.confirmed)
        contact = ContactFacts(stated.stated, whose, works)
    facts = Facts(
        policy=policy or strictest(context.policies),
        session=True,
        role=context.account.role,
        eligible=is_eligible(context),
        contact=contact,
    )
    return Found(facts, ids)


async def _user_of(
    services: Services, context: AccountContext, stated: StatedContact, verified: set[bytes]
) -> ContactUser | None:
    user = (await services.store.users_of([stated.digest])).get(stated.digest)
    own = user is not None and user.person_id == context.person.id
    # A dry run has noted nothing, and somebody else may have been told of the contact at the same moment.
    if stated.digest in verified and not own and await services.store.esia_takes(context.person.id, [stated.digest]):
        return ContactUser(context.person.id, ContactSource.ESIA)
    return user


async def vk_facts(services: Services, context: AccountContext, vk: VkEvidence) -> tuple[VkFacts, dict[str, str]]:
    """Returns what VK ID said, with the owner found through the contacts that it returned."""
    digests = [digest for digest in (vk.phone_digest, vk.email_digest) if digest]
    users = await services.store.users_of(digests)
    phone = users.get(vk.phone_digest) if vk.phone_digest else None
    email = users.get(vk.email_digest) if vk.email_digest else None
    owner = profile_owner(context.person.id, phone.person_id if phone else None, email.person_id if email else None)
    facts = VkFacts(
        outcome=VkOutcome.OK,
        learning=vk.learning,
        owner=relation(context, owner),
        contact_returned=bool(digests),
        roles=vk.roles,
    )
    return facts, {"vk.owner_person": owner} if owner else {}


async def claim_facts(
    services: Services, context: AccountContext, vk: VkEvidence, *, release_other: bool = False
) -> tuple[ClaimFacts, dict[str, str]]:
    """Returns what is bound now: by the account, and to the profile.

    Args:
        release_other: whether the caller asks to end the profile's binding elsewhere; without effect where the service
            does not allow it.
    """
    store = services.store
    ids: dict[str, str] = {}
    digest = services.vault.vk_digest(vk.vk_user_id)
    mine = await store.active_binding(context.account.id)
    holds = AccountHolds.NOTHING
    if mine:
        ids["account.binding"] = mine.id
        holds = AccountHolds.THIS_PROFILE if mine.vk_digest == digest else AccountHolds.OTHER_PROFILE
    held = await store.active_binding_of_profile(digest)
    held_by, role, kind = ProfileHeldBy.NOBODY, "", ""
    if held and held.account_id == context.account.id:
        held_by = ProfileHeldBy.THIS_ACCOUNT
    elif held:
        ids["profile.binding"] = held.id
        held_by = ProfileHeldBy.SAME_PERSON if held.person_id == context.person.id else ProfileHeldBy.OTHER_PERSON
        holder = await store.account(held.account_id)
        role = "STAFF" if holder and holder.account.role is Role.STAFF else "FAMILY"
        kind = min(holder.organisation_kinds, default="") if holder else ""
    guardians = await _other_guardian_bound(services, context)
    release = Release.OFF
    if services.options.release_by_vk_proof:
        release = Release.ASKED if release_other else Release.OFFERED
    return ClaimFacts(holds, held_by, role, kind, guardians, release), ids


async def _other_guardian_bound(services: Services, context: AccountContext) -> bool:
    if not context.account.role.is_family_adult:
        return False
    others = set(await services.store.guardians_of(context.pupils)) - {context.person.id}
    accounts = await services.store.accounts_of_persons(others) if others else ()
    if not accounts or not await services.store.any_active_binding(accounts):
        return False
    # One who is bound may be bound as staff only.
    found = [await services.store.account(account_id) for account_id in accounts]
    return any(each.active_binding_id and each.account.role.is_family_adult for each in found if each)
