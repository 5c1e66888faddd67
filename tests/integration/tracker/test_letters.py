"""Notices that the notifier could not process come back; an operator sends them again or gives them up."""

import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from nats.aio.client import Client

from contracts.messages.dead import DeadLetter
from contracts.messages.notice import NOTICE, Notice
from contracts.messages.withdrawal import Withdrawal
from contracts.streams import (
    DEAD_NOTICES_SUBJECT,
    DELIVERY_SUBJECT,
    FORGET_SUBJECT,
    NOTICE_SUBJECT,
    NOTICES,
    STAGE_SUBJECT,
    WITHDRAWAL_SUBJECT,
)
from runtime.clock import SystemClock
from runtime.messaging.stream_writer import Outgoing, Stored
from runtime.messaging.stream_writer import StreamWriter as Sender
from services.tracker.ledger.gauges import reconcile
from services.tracker.metrics import Metrics
from services.tracker.operators.dead_letters import DeadLetters, OpenLetter, subject_of
from tests.conftest import Databases
from tests.integration.tracker.conftest import NOON, Tracker, running, stage_event, stored
from tests.waiting import until


async def returned(client: Client, body: bytes, times: int = 1) -> None:
    """Let the notifier send letters about one message, as if it had died between two of them."""
    letter = DeadLetter(
        stream=NOTICES.name,
        stream_sequence=7,
        subject=NOTICE_SUBJECT,
        reason="undecodable",
        detail="stage: unheard of",
        payload=base64.b64encode(body),
        at=datetime.now(UTC),
    )
    letters = [Outgoing(DEAD_NOTICES_SUBJECT, str(uuid4()), letter.encoded()) for _ in range(times)]
    assert all(isinstance(one, Stored) for one in await Sender(client).publish(letters))


@pytest.fixture
async def desk(
    tracker: Tracker, databases: Databases, nats_url: str, nats_client: Client
) -> AsyncIterator[tuple[DeadLetters, OpenLetter, bytes]]:
    """A notice that came back, on the desk of a running tracker."""
    await tracker.redeem(await tracker.issue())
    await tracker.take(stage_event("e1"))
    body = await tracker.pool.fetchval(
        "DELETE FROM outbox WHERE subject = $1 RETURNING payload", NOTICE_SUBJECT
    )
    async with running(databases, nats_url):
        await returned(nats_client, body, times=2)
        await until(lambda: tracker.pool.fetchval("SELECT count(*) FROM set_aside"))
        found = DeadLetters(tracker.pool, SystemClock(), "test")
        [one] = await found.open(None, 10)
        yield found, one, body


async def test_a_letter_is_replayed_under_a_fresh_id(
    desk: tuple[DeadLetters, OpenLetter, bytes], nats_client: Client
) -> None:
    """However often its letter came, a notice is listed once, shown whole and sent once more."""
    dead, letter, body = desk
    shown = await dead.show(letter.id)
    assert shown is not None

    async def sent() -> list[Notice]:
        return await stored(nats_client, NOTICES.name, NOTICE)

    assert (letter.stream, letter.reason, shown.payload) == (
        "NOTICES",
        "undecodable: stage: unheard of",
        body,
    )
    assert [await dead.replay([letter.id]), await dead.replay([letter.id])] == [[letter.id], []]
    await until(sent)
    assert [NOTICE.validate_json(body)] == await sent()
    message = await nats_client.jetstream().get_msg(NOTICES.name, 1)
    assert UUID((message.headers or {})["Nats-Msg-Id"]) != NOTICE.validate_json(body).notice_id


async def test_a_notice_that_is_given_up_has_its_end(
    desk: tuple[DeadLetters, OpenLetter, bytes], tracker: Tracker
) -> None:
    """A dropped notice ends as undeliverable, its publisher can list it, and the books balance."""
    dead, letter, _ = desk
    assert await dead.drop([letter.id]) == [letter.id]
    [row] = await tracker.pool.fetch("SELECT ended_as, reason, unreached FROM notice")

    assert tuple(row) == ("undeliverable", "dropped", 1)
    assert await reconcile(tracker.pool, Metrics()) == 0


@pytest.mark.parametrize(
    ("stream", "body", "subject"),
    [
        ("STAGES", b"{", STAGE_SUBJECT),
        ("DELIVERIES", b"{", DELIVERY_SUBJECT),
        (
            "DELIVERIES",
            json.dumps({"recipient_id": str(UUID(int=1)), "at": NOON.isoformat()}).encode(),
            FORGET_SUBJECT,
        ),
        ("NOTICES", b"{", NOTICE_SUBJECT),
        (
            "NOTICES",
            Withdrawal(notice_ids=(UUID(int=2),), reason="stopped", at=NOON).encoded(),
            WITHDRAWAL_SUBJECT,
        ),
    ],
    ids=["event", "report", "forget", "notice", "withdrawal"],
)
def test_a_replay_goes_to_where_the_message_came_from(stream: str, body: bytes, subject: str) -> None:
    """Each stream's messages go out again on the subject on which their kind comes."""
    assert subject_of(stream, body) == subject
