"""People we may answer or write to: their addresses encrypted, found by a keyed hash of each.

Someone without consent is a guest, whose row lives only while an answer waits for them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import asyncpg

from contracts.channels import channel_of
from contracts.messages.ids import RecipientId
from runtime.database import sql
from runtime.database.postgres import Connection, Pool
from runtime.keyring import KeyRing, Sealed
from services.notifier.domain.actions import KnownRecipient
from services.notifier.domain.preferences import Awaiting, Detail, Personal, Reader
from services.notifier.domain.quiet_hours import OwnHours
from services.notifier.recipients.last_answers import LastAnswers
from services.notifier.recipients.preferences import Preferences, sealed_personal
from services.notifier.recipients.sealed_answers import Answers

SQL = sql.load("services.notifier.recipients", "addresses.sql")
PURPOSE = "docwatch/recipient"
TYPIST = "docwatch/typist"


@dataclass(frozen=True)
class Recipient:
    """Someone on record, met at one of their addresses; a guest has no `language` and no `consented_at`.

    `detail` is what they let us tell there, None where they did not say.
    """

    id: RecipientId
    address_id: UUID
    language: str | None
    consented_at: datetime | None
    zone: str | None
    quiet: OwnHours | None
    personal: Personal
    awaits: Awaiting | None
    detail: Detail | None

    @property
    def known(self) -> KnownRecipient | None:
        """Return what the conversation knows of somebody; None for a guest."""
        if self.consented_at is None:
            return None
        return KnownRecipient(
            self.language or "",
            consented=True,
            zone=self.zone,
            quiet=self.quiet,
            personal=self.personal,
            awaits=self.awaits,
        )


@dataclass(frozen=True)
class Contact:
    """How to write to somebody, as stored: where they are and what they chose for themselves, still sealed.

    `language` is None for a guest; `zone` is a name of the IANA's and None for the agency's, as are the hours
    of `quiet`. `detail` is what they let us tell there, None where they did not say.
    """

    recipient_id: RecipientId
    address_id: UUID
    address: Sealed
    language: str | None
    zone: str | None
    quiet: OwnHours | None
    personal: Sealed | None
    detail: Detail | None


@dataclass(frozen=True)
class Place:
    """Where somebody is: who it is, and under which id their address stands."""

    recipient_id: RecipientId
    address_id: UUID


@dataclass(frozen=True)
class Moving:
    """What an address is from now on."""

    address_id: UUID
    address: str


class Recipients:
    """The people whom one account of a messenger reaches."""

    def __init__(self, channel: str, ring: KeyRing) -> None:
        self.channel = channel
        self._ring = ring
        self.preferences = Preferences(ring)
        self.answers = Answers(ring)
        self.last_answers = LastAnswers(ring)

    def of_account(self, account: str) -> "Recipients":
        """Return those whom another account reaches."""
        return Recipients(account, self._ring)

    async def find(self, connection: Connection | Pool, address: str) -> Recipient | None:
        """Return who has this address, if anybody on record has."""
        row = await connection.fetchrow(SQL["find_recipient"], self.channel, self._lookups(address))
        return None if row is None else self._recipient(row)

    async def who(self, connection: Connection | Pool, address: UUID) -> Recipient | None:
        """Return whose the address is that stands under an id."""
        row = await connection.fetchrow(SQL["whose_is"], address)
        return None if row is None else self._recipient(row)

    def _recipient(self, row: asyncpg.Record) -> Recipient:
        return Recipient(
            id=RecipientId(row["id"]),
            address_id=row["address_id"],
            language=row["language"],
            consented_at=row["consented_at"],
            zone=row["time_zone"],
            quiet=own_hours(row),
            personal=self.preferences.personal(row["id"], sealed_personal(row)),
            awaits=None if row["awaits"] is None else Awaiting(row["awaits"], row["awaits_for"]),
            detail=row["detail"],
        )

    async def put(
        self, connection: Connection, known: Recipient | None, address: str, heard_at: datetime
    ) -> Place:
        """Make sure that an address is somebody's on record and counts as reachable; return whose it is."""
        if known is not None:
            whose = await connection.fetchval(SQL["touch_address"], known.address_id, heard_at)
            if whose is not None:
                return Place(RecipientId(whose), known.address_id)
        chosen = RecipientId(uuid4())
        sealed = self._seal(chosen, address)
        lookup = self._ring.lookup(sealed.key_id, self.channel, address)
        await connection.execute(
            SQL["put_recipient"], chosen, self.channel, lookup, sealed.box, sealed.key_id, None, heard_at
        )
        whose = await connection.fetch(SQL["whose_address"], self.channel, lookup)
        (place,) = (Place(RecipientId(row["recipient_id"]), row["id"]) for row in whose)
        if place.address_id != chosen:
            await connection.execute(SQL["drop_recipient"], chosen)
        return place

    async def place_at(self, connection: Connection, address: str, at: datetime) -> Place | None:
        """Return where something can be sent to an address, whose owner was not heard of by that.

        None where its owner stopped it: that they alone take back, from there.
        """
        known = await self.find(connection, address)
        if known is not None and await connection.fetchval(SQL["is_stopped"], known.address_id):
            return None
        if known is not None and known.consented_at is not None:
            whose = await connection.fetchval(SQL["reach_again"], known.address_id)
            if whose is not None:
                return Place(RecipientId(whose), known.address_id)
            known = None
        return await self.put(connection, known, address, at)

    async def tell_there(self, connection: Connection, address: UUID, detail: Detail) -> None:
        """Note how much may be told at an address."""
        await connection.execute(SQL["tell_there"], address, detail)

    async def consent(
        self, connection: Connection, recipient: RecipientId, at: datetime, update: int, language: str
    ) -> datetime:
        """Note the consent that an update gave, unless there is one; return when consent was first given."""
        given: datetime = await connection.fetchval(SQL["consent"], recipient, at, update, language)
        return given

    async def take_consent_back(self, connection: Connection, recipient: RecipientId, update: int) -> None:
        """Undo the consent that this update gave; one given before stands."""
        await connection.execute(SQL["take_consent_back"], recipient, update)

    async def mark_blocked(self, connection: Connection, address: UUID, at: datetime, reason: str) -> None:
        """Note that somebody shut us out of an address at an instant, unless they wrote to us after it."""
        await connection.execute(SQL["mark_blocked"], address, at, reason)

    async def mark_unreachable(self, connection: Connection, reasons: Sequence[tuple[UUID, str]]) -> None:
        """Note addresses that the messenger refuses, each with its reason."""
        if reasons:
            ids, texts = [address for address, _ in reasons], [reason for _, reason in reasons]
            await connection.execute(SQL["mark_unreachable"], ids, texts)

    async def move(self, connection: Connection, moving: Moving) -> bool:
        """Change an address; return False where somebody on record has the new one."""
        sealed = self._seal(moving.address_id, moving.address)
        lookup = self._ring.lookup(sealed.key_id, self.channel, moving.address)
        done = await connection.fetchval(
            SQL["move_address"], moving.address_id, lookup, sealed.box, sealed.key_id
        )
        return done is not None

    def address(self, identity: UUID, sealed: Sealed) -> str:
        """Return the address that stands under an id; raise DecryptionError where no key opens it."""
        return self._ring.open(sealed, identity.bytes).decode()

    def typist(self, address: str) -> str:
        """Return the name under which the tracker counts a chat's typed codes, whoever it is on record.

        Two bots of one messenger count together.
        """
        return self._ring.pseudonym(TYPIST, channel_of(self.channel), address)

    def reader(self, contact: Contact, detail: Detail | None = None, *, glances: bool = False) -> Reader:
        """Return who reads what is written to somebody, where no more than this `detail` may be told.

        `glances`: a line of it stands where others may look.
        """
        personal = self.preferences.personal(contact.recipient_id, contact.personal)
        glance = (contact.detail or "news") if glances else None
        return Reader(contact.language or "", contact.zone, personal, detail, glance)

    def _seal(self, identity: UUID, address: str) -> Sealed:
        return self._ring.seal(address.encode(), identity.bytes)

    def _lookups(self, address: str) -> list[bytes]:
        return self._ring.lookups(self.channel, address)


def contact_of(row: asyncpg.Record) -> Contact:
    """Return how to write to somebody, from a row with `recipient_id` and `address_id`."""
    return Contact(
        RecipientId(row["recipient_id"]),
        row["address_id"],
        Sealed(row["key_id"], row["address"]),
        row["language"],
        row["time_zone"],
        own_hours(row),
        sealed_personal(row),
        row["detail"],
    )


def own_hours(row: asyncpg.Record) -> OwnHours | None:
    """Return the quiet hours that the person of a row chose; None where they chose none."""
    return None if row["quiet_from"] is None else OwnHours(row["quiet_from"], row["quiet_until"])


def resealed(ring: KeyRing, identity: UUID, channel: str, sealed: Sealed) -> tuple[Sealed, bytes]:
    """Return an address under the current key, with its look-up value; raise DecryptionError."""
    address = ring.open(sealed, identity.bytes)
    return ring.seal(address, identity.bytes), ring.lookup(ring.current, channel, address.decode())
