"""Attempts to sign in, charged before anything is looked at and given back where they were right.

Three counts, so that nobody locks anybody out: a browser from which somebody signed in before has one of its
own, everybody else who tries an account shares one, and so does everybody of one network. An account that
does not exist is counted like one that does.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from runtime.clock import Clock
from runtime.database import sql
from runtime.database.postgres import Pool
from services.desk.domain.signing_in import OF_ACCOUNT, OF_DEVICE, OF_SOURCE, Limit

SQL = sql.load("services.desk.staff", "attempts.sql")


@dataclass(frozen=True, slots=True)
class Charged:
    """What an attempt was charged to: counts that others share, and one of whoever tries this account.

    `allowed` is False where one of them is used up.
    """

    allowed: bool
    shared: Sequence[bytes] = ()
    own: Sequence[bytes] = ()


@dataclass(frozen=True)
class Attempts:
    """The attempts at one desk."""

    pool: Pool
    clock: Clock

    async def charge(self, what: str, login: str, *, device: str | None, source: str | None) -> Charged:
        """Charge an attempt at `what` (`password`, `factor`).

        Args:
            what: the step; each is counted by itself.
            login: whose account, whether there is one or not.
            device: the cookie of a browser from which its owner signed in before; None for any other.
            source: the network; None where that is not known.
        """
        if device is not None:
            return await self._charged(None, (_key(what, "device", login, device), OF_DEVICE))
        return await self._charged(source, (_key("account", what, login), OF_ACCOUNT))

    async def charge_source(self, source: str | None) -> Charged:
        """Charge an attempt that names no account."""
        return await self._charged(source, None)

    async def refund(self, *charged: Charged) -> None:
        """Take attempts back that were right."""
        await self._refund([key for one in charged for key in (*one.shared, *one.own)])

    async def refund_shared(self, charged: Charged) -> None:
        """Take an attempt back that was right as far as it went, but from the count of the account."""
        await self._refund(list(charged.shared))

    async def refund_account(self, what: str, login: str) -> None:
        """Take the attempt at an account back that led in at last."""
        await self._refund([_key("account", what, login)])

    async def _refund(self, keys: Sequence[bytes]) -> None:
        await self.pool.execute(SQL["refund"], keys)

    async def _charged(self, source: str | None, own: tuple[bytes, Limit] | None) -> Charged:
        shared = [] if source is None else [_key("source", source)]
        # First: whoever used up what a network has spends nothing of an account's.
        if shared and not await self._within(shared[0], OF_SOURCE):
            return Charged(allowed=False)
        if own is not None and not await self._within(*own):
            return Charged(allowed=False)
        return Charged(allowed=True, shared=shared, own=[] if own is None else [own[0]])

    async def _within(self, key: bytes, limit: Limit) -> bool:
        now = self.clock.now()
        count: int = await self.pool.fetchval(SQL["charge"], key, now, now - limit.within)
        return count <= limit.most


def _key(*parts: str) -> bytes:
    framed = b"".join(len(part).to_bytes(4, "big") + part.encode("utf-8", "replace") for part in parts)
    return hashlib.sha256(b"docwatch/staff/attempts/" + framed).digest()
