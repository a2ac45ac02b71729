"""Starting an attempt: rows D1 to D7, repeats, limits."""

from datetime import timedelta

import pytest
from binding_server.domain.model import AttemptState, Policy, Role
from binding_server.domain.reasons import Reason
from binding_server.domain.roster import AccountItem, ContactItem, GuardianshipItem, MunicipalityItem
from binding_server.use_cases.services import Caller, ServiceIdentity
from binding_server.use_cases.start_binding import ATTEMPT_LIFE, MAX_PENDING, start_binding

from .cast import CONTACTS, FORMS, NOON, REDIRECT
from .expect import refused
from .town import Town


class TestAnAttempt:
    async def test_is_pending_with_an_address_of_its_own(self, town: Town) -> None:
        attempt = await town.start("vera", via="anya")
        assert attempt.state is AttemptState.PENDING
        assert (attempt.account_id, attempt.via_pupil, attempt.policy) == ("vera", "anya", Policy.STRICT)
        assert attempt.oauth_state in attempt.authorization_uri
        assert attempt.expires_at == NOON + ATTEMPT_LIFE
        assert attempt.contact_mask == "+7 *** *** ** 03"
        assert await town.attempt(attempt) == attempt

    async def test_has_a_state_and_verifier_that_no_other_has(self, town: Town) -> None:
        one, other = await town.start("vera"), await town.start("vera")
        assert one.oauth_state != other.oauth_state
        assert one.code_verifier != other.code_verifier

    @pytest.mark.scenario("C07")
    @pytest.mark.parametrize("text", ["8 (900) 000-01-03", "+79000000103", "79000000103", " +7 900 000 01 03 "])
    async def test_knows_a_contact_in_any_spelling(self, town: Town, text: str) -> None:
        assert (await town.start("vera", contact=text)).contact_digest == (await town.start("vera")).contact_digest

    @pytest.mark.rules("I13")
    async def test_leaves_a_binding_as_it_is(self, town: Town) -> None:
        await town.bind("vera")
        assert (await town.start("vera")).state is AttemptState.PENDING
        assert await town.is_bound("vera")

    async def test_expires_when_five_newer_ones_are_pending(self, town: Town) -> None:
        attempts = []
        for _ in range(MAX_PENDING + 1):
            attempts.append(await town.start("vera"))
            town.clock.advance(timedelta(seconds=1))
        states = [(await town.attempt(each)).state for each in attempts]
        assert states == [AttemptState.EXPIRED] + [AttemptState.PENDING] * MAX_PENDING

    async def test_takes_the_strictest_policy_of_several(self, town: Town) -> None:
        await town.roster(GuardianshipItem("polina", "anya", "PARENT", ended=False))
        assert (await town.start("polina")).policy is Policy.STRICT


class TestRefusesTheContact:
    @pytest.mark.rules("D3")
    async def test_that_is_missing(self, town: Town) -> None:
        with refused(Reason.CONTACT_REQUIRED, "D3"):
            await town.start("vera", contact="  ")

    @pytest.mark.rules("D3")
    async def test_that_is_none(self, town: Town) -> None:
        with refused(Reason.CONTACT_INVALID, "D3"):
            await town.start("vera", contact="my phone")

    @pytest.mark.rules("D4")
    async def test_that_the_school_knows_but_esia_has_not_verified(self, town: Town) -> None:
        town.esia.forget("vera")
        town.esia.say("vera", CONTACTS["vera"], verified=False)
        with refused(Reason.CONTACT_NOT_VERIFIED, "D4"):
            await town.start("vera")

    @pytest.mark.rules("D4")
    async def test_that_nobody_is_known_to_use(self, town: Town) -> None:
        with refused(Reason.CONTACT_NOT_VERIFIED, "D4"):
            await town.start("vera", contact="new@example.org")

    @pytest.mark.rules("D5", "S8")
    @pytest.mark.parametrize("whose", ["vera", "kira", "boris"])
    async def test_that_is_not_the_pupils(self, town: Town, whose: str) -> None:
        with refused(Reason.CONTACT_NOT_OWNED, "D5"):
            await town.start("anya", contact=CONTACTS[whose])

    @pytest.mark.rules("D6")
    async def test_that_is_the_childs(self, town: Town) -> None:
        with refused(Reason.CONTACT_NOT_OWNED, "D6"):
            await town.start("vera", contact=CONTACTS["anya"])

    @pytest.mark.rules("D7")
    @pytest.mark.parametrize("whose", ["kira", "gleb"])
    async def test_that_is_a_third_persons(self, town: Town, whose: str) -> None:
        with refused(Reason.CONTACT_NOT_OWNED, "D7"):
            await town.start("vera", contact=CONTACTS[whose])

    @pytest.mark.rules("D5", "A19")
    async def test_that_a_school_recorded_for_another_even_if_verified_here(self, town: Town) -> None:
        town.esia.say("anya", CONTACTS["vera"])
        with refused(Reason.CONTACT_NOT_OWNED, "D5"):
            await town.start("anya", contact=CONTACTS["vera"])

    async def test_with_the_number_of_the_decision(self, town: Town) -> None:
        with refused(Reason.CONTACT_NOT_OWNED, "D6") as refusal:
            await town.start("vera", contact=CONTACTS["anya"])
        assert refusal().metadata["decision"].isdecimal()

    @pytest.mark.rules("D5", "I8")
    async def test_but_not_under_lenient(self, town: Town) -> None:
        attempt = await town.start("lev", contact=CONTACTS["polina"])
        assert (attempt.state, attempt.policy) == (AttemptState.PENDING, Policy.LENIENT)


class TestAContactThatEsiaVerified:
    async def test_becomes_the_persons(self, town: Town) -> None:
        town.esia.say("vera", "new@example.org")
        assert await town.start("vera", contact="new@example.org")

    async def test_goes_over_from_the_one_for_whom_esia_verified_it_before(self, town: Town) -> None:
        town.esia.say("vera", "new@example.org")
        await town.start("vera", contact="new@example.org")
        town.esia.say("gleb", "new@example.org")
        assert await town.start("gleb", contact="new@example.org")

    @pytest.mark.rules("S9")
    async def test_follows_the_schools_record_of_its_user(self, town: Town) -> None:
        digest = town.services.vault.contact_digest(FORMS.parse("+79000000199"))
        await town.roster(ContactItem("boris", digest, ended=False))
        town.esia.say("boris", "+79000000199")
        assert await town.start("boris", contact="+79000000199")
        with refused(Reason.CONTACT_NOT_OWNED, "D6"):
            await town.start("gleb", contact="+79000000199")


class TestRefusesTheCaller:
    @pytest.mark.rules("D2")
    async def test_whose_account_is_closed(self, town: Town) -> None:
        await town.roster(AccountItem("vera", "vera", Role.PARENT, closed=True))
        with refused(Reason.ACCOUNT_NOT_ELIGIBLE, "D2"):
            await town.start("vera")

    @pytest.mark.rules("D2")
    async def test_who_represents_nobody_any_more(self, town: Town) -> None:
        await town.roster(GuardianshipItem("kira", "lev", "PARENT", ended=True))
        with refused(Reason.ACCOUNT_NOT_ELIGIBLE, "D2"):
            await town.start("kira")

    @pytest.mark.parametrize("account", ["gleb", "nobodys"])
    async def test_for_another_account_whether_it_exists_or_not(self, town: Town, account: str) -> None:
        with refused(Reason.ACCOUNT_NOT_ACCESSIBLE):
            await town.start("vera", account)

    async def test_who_comes_through_a_strangers_child(self, town: Town) -> None:
        with refused(Reason.ACCOUNT_NOT_ACCESSIBLE):
            await town.start("vera", via="lev")

    async def test_who_is_unknown_to_the_directory(self, town: Town) -> None:
        caller = Caller(lambda: 10.0, identity=town.esia.verify("esia-5", NOON), token="esia-5")
        with refused(Reason.ACCOUNT_NOT_ACCESSIBLE):
            await start_binding(town.services, caller, "vera", CONTACTS["vera"], REDIRECT, None, "")

    async def test_that_is_a_back_end(self, town: Town) -> None:
        caller = Caller(lambda: 10.0, service=ServiceIdentity("feed", frozenset()))
        with refused(Reason.CALLER_NOT_ALLOWED):
            await start_binding(town.services, caller, "vera", CONTACTS["vera"], REDIRECT, None, "")

    async def test_whose_browser_shall_go_elsewhere(self, town: Town) -> None:
        caller = await town.caller("vera")
        with refused(Reason.REDIRECT_URI_NOT_ALLOWED) as refusal:
            await start_binding(town.services, caller, "vera", CONTACTS["vera"], "https://evil.example", None, "")
        assert [name for name, _ in refusal().fields] == ["redirect_uri"]


@pytest.mark.rules("I6")
class TestANamedRequest:
    async def test_returns_the_same_attempt(self, town: Town) -> None:
        first = await town.start("vera", request="r1")
        assert await town.start("vera", request="r1") == first

    async def test_returns_the_same_refusal_even_if_the_reason_has_gone(self, town: Town) -> None:
        with refused(Reason.CONTACT_NOT_VERIFIED, "D4") as first:
            await town.start("vera", contact="new@example.org", request="r1")
        town.esia.say("vera", "new@example.org")
        with refused(Reason.CONTACT_NOT_VERIFIED, "D4") as second:
            await town.start("vera", contact="new@example.org", request="r1")
        assert second().metadata == first().metadata
        assert await town.start("vera", contact="new@example.org", request="r2")

    async def test_is_refused_with_other_content(self, town: Town) -> None:
        await town.start("vera", request="r1")
        with refused(Reason.REQUEST_ID_REUSED):
            await town.start("vera", contact=CONTACTS["gleb"], request="r1")

    async def test_is_the_callers_own(self, town: Town) -> None:
        assert (await town.start("vera", request="r1")).id != (await town.start("gleb", request="r1")).id

    @pytest.mark.rules("D1")
    async def test_may_be_repeated_after_the_session_had_ended(self, town: Town) -> None:
        caller = await town.caller("vera")
        town.esia.ended.add(caller.token)
        with refused(Reason.ESIA_SESSION_REQUIRED, "D1") as refusal:
            await town.start("vera", request="r1")
        assert refusal().metadata["cause"] == "ENDED"
        town.esia.ended.clear()
        assert await town.start("vera", request="r1")

    @pytest.mark.rules("D22")
    async def test_may_be_repeated_after_esia_was_down(self, town: Town) -> None:
        town.esia.go_down()
        with refused(Reason.PROVIDER_UNAVAILABLE, "D22") as refusal:
            await town.start("vera", request="r1")
        assert refusal().metadata == {"provider": "ESIA"}
        assert refusal().retry_after_s
        town.esia.come_back()
        assert await town.start("vera", request="r1")

    async def test_may_be_repeated_with_a_token_of_more_scopes(self, town: Town) -> None:
        town.esia.lack_scopes()
        with refused(Reason.ESIA_SCOPE_REQUIRED) as refusal:
            await town.start("vera", request="r1")
        assert refusal().metadata == {"scopes": "email mobile"}
        town.esia.come_back()
        assert await town.start("vera", request="r1")


async def test_keeps_the_policy_under_which_it_began(town: Town) -> None:
    attempt = await town.start("lev", contact=CONTACTS["polina"])
    await town.roster(MunicipalityItem("lenient", "Мягкий", Policy.STRICT))
    assert (await town.attempt(attempt)).policy is Policy.LENIENT
