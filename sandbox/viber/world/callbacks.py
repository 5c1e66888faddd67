"""Callbacks that wait for the bot's webhook, in order per account, and the record of them all."""

from collections import deque
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Literal

from runtime.clock import Clock
from sandbox.viber.script import Script
from sandbox.viber.world.model import Callback, EventName, Json
from sandbox.viber.world.store import Store

REMEMBERED = 500_000
# These come whatever kinds a webhook has asked for.
ALWAYS: frozenset[str] = frozenset({"webhook", "message", "subscribed", "unsubscribed"})


class Callbacks:
    """The queue of one bot, in memory and written through to the store.

    A script may double a callback, hold it back for seconds or behind the account's next one, or lose it.
    """

    def __init__(self, store: Store, script: Script, clock: Clock) -> None:
        self._store = store
        self._script = script
        self._clock = clock
        self._queues: dict[str, deque[Callback]] = {}
        self._overtaken: dict[int, list[Callback]] = {}
        self._record: deque[Callback] = deque(store.callbacks(), maxlen=REMEMBERED)
        self._count = max((callback.n for callback in self._record), default=0)
        for callback in self._record:
            self._queues.setdefault(callback.queue, deque()).append(callback)
        self.on_added: Callable[[], None] = lambda: None

    def add(self, event: EventName, citizen_id: int, body: Json) -> None:
        """Queue a callback of a kind that the webhook wants; without a webhook it is recorded only."""
        hook = self._store.webhook
        if hook is not None and hook.events is not None and event not in ALWAYS | set(hook.events):
            return
        callback = self._recorded(event, citizen_id, body)
        if hook is None:
            callback.end = "no webhook"
            return
        fault = self._script.strike_callback(event, citizen_id)
        match fault.kind if fault else None:
            case "lose":
                callback.end = "lost"
                return
            case "swap":
                self._overtaken.setdefault(citizen_id, []).append(callback)
                return
            case "delay" if fault:
                callback.queue = f"late:{callback.n}"
                callback.after = callback.at + timedelta(seconds=fault.seconds)
                self._queue(callback)
            case "duplicate":
                self._queue(callback)
                self._queue(self._recorded(event, citizen_id, body))
            case _:
                self._queue(callback)
        for late in self._overtaken.pop(citizen_id, []):
            self._queue(late)

    def queues(self) -> list[str]:
        """Return the queues in which something waits."""
        return list(self._queues)

    def head(self, queue: str) -> Callback | None:
        """Return what is the next of a queue."""
        waiting = self._queues.get(queue)
        return waiting[0] if waiting else None

    def record(self, after: int = 0) -> Iterator[Callback]:
        """Yield every callback numbered above `after`, oldest first."""
        return (callback for callback in self._record if callback.n > after)

    def end(self, callback: Callback, how: Literal["done", "expired", "no webhook"]) -> None:
        """Take a callback out of its queue."""
        callback.end = how
        waiting = self._queues.get(callback.queue, deque())
        if callback in waiting:
            waiting.remove(callback)
            self._store.drop_callback(callback.n)
        if not waiting:
            self._queues.pop(callback.queue, None)

    def drop_all(self) -> None:
        """Take everything out of the queues: there is no webhook any more."""
        for callback in [callback for waiting in self._queues.values() for callback in waiting]:
            self.end(callback, "no webhook")

    def reset(self) -> None:
        """Forget everything; numbers go on."""
        for callback in self._record:
            callback.end = callback.end or "lost"
        self._queues.clear()
        self._overtaken.clear()
        self._record.clear()

    def _recorded(self, event: EventName, citizen_id: int, body: Json) -> Callback:
        self._count += 1
        now = self._clock.now()
        callback = Callback(self._count, event, citizen_id, f"account:{citizen_id}", body, now, now)
        self._record.append(callback)
        return callback

    def _queue(self, callback: Callback) -> None:
        self._queues.setdefault(callback.queue, deque()).append(callback)
        self._store.put_callback(callback)
        self.on_added()
