"""Updates that wait for the bot: ids that only grow, confirmation by offset, one long poll at a time."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

from runtime.clock import Clock
from sandbox.telegram.world.errors import conflict
from sandbox.telegram.world.model import Json, Update, UpdateKind
from sandbox.telegram.world.store import Store

KEEP: dict[UpdateKind, timedelta] = {
    "message": timedelta(hours=24),
    "edited_message": timedelta(hours=24),
    "callback_query": timedelta(seconds=150),
    "my_chat_member": timedelta(hours=24),
}
MAX_LIMIT = 100
MAX_TIMEOUT = 50
OTHER_POLLER = "terminated by other getUpdates request; make sure that only one bot instance is running"
WEBHOOK_ACTIVE = (
    "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)
WEBHOOK_SET = "terminated by setWebhook request"


class _Poll:
    """One getUpdates that waits; `reason` says why it was cut short."""

    def __init__(self) -> None:
        self.wake = asyncio.Event()
        self.reason: str | None = None


class UpdateQueue:
    """The queue of one bot, in memory and written through to the store."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._pending: OrderedDict[int, Update] = OrderedDict(
            (update.update_id, update) for update in store.updates()
        )
        self._poll: _Poll | None = None
        self._closed = False
        self.allowed: frozenset[str] | None = None
        self.on_added: Callable[[], None] = lambda: None

    def __len__(self) -> int:
        self._expire()
        return len(self._pending)

    def add(self, kind: UpdateKind, queue: str, body: Json) -> None:
        """Queue an update, unless the bot asked not to get its kind; wake whoever waits."""
        if self.allowed is not None and kind not in self.allowed:
            return
        update = self._store.put_update(kind, queue, self._clock.now(), body)
        self._pending[update.update_id] = update
        if self._poll is not None:
            self._poll.wake.set()
        self.on_added()

    def pending(self) -> Iterator[Update]:
        """Yield what waits, in order; not to be changed meanwhile."""
        self._expire()
        return iter(self._pending.values())

    def confirm(self, update_id: int) -> None:
        """Forget one update."""
        if self._pending.pop(update_id, None) is not None:
            self._store.drop_update(update_id)

    def clear(self) -> None:
        """Forget everything that waits."""
        for update_id in list(self._pending):
            self.confirm(update_id)

    def terminate(self, reason: str) -> None:
        """Cut a waiting poll short with a 409."""
        if self._poll is not None:
            self._poll.reason = reason
            self._poll.wake.set()

    def close(self) -> None:
        """Let a waiting poll answer at once with what is there; later polls do not wait."""
        self._closed = True
        if self._poll is not None:
            self._poll.wake.set()

    async def poll(self, offset: int, limit: int, timeout: float) -> list[Update]:  # noqa: ASYNC109  # the Bot API's word
        """Confirm everything before `offset` and return what waits, after at most `timeout` seconds.

        A negative offset keeps only the newest so many. A newer poll ends this one with a 409.
        """
        self.terminate(OTHER_POLLER)
        self._confirm_before(offset)
        mine = self._poll = _Poll()
        try:
            updates = self._first(limit)
            if not updates and timeout > 0 and not self._closed:
                try:
                    await asyncio.wait_for(mine.wake.wait(), timeout)
                except TimeoutError:
                    return []
                if mine.reason is not None:
                    raise conflict(mine.reason)
                updates = self._first(limit)
            return updates
        finally:
            if self._poll is mine:
                self._poll = None

    def _confirm_before(self, offset: int) -> None:
        ids: Sequence[int] = list(self._pending)
        old = ids[:offset] if offset < 0 else [update_id for update_id in ids if update_id < offset]
        for update_id in old:
            self.confirm(update_id)

    def _first(self, limit: int) -> list[Update]:
        self._expire()
        return [update for update, _ in zip(self._pending.values(), range(limit), strict=False)]

    def _expire(self) -> None:
        now = self._clock.now()
        for update in list(self._pending.values()):
            if now - update.at > KEEP[update.kind]:
                self.confirm(update.update_id)


def update_json(update: Update) -> Json:
    """Return an Update as the Bot API writes it."""
    return {"update_id": update.update_id, update.kind: update.body}
