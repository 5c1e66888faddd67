"""The whole way of an event through a running tracker, from STAGES to NOTICES and back from DELIVERIES."""

from collections import Counter
from uuid import uuid4

import asyncpg
import pytest
from nats.aio.client import Client
from pydantic import SecretStr

from contracts.messages.dead import DEAD_LETTER
from contracts.messages.delivery import DeliveryEnd, DeliveryReport
from contracts.messages.following import (
    EXPORT,
    EXPORT_REPLY,
    HISTORY,
    HISTORY_REPLY,
    SHARE,
    SHARE_REPLY,
    Exported,
    ExportQuery,
    History,
    HistoryQuery,
    Share,
    Shared,
)
from contracts.messages.ids import RecipientId
from contracts.messages.outcome import Effect
from contracts.messages.rpc import (
    ISSUE,
    ISSUE_REPLY,
    REDEEM,
    REDEEM_REPLY,
    STATUS,
    STATUS_REPLY,
    STOP,
    STOP_REPLY,
    Issued,
    Redeemed,
    Refused,
    StatusAnswer,
    StatusQuery,
    Stop,
    Stopped,
)
from contracts.streams import DEAD, DELIVERY_SUBJECT, TRACKER_STAGES
from runtime.database.postgres import Pool
from runtime.errors import StartError
from runtime.messaging.jetstream import call
from runtime.process import lifecycle
from services.tracker.app import build
from services.tracker.settings import TrackerSettings
from tests.conftest import Databases
from tests.integration.tracker.conftest import (
    RECEIPT_KEY,
    SAMPLE,
    STAGES,
    Tracker,
    claim,
    notices,
    outcomes,
    publish,
    redeem,
    running,
    stage_event,
    stored,
)
from tests.waiting import until

TOKEN = "abcdefghijklmnopqrstuv"  # noqa: S105 - of a claim that lives for one test


async def test_a_citizen_learns_of_every_stage(
    databases: Databases, nats_url: str, nats_client: Client, pool: Pool
) -> None:
    """Issued, redeemed, told of each stage by a notice, asked, ended: all over NATS."""
    recipient = RecipientId(uuid4())
    async with running(databases, nats_url):
        issued = await call(nats_client, ISSUE, claim(TOKEN), ISSUE_REPLY)
        await publish(nats_client, stage_event("e0"))
        await until(lambda: pool.fetchval("SELECT count(*) = 1 FROM event"))
        redeemed = await call(nats_client, REDEEM, redeem(TOKEN, recipient), REDEEM_REPLY)
        await publish(nats_client, *(stage_event(f"e{n}", s) for n, s in enumerate(STAGES[1:], 1)))

        async def all_told() -> bool:
            return len(await notices(nats_client)) == 5

        await until(all_told)
        told = await notices(nats_client)
        report = DeliveryReport(
            notice_id=told[0].notice_id, status=DeliveryEnd.ACCEPTED, attempts=1, at=told[0].created_at
        )
        await nats_client.jetstream().publish(DELIVERY_SUBJECT, report.encoded())
        await until(lambda: pool.fetchval("SELECT count(*) = 1 FROM notice WHERE ended_as = 'accepted'"))
        status = await call(nats_client, STATUS, StatusQuery(recipient_id=recipient), STATUS_REPLY)
        assert isinstance(redeemed, Redeemed)
        mine = {"recipient_id": recipient, "subscription_id": redeemed.followed.subscription_id}
        history = await call(nats_client, HISTORY, HistoryQuery(**mine), HISTORY_REPLY)
        share = await call(nats_client, SHARE, Share(**mine, share_id=uuid4()), SHARE_REPLY)
        export = await call(nats_client, EXPORT, ExportQuery(recipient_id=recipient), EXPORT_REPLY)
        stopped = await call(nats_client, STOP, Stop(recipient_id=recipient), STOP_REPLY)

    assert issued == Issued(created=True)
    assert (redeemed.created, redeemed.followed.stage, redeemed.followed.revision) == (True, "accepted", 1)
    assert [(one.stage, one.revision) for one in told] == [(s, n) for n, s in enumerate(STAGES[1:], 2)]
    assert {(one.recipient_id, one.subscription_id) for one in told} == {
        (recipient, redeemed.followed.subscription_id)
    }
    assert isinstance(status, StatusAnswer)
    assert [(one.stage, one.revision) for one in status.followed] == [("issued", 6)]
    assert isinstance(history, History)
    assert [one.stage for one in history.moments] == STAGES
    assert isinstance(share, Shared)
    assert isinstance(export, Exported)
    assert [(one.notices, len(one.moments)) for one in export.holdings] == [(5, 6)]
    assert stopped == Stopped(ended=1)


async def test_every_message_is_accounted_for_once(
    databases: Databases, nats_url: str, nats_client: Client, pool: Pool
) -> None:
    """Duplicate, conflict, parked and dead each have a row and an outcome; the dead one has its letter."""
    good = stage_event("e1")
    async with running(databases, nats_url):
        await publish(
            nats_client,
            good,
            good,
            good.model_copy(update={"digest": "f" * 64}),
            stage_event("e2", "in_orbit"),
            b"{not json",
            stage_event("nul\x00", application=1),
            stage_event("e4", application=2, sequence=2**63),
            stage_event("e5", application=3),
        )

        async def all_done() -> bool:
            return (
                len(await outcomes(nats_client)) == 6
                and len(await stored(nats_client, DEAD.name, DEAD_LETTER)) == 3
            )

        await until(all_done)
        found = Counter((one.event_id, one.effect) for one in await outcomes(nats_client))
        letters = await stored(nats_client, DEAD.name, DEAD_LETTER)
        rows = await pool.fetch(
            "SELECT effect, payload IS NULL AS gone FROM set_aside ORDER BY stream_sequence"
        )

    assert found == {
        ("e1", Effect.ADVANCE): 1,
        ("e1", Effect.DUPLICATE): 1,
        ("e1", Effect.CONFLICT): 1,
        ("e2", Effect.PARKED): 1,
        ("e4", Effect.DEAD): 1,
        ("e5", Effect.ADVANCE): 1,
    }
    assert sorted(letter.reason for letter in letters) == [
        "refused by the database",
        "refused by the database",
        "unreadable",
    ]
    assert b"{not json" in {letter.payload for letter in letters}
    assert [tuple(row) for row in rows] == [
        ("duplicate", True),
        ("conflict", False),
        ("parked", False),
        ("dead", False),
        ("dead", False),
        ("dead", False),
    ]


async def test_the_outbox_is_emptied(
    databases: Databases, nats_url: str, nats_client: Client, pool: Pool
) -> None:
    """What a batch came to is published and then deleted."""
    async with running(databases, nats_url):
        await publish(nats_client, *(stage_event(f"e{n}", application=n) for n in range(50)))
        await until(lambda: pool.fetchval("SELECT count(*) = 50 FROM event"))
        await until(lambda: pool.fetchval("SELECT count(*) = 0 FROM outbox"))

    assert len(await outcomes(nats_client)) == 50


async def test_what_a_dead_tracker_left_is_swept(
    databases: Databases, nats_url: str, nats_client: Client, tracker: Tracker
) -> None:
    """Notices committed by a tracker that died before publishing reach their stream through the next one."""
    reply = await tracker.redeem(await tracker.issue())
    await tracker.take(stage_event("e1"))
    await tracker.pool.execute("UPDATE outbox SET created_at = now() - interval '1 minute'")
    async with running(databases, nats_url):
        await until(lambda: tracker.pool.fetchval("SELECT count(*) = 0 FROM outbox"))
    found = await notices(nats_client)

    assert [one.subscription_id for one in found] == [reply.followed.subscription_id]


async def test_lost_connections_lose_nothing(
    databases: Databases, nats_url: str, nats_client: Client
) -> None:
    """Connections cut again and again under load cost time only: every event takes effect once."""
    cut = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE usename = 'docwatch_tracker' AND datname = current_database()"
    )
    admin = await asyncpg.connect(databases.admin)
    try:
        async with running(databases, nats_url):
            for number in range(8):
                events = (stage_event(f"e{number}-{n:02}", application=number) for n in range(25))
                await publish(nats_client, *events)
                await admin.execute(cut)
            await until(lambda: admin.fetchval("SELECT count(*) = 200 FROM tracker.event"))
            await until(lambda: admin.fetchval("SELECT count(*) = 0 FROM tracker.outbox"))
    finally:
        await admin.close()

    effects = Counter(one.effect for one in await outcomes(nats_client))

    # What a cut connection put off comes again behind newer events: late in place of a repeat.
    assert (effects[Effect.ADVANCE], effects[Effect.REPEAT] + effects[Effect.LATE]) == (8, 192)


async def test_calls_are_answered_whatever_they_say(
    databases: Databases, nats_url: str, nats_client: Client
) -> None:
    """A body that cannot be read is refused at once, never a time-out."""
    async with running(databases, nats_url):
        answers = [
            await nats_client.request(subject, b"{", timeout=3) for subject in (ISSUE, REDEEM, STATUS, STOP)
        ]

    assert [Refused.model_validate_json(one.data).reason for one in answers] == ["invalid"] * 4


async def test_the_tracker_refuses_to_start_on_drift(
    databases: Databases, nats_url: str, nats_client: Client
) -> None:
    """A consumer that is missing stops the start with a sentence that says what to run."""
    await nats_client.jetstream().delete_consumer(TRACKER_STAGES.stream, TRACKER_STAGES.durable)

    with pytest.raises(
        StartError, match="consumer tracker of STAGES does not exist; run: docwatch provision"
    ):
        async with running(databases, nats_url):
            pass


async def test_the_tracker_refuses_to_start_without_its_tables(databases: Databases, nats_url: str) -> None:
    """A database that was never provisioned stops the start with a sentence that says what to run."""
    settings = TrackerSettings(
        nats_url=SecretStr(nats_url),
        database_url=SecretStr(databases.server.url(database="postgres")),
        catalogue=SAMPLE,
        receipt_key=SecretStr(RECEIPT_KEY.hex()),
    )

    with pytest.raises(StartError, match=r"lacks 0001_tracker\.sql, .*; run: docwatch provision"):
        async with build(settings)(lifecycle.Stop()):
            pass
