"""What citizens do: each update is planned, carried out and answered once, in order within a chat.

An update is marked as dealt with in the transaction that stores its answers, so a replay does nothing; what
is asked of the tracker before that is idempotent.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import assert_never

from contracts.rpc import Refused, StatusAnswer, Stopped
from runtime.clock import Clock
from runtime.jetstream import RpcUnavailableError
from runtime.logs import logger
from runtime.postgres import TRANSIENT, Pool, transaction
from runtime.retry import backoff
from services.notifier import conversation
from services.notifier.channel import Channel, ChannelDownError, Incoming, Tapped
from services.notifier.metrics import Metrics
from services.notifier.plans import (
    Follow,
    ForgetMe,
    Ignore,
    Known,
    KnownRecipient,
    MarkUnreachable,
    Outbound,
    Outcome,
    Plan,
    Reply,
    Revive,
    SetLanguage,
    ShowStatus,
    StopFollowing,
    Unavailable,
)
from services.notifier.recipients import Recipient, Recipients
from services.notifier.speech import Voice
from services.notifier.store import SQL, Store, Unit
from services.notifier.tracker_client import Tracker

LOG = logger(__name__)
POLL_SECONDS = 25.0
CHATS_AT_ONCE = 16
_PASSING: tuple[type[BaseException], ...] = (ChannelDownError, *TRANSIENT)


@dataclass(frozen=True)
class _Turn:
    incoming: Incoming
    found: Recipient | None
    plan: Plan
    outcome: Outcome | None
    answers: Sequence[Outbound]


@dataclass(frozen=True)
class Inbound:
    """The conversation of one channel, carried out."""

    pool: Pool
    store: Store
    recipients: Recipients
    channel: Channel
    tracker: Tracker
    voice: Voice
    clock: Clock
    metrics: Metrics
    _chats: dict[str, asyncio.Lock] = field(default_factory=dict)

    async def run(self, stop: asyncio.Event) -> None:
        """Fetch and handle updates until stopped."""
        failures = 0
        while not stop.is_set():
            try:
                after: int | None = await self.pool.fetchval(SQL["read_offset"], self.channel.name)
                await self.take(await self._fetch(after, stop))
                failures = 0
            except _PASSING as error:
                failures += 1
                LOG.warning("updates cannot be taken in", error=str(error) or type(error).__name__)
                await _wait(stop, backoff(failures, first=0.5, cap=15.0))

    async def _fetch(self, after: int | None, stop: asyncio.Event) -> Sequence[Incoming]:
        fetching = asyncio.ensure_future(self.channel.fetch(after, POLL_SECONDS))
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
        name = self.channel.name
        numbers = [one.update for one in updates]
        known = {row["update_id"] for row in await self.pool.fetch(SQL["handled"], name, numbers)}
        chats: dict[str, list[Incoming]] = {}
        for one in updates:
            if one.update not in known:
                chats.setdefault(one.address, []).append(one)
        places = asyncio.Semaphore(CHATS_AT_ONCE)
        results = await asyncio.gather(
            *(self._chat(chat, places) for chat in chats.values()), return_exceptions=True
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result
        async with transaction(self.pool) as connection:
            await connection.execute(SQL["advance_offset"], name, max(numbers))
            await connection.execute(SQL["forget_handled"], name, max(numbers))

    async def take_one(self, incoming: Incoming) -> None:
        """Handle one update that was posted to us, after those of its chat that came to this process before.

        Raises a passing error of the database, after which the update is to be posted again.
        """
        lock = self._chats.setdefault(incoming.address, asyncio.Lock())
        try:
            async with lock:
                name = self.channel.name
                if not await self.pool.fetch(SQL["handled"], name, [incoming.update]):
                    await self._chat([incoming], asyncio.Semaphore())
        finally:
            # Whoever waits holds the lock's own reference; a later one may make another.
            if not lock.locked():
                self._chats.pop(incoming.address, None)

    async def _chat(self, updates: Sequence[Incoming], places: asyncio.Semaphore) -> None:
        async with places:
            for incoming in updates:
                if isinstance(incoming.body, Tapped):
                    tap = self.channel.answer_tap(incoming.body.query)
                    await asyncio.gather(tap, self._survive(incoming))
                else:
                    await self._survive(incoming)

    async def _survive(self, incoming: Incoming) -> None:
        try:
            with self.metrics.answer_seconds.time():
                await self.handle(incoming)
        except TRANSIENT:
            raise
        except Exception:  # one update that breaks a rule of ours must not stop all those behind it
            LOG.exception("an update cannot be handled", update=incoming.update)

    async def handle(self, incoming: Incoming) -> None:
        """Plan, carry out and answer one update."""
        found = await self.recipients.find(self.pool, incoming.address)
        known = Known(_known(found), self.voice.languages)
        plan = conversation.plan(incoming, known, self.voice)
        self.metrics.updates.labels(plan=type(plan).__name__.lower()).inc()
        outcome = await self._outcome(plan, incoming, found)
        language = conversation.language_of(incoming, known)
        answers = conversation.answer(plan, outcome, language, self.voice)
        async with self.store.unit() as unit:
            name = self.channel.name
            if await unit.connection.fetchval(SQL["mark_handled"], name, incoming.update) is not None:
                await self._settle(unit, _Turn(incoming, found, plan, outcome, answers))

    async def _outcome(self, plan: Plan, incoming: Incoming, found: Recipient | None) -> Outcome | None:
        """Ask the tracker what the plan needs to know or do; None where it needs nothing."""
        try:
            match plan:
                case Follow():
                    return await self._redeem(plan, incoming, found)
                case ShowStatus():
                    return StatusAnswer(followed=()) if found is None else await self.tracker.status(found.id)
                case StopFollowing(subscription):
                    return (
                        Stopped(ended=0) if found is None else await self.tracker.stop(found.id, subscription)
                    )
                case Reply() | SetLanguage() | ForgetMe() | MarkUnreachable() | Revive() | Ignore():
                    return None
                case _ as never:
                    assert_never(never)
        except RpcUnavailableError as error:
            LOG.warning("the tracker does not answer", update=incoming.update, reason=str(error))
            return Unavailable()

    async def _redeem(self, plan: Follow, incoming: Incoming, found: Recipient | None) -> Outcome:
        """Store the consent first: as soon as the tracker knows a subscription, notices may come."""
        async with transaction(self.pool) as connection:
            recipient = await self.recipients.put(connection, found, incoming.address, incoming.at)
            consented_at: datetime = await self.recipients.consent(
                connection, recipient, incoming.at, incoming.update, plan.language
            )
        return await self.tracker.redeem(plan.kind, plan.secret, recipient, consented_at)

    async def _settle(self, unit: Unit, turn: _Turn) -> None:
        incoming, found = turn.incoming, turn.found
        match turn.plan:
            case MarkUnreachable(reason):
                if found is not None:
                    await self.recipients.mark_blocked(unit.connection, found.id, incoming.at, reason)
                    await self.store.end_unreachable_of(unit, [found.id])
            case Revive():
                if found is not None:
                    await self.recipients.put(unit.connection, found, incoming.address, incoming.at)
            case Reply() | Follow() | ShowStatus() | StopFollowing() | SetLanguage():
                await self._answer(unit, turn)
            case ForgetMe():
                await self._forget(unit, turn)
            case Ignore():
                pass
            case _ as never:
                assert_never(never)

    async def _forget(self, unit: Unit, turn: _Turn) -> None:
        """Erase somebody; the last answer goes to a guest, whose row goes with it."""
        if turn.found is None:
            return
        await self.store.forget(unit, turn.found.id, self.clock.now())
        await self._answer(unit, replace(turn, found=None))
        address = turn.incoming.address
        guest = await self.recipients.find(unit.connection, address)
        if guest is not None:
            await self.store.erase(unit, turn.found.id, guest.id)

    async def _answer(self, unit: Unit, turn: _Turn) -> None:
        incoming, plan, connection = turn.incoming, turn.plan, unit.connection
        # Carrying out the plan may just have made the row.
        known = turn.found or await self.recipients.find(connection, incoming.address)
        recipient = await self.recipients.put(connection, known, incoming.address, incoming.at)
        if isinstance(plan, SetLanguage):
            await self.recipients.set_language(connection, recipient, plan.language)
        if isinstance(plan, Follow) and isinstance(turn.outcome, Refused):
            # An unanswered redeem may have worked, so only a refusal takes the consent back.
            await self.recipients.take_consent_back(connection, recipient, incoming.update)
        unit.guests.add(recipient)
        await self.store.store_answers(unit, self.channel.name, recipient, incoming.update, turn.answers)


def _known(found: Recipient | None) -> KnownRecipient | None:
    if found is None or found.consented_at is None:
        return None
    return KnownRecipient(found.language or "", consented=True)


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
