"""What citizens do, taken in: in order within a chat, chats side by side, nobody held up by somebody else."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from runtime.clock import pause
from runtime.database import sql
from runtime.database.postgres import TRANSIENT, transaction, wait_for_standby
from runtime.logs import logger
from runtime.retry import backoff
from services.notifier.channels.base import ChannelDownError
from services.notifier.conversation import replies
from services.notifier.conversation.handler import Handler
from services.notifier.domain.incoming import (
    Blocked,
    DeliveryReceipt,
    Document,
    Incoming,
    Photo,
    Tapped,
    Unblocked,
)
from services.notifier.domain.messages import Message
from services.notifier.inbound import inline
from services.notifier.inbound.chat_locks import ChatLocks
from services.notifier.inbound.flood_limit import FloodLimit, Verdict

SQL = sql.load("services.notifier.inbound", "updates.sql")

LOG = logger(__name__)
POLL_SECONDS = 25.0
CHATS_AT_ONCE = 16
BATCH_SECONDS = 4.0
"""For the tracker's answers to all of a batch: whoever came in with it or comes after it waits no longer."""
TAP_SECONDS = 2.0
ALBUM = 10
"""So many photos a messenger sends at once at most."""
_PASSING: tuple[type[BaseException], ...] = (ChannelDownError, *TRANSIENT)


@dataclass(frozen=True)
class Updates:
    """The updates of one channel."""

    handler: Handler
    flood_limit: FloodLimit = field(default_factory=FloodLimit)
    photo_limit: FloodLimit = field(default_factory=lambda: FloodLimit(at_once=ALBUM, a_second=1 / 30))
    chats: ChatLocks = field(default_factory=ChatLocks)

    async def run(self, stop: asyncio.Event) -> None:
        """Fetch and handle updates until stopped."""
        failures = 0
        waiting: Sequence[Incoming] = ()
        last: int | None = None
        while not stop.is_set():
            try:
                if self.counted:
                    await self.take(await self._fetch(await self._offset(), stop))
                else:
                    # Some are not repeated: what the database did not take is tried again.
                    waiting = waiting or await self._fetch(last, stop)
                    await self._take_each(waiting)
                    last, waiting = waiting[-1].number if waiting else last, ()
                failures = 0
            except _PASSING as error:
                failures += 1
                LOG.warning("updates cannot be taken in", error=str(error) or type(error).__name__)
                await pause(stop, backoff(failures, first=0.5, cap=15.0))

    @property
    def counted(self) -> bool:
        """Tell whether updates are numbered in order, so that those up to one are confirmed by its number."""
        return "polling" in self.handler.channel.capabilities.updates

    async def _offset(self) -> int | None:
        after: int | None = await self.handler.pool.fetchval(SQL["read_offset"], self.handler.channel.name)
        return after

    async def _take_each(self, updates: Sequence[Incoming]) -> None:
        """Handle updates without numbers that grow: those of a chat in order, some chats side by side."""
        chats: dict[str, list[Incoming]] = {}
        for incoming in updates:
            chats.setdefault(incoming.address, []).append(incoming)
        places = asyncio.Semaphore(CHATS_AT_ONCE)

        async def each(chat: Sequence[Incoming]) -> None:
            async with places:
                for incoming in chat:
                    await self.take_one(incoming)

        results = await asyncio.gather(*map(each, chats.values()), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _fetch(self, after: int | None, stop: asyncio.Event) -> Sequence[Incoming]:
        fetching = asyncio.ensure_future(self.handler.channel.fetch(after, POLL_SECONDS))
        stopping = asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait({fetching, stopping}, return_when=asyncio.FIRST_COMPLETED)
            return fetching.result() if fetching.done() else ()
        finally:
            stopping.cancel()
            fetching.cancel()
            await asyncio.gather(fetching, return_exceptions=True)

    async def take(self, updates: Sequence[Incoming]) -> None:
        """Handle updates, those of a chat in order and chats side by side; then move the offset on."""
        if not updates:
            return
        name = self.handler.channel.name
        numbers = [incoming.number for incoming in updates]
        known = {row["update_id"] for row in await self.handler.pool.fetch(SQL["handled"], name, numbers)}
        chats: dict[str, list[Incoming]] = {}
        for incoming in updates:
            if incoming.number not in known:
                chats.setdefault(incoming.address, []).append(incoming)
        places = asyncio.Semaphore(CHATS_AT_ONCE)
        until = asyncio.get_running_loop().time() + BATCH_SECONDS
        handler = replace(self.handler, until=until, places=places)
        results = await asyncio.gather(
            *(self._chat(chat, places, handler) for chat in chats.values()), return_exceptions=True
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result
        async with transaction(self.handler.pool) as connection:
            await connection.execute(SQL["advance_offset"], name, max(numbers))
            await connection.execute(SQL["forget_handled"], name, max(numbers))

    async def take_one(self, incoming: Incoming) -> Sequence[Message]:
        """Handle one update that was posted to us, after those of its chat that came to this process before.

        Returns what the answer to the post is to show, which is nothing but for an `inline` update. Raises a
        passing error of the database, after which the update is to be posted again.
        """
        async with self.chats.hold(incoming.address):
            if incoming.inline:
                return await self._shown(incoming)
            name = self.handler.channel.name
            if await self.handler.pool.fetch(SQL["handled"], name, [incoming.number]):
                async with transaction(self.handler.pool) as connection:
                    await wait_for_standby(connection)
            else:
                await self._dealt_with(incoming, self.handler)
        return ()

    async def _shown(self, incoming: Incoming) -> Sequence[Message]:
        if not incoming.private or self._weigh(incoming) != "serve":
            self.handler.metrics.updates.labels(plan="dropped").inc()
            return ()
        try:
            return await inline.shown(self.handler, incoming)
        except TRANSIENT:
            raise
        except Exception:  # as below; nothing may be sent to this person, so nothing is said
            LOG.exception("an update cannot be handled", update=incoming.update)
            return ()

    async def _chat(self, updates: Sequence[Incoming], places: asyncio.Semaphore, handler: Handler) -> None:
        async with places, self.chats.hold(updates[0].address):
            for incoming in updates:
                await self._dealt_with(incoming, handler)

    async def _dealt_with(self, incoming: Incoming, handler: Handler) -> None:
        # What confirms an address was tapped on our page: no messenger waits for a word.
        if isinstance(incoming.body, Tapped) and incoming.confirms is None:
            await asyncio.gather(self._acknowledge(incoming.body), self._survive(incoming, handler))
        else:
            await self._survive(incoming, handler)

    async def _acknowledge(self, tapped: Tapped) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(TAP_SECONDS):
                await self.handler.channel.acknowledge(tapped)

    async def _survive(self, incoming: Incoming, handler: Handler) -> None:
        if isinstance(incoming.body, DeliveryReceipt):
            await handler.note(incoming, incoming.body)
            return
        if not incoming.private:
            # Nobody is there to be answered, so nothing is looked up, stored or counted against anybody.
            handler.metrics.updates.labels(plan="ignore").inc()
            return
        verdict = self._weigh(incoming)
        if verdict == "drop":
            handler.metrics.updates.labels(plan="dropped").inc()
            return
        try:
            with handler.metrics.answer_seconds.time():
                if verdict == "tell":
                    await handler.excuse(incoming, replies.slower)
                else:
                    await handler.handle(incoming)
        except TRANSIENT:
            raise
        except Exception:  # one update that breaks a rule of ours must not stop all those behind it
            LOG.exception("an update cannot be handled", update=incoming.update)
            await self._own_up(incoming)

    def _weigh(self, incoming: Incoming) -> Verdict:
        # Messages that ask for a confirmation are few: what came of one must not be dropped.
        if isinstance(incoming.body, Blocked | Unblocked) or incoming.confirms is not None:
            return "serve"
        now = self.handler.clock.monotonic()
        verdict = self.flood_limit.weigh(incoming.address, now)
        if verdict == "serve" and isinstance(incoming.body, Photo | Document):
            return self.photo_limit.weigh(incoming.address, now)
        return verdict

    async def _own_up(self, incoming: Incoming) -> None:
        try:
            await self.handler.excuse(incoming, replies.apology)
        except TRANSIENT:
            raise
        except Exception:  # the same fault may well meet the apology
            LOG.exception("an update cannot be answered", update=incoming.update)
