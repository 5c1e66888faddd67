"""Signing in step by step; what is wrong never tells whether there is such an account.

A password or a code leads to a session that is not open yet; the second factor opens it. Each step gives it
another cookie. One class of steps for local accounts, and what both they and a directory end in.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from runtime.clock import Clock
from runtime.database import sql
from runtime.database.postgres import Connection, Pool, transaction
from services.desk.domain.signing_in import (
    LONGEST_PASSWORD,
    Stage,
    code_of,
    length_fault,
    login_of,
    normal_password,
)
from services.desk.domain.viewers import Viewer
from services.desk.staff.accounts import Account, Accounts
from services.desk.staff.attempts import Attempts
from services.desk.staff.audit import audit
from services.desk.staff.passwords import BusyError, Passwords
from services.desk.staff.second_factor import SecondFactor
from services.desk.staff.sessions import Session, Sessions

SQL = sql.load("services.desk.staff", "accounts.sql")
Refusal = Literal["wrong", "digits", "later", "busy", "short", "long", "guessable", "over"]
"""What is wrong: with what was typed, with how often or when, with a new password, or with the session."""
NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Refused:
    """A step that was not taken, and why.

    What it was about somebody who exists is for the audit, and to be noted after the answer: it must not take
    longer to refuse those who do.
    """

    why: Refusal
    about: tuple[Viewer, str] | None = None


@dataclass(frozen=True, slots=True)
class Passed:
    """A step that was taken: the session's new cookie; the browser's, once somebody is signed in."""

    cookie: str
    stage: Stage
    device: str | None = None


@dataclass(frozen=True)
class SigningIn:
    """The steps at one desk; `counted` is called with how each ended."""

    pool: Pool
    clock: Clock
    accounts: Accounts
    sessions: Sessions
    attempts: Attempts
    passwords: Passwords
    factor: SecondFactor
    counted: Callable[[str, str], None]

    async def by_password(
        self, login: str, password: str, *, device: str | None, source: str | None
    ) -> Passed | Refused:
        """Take login and password, as they were typed."""
        name = login_of(login) or ""
        account = await self.accounts.find(name)
        known = await self.sessions.knows(NOBODY if account is None else account.id, device)
        charged = await self.attempts.charge(
            "password", name, device=device if known else None, source=source
        )
        if not charged.allowed:
            return self._refused("password", "later", account)
        usable = account is not None and account.ended_at is None and not account.by_directory
        kept = account.password if account is not None and usable else None
        typed = normal_password(password[: LONGEST_PASSWORD + 1])
        try:
            right = await self.passwords.right(kept, typed, known=known)
        except BusyError:
            await self.attempts.refund(charged)
            return self._refused("password", "busy", None)
        if not right or account is None or kept is None:
            return self._refused("password", "wrong", account)
        # The account's own count stays until the second factor was right, too.
        await (self.attempts.refund(charged) if known else self.attempts.refund_shared(charged))
        self.counted("password", "right")
        await self._renew(account, kept, typed)
        stage: Stage = "enrol" if account.factor is None else "factor"
        async with transaction(self.pool) as connection:
            return Passed(await self.sessions.begin(connection, account.id, stage), stage)

    async def by_code(self, code: str, *, source: str | None) -> Passed | Refused:
        """Take the code of a first sign-in, which leads to choosing a password."""
        charged = await self.attempts.charge_source(source)
        if not charged.allowed:
            return self._refused("code", "later", None)
        letters = code_of(code)
        account = None if letters is None else await self.accounts.invited(letters)
        if account is None or account.ended_at is not None:
            return self._refused("code", "wrong", None)
        await self.attempts.refund(charged)
        self.counted("code", "right")
        async with transaction(self.pool) as connection:
            return Passed(await self.sessions.begin(connection, account.id, "first"), "first")

    async def choose(self, session: Session, password: str) -> Passed | Refused:
        """Choose the first password, which uses up the code that led here."""
        hashed = await self._hashed(session.account, password)
        if isinstance(hashed, Refused):
            return hashed

        async def write(connection: Connection) -> bool:
            return await self._replace(connection, session.account, hashed, "password chosen")

        return await self._step(session, "enrol", write)

    async def change(self, session: Session, old: str, new: str) -> Passed | Refused:
        """Change the password of who is signed in, by the old one; all other sessions end."""
        account = session.account
        charged = await self.attempts.charge("change", account.login, device=str(account.id), source=None)
        if not charged.allowed:
            return self._refused("change", "later", account)
        typed = normal_password(old[: LONGEST_PASSWORD + 1])
        if not await self.passwords.right(account.password, typed, known=True):
            return self._refused("change", "wrong", account)
        await self.attempts.refund(charged)
        hashed = await self._hashed(account, new)
        if isinstance(hashed, Refused):
            return hashed

        async def write(connection: Connection) -> bool:
            await self.sessions.end_others(connection, session)
            return await self._replace(connection, account, hashed, "password changed")

        return await self._step(session, "open", write)

    async def proposed(self, session: Session) -> str:
        """Return the secret of the second factor that is being set up, the same until it is."""
        account = session.account
        if session.proposed is not None:
            return self.factor.opened(account.id, session.proposed)
        sealed = self.factor.new(account.id)
        await self.sessions.propose(session, sealed)
        return self.factor.opened(account.id, sealed)

    async def enrol(self, session: Session, typed: str, *, device: str | None) -> Passed | Refused:
        """Set the second factor up by its first code."""
        account = session.account
        if session.proposed is None:
            return Refused("wrong")
        secret = self.factor.opened(account.id, session.proposed)
        step = self.factor.step(secret, typed, self.clock.now())
        if step is None:
            return self._refused("enrol", "digits", account)
        sealed = self.factor.seal(account.id, secret)

        async def write(connection: Connection) -> bool:
            values = (account.id, sealed.box, sealed.key_id, step)
            return await connection.fetchval(SQL["set_factor"], *values) is not None

        return await self._opened(session, write, "second factor set up", device)

    async def by_factor(
        self, session: Session, typed: str, *, device: str | None, source: str | None
    ) -> Passed | Refused:
        """Take a code of the second factor, which works once."""
        account = session.account
        if account.factor is None:
            return Refused("over")
        known = await self.sessions.knows(account.id, device)
        charged = await self.attempts.charge(
            "factor", account.login, device=device if known else None, source=source
        )
        if not charged.allowed:
            return self._refused("factor", "later", account)
        secret = self.factor.opened(account.id, account.factor)
        step = self.factor.step(secret, typed, self.clock.now())
        if step is None:
            return self._refused("factor", "digits", account)
        sealed = self.factor.seal(account.id, secret)
        used = False

        async def write(connection: Connection) -> bool:
            nonlocal used
            values = (account.id, step, sealed.box, sealed.key_id)
            used = await connection.fetchval(SQL["use_step"], *values) is None
            return not used

        done = await self._opened(session, write, "signed in", device)
        if used:  # the same code a second time
            return self._refused("factor", "digits", account)
        if isinstance(done, Passed):
            await self.attempts.refund(charged)
            if not known:
                await self.attempts.refund_account("password", account.login)
            self.counted("factor", "right")
        return done

    async def by_directory(self, account: Account, connection: Connection) -> Passed:
        """Open a session for somebody whom the agency's directory signed in."""
        cookie = await self.sessions.begin(connection, account.id, "open")
        await audit(connection, account.viewer, "signed in by the directory", None)
        self.counted("directory", "right")
        return Passed(cookie, "open")

    async def out(self, session: Session) -> None:
        """Sign out."""
        async with transaction(self.pool) as connection:
            if (
                await self.sessions.end(connection, session.account.id, session.id)
                and session.stage == "open"
            ):
                await audit(connection, session.account.viewer, "signed out", None)

    async def _hashed(self, account: Account, password: str) -> str | Refused:
        chosen = normal_password(password[: 2 * LONGEST_PASSWORD])
        fault = length_fault(chosen)
        if fault is not None:
            return Refused(fault)
        words = (account.login, *account.viewer.name.split()[:5], account.viewer.public_name)
        try:
            if await self.passwords.guessable(chosen, *words, "docwatch"):
                return Refused("guessable")
            return await self.passwords.hash(chosen)
        except BusyError:
            return Refused("busy")

    async def _replace(self, connection: Connection, account: Account, hashed: str, what: str) -> bool:
        done = await connection.fetchval(SQL["choose_password"], account.id, hashed, account.password)
        if done is not None:
            await audit(connection, account.viewer, what, None)
        return done is not None

    async def _renew(self, account: Account, kept: str, password: str) -> None:
        """Hash a password anew that was hashed with other costs."""
        if self.passwords.outdated(kept):
            hashed = await self.passwords.hash(password)
            await self.pool.execute(SQL["choose_password"], account.id, hashed, kept)

    async def _opened(
        self, session: Session, write: Callable[[Connection], Awaitable[bool]], what: str, device: str | None
    ) -> Passed | Refused:
        """Take the last step: the session is open, and the browser is known from now on."""
        known = ""

        async def work(connection: Connection) -> bool:
            nonlocal known
            if not await write(connection):
                return False
            known = await self.sessions.know(connection, session.account.id, device)
            await audit(connection, session.account.viewer, what, None)
            return True

        done = await self._step(session, "open", work)
        return Passed(done.cookie, done.stage, known) if isinstance(done, Passed) else done

    async def _step(
        self, session: Session, stage: Stage, write: Callable[[Connection], Awaitable[bool]]
    ) -> Passed | Refused:
        """Write, and bring the session to its next stage: both, or neither."""
        try:
            async with transaction(self.pool) as connection:
                return Passed(await self._taken(connection, session, stage, write), stage)
        except _OverError:
            return Refused("over")

    async def _taken(
        self,
        connection: Connection,
        session: Session,
        stage: Stage,
        write: Callable[[Connection], Awaitable[bool]],
    ) -> str:
        cookie = await self.sessions.advance(connection, session, stage)
        if cookie is None or not await write(connection):
            raise _OverError
        return cookie

    async def note(self, refused: Refused) -> None:
        """Note a refusal in the audit of whom it was about."""
        if refused.about is not None:
            await audit(self.pool, *refused.about, None)

    def _refused(self, step: str, why: Refusal, account: Account | None) -> Refused:
        self.counted(step, why)
        noted = account is not None and account.ended_at is None and why in {"wrong", "digits"}
        return Refused(why, (account.viewer, f"{step} was wrong") if account is not None and noted else None)


class _OverError(Exception):
    """The session is over, or the account is another than when it was looked at."""
