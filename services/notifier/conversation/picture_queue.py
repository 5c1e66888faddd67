"""The pictures and documents of one channel: kept with the update that brought them, read and answered once.

So a picture that takes long holds up nobody: its update is dealt with as soon as the picture is kept. Any
process may read what waits. A picture that ended its reader twice is not read a third time.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from contracts.messages.ids import RecipientId
from runtime.database import sql
from runtime.database.postgres import TRANSIENT, Pool
from runtime.keyring import DecryptionError, Sealed
from runtime.logs import logger
from runtime.retry import backoff
from services.notifier.channels.base import Channel, ChannelDownError
from services.notifier.conversation import planner, replies
from services.notifier.conversation.choices import Choices
from services.notifier.conversation.citizen import citizen_of
from services.notifier.conversation.inquiries.sending import Sending
from services.notifier.delivery.store import Store, Unit
from services.notifier.domain.actions import (
    Action,
    Known,
    Outbound,
    Outcome,
    ReadPhoto,
    Scanned,
    Unavailable,
    Unread,
)
from services.notifier.domain.addresses.links import NO_LINKS, Links
from services.notifier.domain.handover import Refusal
from services.notifier.domain.incoming import Incoming, Photo
from services.notifier.files.content import is_picture
from services.notifier.files.keeping import Files, NewFile, hold
from services.notifier.metrics import AccountMetrics
from services.notifier.pictures.reader import PhotoReader, ReaderKilledError
from services.notifier.recipients.addresses import Place, Recipients
from services.notifier.wording.i18n import Voice

LOG = logger(__name__)
SQL = sql.load("services.notifier.conversation", "picture_queue.sql")
FETCH_SECONDS, FILE_SECONDS = 4.0, 20.0
"""For a picture that may only show a code, and for what people of the agency may get."""
MOST_BYTES = 5 * 1024 * 1024
MOST_TRIES = 2
_GIVEN_UP = 5
"""Tries after which a picture goes without an answer: not even the answer can be stored."""
_MOST_WAITING = 1000
_AT_ONCE = 3
"""So many are fetched side by side; one at a time is read."""
_CLAIM_SECONDS = 60.0
_LOOK_SECONDS = 5.0


@dataclass(frozen=True)
class _Picture:
    """A picture that waits: the update that brought it, whose it is, and how often it was tried, from 1.

    `conversation` with people is where it was sent; None: it can only show a code. `update` is what tables
    keep of its identity, `reference` the messenger's own, `language` the one that it showed.
    """

    update: int
    place: Place
    address: Sealed
    reference: str
    language: str | None
    sent_at: datetime
    tries: int
    conversation: UUID | None = None


@dataclass(frozen=True)
class PictureQueue:
    """Keeps and reads pictures; `links` are those that codes in pictures may hold.

    `files` keeps what people of the agency get; None: they take no files.
    """

    pool: Pool
    store: Store
    recipients: Recipients
    channel: Channel
    voice: Voice
    metrics: AccountMetrics
    reader: PhotoReader
    files: Files | None = None
    links: Links = NO_LINKS
    came: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a picture was kept and committed."""

    @property
    def sending(self) -> Sending:
        """Return how files are sent to people from this channel."""
        return Sending(self.files, self.channel.name, self.metrics)

    async def keep(
        self,
        unit: Unit,
        place: Place,
        incoming: Incoming,
        reference: str,
        conversation: UUID | None = None,
    ) -> bool:
        """Keep a picture that came from an address to be read; False where too many wait.

        A picture or document that was sent in a conversation with people is kept for them if it has no code.
        """
        kept = await unit.connection.fetchval(
            SQL["keep"],
            self.channel.name,
            incoming.number,
            place.recipient_id,
            reference,
            incoming.language,
            incoming.at,
            _MOST_WAITING,
            place.address_id,
            conversation,
        )
        return kept is not None

    async def run(self, stop: asyncio.Event) -> None:
        """Read what waits, until stopped; then end what was begun."""
        places, failures = asyncio.Semaphore(_AT_ONCE), 0
        async with asyncio.TaskGroup() as group:
            while not stop.is_set():
                await places.acquire()
                self.came.clear()
                try:
                    waiting = await self._claim()
                    failures = 0
                except TRANSIENT as error:
                    failures += 1
                    LOG.warning("pictures cannot be looked up", error=repr(error))
                    waiting = None
                if waiting is None:
                    places.release()
                    wait = backoff(failures, first=0.5, cap=15.0) if failures else _LOOK_SECONDS
                    await self._wait(stop, wait)
                    continue
                group.create_task(self._survive(waiting)).add_done_callback(lambda _: places.release())

    async def once(self) -> bool:
        """Read one picture that is due; False where none is."""
        waiting = await self._claim()
        if waiting is not None:
            await self._read(waiting)
        return waiting is not None

    async def _claim(self) -> _Picture | None:
        row = await self.pool.fetchrow(SQL["claim"], self.channel.name, _CLAIM_SECONDS)
        if row is None:
            return None
        return _Picture(
            row["update_id"],
            Place(RecipientId(row["recipient_id"]), row["address_id"]),
            Sealed(row["key_id"], row["address"]),
            row["reference"],
            row["language"],
            row["sent_at"],
            row["tries"],
            row["conversation_id"],
        )

    async def _wait(self, stop: asyncio.Event, seconds: float) -> None:
        waits = [asyncio.ensure_future(event.wait()) for event in (self.came, stop)]
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _survive(self, waiting: _Picture) -> None:
        try:
            await self._read(waiting)
        except TRANSIENT as error:
            LOG.warning("a picture is read again later", update=waiting.update, error=repr(error))
        except Exception:  # one picture that breaks a rule of ours must not stop those behind it
            LOG.exception("a picture cannot be dealt with", update=waiting.update)

    async def _read(self, waiting: _Picture) -> None:
        if waiting.tries > _GIVEN_UP:
            await self.pool.execute(SQL["done"], self.channel.name, waiting.update)
            return
        outcome, data = await self._outcome(waiting)
        if outcome is None:
            await self.pool.execute(SQL["again"], self.channel.name, waiting.update)
            # It is due again, behind all that was tried less.
            self.came.set()
            return
        self.metrics.pictures.labels(result=type(outcome).__name__.lower()).inc()
        met = await self._met(waiting)
        if met is None:
            await self.pool.execute(SQL["done"], self.channel.name, waiting.update)
            return
        incoming, known = met
        after = planner.seen(outcome, incoming, known, self.voice, sent=waiting.conversation is not None)
        file: NewFile | Refusal | None = None
        if waiting.conversation is not None and after is None and not isinstance(outcome, Unavailable):
            unread = isinstance(outcome, Unread) and waiting.tries > MOST_TRIES
            file = await self.sending.judged(data, waiting.conversation, incoming.update)
            file = (
                "unreadable"
                if unread or (isinstance(outcome, Unread) and not isinstance(file, str))
                else file
            )
        async with self.store.unit() as unit:
            if file is not None:
                await hold(unit.connection, waiting.place.recipient_id)
            recipient = await unit.connection.fetchval(SQL["done"], self.channel.name, waiting.update)
            if recipient is None:
                return
            unit.guests.add(recipient)
            if file is not None and waiting.conversation is not None:
                citizen = citizen_of(incoming, known, self.voice)
                place = Place(RecipientId(recipient), waiting.place.address_id)
                came = await self.sending.settle(unit, file, place, incoming, citizen)
                after = self.sending.told(came, waiting.conversation, citizen)
            answers, instead = self._answers(waiting, outcome, after, incoming, known)
            choices = Choices(self.pool, self.store, self.recipients, self.channel.capabilities, self.voice)
            await choices.keep(unit, waiting.place, incoming, answers, instead=instead)

    async def _outcome(self, waiting: _Picture) -> tuple[Outcome | None, bytes | None]:
        """Return what came of a picture, and it; no outcome where its reader died and it may be tried."""
        if waiting.tries > MOST_TRIES:
            return Unread(), None
        for_people = waiting.conversation is not None
        most = max(MOST_BYTES, self.sending.most) if for_people else MOST_BYTES
        try:
            async with asyncio.timeout(FILE_SECONDS if for_people else FETCH_SECONDS):
                data = await self.channel.download(waiting.reference, most)
            codes: Sequence[str] | None = None
            if data is not None:
                looked = not for_people or (is_picture(data) and len(data) <= MOST_BYTES)
                codes = await self.reader.codes_in(data) if looked else ()
        except (ChannelDownError, TimeoutError) as error:
            LOG.warning("a picture cannot be fetched", update=waiting.update, reason=repr(error))
            return Unavailable(), None
        except ReaderKilledError as error:
            self.metrics.pictures.labels(result="killed").inc()
            LOG.warning("a picture ended its reader", update=waiting.update, reason=str(error))
            return None, None
        return (Unread() if codes is None else Scanned(tuple(codes))), data

    async def _met(self, waiting: _Picture) -> tuple[Incoming, Known] | None:
        """Return who sent a picture and what is known of them; None where their address does not open."""
        try:
            address = self.recipients.address(waiting.place.address_id, waiting.address)
        except DecryptionError as error:
            LOG.error("an address does not open", update=waiting.update, reason=str(error))  # noqa: TRY400 - the trace says no more
            return None
        recipient = await self.recipients.find(self.pool, address)
        known = Known(None if recipient is None else recipient.known, self.voice.languages, self.links)
        return _incoming(waiting, address), known

    def _answers(
        self, waiting: _Picture, outcome: Outcome, after: Action | None, incoming: Incoming, known: Known
    ) -> tuple[Sequence[Outbound], Sequence[Outbound]]:
        """Return the answers, and what is said in their place by a notifier that cannot open them."""
        done: Action = ReadPhoto(waiting.reference)
        instead = replies.apology(incoming, known, self.voice)
        if after is None:
            return replies.answer(done, outcome, incoming, known, self.voice), instead
        return replies.answer(after, None, incoming, known, self.voice), instead


def _incoming(waiting: _Picture, address: str = "") -> Incoming:
    """Return the update that brought a picture, as far as it was kept."""
    return Incoming(
        str(waiting.update),
        address,
        private=True,
        language=waiting.language,
        at=waiting.sent_at,
        body=Photo(waiting.reference),
    )
