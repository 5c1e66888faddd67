"""People whom two messengers reach, put on the record of a notifier.

What a citizen does for it is to open, in the other messenger, a link that works once; here the record is
written as that writes it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from nats.aio.client import Client

from contracts.messages.ids import RecipientId
from runtime.clock import SystemClock
from runtime.database.outbox import Outbox
from runtime.database.postgres import Pool, transaction
from runtime.keyring import KeyRing, parse_keys
from runtime.messaging.stream_writer import StreamWriter
from services.notifier.delivery.joining import become
from services.notifier.delivery.store import Store
from services.notifier.metrics import Metrics
from services.notifier.recipients.addresses import PURPOSE, Recipients


@dataclass(frozen=True)
class Address:
    """Where an account reaches somebody."""

    account: str
    address: str


@dataclass(frozen=True)
class Record:
    """A notifier's record of people; `keys` are its encryption keys."""

    pool: Pool
    keys: str

    async def person(self, first: Address, *others: Address, language: str = "uk") -> RecipientId:
        """Return who has consented and has these addresses, in this order; on record from now on."""
        stays = await self._met(first, language)
        store = Store(self.pool, Outbox(self.pool, StreamWriter(Client()), SystemClock()), Metrics())
        for other in others:
            joins = await self._met(other, language)
            async with store.unit() as unit:
                preferences, now = self._of(first).preferences, datetime.now(UTC)
                assert await become(store, preferences, unit, [joins], stays, twice={}, at=now)
        return stays

    async def people(self, routes: Sequence[Sequence[Address]]) -> list[RecipientId]:
        """Put several people on record."""
        return [await self.person(*route) for route in routes]

    async def _met(self, where: Address, language: str) -> RecipientId:
        recipients, now = self._of(where), datetime.now(UTC)
        async with transaction(self.pool) as connection:
            known = await recipients.find(connection, where.address)
            person = (await recipients.put(connection, known, where.address, now)).recipient_id
            await recipients.consent(connection, person, now, 1, language)
        return person

    def _of(self, where: Address) -> Recipients:
        return Recipients(where.account, KeyRing(parse_keys(self.keys), PURPOSE))
