"""Confirmations in PostgreSQL: found by a secret's digest, sealed, counted before anything is compared."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import asyncpg
from pydantic import TypeAdapter

from runtime.database import sql
from runtime.database.postgres import Connection, Pool
from runtime.keyring import DecryptionError, KeyRing, Sealed
from runtime.logs import logger
from services.notifier.domain.addresses.confirmations import TRIES, Kept, Wish

LOG = logger(__name__)
SQL = sql.load("services.notifier.recipients", "confirmations.sql")
_KEPT: TypeAdapter[Kept] = TypeAdapter(Kept)
_COUNTED = "docwatch/contact"
Period = Literal["hour", "day"]


@dataclass(frozen=True)
class Found:
    """A confirmation that was found: its id, and what is to be confirmed."""

    id: UUID
    kept: Kept


class Confirmations:
    """Rows of confirmations, sealed by the ring of addresses."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    async def keep(
        self, connection: Connection, identity: UUID, secret: str, kept: Kept, life: timedelta
    ) -> None:
        """Keep what waits to be confirmed; only a digest of its secret."""
        sealed = self._ring.seal(_KEPT.dump_json(kept), _context(identity))
        lookup = self._ring.lookup(sealed.key_id, kept.account, kept.address)
        row = (identity, _digest(secret), kept.account, lookup, sealed.key_id, sealed.box, life)
        await connection.execute(SQL["keep"], *row)

    async def find(self, connection: Connection | Pool, secret: str) -> Found | None:
        """Return what a secret leads to; None for any other."""
        return self._opened(await connection.fetchrow(SQL["find"], _digest(secret)))

    async def try_code(self, connection: Connection | Pool, secret: str) -> Found | None:
        """Return the same for a code that is about to be compared, which counts from now on."""
        return self._opened(await connection.fetchrow(SQL["try_code"], _digest(secret), TRIES))

    async def untry(self, connection: Connection | Pool, identity: UUID) -> None:
        """Note that a code was right, so that it does not count."""
        await connection.execute(SQL["untry"], identity)

    async def count(
        self, connection: Connection | Pool, what: str, period: Period, at: datetime, most: int
    ) -> bool:
        """Count one more in this hour or day; False, and nothing counted, where it is too many."""
        scope = self._scope(what)
        return await connection.fetchval(SQL["count"], scope, period, at, most) is not None

    async def uncount(self, connection: Connection | Pool, what: str, period: Period, at: datetime) -> None:
        """Take one back."""
        await connection.execute(SQL["uncount"], self._scope(what), period, at)

    def _scope(self, what: str) -> bytes:
        return self._ring.tags(_COUNTED, what)[0]

    def _opened(self, row: asyncpg.Record | None) -> Found | None:
        if row is None:
            return None
        try:
            opened = self._ring.open(Sealed(row["key_id"], row["box"]), _context(row["id"]))
        except DecryptionError as error:
            LOG.error("a confirmation does not open", reason=str(error))  # noqa: TRY400 - the trace says no more
            return None
        return Found(row["id"], _KEPT.validate_json(opened))


def owner_of(kept: Wish, inviter: UUID | None) -> str:
    """Return for whom it is counted what somebody asks for: their links together, each receipt alone."""
    return f"receipt {kept.secret}" if inviter is None else f"person {inviter}"


def resealed(ring: KeyRing, identity: UUID, account: str, sealed: Sealed) -> tuple[Sealed, bytes]:
    """Return a box under the current key, with the look-up value of its address; raise DecryptionError."""
    opened = ring.open(sealed, _context(identity))
    address = _KEPT.validate_json(opened).address
    return ring.seal(opened, _context(identity)), ring.lookup(ring.current, account, address)


def _context(identity: UUID) -> bytes:
    """Return what binds a box to its row."""
    return b"confirmation" + identity.bytes


def _digest(secret: str) -> bytes:
    """Return what is kept of a secret, which has 128 random bits."""
    return hashlib.sha256(secret.encode()).digest()
