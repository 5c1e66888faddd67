"""The devices that are pushed to: one subscription each, sealed, and found by a keyed hash of its endpoint.

A device is one browser that shows a session of the page; when it shows it no more, nothing is left here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from runtime.database import sql
from runtime.database.postgres import Pool, transaction
from runtime.keyring import DecryptionError, KeyRing, Sealed
from runtime.logs import logger
from services.notifier.domain.addresses.pushes import (
    LOOKUP,
    PushSubscription,
    sealing_context,
    unpacked,
)
from services.notifier.domain.preferences import Detail

LOG = logger(__name__)
SQL = sql.load("services.notifier.channels.web", "push_subscriptions.sql")


@dataclass(frozen=True)
class Device:
    """One device that is pushed to.

    `box` is its subscription as it is stored, `failing_since` since when it has taken nothing.
    """

    id: UUID
    subscription: PushSubscription
    failing_since: datetime | None
    box: bytes = field(repr=False)


class Subscriptions:
    """The devices of all sessions; `ring` has the keys by which addresses are sealed."""

    def __init__(self, pool: Pool, ring: KeyRing) -> None:
        self._pool = pool
        self._ring = ring

    async def put(self, device: UUID, subscription: PushSubscription) -> bool:
        """Push to a device from now on, and to no other by the same browser; False where it is gone."""
        lookups = self._ring.lookups(LOOKUP, subscription.endpoint)
        sealed = self._ring.seal(subscription.packed(), sealing_context(device))
        async with transaction(self._pool) as connection:
            await connection.execute(SQL["drop_elsewhere"], lookups, device)
            done = await connection.fetchval(SQL["put"], device, lookups[0], sealed.box, sealed.key_id)
        return done is not None

    async def drop(self, device: UUID) -> None:
        """Push to a device no more."""
        await self._pool.execute(SQL["drop"], device)

    async def knows(self, device: UUID, subscription: PushSubscription) -> bool:
        """Tell whether a device is pushed to by this subscription, as far as is known without failure."""
        lookup = await self._pool.fetchval(SQL["lookup_of"], device)
        return lookup in self._ring.lookups(LOOKUP, subscription.endpoint)

    async def detail(self, session: UUID) -> Detail:
        """Return how much may be shown on the devices of a session."""
        return await self._pool.fetchval(SQL["detail_of"], session) or "news"

    async def choose(self, session: UUID, detail: Detail) -> None:
        """Note how much may be shown on the devices of a session."""
        await self._pool.execute(SQL["choose_detail"], session, detail)

    async def of(self, address: str) -> Sequence[Device]:
        """Return the devices of a session, by its address; one that no key opens is passed over."""
        found = []
        for row in await self._pool.fetch(SQL["of_session"], bytes.fromhex(address)):
            try:
                plain = self._ring.open(Sealed(row["key_id"], row["box"]), sealing_context(row["device_id"]))
            except DecryptionError as error:
                LOG.error("a subscription does not open", reason=str(error))  # noqa: TRY400 - the trace says no more
                continue
            found.append(Device(row["device_id"], unpacked(plain), row["failing_since"], row["box"]))
        return found

    async def note(
        self, *, gone: Sequence[Device], took: Sequence[Device], took_nothing: Sequence[Device]
    ) -> None:
        """Note what became of a message at devices; those that are gone are pushed to no more."""
        if gone:
            identities, boxes = [device.id for device in gone], [device.box for device in gone]
            await self._pool.execute(SQL["drop_gone"], identities, boxes)
        for query, devices in (("took", took), ("took_nothing", took_nothing)):
            if devices:
                await self._pool.execute(SQL[query], [device.id for device in devices])
