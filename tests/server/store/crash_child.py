"""Claims for ever on the database named on the command line, and prints each answer; the test kills it."""

import asyncio
import sys
from pathlib import Path

from binding_server.domain.model import Role
from binding_server.domain.roster import AccountItem, PersonItem
from binding_server.store.sqlite import SqliteStore
from binding_server.store.vault import Vault
from samples import DIRECTORY, NOON, SECRET, Records, key, parents_chat, pupils_chat

CALLERS = 32
EACH = 2000


async def caller(records: Records, number: int) -> None:
    for turn in range(EACH):
        person = f"p{number}-{turn}"
        await records.store.apply_roster(
            [PersonItem(person, None, person), AccountItem(f"{person}-pupil", person, Role.PUPIL, False)], NOON
        )
        claim = records.claim(
            f"{person}-pupil",
            f"{number}{turn:06}",
            pupils_chat(f"a-{person}"),
            parents_chat(f"b-{person}"),
            request=key(person),
            person_id=person,
        )
        await records.store.claim(claim)
        print(claim.binding.id, flush=True)


async def main(path: Path) -> None:
    vault = Vault(SECRET)
    store = SqliteStore.open(path, vault)
    await store.apply_roster(DIRECTORY, NOON)
    records = Records(store, vault)
    await asyncio.gather(*(caller(records, number) for number in range(CALLERS)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
