"""What is wrong with an account, and the table played without changing anything."""

import pytest
from binding_server.domain.decision import Outcome
from binding_server.domain.model import AttemptState, Diagnosis, EntryPoint, Policy, Role
from binding_server.domain.reasons import Reason, Remedy
from binding_server.domain.roster import AccountItem, ContactItem, GuardianshipItem, MunicipalityItem
from binding_server.use_cases.diagnose import AccountDiagnosis, Explanation, diagnose_account, explain_binding
from binding_server.use_cases.read_bindings import BindingRef, unbind

from .cast import CONTACTS, FORMS, PARENT, STAFF, profile
from .expect import refused
from .town import Town


async def diagnose(town: Town, name: str, account: str = "") -> AccountDiagnosis:
    """Diagnoses an account, by default the own one."""
    return await diagnose_account(town.services, await town.caller(name), account or name)


async def explain(
    town: Town, name: str, contact: str = "", attempt: str | None = None, account: str = ""
) -> Explanation:
    """Explains the table for an account, by default the own one."""
    return await explain_binding(town.services, await town.caller(name), account or name, contact, attempt)


async def record(town: Town, person: str, contact: str, *, ended: bool = False) -> None:
    """Lets a school record a contact."""
    await town.roster(ContactItem(person, town.services.vault.contact_digest(FORMS.parse(contact)), ended))


class TestDiagnosis:
    async def test_of_a_good_binding_is_ok(self, town: Town) -> None:
        await town.bind("vera")
        found = await diagnose(town, "vera")
        assert (found.diagnosis, found.problem, found.evidence, found.remedies) == (Diagnosis.OK, 0, (), ())
        assert found.binding is not None
        assert found.binding.in_full

    async def test_without_a_binding_is_none(self, town: Town) -> None:
        found = await diagnose(town, "vera")
        assert (found.diagnosis, found.problem, found.binding, found.last_refusal) == (None, 0, None, None)

    @pytest.mark.rules("S13", "S14")
    async def test_after_a_refusal_of_a_bound_profile_is_problem_1_with_its_ways_out(self, town: Town) -> None:
        await town.bind("lev", answer=profile("polina", PARENT))
        with refused(Reason.VK_PROFILE_ALREADY_BOUND, "D14"):
            await town.bind("polina")
        found = await diagnose(town, "polina")
        assert (found.diagnosis, found.problem, found.last_refusal) == (None, 1, Reason.VK_PROFILE_ALREADY_BOUND)
        assert found.remedies == (Remedy.UNBIND_IN_OTHER_ACCOUNT, Remedy.VISIT_SCHOOL, Remedy.SUPPORT_TICKET)

    async def test_forgets_a_refusal_once_something_was_bound(self, town: Town) -> None:
        with refused(Reason.VK_ROLE_MISMATCH, "D18"):
            await town.bind("vera", answer=profile("vera", STAFF))
        assert (await diagnose(town, "vera")).remedies == (Remedy.VISIT_SCHOOL,)
        await town.bind("vera")
        assert (await diagnose(town, "vera")).last_refusal is None

    @pytest.mark.rules("S15", "S16")
    @pytest.mark.scenario("P21")
    async def test_of_the_parents_profile_in_the_pupils_account_is_problem_2(self, town: Town) -> None:
        await town.bind("lev", answer=profile("polina", PARENT))
        found = await diagnose(town, "lev")
        assert (found.diagnosis, found.problem) == (Diagnosis.PARENT_PROFILE_IN_PUPIL_ACCOUNT, 2)
        assert found.remedies[:2] == (Remedy.UNBIND_HERE, Remedy.REBIND_OWN_PROFILE)

    @pytest.mark.parametrize("name", ["anya", "vera", "ivan"])
    async def test_is_told_to_family_and_school(self, town: Town, name: str) -> None:
        await town.bind("anya")
        found = await diagnose(town, name, "anya")
        assert found.binding is not None
        assert found.binding.in_full is (name == "anya")

    @pytest.mark.parametrize("account", ["anya", "nobodys"])
    async def test_is_told_to_nobody_else(self, town: Town, account: str) -> None:
        with refused(Reason.ACCOUNT_NOT_ACCESSIBLE):
            await diagnose(town, "kira", account)


class TestAContactThatHasGone:
    @pytest.mark.scenario("Y05")
    async def test_to_somebody_else_is_stale_and_gives_that_person_no_chats(self, town: Town) -> None:
        await town.bind("vera")
        await record(town, "kira", CONTACTS["vera"])
        with refused(Reason.VK_PROFILE_ALREADY_BOUND, "D14"):
            await town.bind("kira", answer=profile("vera", PARENT))
        assert await town.store.chats_of_account("kira") == []
        found = await diagnose(town, "vera")
        assert found.diagnosis is Diagnosis.CONTACT_STALE
        assert [part.diagnosis for part in found.evidence] == [Diagnosis.CONTACT_STALE]
        assert await town.is_bound("vera")

    async def test_because_it_was_revoked_is_stale(self, town: Town) -> None:
        await town.bind("vera")
        await record(town, "vera", CONTACTS["vera"], ended=True)
        assert (await diagnose(town, "vera")).diagnosis is Diagnosis.CONTACT_STALE


class TestExplanation:
    async def test_without_a_contact_leaves_the_rest_open(self, town: Town) -> None:
        found = await explain(town, "vera")
        assert (found.deciding_row, found.reason, found.policy) == (None, None, Policy.STRICT)
        outcomes = {row.row: row.outcome for row in found.rows}
        assert (outcomes["D1"], outcomes["D2"], outcomes["D3"]) == (Outcome.PASSED, Outcome.PASSED, Outcome.UNKNOWN)

    @pytest.mark.rules("D6")
    async def test_decides_a_foreign_contact_with_its_ways_out(self, town: Town) -> None:
        found = await explain(town, "vera", CONTACTS["anya"])
        assert (found.deciding_row, found.reason) == ("D6", Reason.CONTACT_NOT_OWNED)
        assert found.remedies == (Remedy.USE_OWN_CONTACT,)

    async def test_plays_all_rows_with_an_authorized_attempt(self, town: Town) -> None:
        attempt = await town.start("vera")
        await town.complete("vera", attempt, town.sign_in(attempt, profile("vera", PARENT)), preview=True)
        found = await explain(town, "vera", attempt=attempt.id)
        assert (found.deciding_row, found.reason, found.remedies) == ("D19", None, ())
        assert Outcome.UNKNOWN not in {row.outcome for row in found.rows}
        assert (await town.attempt(attempt)).state is AttemptState.AUTHORIZED

    async def test_applies_the_policy_that_the_attempt_began_under(self, town: Town) -> None:
        attempt = await town.start("lev")
        await town.roster(MunicipalityItem("lenient", "Мягкий", Policy.STRICT))
        assert (await explain(town, "lev", attempt=attempt.id)).policy is Policy.LENIENT
        assert (await explain(town, "lev")).policy is Policy.STRICT

    @pytest.mark.rules("D20")
    async def test_tells_that_another_representative_is_bound_as_such(self, town: Town) -> None:
        await town.bind("vera")
        attempt = await town.start("gleb")
        await town.complete("gleb", attempt, town.sign_in(attempt, profile("gleb", PARENT)), preview=True)
        assert (await explain(town, "gleb", attempt=attempt.id)).deciding_row == "D20"

    @pytest.mark.rules("D19")
    async def test_takes_no_colleague_for_another_representative(self, town: Town) -> None:
        await town.bind("zhanna")
        await town.roster(
            GuardianshipItem("ivan", "zoya", "PARENT", ended=False),
            AccountItem("ivan-parent", "ivan", Role.PARENT, closed=False),
        )
        attempt = await town.start("ivan", "ivan-parent")
        await town.complete("ivan", attempt, town.sign_in(attempt, profile("ivan", PARENT)), preview=True)
        found = await explain(town, "ivan", attempt=attempt.id, account="ivan-parent")
        assert found.deciding_row == "D19"

    async def test_changes_nothing(self, town: Town) -> None:
        town.esia.say("vera", "new@example.org")
        assert (await explain(town, "vera", "new@example.org")).deciding_row is None
        digest = town.services.vault.contact_digest(FORMS.parse("new@example.org"))
        assert await town.store.users_of([digest]) == {}

    @pytest.mark.rules("D1")
    async def test_needs_a_live_session(self, town: Town) -> None:
        town.esia.ended.add((await town.caller("vera")).token)
        with refused(Reason.ESIA_SESSION_REQUIRED, "D1"):
            await explain(town, "vera")

    async def test_is_for_own_accounts_and_attempts(self, town: Town) -> None:
        with refused(Reason.ACCOUNT_NOT_ACCESSIBLE):
            await explain(town, "vera", account="anya")
        attempt = await town.start("gleb")
        with refused(Reason.RESOURCE_NOT_ACCESSIBLE):
            await explain(town, "vera", attempt=attempt.id)
        staff = await town.start("zhanna")
        with refused(Reason.RESOURCE_NOT_ACCESSIBLE):
            await explain(town, "zhanna", attempt=staff.id, account="zhanna-parent")


async def test_a_cured_problem_is_no_problem(town: Town) -> None:
    await town.bind("lev", answer=profile("polina", PARENT))
    await unbind(town.services, await town.caller("lev"), BindingRef(account_id="lev"), EntryPoint.CHATS_TAB, "", "")
    await town.bind("lev")
    assert (await diagnose(town, "lev")).diagnosis is Diagnosis.OK
