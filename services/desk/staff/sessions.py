"""Sessions of staff and the browsers that they sign in from: a row each, under the digest of a cookie."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from runtime.clock import Clock
from runtime.database import sql
from runtime.database.postgres import AnyConnection, Pool
from runtime.keyring import Sealed
from services.desk.domain.signing_in import WINDOW, Stage, Terms
from services.desk.staff.accounts import Account, account_of

SQL = sql.load("services.desk.staff", "sessions.sql")
MOST_SESSIONS, MOST_DEVICES = 10, 20
"""So many of one member of staff; whoever signs in once more ends the oldest."""
DEVICE_KEPT = timedelta(days=180)
TOUCH_AFTER = timedelta(seconds=30)
PURGED = 1000
COOKIE_LETTERS = 43


@dataclass(frozen=True, slots=True)
class Session:
    """A session that a cookie opens: how far the sign-in is, whose, and the second factor to set up."""

    id: UUID
    stage: Stage
    begun_at: datetime
    seen_at: datetime
    ends_at: datetime
    account: Account
    proposed: Sealed | None


@dataclass(frozen=True, slots=True)
class Place:
    """One of the places where somebody is signed in."""

    id: UUID
    begun_at: datetime
    seen_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Sessions:
    """The sessions of one desk."""

    pool: Pool
    clock: Clock
    terms: Terms = field(default_factory=Terms)

    async def begin(self, connection: AnyConnection, staff_id: UUID, stage: Stage) -> str:
        """Begin a session and return its cookie, which is kept nowhere."""
        cookie, now = _secret(), self.clock.now()
        values = (uuid4(), _digest(cookie), staff_id, stage, now, self.terms.end(stage, now))
        await connection.execute(SQL["begin"], *values)
        await self._crop(connection, staff_id, stage)
        return cookie

    async def opened_by(self, cookie: str) -> Session | None:
        """Return the session that a cookie opens, as long as it is good."""
        if len(cookie) != COOKIE_LETTERS:
            return None
        now = self.clock.now()
        row = await self.pool.fetchrow(SQL["opened"], _digest(cookie), now)
        if row is None or not self.terms.good(row["seen_at"], row["ends_at"], now):
            return None
        proposed = None if row["secret"] is None else Sealed(row["secret_key_id"], row["secret"])
        rest = {name: row[name] for name in ("stage", "begun_at", "seen_at", "ends_at")}
        return Session(id=row["session_id"], account=account_of(row), proposed=proposed, **rest)

    async def still(self, session: Session) -> bool:
        """Tell whether an open session is good yet, and whose it is may do what they might then."""
        row = await self.pool.fetchrow(SQL["still"], session.id, sorted(session.account.viewer.roles))
        return row is not None and self.terms.good(row["seen_at"], row["ends_at"], self.clock.now())

    async def touch(self, session: Session) -> None:
        """Note that a session is used."""
        now = self.clock.now()
        if now - session.seen_at >= TOUCH_AFTER:
            await self.pool.execute(SQL["touch"], session.id, now)

    async def advance(self, connection: AnyConnection, session: Session, stage: Stage) -> str | None:
        """Bring a session to another stage under a new cookie; None where somebody else did."""
        cookie, now = _secret(), self.clock.now()
        ends = self.terms.end(stage, now)
        advanced = await connection.fetchval(
            SQL["advance"], session.id, session.stage, _digest(cookie), stage, now, ends
        )
        await self._crop(connection, session.account.id, stage)
        return None if advanced is None else cookie

    async def _crop(self, connection: AnyConnection, staff_id: UUID, stage: Stage) -> None:
        # Of others there are as few as attempts; whoever knows a password alone ends nobody's sign-in.
        if stage == "open":
            await connection.execute(SQL["crop"], staff_id, MOST_SESSIONS)

    async def propose(self, session: Session, secret: Sealed) -> None:
        """Keep the second factor that is being set up, where there is none yet."""
        await self.pool.execute(SQL["propose"], session.id, secret.box, secret.key_id)

    async def places(self, staff_id: UUID) -> Sequence[Place]:
        """Return where somebody is signed in, the newest first."""
        now = self.clock.now()
        return [
            Place(**row) for row in await self.pool.fetch(SQL["of"], staff_id, now, now - self.terms.idle)
        ]

    async def end(self, connection: AnyConnection | Pool, staff_id: UUID, session_id: UUID) -> bool:
        """End one session of somebody; tell whether it was theirs."""
        return await connection.fetchval(SQL["end"], session_id, staff_id) is not None

    async def end_others(self, connection: AnyConnection, session: Session) -> int:
        """End all sessions of somebody but this one; return how many."""
        return len(await connection.fetch(SQL["end_others"], session.account.id, session.id))

    async def number(self) -> int:
        """Return how many are signed in."""
        now = self.clock.now()
        found: int = await self.pool.fetchval(SQL["number"], now, now - self.terms.idle)
        return found

    async def know(self, connection: AnyConnection, staff_id: UUID, cookie: str | None) -> str:
        """Note a browser from which somebody signed in; return its cookie, which no two people share."""
        if cookie is None or not await self.knows(staff_id, cookie):
            cookie = _secret()
        await connection.execute(SQL["know"], _digest(cookie), staff_id, self.clock.now())
        await connection.execute(SQL["crop_devices"], staff_id, MOST_DEVICES)
        return cookie

    async def knows(self, staff_id: UUID, cookie: str | None) -> bool:
        """Tell whether somebody signed in from a browser before."""
        if cookie is None or len(cookie) != COOKIE_LETTERS:
            return False
        since = self.clock.now() - DEVICE_KEPT
        return await self.pool.fetchval(SQL["knows"], _digest(cookie), staff_id, since) is not None

    async def purge(self) -> int:
        """Remove at most PURGED of each kind of what is over; return how many of the largest."""
        now = self.clock.now()
        olds = {
            "purge_sessions": now,
            "purge_devices": now - DEVICE_KEPT,
            "purge_attempts": now - 2 * WINDOW,
        }
        gone = [await self.pool.execute(SQL[name], old, PURGED) for name, old in olds.items()]
        return max(int(done.rpartition(" ")[2]) for done in gone)


def _secret() -> str:
    return secrets.token_urlsafe(32)


def _digest(cookie: str) -> bytes:
    return hashlib.sha256(b"docwatch/staff/cookie/" + cookie.encode("utf-8", "replace")).digest()
