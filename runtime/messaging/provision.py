"""Writes the configuration of streams, consumers and buckets, and finds where the server's differs from ours.

Only provisioning writes; services look for drift at start and refuse to run on it.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Protocol

import nats.js.errors
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.client import JetStreamContext


class StreamSpec(Protocol):
    """What a stream must be."""

    @property
    def name(self) -> str:
        """Return the stream's name."""
        ...

    @property
    def subjects(self) -> tuple[str, ...]:
        """Say what it takes in."""
        ...

    @property
    def description(self) -> str:
        """Say what it is for."""
        ...

    @property
    def max_age(self) -> timedelta:
        """Say how long a message stays."""
        ...

    @property
    def max_bytes(self) -> int:
        """Say at how many bytes it refuses more."""
        ...

    @property
    def duplicate_window(self) -> timedelta:
        """Say how long a message id is remembered."""
        ...


class ConsumerSpec(Protocol):
    """What a consumer must be."""

    @property
    def stream(self) -> str:
        """Return the stream that it reads."""
        ...

    @property
    def durable(self) -> str:
        """Return the consumer's name."""
        ...

    @property
    def description(self) -> str:
        """Say what it is for."""
        ...

    @property
    def ack_wait(self) -> timedelta:
        """Say after how long an unacknowledged message comes again."""
        ...

    @property
    def max_ack_pending(self) -> int:
        """Say how many may wait for their acknowledgement."""
        ...

    @property
    def filter_subject(self) -> str | None:
        """Return the only subject it reads; None is all."""
        ...


class BucketSpec(Protocol):
    """What a key-value bucket must be."""

    @property
    def stream(self) -> str:
        """Return the name of the stream that it is."""
        ...

    @property
    def subjects(self) -> str:
        """Return the subjects of all its keys, with `>` at the end."""
        ...

    @property
    def description(self) -> str:
        """Say what it is for."""
        ...

    @property
    def max_bytes(self) -> int:
        """Say at how many bytes it refuses more."""
        ...

    @property
    def max_value_bytes(self) -> int:
        """Say how large a value may be."""
        ...


def bucket_config(spec: BucketSpec, replicas: int) -> StreamConfig:
    """Return the configuration that a bucket must have: of each key the last value, for ever."""
    return StreamConfig(
        name=spec.stream,
        subjects=[spec.subjects],
        description=spec.description,
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        discard=DiscardPolicy.NEW,
        max_msgs_per_subject=1,
        max_msg_size=spec.max_value_bytes,
        max_bytes=spec.max_bytes,
        num_replicas=replicas,
        deny_delete=True,
        allow_rollup_hdrs=True,
        allow_direct=True,
    )


def stream_config(spec: StreamSpec, replicas: int) -> StreamConfig:
    """Return the configuration that a stream must have: nothing is dropped to make room."""
    return StreamConfig(
        name=spec.name,
        subjects=list(spec.subjects),
        description=spec.description,
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        discard=DiscardPolicy.NEW,
        max_age=spec.max_age.total_seconds(),
        max_bytes=spec.max_bytes,
        duplicate_window=spec.duplicate_window.total_seconds(),
        num_replicas=replicas,
        deny_delete=True,
        allow_atomic=True,
    )


def consumer_config(spec: ConsumerSpec) -> ConsumerConfig:
    """Return the configuration that a consumer must have: redelivery never ends by itself."""
    return ConsumerConfig(
        durable_name=spec.durable,
        description=spec.description,
        ack_policy=AckPolicy.EXPLICIT,
        deliver_policy=DeliverPolicy.ALL,
        ack_wait=spec.ack_wait.total_seconds(),
        max_deliver=-1,
        max_ack_pending=spec.max_ack_pending,
        filter_subject=spec.filter_subject,
    )


async def provision(
    js: JetStreamContext,
    streams: Iterable[StreamSpec],
    consumers: Iterable[ConsumerSpec],
    buckets: Iterable[BucketSpec] = (),
    *,
    replicas: int | None = None,
) -> None:
    """Create or update every stream, bucket and consumer.

    Without `replicas` a stream keeps as many as it has, and a new one has 1.
    """
    wanted = [(stream.name, partial(stream_config, stream)) for stream in streams]
    wanted += [(bucket.stream, partial(bucket_config, bucket)) for bucket in buckets]
    for name, config_for in wanted:
        try:
            have = (await js.stream_info(name)).config.num_replicas
        except nats.js.errors.NotFoundError:
            await js.add_stream(config_for(replicas or 1))
        else:
            await js.update_stream(config_for(replicas or have or 1))
    for consumer in consumers:
        config = consumer_config(consumer)
        with suppress(nats.js.errors.NotFoundError):
            have = (await js.consumer_info(consumer.stream, consumer.durable)).config
            # Where a consumer began to read cannot be changed, and is its own matter.
            config = replace(config, deliver_policy=have.deliver_policy, opt_start_time=have.opt_start_time)
        await js.add_consumer(consumer.stream, config)


async def drift(
    js: JetStreamContext,
    streams: Iterable[StreamSpec],
    consumers: Iterable[ConsumerSpec],
    buckets: Iterable[BucketSpec] = (),
) -> list[str]:
    """Return a sentence for each stream, consumer or bucket that is missing or not as it must be."""
    differences: list[str] = []
    for stream in streams:
        try:
            have = (await js.stream_info(stream.name)).config
        except nats.js.errors.NotFoundError:
            differences.append(f"stream {stream.name} does not exist")
            continue
        wanted = stream_config(stream, have.num_replicas or 1)
        # Subjects that a newer version added are no concern of ours: its provisioning comes first.
        lacking = sorted(set(stream.subjects) - set(have.subjects or ()))
        differences += [f"stream {stream.name} does not take in {', '.join(lacking)}"] if lacking else []
        differences += _differences(f"stream {stream.name}", wanted, have, _STREAM_FIELDS)
    for consumer in consumers:
        try:
            info = await js.consumer_info(consumer.stream, consumer.durable)
        except nats.js.errors.NotFoundError:
            differences.append(f"consumer {consumer.durable} of {consumer.stream} does not exist")
            continue
        name = f"consumer {consumer.durable} of {consumer.stream}"
        differences += _differences(name, consumer_config(consumer), info.config, _CONSUMER_FIELDS)
    for bucket in buckets:
        try:
            have = (await js.stream_info(bucket.stream)).config
        except nats.js.errors.NotFoundError:
            differences.append(f"bucket {bucket.stream} does not exist")
            continue
        wanted = bucket_config(bucket, have.num_replicas or 1)
        differences += _differences(f"bucket {bucket.stream}", wanted, have, _BUCKET_FIELDS)
    return differences


_STREAM_FIELDS = (
    "retention",
    "storage",
    "discard",
    "max_age",
    "max_bytes",
    "duplicate_window",
    "allow_atomic",
)
_BUCKET_FIELDS = ("subjects", "retention", "storage", "discard", "max_msgs_per_subject", "max_bytes")
_CONSUMER_FIELDS = ("ack_policy", "ack_wait", "max_deliver", "max_ack_pending", "filter_subject")


def _differences(name: str, wanted: object, have: object, fields: Iterable[str]) -> list[str]:
    return [
        f"{name}: {field} is {getattr(have, field)!r}, must be {getattr(wanted, field)!r}"
        for field in fields
        if (getattr(have, field) or None) != (getattr(wanted, field) or None)
    ]
