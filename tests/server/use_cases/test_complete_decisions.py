"""What completing an attempt decides."""

import pytest
from binding_server.domain.model import AttemptState, BindingState, ChatsState, Diagnosis, Policy
from binding_server.domain.reasons import Reason, Remedy
from binding_server.domain.roster import MunicipalityItem

from .cast import CONTACTS, PARENT, PROFILES, PUPIL, STAFF, profile
from .expect import refused
from .town import Town


class TestBinds:
    @pytest.mark.rules("D19", "I7")
    async def test_the_own_profile(self, town: Town) -> None:
        done = await town.bind("vera")
        assert done.binding is not None
        binding = done.binding.binding
        assert (binding.state, binding.diagnosis, binding.chats) == (
            BindingState.ACTIVE,
            Diagnosis.OK,
            ChatsState.READY,
        )
        assert (binding.vk_user_id, binding.policy) == (PROFILES["vera"], Policy.STRICT)
        assert done.binding.in_full
        assert not done.already
        assert done.decision.isdecimal()
        assert done.attempt is not None
        assert (done.attempt.state, done.attempt.binding_id) == (AttemptState.COMPLETED, binding.id)
        assert done.attempt.vk is None

    @pytest.mark.scenario("H04")
    async def test_a_parent_once_for_all_children(self, town: Town) -> None:
        await town.bind("vera")
        chats = await town.store.chats_of_account("vera")
        assert [(chat.school_class.id, chat.kind) for chat in chats] == [("s5-5a", "PARENTS"), ("s5-9b", "PARENTS")]

    @pytest.mark.rules("D20")
    @pytest.mark.scenario("H06")
    async def test_the_other_parent_beside_the_first(self, town: Town) -> None:
        await town.bind("vera")
        await town.bind("gleb")
        assert [chat.id for chat in await town.store.chats_of_account("gleb")] == [
            chat.id for chat in await town.store.chats_of_account("vera")
        ]

    @pytest.mark.scenario("H02")
    async def test_a_pupil_by_e_mail(self, town: Town) -> None:
        assert await town.bind("anya")

    @pytest.mark.rules("D12", "A18")
    @pytest.mark.scenario("B01")
    async def test_the_same_pair_again_as_the_same_binding(self, town: Town) -> None:
        first = await town.bind("vera")
        again = await town.bind("vera")
        assert again.already
        assert again.binding == first.binding

    @pytest.mark.rules("D12")
    async def test_the_same_pair_without_asking_in_a_preview(self, town: Town) -> None:
        await town.bind("vera")
        attempt = await town.start("vera")
        seen = await town.complete("vera", attempt, town.sign_in(attempt, profile("vera", PARENT)), preview=True)
        assert seen.already
        assert seen.preview is None


class TestRefuses:
    @pytest.mark.rules("D8")
    async def test_a_second_profile(self, town: Town) -> None:
        await town.bind("vera")
        attempt = await town.start("vera")
        other = profile("gleb", PARENT, phone=CONTACTS["vera"])
        with refused(Reason.DIARY_ACCOUNT_ALREADY_BOUND, "D8"):
            await town.complete("vera", attempt, town.sign_in(attempt, other))
        assert (await town.attempt(attempt)).state is AttemptState.FAILED
        assert await town.is_bound("vera")

    @pytest.mark.rules("D10")
    async def test_a_personal_profile(self, town: Town) -> None:
        with refused(Reason.LEARNING_PROFILE_REQUIRED, "D10"):
            await town.bind("vera", answer=profile("vera", learning=False))

    @pytest.mark.rules("D11")
    async def test_a_profile_without_contacts(self, town: Town) -> None:
        with refused(Reason.OWNERSHIP_UNVERIFIED, "D11") as refusal:
            await town.bind("vera", answer=profile("vera", PARENT, phone=None))
        assert refusal().remedies == (Remedy.GRANT_VK_SCOPES,)

    @pytest.mark.rules("D11")
    async def test_a_profile_whose_contact_nobody_uses(self, town: Town) -> None:
        with refused(Reason.OWNERSHIP_UNVERIFIED, "D11") as refusal:
            await town.bind("vera", answer=profile("vera", PARENT, phone="+79000000188"))
        assert refusal().metadata["contact_returned"] == "true"
        assert refusal().remedies == (Remedy.VERIFY_CONTACT,)

    @pytest.mark.rules("A4", "D19")
    async def test_but_takes_an_e_mail_if_the_phone_is_nobodys(self, town: Town) -> None:
        town.esia.say("vera", "vera@example.org")
        await town.start("vera")
        mixed = profile("vera", PARENT, phone="+79000000188", email="vera@example.org")
        assert await town.bind("vera", answer=mixed)

    @pytest.mark.rules("D17")
    async def test_a_phone_and_an_e_mail_of_two_persons(self, town: Town) -> None:
        town.esia.say("gleb", "gleb@example.org")
        await town.start("gleb")
        mixed = profile("vera", PARENT, phone=CONTACTS["vera"], email="gleb@example.org")
        with refused(Reason.VK_PROFILE_NOT_OWNED, "D17"):
            await town.bind("vera", answer=mixed)

    @pytest.mark.rules("D13", "A11")
    async def test_the_same_persons_profile_in_another_role(self, town: Town) -> None:
        both = profile("zhanna", STAFF, PARENT)
        await town.bind("zhanna", answer=both)
        with refused(Reason.VK_PROFILE_ALREADY_BOUND, "D13") as refusal:
            await town.bind("zhanna", "zhanna-parent", answer=both)
        assert {**refusal().metadata, "decision": ""} == {"same_person": "true", "decision": ""}

    @pytest.mark.rules("D14", "I10")
    async def test_an_own_profile_that_another_account_holds_and_tells_little_of_it(self, town: Town) -> None:
        await town.bind("kira", answer=profile("boris", PARENT))
        with refused(Reason.VK_PROFILE_ALREADY_BOUND, "D14") as refusal:
            await town.bind("boris")
        told = dict(refusal().metadata)
        assert told.pop("decision")
        assert told == {"same_person": "false", "holder_role": "FAMILY", "holder_organisation_kind": "SCHOOL"}
        assert await town.is_bound("kira")

    @pytest.mark.rules("D15")
    async def test_the_mothers_profile_in_the_pupils_account(self, town: Town) -> None:
        with refused(Reason.VK_PROFILE_NOT_OWNED, "D15"):
            await town.bind("anya", answer=profile("vera", PARENT))
        assert not await town.is_bound("anya")

    @pytest.mark.rules("D16")
    async def test_the_pupils_profile_in_the_mothers_account(self, town: Town) -> None:
        with refused(Reason.VK_PROFILE_NOT_OWNED, "D16"):
            await town.bind("vera", answer=profile("boris", PUPIL))

    @pytest.mark.rules("D17", "I10")
    @pytest.mark.parametrize("bound", [False, True])
    async def test_a_strangers_profile_alike_whether_it_is_bound_or_not(self, town: Town, bound: bool) -> None:
        if bound:
            await town.bind("kira")
        with refused(Reason.VK_PROFILE_NOT_OWNED, "D17"):
            await town.bind("vera", answer=profile("kira", PARENT))

    @pytest.mark.rules("D18")
    async def test_a_role_that_does_not_fit(self, town: Town) -> None:
        with refused(Reason.VK_ROLE_MISMATCH, "D18"):
            await town.bind("vera", answer=profile("vera", STAFF))


class TestUnderLenient:
    @pytest.mark.rules("I8")
    async def test_binds_the_mothers_profile_in_the_pupils_account_and_says_so(self, town: Town) -> None:
        done = await town.bind("lev", contact=CONTACTS["polina"], answer=profile("polina", PARENT))
        assert done.binding is not None
        binding = done.binding.binding
        assert binding.diagnosis is Diagnosis.PARENT_PROFILE_IN_PUPIL_ACCOUNT
        assert [part.diagnosis for part in binding.evidence] == [
            Diagnosis.PARENT_PROFILE_IN_PUPIL_ACCOUNT,
            Diagnosis.CONTACT_NOT_OWNED,
        ]
        assert [chat.kind for chat in await town.store.chats_of_account("lev")] == ["PARENTS"]

    @pytest.mark.rules("D14")
    async def test_then_refuses_the_mother_in_her_own_account(self, town: Town) -> None:
        await town.bind("lev", answer=profile("polina", PARENT))
        with refused(Reason.VK_PROFILE_ALREADY_BOUND, "D14"):
            await town.bind("polina")

    async def test_goes_on_under_the_policy_of_the_start(self, town: Town) -> None:
        attempt = await town.start("lev")
        await town.roster(MunicipalityItem("lenient", "Мягкий", Policy.STRICT))
        done = await town.complete("lev", attempt, town.sign_in(attempt, profile("polina", PARENT)))
        assert done.binding is not None
        assert done.binding.binding.policy is Policy.LENIENT
