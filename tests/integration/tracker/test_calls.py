"""The list of calls: who is on it, how somebody leaves it by themselves, and how calls are taken in."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from nats.aio.client import Client

from contracts.messages.delivery import DeliveryEnd, DeliveryReport, Receipt, failure
from contracts.messages.desk.calls import (
    CALLED,
    CALLS,
    CALLS_OVER,
    CALLS_OVER_REPLY,
    CALLS_REPLY,
    CallAsked,
    Called,
    CallMade,
    CallsAnswer,
    CallsOverAnswer,
    CallsOverQuery,
    CallsQuery,
)
from contracts.messages.forget import Forget
from contracts.messages.ids import EventId, NoticeId, Publisher, RecipientId, SubscriptionId
from contracts.messages.rpc import Stop
from contracts.streams import CALL_SUBJECT, DEAD, OUTCOMES
from runtime.clock import SystemClock
from runtime.messaging.jetstream import call
from runtime.messaging.stream_writer import Outgoing, Stored, StreamWriter
from services.tracker.domain.batch import Source
from services.tracker.following.erasure import Erasure
from services.tracker.ledger.call_consumer import call_made
from services.tracker.ledger.calls import CallList, CallsMade, Entered
from services.tracker.ledger.ends import Ledger
from services.tracker.ledger.reports import report
from tests.conftest import Databases
from tests.integration.tracker.conftest import NOON, Tracker, running, stage_event
from tests.integration.tracker.test_questions import unreached
from tests.waiting import until

EVER = datetime(2020, 1, 1, tzinfo=UTC)
UNDELIVERABLE, ACCEPTED = DeliveryEnd.UNDELIVERABLE, DeliveryEnd.ACCEPTED


async def listed(tracker: Tracker, after: int = 0, limit: int = 100, since: datetime = EVER) -> CallsAnswer:
    listing = CallList(tracker.pool, SystemClock(), tracker.catalogue)
    return await listing.listed(CallsQuery(after=after, since=since, limit=limit))


async def over(tracker: Tracker, *asked: CallAsked) -> dict[str, str]:
    """Return why nobody is to be called any more, by event."""
    listing = CallList(tracker.pool, SystemClock(), tracker.catalogue)
    return {one.event_id: one.why for one in (await listing.over(CallsOverQuery(calls=asked))).over}


async def follow(tracker: Tracker, application: int = 0) -> tuple[UUID, UUID]:
    """Let somebody follow an application; return recipient and subscription."""
    who = uuid4()
    token = await tracker.issue(application, receipt=f"r-{application}-{who}")
    redeemed = await tracker.redeem(token, who)
    return who, redeemed.followed.subscription_id


async def ends(
    tracker: Tracker,
    event_id: str,
    how: DeliveryEnd | Receipt,
    language: str | None = None,
    *,
    at: datetime = NOON,
) -> None:
    """Let all notices of an event end, or let a receipt come."""
    ledger = Ledger(tracker.pool, tracker.outbox, SystemClock())
    rows = await tracker.pool.fetch("SELECT notice_id FROM notice WHERE event_id = $1", event_id)
    for row in rows:
        notice = NoticeId(row["notice_id"])
        fields = {"notice_id": notice, "status": how, "attempts": 1, "at": at, "language": language}
        failed = how is Receipt.FAILED
        body = failure(notice, 1, at, language) if failed else DeliveryReport.model_validate(fields)
        tracker.sequence += 1
        await ledger.enter([report(Source("DELIVERIES", tracker.sequence, body.encoded()))])


async def missed(
    tracker: Tracker, event_id: str = "e1", stage: str = "arrived", application: int = 0
) -> CallAsked:
    """Let a message about an event reach its follower not; return the entry of the list."""
    _, subscription = await follow(tracker, application)
    await tracker.take(stage_event(event_id, stage, application=application, office="kyiv-1"))
    await ends(tracker, event_id, UNDELIVERABLE)
    return about(subscription, event_id)


def about(who: UUID, event_id: str) -> CallAsked:
    return CallAsked(call_id=SubscriptionId(who), publisher=Publisher("office"), event_id=EventId(event_id))


def made(entry: CallAsked, *, done: bool = True, **changes: object) -> CallMade:
    fields = {"made_id": uuid4(), **entry.model_dump(), "result": "reached" if done else "no_answer"}
    return CallMade.model_validate({**fields, "tries": 1, "over": done, "at": NOON, **changes})


async def enter(tracker: Tracker, *bodies: CallMade | bytes) -> Entered:
    payloads = [one if isinstance(one, bytes) else one.encoded() for one in bodies]
    items = [call_made(Source("CALLS", 700 + number, payload)) for number, payload in enumerate(payloads)]
    return await CallsMade(tracker.pool, tracker.outbox, SystemClock()).enter(items)


async def told(tracker: Tracker) -> list[Called]:
    rows = await tracker.pool.fetch(
        "SELECT payload FROM outbox WHERE subject = 'docwatch.called.v1' ORDER BY created_at"
    )
    return [CALLED.validate_json(row["payload"]) for row in rows]


async def test_who_was_not_reached_is_listed_without_a_number_or_a_name(tracker: Tracker) -> None:
    """An entry holds the publisher's own names, codes, why, since when and the language, and nothing else."""
    _, subscription = await follow(tracker)
    details: dict[str, Any] = {"office": "kyiv-1", "missing": ("payment", "photo"), "note": "blurred"}
    await tracker.take(stage_event("e1", "arrived", **details))
    await ends(tracker, "e1", UNDELIVERABLE, "uk")
    (row,) = (await listed(tracker)).rows

    assert (subscription, "office", "e1") == (row.call_id, row.publisher, row.event_id)
    assert ("id_card", "arrived", "kyiv-1") == (row.document_type, row.stage, row.office)
    assert (("payment", "photo"), "blurred") == (row.missing, row.note)
    assert ("uk", UNDELIVERABLE, NOON) == (row.language, row.end, row.at)
    assert "...42" not in row.model_dump_json()


@pytest.mark.parametrize("odd", ["ukrainian please", "UK", "\u0661\u0662", ""])
async def test_a_language_that_is_none_is_not_kept(tracker: Tracker, odd: str) -> None:
    """What a notifier tells as a language never keeps an entry off the list."""
    await follow(tracker)
    await tracker.take(stage_event("e1"))
    await ends(tracker, "e1", UNDELIVERABLE, odd)

    assert [None] == [row.language for row in (await listed(tracker)).rows]


async def test_pages_hold_each_entry_once(tracker: Tracker) -> None:
    """From cursor to cursor nothing is listed twice and nothing left out, also what ended behind a page."""
    for number in range(5):
        await missed(tracker, f"e{number}", application=number)
    found, after, more = [], 0, True
    while more:
        page = await listed(tracker, after, limit=2)
        found += [row.event_id for row in page.rows]
        after, more = page.after, page.more
    await missed(tracker, "e5", application=5)

    assert [f"e{number}" for number in range(5)] == found
    assert ["e5"] == [row.event_id for row in (await listed(tracker, after)).rows]
    assert () == (await listed(tracker, since=NOON)).rows


async def test_a_cursor_passes_what_needs_no_call(tracker: Tracker) -> None:
    """Entries that nobody has to call are not looked at again and again."""
    await missed(tracker)
    await tracker.take(stage_event("e2", "issued"))
    page = await listed(tracker)

    assert ((), 1) == (page.rows, page.after)


async def test_an_entry_ends_by_itself(tracker: Tracker) -> None:
    """Reached after all, moved on, issued, withdrawn, stopped or forgotten: nobody is called any more."""
    entries = {
        why: await missed(tracker, why, application=place)
        for place, why in enumerate(("stands", "later", "moved", "issued", "stopped", "forgotten", "gone"))
    }
    await tracker.take(stage_event("later-2", "issued", application=1))
    await ends(tracker, "later-2", ACCEPTED)
    await tracker.take(stage_event("moved-2", "arrived", application=2, office="lviv-1"))
    await tracker.take(stage_event("issued-2", "issued", application=3))
    for why in ("stopped", "forgotten"):
        who = await tracker.pool.fetchval(
            "SELECT recipient_id FROM subscription WHERE subscription_id = $1", entries[why].call_id
        )
        if why == "stopped":
            await tracker.following.stop(Stop(recipient_id=who))
        else:
            await Erasure(tracker.pool, SystemClock()).forget(Forget(recipient_id=RecipientId(who), at=NOON))
    await tracker.pool.execute("UPDATE event SET withdrawn_at = now() WHERE event_id = 'gone'")
    found = await over(tracker, *entries.values(), about(uuid4(), "nothing"))

    assert {
        "later": "reached",
        "moved": "moved",
        "issued": "finished",
        "stopped": "stopped",
        "forgotten": "stopped",
        "gone": "withdrawn",
    } == {why: found[why] for why in entries if why in found}
    assert "unknown" == found["nothing"]
    assert "stands" in {row.event_id for row in (await listed(tracker)).rows}


async def test_what_arrived_after_it_failed_needs_no_call(tracker: Tracker) -> None:
    """A message that failed puts its reader on the list, and one that arrived takes them off it."""
    await follow(tracker)
    await tracker.take(stage_event("e1"))
    await ends(tracker, "e1", ACCEPTED)
    await ends(tracker, "e1", Receipt.FAILED, "ru")
    (row,) = (await listed(tracker)).rows
    await ends(tracker, "e1", Receipt.DELIVERED)

    assert ("failed", "ru") == (row.reason, row.language)
    assert {"e1": "reached"} == await over(tracker, about(row.call_id, "e1"))
    assert () == (await listed(tracker)).rows


async def test_a_call_that_is_over_ends_the_entry_and_is_told_once(tracker: Tracker, other: Tracker) -> None:
    """However often and by however many trackers it is taken in: off both lists, one outcome."""
    entry = await missed(tracker)
    body = made(entry)
    entered = await asyncio.gather(*(enter(one, body) for one in (tracker, other, tracker, other)))
    (outcome,) = await told(tracker)

    assert 1 == sum(len(one.made) for one in entered)
    assert {"e1": "called"} == await over(tracker, entry)
    assert ((), ()) == ((await listed(tracker)).rows, (await unreached(tracker)).rows)
    assert ("office", "e1", "id_card", "arrived", "kyiv-1", "reached", True) == (
        *(outcome.publisher, outcome.event_id, outcome.document_type, outcome.stage, outcome.office),
        *(outcome.result, outcome.over),
    )
    assert outcome.receipt_id is not None


async def test_a_call_that_nobody_answered_leaves_the_entry(tracker: Tracker) -> None:
    """What is not over is told to the publisher and ends nothing."""
    entry = await missed(tracker)
    await enter(tracker, made(entry, done=False, again_at=NOON))

    assert {} == await over(tracker, entry)
    assert ["e1"] == [row.event_id for row in (await unreached(tracker)).rows]
    assert [("no_answer", NOON, False)] == [(o.result, o.again_at, o.over) for o in await told(tracker)]


async def test_a_call_ends_nothing_that_came_later(tracker: Tracker) -> None:
    """A call about one stage leaves the person on the list for the next one, of which they heard nothing."""
    first = await missed(tracker, "e1", "printing")
    await tracker.take(stage_event("e2", "arrived"))
    await ends(tracker, "e2", UNDELIVERABLE)
    await enter(tracker, made(first))

    assert ["e2"] == [row.event_id for row in (await listed(tracker)).rows]
    assert ["e2"] == [row.event_id for row in (await unreached(tracker)).rows]


async def test_a_restored_tracker_takes_calls_in_again(tracker: Tracker) -> None:
    """With other numbers than before it ends the same entry, and tells it under the id in the stream."""
    body = made(await missed(tracker))
    ids = []
    for _ in range(2):
        await enter(tracker, body)
        ids += await tracker.pool.fetch(
            "DELETE FROM outbox WHERE subject = 'docwatch.called.v1' RETURNING id"
        )
        assert () == (await listed(tracker)).rows
        await tracker.pool.execute("DELETE FROM call_made")
        await tracker.pool.execute("UPDATE notice SET called_at = NULL, unreached = unreached + 50")

    assert ids[0] == ids[1]


async def test_odd_messages_are_buried_and_unknown_calls_counted(tracker: Tracker) -> None:
    """Rubbish becomes a dead letter, once; a call about nothing that is known does nothing."""
    first = await enter(tracker, b"{", made(about(uuid4(), "e5")))
    again = await enter(tracker, b"{")

    assert ((1, 1), (0, 0)) == ((first.buried, first.unknown), (again.buried, again.unknown))
    assert [] == await told(tracker)


async def test_the_whole_way(
    databases: Databases, nats_url: str, tracker: Tracker, nats_client: Client
) -> None:
    """A running tracker answers the desk's questions, takes calls from their stream and tells ingest."""
    entry = await missed(tracker)
    async with running(databases, nats_url):
        answer = await call(nats_client, CALLS, CallsQuery(since=EVER), CALLS_REPLY)
        outgoing = [Outgoing(CALL_SUBJECT, str(uuid4()), made(entry).encoded())]
        outgoing += [Outgoing(CALL_SUBJECT, str(uuid4()), b"rubbish")]
        assert all(isinstance(one, Stored) for one in await StreamWriter(nats_client).publish(outgoing))

        async def ended() -> CallsOverAnswer | None:
            asked = CallsOverQuery(calls=(entry,))
            found = await call(nats_client, CALLS_OVER, asked, CALLS_OVER_REPLY)
            return found if isinstance(found, CallsOverAnswer) and found.over else None

        await until(ended)
        js = nats_client.jetstream()

        async def outcome() -> Called | None:
            try:
                return CALLED.validate_json(
                    (await js.get_last_msg(OUTCOMES.name, "docwatch.called.v1")).data or b""
                )
            except Exception:  # noqa: BLE001 - not there yet
                return None

        async def buried() -> bool:
            return (await js.stream_info(DEAD.name)).state.messages == 1

        found = await until(outcome)
        await until(buried)

    assert isinstance(answer, CallsAnswer)
    assert [entry.call_id] == [row.call_id for row in answer.rows]
    assert ("e1", "reached") == (found.event_id, found.result)
