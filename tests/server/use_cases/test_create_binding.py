"""Binding in one call, with a code that the caller brings."""

import pytest
from binding_server.domain.reasons import Reason
from binding_server.domain.refusal import Refusal
from binding_server.use_cases.create_binding import create_binding
from binding_server.use_cases.identity_ports import ProviderUnavailable, VkProfile, VkRefused
from binding_server.use_cases.outcomes import Completion

from .cast import CONTACTS, PARENT, REDIRECT, profile
from .expect import refused
from .town import Town

VERIFIER = "v" * 43


async def create(
    town: Town,
    name: str,
    answer: VkProfile | BaseException | None = None,
    *,
    code: str = "c1",
    account: str = "",
    contact: str = "",
    verifier: str = VERIFIER,
    request: str = "",
) -> Completion:
    """Binds; `answer` is what VK ID says to the code."""
    if answer:
        town.vk.yields[code] = answer
    caller = await town.caller(name)
    stated = contact or CONTACTS[name]
    return await create_binding(
        town.services, caller, account or name, stated, code, verifier, REDIRECT, "device", None, request
    )


async def test_binds_with_the_callers_own_verifier(town: Town) -> None:
    done = await create(town, "vera", profile("vera", PARENT))
    assert done.binding is not None
    assert town.vk.received == [("c1", VERIFIER)]
    assert await town.is_bound("vera")


@pytest.mark.rules("D5", "D7")
async def test_refuses_a_foreign_contact_and_leaves_the_code_good(town: Town) -> None:
    with refused(Reason.CONTACT_NOT_OWNED, "D7"):
        await create(town, "vera", profile("vera", PARENT), contact=CONTACTS["kira"])
    assert (await create(town, "vera")).binding
    assert town.vk.codes == ["c1"]


@pytest.mark.rules("D1")
async def test_leaves_the_code_good_when_the_session_has_ended(town: Town) -> None:
    token = (await town.caller("vera")).token
    town.esia.ended.add(token)
    with refused(Reason.ESIA_SESSION_REQUIRED, "D1"):
        await create(town, "vera", profile("vera", PARENT), request="r1")
    town.esia.ended.clear()
    assert (await create(town, "vera", request="r1")).binding


@pytest.mark.rules("D22")
async def test_leaves_the_code_good_when_vk_id_could_not_be_reached(town: Town) -> None:
    with refused(Reason.PROVIDER_UNAVAILABLE, "D22"):
        await create(town, "vera", ProviderUnavailable("VK_ID", sent=False))
    assert (await create(town, "vera", profile("vera", PARENT))).binding


@pytest.mark.rules("D22", "D21")
async def test_asks_for_a_new_sign_in_when_the_code_was_sent_in_vain(town: Town) -> None:
    with refused(Reason.PROVIDER_UNAVAILABLE, "D22") as refusal:
        await create(town, "vera", ProviderUnavailable("VK_ID", sent=True), request="r1")
    assert "authorization_uri" not in refusal().metadata
    for request in ("r1", "r2", ""):
        with refused(Reason.VK_AUTH_FAILED, "D21"):
            await create(town, "vera", request=request)
    assert town.vk.codes == ["c1"]
    assert (await create(town, "vera", profile("vera", PARENT), code="c2")).binding


@pytest.mark.rules("D21")
@pytest.mark.parametrize(("account", "verifier"), [("zhanna-parent", VERIFIER), ("zhanna", "w" * 43)])
async def test_sends_no_code_twice_even_with_other_content(town: Town, account: str, verifier: str) -> None:
    with refused(Reason.VK_AUTH_FAILED, "D21"):
        await create(town, "zhanna", VkRefused("invalid_grant"))
    with refused(Reason.VK_AUTH_FAILED, "D21"):
        await create(town, "zhanna", request="r2", account=account, verifier=verifier)
    assert town.vk.codes == ["c1"]


@pytest.mark.rules("I6")
class TestARepeat:
    @pytest.mark.parametrize("request_id", ["", "r1"])
    async def test_returns_the_same_binding(self, town: Town, request_id: str) -> None:
        first = await create(town, "vera", profile("vera", PARENT), request=request_id)
        assert await create(town, "vera", request=request_id) == first
        assert town.vk.codes == ["c1"]

    @pytest.mark.parametrize("request_id", ["", "r1"])
    async def test_returns_the_same_refusal(self, town: Town, request_id: str) -> None:
        refusals: list[Refusal] = []
        for answer in (profile("kira", PARENT), None):
            with refused(Reason.VK_PROFILE_NOT_OWNED, "D17") as refusal:
                await create(town, "vera", answer, request=request_id)
            refusals.append(refusal())
        assert refusals[0].metadata == refusals[1].metadata
        assert town.vk.codes == ["c1"]

    async def test_keeps_a_refusal_of_the_contact_under_its_name(self, town: Town) -> None:
        for _ in range(2):
            with refused(Reason.CONTACT_NOT_VERIFIED, "D4"):
                await create(town, "vera", profile("vera", PARENT), contact="new@example.org", request="r1")
            town.esia.say("vera", "new@example.org")

    async def test_is_refused_with_other_content_under_the_same_name(self, town: Town) -> None:
        await create(town, "vera", profile("vera", PARENT), request="r1")
        with refused(Reason.REQUEST_ID_REUSED):
            await create(town, "vera", profile("vera", PARENT), code="c2", request="r1")


async def test_checks_account_and_address_as_a_start_does(town: Town) -> None:
    with refused(Reason.ACCOUNT_NOT_ACCESSIBLE):
        await create(town, "vera", profile("vera", PARENT), account="gleb")
    caller = await town.caller("vera")
    with refused(Reason.REDIRECT_URI_NOT_ALLOWED):
        await create_binding(
            town.services, caller, "vera", CONTACTS["vera"], "c1", VERIFIER, "https://evil.example", "d", None, ""
        )
