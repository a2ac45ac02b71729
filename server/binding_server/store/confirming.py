"""The parts of `ports.Store` that confirm contacts, count limits and forget what is old, over an engine."""

from collections.abc import Collection, Mapping
from datetime import datetime

from binding_server.domain.contact_codes import Wait
from binding_server.domain.limits import Limit
from binding_server.store import contact_codes, contacts, limits, retention
from binding_server.store.followed import FollowedStore
from binding_server.use_cases.contact_ports import Confirmation
from binding_server.use_cases.records import AuditEntry, ContactUser


class ConfirmingStore(FollowedStore):
    """What each method means is said in `ports`, `contact_ports` and `limit_ports`."""

    async def users_of(self, digests: Collection[bytes]) -> Mapping[bytes, ContactUser]:
        """Returns who uses each contact now."""
        return await self._engine.read(lambda c: contacts.users_of(c, digests))

    async def record_esia_uses(self, person_id: str, digests: Collection[bytes], now: datetime) -> None:
        """Notes contacts verified at ESIA as the person's; costs no write if they are known already."""
        if await self._engine.read(lambda c: contacts.esia_news(c, person_id, digests)):
            await self._engine.write(lambda c: contacts.record_esia_uses(c, person_id, digests, now))

    async def esia_takes(self, person_id: str, digests: Collection[bytes]) -> Collection[bytes]:
        """Returns which contacts, verified at ESIA, would come to be the person's by a live read."""
        return (await self._engine.read(lambda c: contacts.esia_news(c, person_id, digests))).begun

    async def add_contact_code(self, person_id: str, contact: bytes, code: bytes, now: datetime) -> int | Wait:
        """Notes a code that is about to be sent; or says what limit stands against it."""
        return await self._engine.write(lambda c: contact_codes.add_code(c, person_id, contact, code, now))

    async def contact_code_sent(self, number: int, audit: AuditEntry) -> None:
        """Notes that a code went out."""
        await self._engine.write(lambda c: contact_codes.code_sent(c, number, audit))

    async def drop_contact_code(self, number: int) -> None:
        """Forgets a code that did not go out."""
        await self._engine.write(lambda c: contact_codes.drop_code(c, number))

    async def confirm_contact(
        self, person_id: str, contact: bytes, code: bytes, now: datetime, audit: AuditEntry
    ) -> Confirmation:
        """Tries a code."""
        return await self._engine.write(lambda c: contact_codes.confirm(c, person_id, contact, code, now, audit))

    async def forget_contact_codes(self, before: datetime, limit: int) -> int:
        """Forgets codes from before a time. Returns how many."""
        return await self._engine.write(lambda c: contact_codes.forget(c, before, limit))

    async def use_limit(self, kind: str, subject: str, limit: Limit, now: datetime, uses: int = 1) -> datetime | None:
        """Counts uses; where none is left, writes nothing and returns until when."""
        until = await self._engine.read(lambda c: limits.reached(c, kind, subject, limit, now))
        if until is not None:
            return until
        return await self._engine.write(lambda c: limits.use(c, kind, subject, limit, now, uses))

    async def limit_reached(self, kind: str, subject: str, limit: Limit, now: datetime) -> datetime | None:
        """Returns until when a limit is used up."""
        return await self._engine.read(lambda c: limits.reached(c, kind, subject, limit, now))

    async def forget_limits(self, before: datetime, limit: int) -> int:
        """Forgets counters that were begun before a time. Returns how many."""
        return await self._engine.write(lambda c: limits.forget(c, before, limit))

    async def forget_requests(self, before: datetime, limit: int) -> int:
        """Forgets what named requests led to. Returns how many."""
        return await self._engine.write(lambda c: retention.forget_requests(c, before, limit))

    async def forget_records(self, before: datetime, limit: int) -> int:
        """Forgets audit records and decisions. Returns how many."""
        return await self._engine.write(lambda c: retention.forget_records(c, before, limit))
