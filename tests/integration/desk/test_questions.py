"""What people asked is counted once, by the agency's day, and misses are kept without numbers."""

import asyncio
from datetime import UTC, date, datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from nats.aio.client import Client

from contracts.messages.desk.question import QuestionKind
from runtime.clock import SystemClock
from runtime.database.outbox import Outbox
from runtime.database.postgres import Pool
from runtime.messaging.stream_writer import StreamWriter
from services.desk.domain.quality import Counted
from services.desk.knowledge.answers import Answers
from services.desk.knowledge.questions import Questions, Terms
from services.desk.knowledge.records import Records
from tests.integration.desk.conftest import answer, question

UNDERSTOOD, MISSED, DENIED = QuestionKind.UNDERSTOOD, QuestionKind.MISSED, QuestionKind.DENIED
EVER = date(2020, 1, 1)


def _questions(pool: Pool, client: Client, *, misses: int = 10) -> Questions:
    clock = SystemClock()
    terms = Terms(frozenset({"uk", "en"}), ZoneInfo("Europe/Kyiv"), {"hours": "visit"}, misses)
    return Questions(pool, Outbox(pool, StreamWriter(client), clock), clock, terms)


@pytest.fixture
def questions(pool: Pool, nats_client: Client) -> Questions:
    return _questions(pool, nats_client)


async def test_a_message_counts_once(questions: Questions, pool: Pool) -> None:
    """However often a message comes, in one batch or in many, it is counted and kept once."""
    twice = question(MISSED, text="where is the cellar")
    other = question(MISSED, text="where is the cellar")
    await questions.take([twice, twice])
    again = await questions.take([twice, other])

    assert [1] == [one.count for one in again.counted]
    assert [Counted(MISSED, "uk", "", "", 2)] == await Records(pool).counted(EVER)
    assert [("where is the cellar", 2)] == [
        (one.words, one.count) for one in await Records(pool).missed(None, 10)
    ]


async def test_counts_go_by_topic_language_and_the_agencys_day(
    questions: Questions, answers: Answers, pool: Pool
) -> None:
    """The topic is the agency's, or what staff made of it; a day begins at the agency's midnight."""
    await answers.change({"hours": answer("hours", topic="when")}, 0, "editor")
    late = datetime(2026, 3, 2, 22, 30, tzinfo=UTC)
    await questions.take(
        [
            question(found="hours"),
            question(found="hours", language="xx"),
            question(found="nobody_knows_it"),
            question(DENIED, found="hours", at=late),
        ]
    )
    counted = await Records(pool).counted(EVER)

    assert {
        (UNDERSTOOD, "uk", "when", "hours", 1),
        (UNDERSTOOD, "other", "when", "hours", 1),
        (UNDERSTOOD, "uk", "", "", 1),
        (DENIED, "uk", "when", "hours", 1),
    } == {(one.kind, one.language, one.topic, one.answer, one.count) for one in counted}
    assert [DENIED] == [one.kind for one in await Records(pool).counted(date(2026, 3, 3))]


async def test_without_an_answer_the_topic_is_a_label_of_ours(questions: Questions, pool: Pool) -> None:
    """What the bot does itself counts under its label, what nobody knows under none."""
    await questions.take(
        [
            question(topic="where"),
            question(MISSED, topic="fee"),
            question(MISSED, topic="made_up"),
            question(found="hours", topic="where"),
        ]
    )

    assert {
        (UNDERSTOOD, "where", ""),
        (MISSED, "fee", ""),
        (MISSED, "", ""),
        (UNDERSTOOD, "visit", "hours"),
    } == {(one.kind, one.topic, one.answer) for one in await Records(pool).counted(EVER)}


async def test_a_dropped_answer_has_the_agencys_topic_again(
    questions: Questions, answers: Answers, pool: Pool
) -> None:
    """What staff made of an answer counts for nothing once they dropped it."""
    await answers.change({"hours": answer("hours", topic="when")}, 0, "editor")
    await answers.change({"hours": None}, 1, "editor")
    await questions.take([question(found="hours")])

    assert ["visit"] == [one.topic for one in await Records(pool).counted(EVER)]


async def test_what_is_kept_of_a_miss(questions: Questions, pool: Pool) -> None:
    """Spelling does not tell misses apart, words with digits are left out, and nothing else is kept."""
    await questions.take(
        [
            question(MISSED, text="Де ПІДВАЛ?"),
            question(MISSED, text="де підвал, 0671234567"),
            question(MISSED, text="12 345-67"),
            question(MISSED, text="з нулем \x00 тут"),
            question(MISSED),
            question(UNDERSTOOD, text="not a miss"),
        ]
    )

    assert [("де підвал", 2), ("з нулем тут", 1)] == [
        (one.words, one.count) for one in await Records(pool).missed("uk", 10)
    ]


async def test_there_is_an_end_to_what_is_kept(pool: Pool, nats_client: Client) -> None:
    """Beyond the most that are kept a new miss is counted alone, and a known one goes on being kept."""
    questions = _questions(pool, nats_client, misses=2)
    await questions.take([question(MISSED, text="cellar"), question(MISSED, text="roof")])
    taken = await questions.take(
        [question(MISSED, text="garden"), question(MISSED, text="roof"), question(MISSED, text="garden")]
    )

    assert 2 == taken.unkept
    assert {"roof": 2, "cellar": 1} == {one.words: one.count for one in await Records(pool).missed(None, 9)}
    assert 5 == sum(one.count for one in await Records(pool).counted(EVER))


async def test_many_at_once_from_two_desks(pool: Pool, nats_client: Client) -> None:
    """Two desks that take the same messages in opposite orders do not wait for each other, and count once."""
    one, other = _questions(pool, nats_client, misses=500), _questions(pool, nats_client, misses=500)
    asked = [question(MISSED, text=f"word {chr(97 + n % 26)}{chr(97 + n // 26)}") for n in range(200)]
    await asyncio.gather(
        *(one.take(asked[at : at + 20]) for at in range(0, 200, 20)),
        *(other.take(asked[::-1][at : at + 20]) for at in range(0, 200, 20)),
    )

    assert 200 == sum(found.count for found in await Records(pool).counted(EVER))
    assert {1} == {found.count for found in await Records(pool).missed(None, 500)}


async def test_a_miss_is_forgotten_for_good(questions: Questions, pool: Pool) -> None:
    """Who removes a miss removes it in all languages, and the audit does not repeat it."""
    await questions.take(
        [question(MISSED, text="my name"), question(MISSED, text="my name", language="en", id_=uuid4())]
    )
    languages = await Records(pool).forget("my name", "editor")
    noted = await pool.fetchval("SELECT detail FROM audit")

    assert ["en", "uk"] == languages
    assert [] == await Records(pool).missed(None, 10)
    assert "en, uk" == noted
