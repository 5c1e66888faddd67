"""A desk and a tracker as their processes run, asked over NATS as the notifier and ingest ask."""

from uuid import uuid4

from nats.aio.client import Client

from contracts.catalogue import load_catalogue
from contracts.messages.desk.appointments import (
    Booked,
    GivenBack,
    ListQuery,
    OwnAnswer,
    Refused,
    Slots,
    Waiting,
)
from contracts.messages.forget import Forget
from contracts.messages.ids import Publisher, RecipientId
from contracts.streams import FORGET_SUBJECT
from runtime.database.postgres import open_pool
from runtime.messaging.stream_writer import StreamWriter
from services.ingest.appointments.clients import RpcCalendar
from services.notifier.conversation.appointments.desk_client import RpcDesk
from tests.conftest import Databases
from tests.integration.desk.booking import OFFICE
from tests.integration.desk.conftest import running
from tests.integration.tracker.conftest import NOON, SAMPLE, Tracker, stage_event
from tests.integration.tracker.conftest import running as tracking
from tests.waiting import until


async def test_the_way_of_an_appointment_over_the_wire(
    databases: Databases, nats_url: str, nats_client: Client
) -> None:
    """Slots, book, move, wait, own, the list, give back and forget, each answered by the processes."""
    me = RecipientId(uuid4())
    desk, calendar = RpcDesk(nats_client), RpcCalendar(nats_client)
    async with (
        tracking(databases, nats_url),
        running(databases, nats_url),
        open_pool(databases.url("tracker"), "tracker") as pool,
        open_pool(databases.url("desk"), "desk") as own,
    ):
        tracker = Tracker(pool, load_catalogue(SAMPLE), StreamWriter(nats_client))
        subscription = (await tracker.redeem(await tracker.issue(receipt="r-7"), me)).followed.subscription_id
        before = await desk.slots(me, subscription, None)
        await tracker.take(stage_event("e1", "arrived", office=OFFICE))

        days = await desk.slots(me, subscription, None)
        assert isinstance(days, Slots)
        day = days.days[-1].day
        found = await desk.slots(me, subscription, day)
        assert isinstance(found, Slots)
        first, second = found.days[0].starts[:2]
        booked = await desk.book(me, subscription, second, uuid4())
        waiting = await desk.wait(me, subscription, on=True)
        moved = await desk.book(me, subscription, first, uuid4())
        held = await desk.own(me)
        listed = (await calendar.appointments(ListQuery(publisher=Publisher("office"), limit=10))).rows
        others = (await calendar.appointments(ListQuery(publisher=Publisher("other")))).rows
        receipts = await calendar.receipts(
            Publisher("office"), [one.application for one in listed if one.application is not None]
        )
        back = await desk.give_back(me, subscription)
        again = await desk.book(me, subscription, first, uuid4())
        unreadable = await nats_client.request("docwatch.rpc.desk.v1.book", b"x", timeout=3)

        wish = Forget(recipient_id=me, at=NOON)
        await nats_client.jetstream().publish(FORGET_SUBJECT, wish.encoded())

        async def forgotten() -> bool:
            query = "SELECT count(*) = 0 FROM appointment WHERE recipient_id IS NOT NULL OR status = 'booked'"
            return bool(await own.fetchval(query))

        await until(forgotten)

    assert before == Refused(reason="not_ready")
    assert isinstance(booked, Booked)
    assert isinstance(moved, Booked)
    assert moved.moved_from == second
    assert waiting == Waiting(on=True)
    assert isinstance(held, OwnAnswer)
    assert [one.status for one in held.appointments] == ["booked", "moved"]
    assert [(one.office, one.status) for one in listed] == [(OFFICE, "booked"), (OFFICE, "moved")]
    assert others == ()
    assert receipts == ("r-7", "r-7")
    assert back == GivenBack(changed=True)
    assert isinstance(again, Booked)
    assert b'"invalid"' in unreadable.data
