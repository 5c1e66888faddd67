"""A desk for real: its tables, its bucket, as many of it at once as a test asks for."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from nats.aio.client import Client
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from contracts.knowledge import ANSWER, Answer
from contracts.messages.desk.question import Question, QuestionKind
from contracts.streams import KNOWLEDGE, QUESTION_SUBJECT
from runtime.clock import SystemClock
from runtime.database.outbox import Outbox
from runtime.database.postgres import Pool, open_pool
from runtime.messaging.buckets import BucketWriter
from runtime.messaging.stream_writer import Outgoing, Stored, StreamWriter
from runtime.process.lifecycle import Stop
from sandbox.agency import CATALOGUE
from services.desk.app import build
from services.desk.knowledge.answers import Answers
from services.desk.settings import DeskSettings
from tests.conftest import Databases
from tests.integration.desk.people import KEYS, Desk

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def answer(id_: str = "fee", **changes: object) -> Answer:
    """Return an answer in three languages."""
    fields: dict[str, object] = {
        "id": id_,
        "topic": "fees",
        "questions": {
            "uk": [f"скільки коштує {id_}"],
            "ru": [f"сколько стоит {id_}"],
            "en": [f"how much is {id_}"],
        },
        "text": {"uk": "Сто гривень.", "ru": "Сто гривен.", "en": "A hundred hryvnias."},
        **changes,
    }
    return ANSWER.validate_python(fields)


def question(
    kind: QuestionKind = QuestionKind.UNDERSTOOD,
    *,
    id_: UUID | None = None,
    language: str = "uk",
    found: str | None = None,
    topic: str | None = None,
    text: str | None = None,
    at: datetime = NOON,
) -> Question:
    """Return a message about a question."""
    return Question(
        question_id=id_ or uuid4(),
        kind=kind,
        language=language,
        answer=found,
        topic=topic,
        text=text,
        at=at,
    )


def samples(registry: CollectorRegistry, name: str) -> dict[tuple[str, ...], float]:
    """Return the samples of a metric by its labels' values."""
    return {
        tuple(sample.labels.values()): sample.value
        for family in registry.collect()
        for sample in family.samples
        if sample.name == name
    }


@pytest.fixture
async def pool(databases: Databases) -> AsyncIterator[Pool]:
    async with open_pool(databases.url("desk"), "desk") as found:
        yield found


@pytest.fixture
def answers(pool: Pool) -> Answers:
    return Answers(pool, SystemClock())


@pytest.fixture
def bucket(nats_client: Client) -> BucketWriter:
    return BucketWriter(nats_client, KNOWLEDGE)


@pytest.fixture
def desk(pool: Pool, nats_client: Client) -> Desk:
    return Desk(pool, Outbox(pool, StreamWriter(nats_client), SystemClock()))


async def told(bucket: BucketWriter) -> dict[str, Answer]:
    """Return what the bucket holds, by key."""
    return {
        key: ANSWER.validate_json(held.value)
        for key, held in (await bucket.read()).items()
        if held.value is not None
    }


def settings(databases: Databases, nats_url: str) -> DeskSettings:
    """Return what a desk of a test is told."""
    return DeskSettings(
        nats_url=SecretStr(nats_url),
        database_url=SecretStr(databases.url("desk")),
        catalogue=CATALOGUE,
        conversation_keys=SecretStr(KEYS),
    )


@asynccontextmanager
async def running(databases: Databases, nats_url: str) -> AsyncIterator[None]:
    """Run a whole desk, as its process does."""
    stop = Stop()
    async with build(settings(databases, nats_url))(stop) as service:
        tasks = [asyncio.ensure_future(loop()) for loop in service.loops]
        try:
            yield
        finally:
            stop.set()
            await asyncio.gather(*tasks)


async def publish(client: Client, *bodies: Question | bytes) -> None:
    """Put messages into QUESTIONS, each under a message id of its own."""
    payloads = [body if isinstance(body, bytes) else body.encoded() for body in bodies]
    outgoing = [Outgoing(QUESTION_SUBJECT, str(uuid4()), payload) for payload in payloads]
    assert all(isinstance(one, Stored) for one in await StreamWriter(client).publish(outgoing))
