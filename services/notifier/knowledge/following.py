"""The bucket of the staff's answers, followed: all of it, then each change; whoever is away is waited for.

Nobody waits for it: until it was read the agency's own answers hold, while NATS is away what was read last.
"""

import asyncio
from collections.abc import Sequence

import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.kv import KV_DEL, KV_OP, KV_PURGE
from pydantic import ValidationError

from contracts.knowledge import ANSWER, Answer
from contracts.streams import Bucket
from runtime.clock import pause
from runtime.logs import logger
from runtime.retry import backoff
from services.notifier.knowledge.library import MOST_ANSWERS, Library

LOG = logger(__name__)
_AT_ONCE = 200
_READ_SECONDS = 10.0
_WAIT_SECONDS = 1.0
_LOOK_AFTER = 10
"""So many empty waits may mean that the server has forgotten us."""
_ANEW_SECONDS = 300.0
_FORGOTTEN_AFTER = 120.0
_LONGEST_BACKOFF = 30.0
_MET = (nats.errors.Error, nats.js.errors.Error, TimeoutError, OSError)
Pulled = JetStreamContext.PullSubscription


async def follow(client: Client, bucket: Bucket, library: Library, stop: asyncio.Event) -> None:
    """Keep the library as the bucket is, until told to stop; a bucket that cannot be read is tried again."""
    failures = 0
    while not stop.is_set():
        try:
            subscription = await _subscribed(client.jetstream(), bucket)
            try:
                await _read(subscription, bucket, library)
                failures = 0
                await _watch(subscription, bucket, library, stop)
            finally:
                await _left(subscription)
        except _MET as error:
            failures += 1
            LOG.warning("the answers of the staff cannot be read", failures=failures, reason=repr(error))
            await pause(stop, backoff(failures, first=0.5, cap=_LONGEST_BACKOFF))


async def _subscribed(jetstream: JetStreamContext, bucket: Bucket) -> Pulled:
    config = ConsumerConfig(
        deliver_policy=DeliverPolicy.ALL, ack_policy=AckPolicy.NONE, inactive_threshold=_FORGOTTEN_AFTER
    )
    # By a consumer that the server names: a right to name one is a right to any.
    consumer = await jetstream.add_consumer(bucket.stream, config)
    return await jetstream.pull_subscribe_bind(consumer.name, bucket.stream)


async def _read(subscription: Pulled, bucket: Bucket, library: Library) -> None:
    """Read all that there is; only then it takes the place of what was there before."""
    left = (await subscription.consumer_info()).num_pending or 0
    found: dict[str, Answer] = {}
    while left > 0:
        messages = await subscription.fetch(min(left, _AT_ONCE), timeout=_READ_SECONDS)
        left -= len(messages)
        for message in messages:
            code, answer = _told(message, bucket)
            if answer is not None and len(found) < MOST_ANSWERS:
                found[code] = answer
    library.replace(found)


async def _watch(subscription: Pulled, bucket: Bucket, library: Library, stop: asyncio.Event) -> None:
    """Take in each change; after some minutes the whole is read anew, whatever was missed meanwhile."""
    until = asyncio.get_running_loop().time() + _ANEW_SECONDS
    empty = 0
    while not stop.is_set() and asyncio.get_running_loop().time() < until:
        try:
            messages: Sequence[Msg] = await subscription.fetch(_AT_ONCE, timeout=_WAIT_SECONDS)
        except TimeoutError:
            empty += 1
            if empty % _LOOK_AFTER == 0:
                await subscription.consumer_info()
            continue
        for message in messages:
            library.change(*_told(message, bucket))


def _told(message: Msg, bucket: Bucket) -> tuple[str, Answer | None]:
    """Return a key and its answer; None where it was deleted, or is none that we can read."""
    code = message.subject.removeprefix(bucket.subjects.removesuffix(">"))
    if (message.headers or {}).get(KV_OP) in {KV_DEL, KV_PURGE}:
        return code, None
    try:
        answer = ANSWER.validate_json(message.data)
    except ValidationError as error:
        LOG.error("an answer cannot be read", answer=code, problems=error.error_count())  # noqa: TRY400 - the trace says no more
        return code, None
    if answer.id != code:
        LOG.error("an answer stands under another's key", answer=code)
        return code, None
    return code, answer


async def _left(subscription: Pulled) -> None:
    """Let go of the subscription; the server forgets what it kept for it by itself."""
    try:
        await subscription.unsubscribe()
    except _MET as error:
        LOG.debug("a subscription was not ended", reason=repr(error))
