"""Rosters: upserts, their outcomes, contacts that schools record."""

from dataclasses import replace
from typing import Any

import pytest
from binding_server.domain.model import DutyKind, Policy, Role
from binding_server.domain.roster import (
    AccountItem,
    ContactItem,
    DutyItem,
    EnrolmentItem,
    GuardianshipItem,
    MunicipalityItem,
    OrganisationItem,
    PersonItem,
    RosterItem,
    RosterOutcome,
    SchoolClassItem,
)
from binding_server.store.store import SqlStore
from binding_server.store.vault import Vault
from binding_server.use_cases.records import ContactUser

from .samples import DIRECTORY, after, phone


async def changes(store: SqlStore, *items: RosterItem, at: float = 1) -> list[str]:
    return [str(outcome.change) for outcome in await store.apply_roster(items, after(at))]


async def test_it_changes_nothing_the_second_time(store: SqlStore) -> None:
    assert set(await changes(store, *DIRECTORY)) == {"UNCHANGED"}


@pytest.mark.parametrize(
    "item",
    [
        MunicipalityItem("ekaterinburg", "Екатеринбург", Policy.ROLE_ONLY),
        OrganisationItem("s5", "tagil", "Школа № 5", "SCHOOL"),
        SchoolClassItem("s5-5a", "s5", 2026, "5-А"),
        PersonItem("gleb", 104, "Воронов Глеб"),
        PersonItem("vera", None, "Воронова Вера"),
        AccountItem("vera-parent", "vera", Role.PARENT, True),
        EnrolmentItem("anya", "s5-5a", True),
        GuardianshipItem("vera", "anya", "LEGAL_REPRESENTATIVE", False),
        DutyItem("zhanna", "s5", DutyKind.OPERATOR, None, True),
        DutyItem("zhanna", "s5", DutyKind.CLASS_TEACHER, "s5-5a", True),
    ],
    ids=str,
)
async def test_it_updates_what_differs(store: SqlStore, item: RosterItem) -> None:
    assert await changes(store, item, item) == ["UPDATED", "UNCHANGED"]


@pytest.mark.parametrize(
    "item",
    [
        EnrolmentItem("anya", "s5-5a", True),
        GuardianshipItem("vera", "anya", "PARENT", True),
        DutyItem("zhanna", "s5", DutyKind.CLASS_TEACHER, "s5-5a", True),
    ],
    ids=str,
)
async def test_it_ends_and_begins_again(store: SqlStore, item: Any) -> None:
    assert await changes(store, item, item, replace(item, ended=False)) == ["UPDATED", "UNCHANGED", "UPDATED"]


async def test_it_does_nothing_to_end_what_never_was(store: SqlStore) -> None:
    assert await changes(
        store, EnrolmentItem("anya", "s5-9b", True), GuardianshipItem("kira", "anya", "PARENT", True)
    ) == ["UNCHANGED", "UNCHANGED"]


@pytest.mark.parametrize(
    ("item", "field"),
    [
        (OrganisationItem("s9", "nowhere", "Школа", "SCHOOL"), "municipality_id"),
        (SchoolClassItem("x", "nowhere", 2026, "1"), "organisation_id"),
        (AccountItem("x", "nobody", Role.PUPIL, False), "person_id"),
        (EnrolmentItem("nobody", "s5-5a", False), "person_id"),
        (EnrolmentItem("anya", "nowhere", False), "class_id"),
        (GuardianshipItem("nobody", "anya", "PARENT", False), "guardian_id"),
        (GuardianshipItem("vera", "nobody", "PARENT", False), "pupil_id"),
        (DutyItem("nobody", "s5", DutyKind.TEACHER, None, False), "person_id"),
        (DutyItem("vera", "nowhere", DutyKind.TEACHER, None, False), "organisation_id"),
        (DutyItem("vera", "s5", DutyKind.CLASS_TEACHER, "nowhere", False), "class_id"),
        (ContactItem("nobody", b"d", False), "person_id"),
    ],
    ids=str,
)
async def test_it_names_a_reference_that_leads_nowhere(store: SqlStore, item: RosterItem, field: str) -> None:
    assert await store.apply_roster([item], after(1)) == [RosterOutcome("FAILED", field, "unknown")]  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("item", "field"),
    [
        (PersonItem("gleb", 103, "Воронов Глеб"), "esia_oid"),
        (AccountItem("another", "vera", Role.PARENT, False), "role"),
        (AccountItem("vera-parent", "kira", Role.PARENT, False), "id"),
        (AccountItem("vera-parent", "vera", Role.STAFF, False), "id"),
    ],
    ids=str,
)
async def test_it_names_a_key_that_is_taken(store: SqlStore, item: RosterItem, field: str) -> None:
    assert await store.apply_roster([item], after(1)) == [RosterOutcome("FAILED", field, "taken")]  # pyright: ignore[reportArgumentType]


async def test_it_goes_on_after_a_failed_item(store: SqlStore) -> None:
    items = [
        PersonItem("egor", 103, "Егор"),
        EnrolmentItem("egor", "s5-5a", False),
        PersonItem("egor", 108, "Егор"),
        EnrolmentItem("egor", "s5-5a", False),
    ]
    assert await changes(store, *items) == ["FAILED", "FAILED", "CREATED", "CREATED"]


class TestRecordedContacts:
    async def test_it_records_a_school_s_contact(self, store: SqlStore, vault: Vault) -> None:
        digest = phone(103, vault)
        item = ContactItem("vera", digest, False)
        assert await changes(store, item, item) == ["CREATED", "UNCHANGED"]
        assert await store.users_of([digest, phone(999, vault)]) == {digest: ContactUser("vera", "SCHOOL")}

    async def test_it_moves_to_the_newest_person(self, store: SqlStore, vault: Vault) -> None:
        digest = phone(103, vault)
        assert await changes(store, ContactItem("vera", digest, False), ContactItem("anya", digest, False)) == [
            "CREATED",
            "UPDATED",
        ]
        assert (await store.users_of([digest]))[digest].person_id == "anya"

    async def test_it_takes_a_contact_over_from_esia(self, store: SqlStore, vault: Vault) -> None:
        digest = phone(103, vault)
        await store.record_esia_uses("kira", [digest], after(1))
        assert await changes(store, ContactItem("vera", digest, False)) == ["UPDATED"]
        assert await store.users_of([digest]) == {digest: ContactUser("vera", "SCHOOL")}

    async def test_it_ends_for_the_user_only(self, store: SqlStore, vault: Vault) -> None:
        digest = phone(103, vault)
        await changes(store, ContactItem("vera", digest, False))
        assert await changes(store, ContactItem("anya", digest, True)) == ["UNCHANGED"]
        assert await changes(store, ContactItem("vera", digest, True)) == ["UPDATED"]
        assert await store.users_of([digest]) == {}
