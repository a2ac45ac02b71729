"""What live reads of ESIA teach about who uses a contact."""

from binding_server.domain.roster import ContactItem
from binding_server.store.store import SqlStore
from binding_server.store.vault import Vault
from binding_server.use_cases.records import ContactUser

from .samples import Records, after, phone


async def test_it_notes_what_nobody_was_known_to_use(store: SqlStore, vault: Vault) -> None:
    first, second = phone(1, vault), phone(2, vault)
    await store.record_esia_uses("vera", [first, second], after(1))
    assert await store.users_of([first, second]) == {
        first: ContactUser("vera", "ESIA"),
        second: ContactUser("vera", "ESIA"),
    }


async def test_it_leaves_a_school_s_record_alone(store: SqlStore, vault: Vault) -> None:
    digest = phone(1, vault)
    await store.apply_roster([ContactItem("anya", digest, False)], after(1))
    await store.record_esia_uses("vera", [digest], after(2))
    assert await store.users_of([digest]) == {digest: ContactUser("anya", "SCHOOL")}
    await store.record_esia_uses("anya", [digest], after(3))
    assert await store.users_of([digest]) == {digest: ContactUser("anya", "SCHOOL")}


async def test_it_moves_from_one_person_of_esia_to_another(store: SqlStore, vault: Vault, records: Records) -> None:
    digest = phone(1, vault)
    await store.record_esia_uses("kira", [digest], after(1))
    await store.record_esia_uses("vera", [digest], after(2))
    assert await store.users_of([digest]) == {digest: ContactUser("vera", "ESIA")}
    history = await records.rows("SELECT person_id, valid_to IS NULL AS current FROM contact_use ORDER BY id")
    assert history == [{"person_id": "kira", "current": 0}, {"person_id": "vera", "current": 1}]


async def test_it_ends_what_the_person_no_longer_has(store: SqlStore, vault: Vault) -> None:
    first, second = phone(1, vault), phone(2, vault)
    await store.record_esia_uses("vera", [first, second], after(1))
    await store.record_esia_uses("vera", [second], after(2))
    assert await store.users_of([first, second]) == {second: ContactUser("vera", "ESIA")}
    await store.record_esia_uses("vera", [], after(3))
    assert await store.users_of([first, second]) == {}


async def test_it_writes_nothing_when_nothing_is_new(store: SqlStore, vault: Vault, records: Records) -> None:
    await store.record_esia_uses("vera", [phone(1, vault)], after(1))
    await store.record_esia_uses("vera", [phone(1, vault)], after(2))
    assert len(await records.rows("SELECT id FROM contact_use")) == 1
