"""Sessions of the citizen's page: one address each, shown by some browsers, each with a cookie of its own.

A cookie is 256 random bits, and only its hash is kept: nobody who reads the database can open a page.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from contracts.lookalikes import compact
from contracts.typed_code import ALPHABET
from runtime.database import sql
from runtime.database.postgres import Connection, Pool, transaction
from runtime.keyring import KeyRing

SQL = sql.load("services.notifier.channels.web", "sessions.sql")

_COOKIE_BYTES = 32
_COOKIE = re.compile(r"[A-Za-z0-9_-]{43}")
PASS_LIFE = timedelta(minutes=10)
MOST_DEVICES = 8
_PASS_LENGTH = 10
"""50 random bits, for some minutes and against a limit of tries."""
_LONGEST_TYPED = 64
_TYPED = str.maketrans({"O": "0", "I": "1", "L": "1", "З": "3"})
_PURPOSE = "page_pass"


@dataclass(frozen=True)
class Session:
    """A session as one of its browsers opened it.

    `address` is what the account `web` knows it by, `address_id` that address on record, None for a guest.
    `absent`: nobody had looked at it for so long that nothing was sent there any more. `stale`: it is time to
    note that somebody looks.
    """

    id: UUID
    device_id: UUID
    address: str
    address_id: UUID | None
    language: str | None
    absent: bool = False
    stale: bool = False


class Sessions:
    """The sessions of every process; `ring` keys the codes by which one is brought to another browser."""

    def __init__(self, pool: Pool, ring: KeyRing) -> None:
        self._pool = pool
        self._ring = ring

    async def begin(self, language: str, spare: str | None = None) -> tuple[Session, str]:
        """Begin a session of nobody's; return it and the cookie that opens it.

        That is `spare` where the browser has one already: whoever begins by it again is in the same session.
        """
        cookie = spare or new_cookie()
        digest = _digest(cookie)
        session = Session(uuid4(), uuid4(), digest.hex(), None, language)
        row = (session.id, digest, language, session.device_id)
        if await self._pool.fetchval(SQL["begin"], *row):
            return session, cookie
        there = await self.opened_by(cookie)
        return await self.begin(language) if there is None else (there, cookie)

    async def opened_by(self, cookie: str) -> Session | None:
        """Return the session that a cookie opens; None for any that opens none."""
        if not self.is_cookie(cookie):
            return None
        row = await self._pool.fetchrow(SQL["of_device"], _digest(cookie))
        if row is None:
            return None
        return Session(
            row["id"],
            row["device_id"],
            row["digest"].hex(),
            row["address_id"],
            row["language"],
            absent=row["absent"],
            stale=row["stale"],
        )

    async def renew(self, session: Session, spare: str | None = None) -> str:
        """Give its browser another cookie, `spare` if it has one, and have no other show it; return it."""
        cookie = await self._free(spare, session)
        async with transaction(self._pool) as connection:
            await _shut(connection, session)
            await connection.execute(SQL["renew"], session.device_id, _digest(cookie))
        return cookie

    async def touch(self, session: Session) -> None:
        """Note that somebody looks at it now."""
        await self._pool.execute(SQL["touch"], session.id, session.device_id)

    async def speak(self, session: Session, language: str) -> None:
        """Note the language that somebody chose before they are on record."""
        await self._pool.execute(SQL["speak"], session.id, language)

    async def shown_by(self, session: Session) -> bool:
        """Tell whether its browser still shows it."""
        shown: bool = await self._pool.fetchval(SQL["shown_by"], session.id, session.device_id)
        return shown

    async def leave(self, session: Session) -> None:
        """Have the browser show it no more; codes that were given out end."""
        async with transaction(self._pool) as connection:
            await connection.execute(SQL["leave"], session.id, session.device_id)
            await connection.execute(SQL["forget_passes"], session.id)

    async def leave_others(self, session: Session) -> None:
        """Have all other browsers show it no more, nor any that brings a code that was given out before."""
        async with transaction(self._pool) as connection:
            await _shut(connection, session)

    async def devices(self, session: Session) -> int:
        """Return how many browsers show it."""
        count: int = await self._pool.fetchval(SQL["count_devices"], session.id)
        return count

    async def give_pass(self, session: Session) -> str | None:
        """Return a code that opens it in one more browser, once and for ten minutes; those before end.

        None for a guest's, whoever it becomes then, and where its browser shows it no more.
        """
        code = "".join(secrets.choice(ALPHABET) for _ in range(_PASS_LENGTH))
        lookup = self._ring.lookup(self._ring.current, _PURPOSE, code)
        async with transaction(self._pool) as connection:
            await connection.execute(SQL["forget_passes"], session.id)
            row = (lookup, session.id, PASS_LIFE, session.device_id)
            given = await connection.fetchval(SQL["give_pass"], *row)
        return code if given else None

    async def use_pass(self, typed: str, spare: str | None = None) -> tuple[Session, str] | None:
        """Use a code up, however it is typed; return the session and this browser's own cookie.

        That is `spare` where it has one. None for a code that does not work, and where as many browsers show
        the session as may.
        """
        code = _plain(typed)
        if len(code) != _PASS_LENGTH:
            return None
        cookie, device = await self._free(spare), uuid4()
        lookups = self._ring.lookups(_PURPOSE, code)
        row = await self._pool.fetchrow(SQL["use_pass"], lookups, device, _digest(cookie), MOST_DEVICES)
        if row is None:
            return None
        session = Session(row["id"], device, row["digest"].hex(), row["address_id"], row["language"])
        return session, cookie

    async def _free(self, spare: str | None, session: Session | None = None) -> str:
        """Return a cookie for a browser: `spare`, unless it opens another session than this already."""
        there = None if spare is None else await self.opened_by(spare)
        own = there is None or (session is not None and there.device_id == session.device_id)
        return spare if spare is not None and own else new_cookie()

    @staticmethod
    def is_cookie(text: str) -> bool:
        """Tell whether a text has the form of our cookies."""
        return _COOKIE.fullmatch(text) is not None


def new_cookie() -> str:
    """Return the secret of one browser."""
    return secrets.token_urlsafe(_COOKIE_BYTES)


async def _shut(connection: Connection, session: Session) -> None:
    """Take it off all other browsers: those there are, their codes, and those that just used one."""
    await connection.execute(SQL["leave_others"], session.id, session.device_id)
    await connection.execute(SQL["forget_passes"], session.id)
    await connection.execute(SQL["leave_others"], session.id, session.device_id)


def _digest(cookie: str) -> bytes:
    return hashlib.sha256(cookie.encode()).digest()


def _plain(typed: str) -> str:
    """Return a code as it was made, in whatever spelling it was typed."""
    return compact(typed[:_LONGEST_TYPED]).translate(_TYPED)
