"""Accounts of staff in the database: who there is, what they may do, and what an administrator changes.

Exception: LoginTakenError, NoSuchStaffError.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from runtime.clock import Clock
from runtime.database import audit, sql
from runtime.database.postgres import AnyConnection, Connection, Pool, transaction
from runtime.keyring import Sealed
from services.desk.domain.signing_in import code_of, new_code
from services.desk.domain.viewers import Role, Viewer

SQL = sql.load("services.desk.staff", "accounts.sql")
INVITED = timedelta(days=3)
"""For how long the code of a first sign-in is good."""


class LoginTakenError(Exception):
    """An account has this login already, perhaps one that was ended."""


class NoSuchStaffError(Exception):
    """No account that is in use has this login, or it is none that this can be done to."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account as it stands.

    Attributes:
        viewer: who it is and what they may do.
        login: by which they sign in, or the directory names them.
        by_directory: whether the agency's directory says who it is, and not a password.
        subject: who they are in the directory, once that is known.
        password: the hash of the password; None until one is chosen.
        factor: the second factor, sealed; None until it is set up.
        reads: the language of their pages; None for what the browser prefers.
        invited_until: until when the code of the first sign-in is good, None where there is none.
    """

    viewer: Viewer
    login: str
    by_directory: bool
    subject: str | None
    password: str | None
    factor: Sealed | None
    reads: str | None
    created_at: datetime
    invited_until: datetime | None
    ended_at: datetime | None

    @property
    def id(self) -> UUID:
        """The id of whose it is."""
        return self.viewer.staff_id


@dataclass(frozen=True, slots=True)
class Profile:
    """What an administrator says about somebody; None leaves it as it is."""

    name: str | None = None
    public_name: str | None = None
    roles: Sequence[Role] | None = None
    languages: Sequence[str] | None = None
    topics: Sequence[str] | None = None
    offices: Sequence[str] | None = None


def account_of(row: Any) -> Account:  # noqa: ANN401 - a record of the driver, which has no type of its own
    """Return the account that a row of `staff` holds."""
    viewer = Viewer(
        staff_id=row["id"] if "staff_id" not in row else row["staff_id"],
        name=row["name"],
        public_name=row["public_name"],
        roles=frozenset(row["roles"]),
        languages=frozenset(row["languages"]),
        topics=frozenset(row["topics"]),
        offices=frozenset(row["offices"]),
    )
    factor = None if row["factor"] is None else Sealed(row["factor_key_id"], row["factor"])
    rest = (
        "login",
        "by_directory",
        "subject",
        "password",
        "reads",
        "created_at",
        "invited_until",
        "ended_at",
    )
    return Account(viewer=viewer, factor=factor, **{name: row[name] for name in rest})


def digest_of(code: str) -> bytes:
    """Return under what the code of a first sign-in is kept; it has too many bits to be guessed."""
    return hashlib.sha256(b"docwatch/staff/first/" + code.encode()).digest()


@dataclass(frozen=True)
class Accounts:
    """The accounts of one desk."""

    pool: Pool
    clock: Clock

    async def find(self, login: str) -> Account | None:
        """Return the account with a login, ended or not."""
        row = await self.pool.fetchrow(SQL["by_login"], login)
        return None if row is None else account_of(row)

    async def invited(self, code: str) -> Account | None:
        """Return whose first sign-in a code is for, as long as it is good."""
        row = await self.pool.fetchrow(SQL["by_invitation"], digest_of(code), self.clock.now())
        return None if row is None else account_of(row)

    async def vouched_for(
        self, connection: AnyConnection, issuer: str, subject: str, login: str | None
    ) -> Account | None:
        """Return the account of whom a directory vouches for; None where they have none in use.

        The first time it is found by its login; from then on by the subject alone, whatever they are called.
        """
        row = await connection.fetchrow(SQL["by_subject"], issuer, subject)
        if row is None and login is not None:
            row = await connection.fetchrow(SQL["bind"], login, issuer, subject)
        return None if row is None else account_of(row)

    async def all(self) -> Sequence[tuple[Account, int]]:
        """Return every account with the number of its open sessions, those in use first."""
        rows = await self.pool.fetch(SQL["all"], self.clock.now())
        return [(account_of(row), row["sessions"]) for row in rows]

    async def read_in(self, staff_id: UUID, language: str) -> None:
        """Note in which language somebody reads."""
        await self.pool.execute(SQL["read_in"], staff_id, language)


class Administration:
    """What an administrator does to accounts; each deed is a row of the audit of operators."""

    def __init__(self, pool: Pool, clock: Clock, actor: str) -> None:
        self._pool = pool
        self._clock = clock
        self._actor = actor

    async def add(
        self, login: str, profile: Profile, *, directory: tuple[str, str] | None, local: bool
    ) -> str | None:
        """Add somebody; return the code of their first sign-in, None where a directory signs them in.

        `directory` is issuer and subject, where it is known who the directory means. Raises LoginTakenError.
        """
        code, now = (new_code() if local else None), self._clock.now()
        issuer, subject = directory or (None, None)
        async with transaction(self._pool) as connection:
            added = await connection.fetchval(
                SQL["add"],
                uuid4(),
                login,
                profile.name or login,
                profile.public_name or "",
                sorted(profile.roles or ()),
                sorted(profile.languages or ()),
                sorted(profile.topics or ()),
                sorted(profile.offices or ()),
                not local,
                issuer,
                subject,
                None if code is None else _digest(code),
                None if code is None else now + INVITED,
                now,
            )
            if added is None:
                raise LoginTakenError
            await self._note(connection, "staff added", added, ", ".join(sorted(profile.roles or ())))
        return code

    async def change(self, login: str, profile: Profile) -> None:
        """Change what somebody may do or how they are called; it holds from their next request on."""
        async with transaction(self._pool) as connection:
            staff_id = await self._id(connection, login)
            lists = (profile.roles, profile.languages, profile.topics, profile.offices)
            given = [None if one is None else sorted(one) for one in lists]
            if not await connection.fetchval(
                SQL["change"], staff_id, profile.name, profile.public_name, *given
            ):
                raise NoSuchStaffError
            what = [name for name in Profile.__slots__ if getattr(profile, name) is not None]
            detail = ", ".join(what if profile.roles is None else [*what, *sorted(profile.roles)])
            await self._note(connection, "staff changed", staff_id, detail)

    async def reset(self, login: str) -> str | None:
        """Take password, second factor, sessions and browsers away; return the code to begin anew.

        None for somebody whom the directory signs in: it says anew who they are. Raises NoSuchStaffError.
        """
        code = new_code()
        async with transaction(self._pool) as connection:
            staff_id = await self._id(connection, login)
            until = self._clock.now() + INVITED
            local = await connection.fetchval(SQL["reset"], staff_id, _digest(code), until)
            if not local and not await connection.fetchval(SQL["unbind"], staff_id):
                raise NoSuchStaffError
            await self._leave(connection, staff_id)
            await self._note(connection, "staff reset", staff_id, "")
        return code if local else None

    async def end(self, login: str) -> None:
        """End an account and its sessions for good; what was done under it stays known."""
        async with transaction(self._pool) as connection:
            staff_id = await self._id(connection, login)
            if not await connection.fetchval(SQL["end"], staff_id, self._clock.now()):
                raise NoSuchStaffError
            await self._leave(connection, staff_id)
            await self._note(connection, "staff ended", staff_id, "")

    async def sign_out(self, login: str) -> None:
        """End the sessions of somebody, who may sign in again."""
        async with transaction(self._pool) as connection:
            staff_id = await self._id(connection, login)
            await connection.execute(SQL["end_sessions"], staff_id)
            await self._note(connection, "staff signed out", staff_id, "")

    async def _id(self, connection: Connection, login: str) -> UUID:
        row = await connection.fetchrow(SQL["by_login"], login)
        if row is None:
            raise NoSuchStaffError
        found: UUID = row["id"]
        return found

    async def _leave(self, connection: Connection, staff_id: UUID) -> None:
        await connection.execute(SQL["forget_devices"], staff_id)
        await connection.execute(SQL["end_sessions"], staff_id)

    async def _note(self, connection: Connection, action: str, staff_id: UUID, detail: str) -> None:
        await audit.note(connection, self._actor, action, f"{staff_id} {detail}".strip())


def _digest(code: str) -> bytes:
    letters = code_of(code)
    assert letters is not None, "we made it"  # noqa: S101 - said
    return digest_of(letters)
