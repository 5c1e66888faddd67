"""Updates posted to the bot: in order per queue, repeated until a 2xx answers, the secret in a header.

A queue that waits for its next attempt keeps waiting when the webhook is changed, at most a minute.
"""

import asyncio
import json

import aiohttp

from runtime.clock import Clock
from sandbox.telegram.world.model import Update
from sandbox.telegram.world.profile import Profile, Webhook
from sandbox.telegram.world.updates import UpdateQueue, update_json

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  # a header's name
LONGEST_DELAY = 60.0
_SUCCESS = range(200, 300)
_ANSWER_WITHIN = aiohttp.ClientTimeout(total=30)


def webhook_delay(failures: int, retry_after: float | None) -> float:
    """Return the seconds before the next attempt: at once, then 2, 4, 8 ... 60; a Retry-After wins."""
    if retry_after is not None:
        return retry_after
    return 0.0 if failures <= 1 else min(LONGEST_DELAY, 2.0 ** min(failures - 1, 10))


class WebhookSender:
    """Delivers what waits while a webhook is set; one update of a queue at a time, many queues at once."""

    def __init__(self, updates: UpdateQueue, profile: Profile, clock: Clock) -> None:
        self._updates = updates
        self._profile = profile
        self._clock = clock
        self._changed = asyncio.Event()
        self._busy: set[str] = set()
        updates.on_added = self._changed.set

    async def run(self) -> None:
        """Deliver until cancelled."""
        self._changed.set()
        async with aiohttp.ClientSession(timeout=_ANSWER_WITHIN) as session, asyncio.TaskGroup() as workers:
            while True:
                await self._changed.wait()
                self._changed.clear()
                webhook = self._profile.webhook
                if webhook is not None:
                    for queue in self._idle_queues(webhook.max_connections):
                        self._busy.add(queue)
                        workers.create_task(self._work(session, webhook, queue))

    def _idle_queues(self, most: int) -> list[str]:
        waiting = {update.queue: None for update in self._updates.pending()}
        idle = [queue for queue in waiting if queue not in self._busy]
        return idle[: max(0, most - len(self._busy))]

    async def _work(self, session: aiohttp.ClientSession, webhook: Webhook, queue: str) -> None:
        failures = 0
        try:
            while self._profile.webhook == webhook and (update := self._head(queue)) is not None:
                delivered, retry_after = await self._post(session, webhook, update)
                if delivered:
                    self._updates.confirm(update.update_id)
                    failures = 0
                else:
                    failures += 1
                    await self._clock.sleep(webhook_delay(failures, retry_after))
        finally:
            self._busy.discard(queue)
            self._changed.set()

    def _head(self, queue: str) -> Update | None:
        return next((update for update in self._updates.pending() if update.queue == queue), None)

    async def _post(
        self, session: aiohttp.ClientSession, webhook: Webhook, update: Update
    ) -> tuple[bool, float | None]:
        headers = {"Content-Type": "application/json"}
        if webhook.secret:
            headers[SECRET_HEADER] = webhook.secret
        try:
            async with session.post(
                webhook.url, data=json.dumps(update_json(update)), headers=headers, allow_redirects=False
            ) as response:
                if response.status in _SUCCESS:
                    return True, None
                self._failed(f"Wrong response from the webhook: {response.status} {response.reason}")
                return False, _seconds(response.headers.get("Retry-After"))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self._failed(f"Connection failed: {type(error).__name__}")
            return False, None

    def _failed(self, why: str) -> None:
        self._profile.last_error_at = int(self._clock.now().timestamp())
        self._profile.last_error = why


def _seconds(header: str | None) -> float | None:
    return float(header) if header is not None and header.isdecimal() else None
