"""What people chose for themselves, kept: plain choices as columns, private ones sealed like an address."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import assert_never
from uuid import UUID

import asyncpg
from pydantic import TypeAdapter

from contracts.messages.ids import RecipientId
from runtime.database import sql
from runtime.database.postgres import Connection
from runtime.keyring import DecryptionError, KeyRing, Sealed
from runtime.logs import logger
from services.notifier.domain.preferences import (
    Asked,
    Awaiting,
    Personal,
    SetLanguage,
    SetName,
    SetPhrase,
    SetQuiet,
    Setting,
    SetZone,
)

LOG = logger(__name__)
SQL = sql.load("services.notifier.recipients", "preferences.sql")
DIALOGUE_LIFE = timedelta(minutes=30)
_PERSONAL: TypeAdapter[Personal] = TypeAdapter(Personal)


class Preferences:
    """The choices of recipients, whose private part the ring seals."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    async def store(self, connection: Connection, recipient: UUID, setting: Setting) -> None:
        """Keep one choice of a recipient."""
        match setting:
            case SetLanguage(language):
                await connection.execute(SQL["set_language"], recipient, language)
            case SetQuiet(hours):
                start, end = (None, None) if hours is None else (hours.start, hours.end)
                await connection.execute(SQL["set_quiet"], recipient, start, end)
            case SetZone(zone):
                await connection.execute(SQL["set_zone"], recipient, zone)
            case SetPhrase(phrase):
                held = await self._hold(connection, recipient)
                await self._write(connection, recipient, replace(held, phrase=phrase))
            case SetName(subscription, name):
                held = await self._hold(connection, recipient)
                await self._write(connection, recipient, held.with_name(subscription, name))
            case _ as never:
                assert_never(never)

    async def forget_names(self, connection: Connection, recipient: UUID, subscription: UUID | None) -> None:
        """Drop the private name of a document that is followed no more; None: of all of them."""
        held = await self._hold(connection, recipient)
        if held.names:
            await self._write(connection, recipient, held.without_names(subscription))

    async def take(
        self, connection: Connection, other: UUID, recipient: UUID, twice: Mapping[UUID, UUID]
    ) -> None:
        """Give somebody the private choices of another who is the same person from now on."""
        theirs, held = await self._hold(connection, other), await self._hold(connection, recipient)
        if not theirs.empty:
            await self._write(connection, recipient, held.joined_with(theirs, twice))

    async def expect(self, connection: Connection, recipient: UUID, awaits: Awaiting | None) -> None:
        """Note what somebody types next, for half an hour; None: nothing particular."""
        if awaits is None:
            await connection.execute(SQL["await_nothing"], recipient)
        else:
            life = DIALOGUE_LIFE
            await connection.execute(SQL["await_words"], recipient, awaits.what, awaits.subscription, life)

    async def ask(self, connection: Connection, recipient: UUID, asked: Asked) -> None:
        """Note what the numbers mean that somebody was just shown, in place of those shown before."""
        held = await self._hold(connection, recipient)
        if asked.choices or held.asked is not None:
            await self._write(connection, recipient, replace(held, asked=asked if asked.choices else None))

    def personal(self, recipient: UUID, sealed: Sealed | None) -> Personal:
        """Return somebody's private choices; none where no key opens them, for messages must go out."""
        if sealed is None:
            return Personal()
        try:
            return _PERSONAL.validate_json(self._ring.open(sealed, context(recipient)))
        except DecryptionError as error:
            LOG.error("private choices do not open", recipient=str(recipient), reason=str(error))  # noqa: TRY400 - the trace says no more
            return Personal()

    async def _hold(self, connection: Connection, recipient: UUID) -> Personal:
        row = await connection.fetchrow(SQL["hold_personal"], recipient)
        return Personal() if row is None else self.personal(recipient, sealed_personal(row))

    async def _write(self, connection: Connection, recipient: UUID, personal: Personal) -> None:
        if personal.empty:
            await connection.execute(SQL["write_personal"], recipient, None, None)
            return
        sealed = self._ring.seal(_PERSONAL.dump_json(personal), context(recipient))
        await connection.execute(SQL["write_personal"], recipient, sealed.key_id, sealed.box)


def sealed_personal(row: asyncpg.Record) -> Sealed | None:
    """Return the private choices of a row of people; None where there are none."""
    return None if row["personal"] is None else Sealed(row["personal_key_id"], row["personal"])


def resealed(ring: KeyRing, recipient: RecipientId, key_id: str, box: bytes) -> Sealed:
    """Return private choices under the current key; raise DecryptionError."""
    return ring.seal(ring.open(Sealed(key_id, box), context(recipient)), context(recipient))


def context(recipient: UUID) -> bytes:
    """Return what binds private choices to their recipient, and to nothing else of theirs."""
    return b"personal" + recipient.bytes
