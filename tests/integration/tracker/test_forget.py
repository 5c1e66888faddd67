"""Forgetting a person on a real database."""

from datetime import timedelta
from uuid import uuid4

from nats.aio.client import Client

from contracts.messages.forget import Forget
from contracts.messages.ids import RecipientId
from contracts.messages.rpc import Redeemed, StatusQuery
from contracts.streams import FORGET_SUBJECT
from runtime.clock import SystemClock
from runtime.messaging.stream_writer import Outgoing
from services.tracker.domain.batch import Source
from services.tracker.following.claims import INVALID
from services.tracker.following.typed_code_limits import Typed
from services.tracker.ledger.ends import Ledger
from services.tracker.ledger.gauges import reconcile
from services.tracker.ledger.reports import report
from services.tracker.metrics import Metrics
from tests.conftest import Databases
from tests.integration.tracker.conftest import NOON, Tracker, redeem, running, stage_event
from tests.waiting import until

TRACES = """
SELECT (SELECT count(*) FROM subscription WHERE recipient_id = $1)
    + (SELECT count(*) FROM notice WHERE recipient_id = $1)
    + (SELECT count(*) FROM redemption WHERE recipient_id = $1)
    + (SELECT count(*) FROM typing WHERE scope = $1::text)
    + (SELECT count(*) FROM typed WHERE scope = $1::text)
"""


def farewell(recipient: RecipientId) -> Forget:
    return Forget(recipient_id=recipient, at=NOON)


async def forget(tracker: Tracker, recipient: RecipientId) -> None:
    ledger = Ledger(tracker.pool, tracker.outbox, SystemClock())
    source = Source("DELIVERIES", 1, farewell(recipient).encoded())
    await ledger.enter([report(source, FORGET_SUBJECT)])


async def traces(tracker: Tracker, recipient: RecipientId) -> int:
    found: int = await tracker.pool.fetchval(TRACES.replace("$1::text", "$2"), recipient, str(recipient))
    return found


async def test_nothing_leads_from_a_forgotten_person_to_anything(tracker: Tracker) -> None:
    """Subscriptions, running or stopped, notices, redemptions and counts lose their name, others keep it."""
    recipient, neighbour = RecipientId(uuid4()), RecipientId(uuid4())
    tokens = [await tracker.issue(number) for number in range(3)]
    for token in tokens:
        await tracker.redeem(token, recipient)
        await tracker.redeem(token, neighbour)
    await tracker.take(*(stage_event(f"e{number}", application=number) for number in range(3)))
    await tracker.typing.charge(Typed(uuid4(), str(recipient)))
    others = await traces(tracker, neighbour)

    for _ in range(2):
        await forget(tracker, recipient)
        assert await traces(tracker, recipient) == 0
    assert await traces(tracker, neighbour) == others
    assert await tracker.pool.fetchval("SELECT count(*) FROM subscription WHERE ended_by = 'forget'") == 3
    assert await reconcile(tracker.pool, Metrics()) == 0


async def test_the_forgotten_are_told_nothing_more_and_stay_forgotten(tracker: Tracker) -> None:
    """Later events tell them nothing, and a redeem that was on its way is refused as any other."""
    recipient, token = RecipientId(uuid4()), await tracker.issue()
    await tracker.redeem(token, recipient)
    await forget(tracker, recipient)
    await tracker.take(stage_event("e1"))

    assert await tracker.following.redeem(redeem(token, recipient)) == INVALID
    assert await tracker.pool.fetchval("SELECT count(*) FROM notice") == 0
    assert await traces(tracker, recipient) == 0
    assert isinstance(await tracker.following.redeem(redeem(token)), Redeemed)


async def test_a_wish_in_the_stream_is_fulfilled(
    tracker: Tracker, databases: Databases, nats_url: str, nats_client: Client
) -> None:
    """The tracker takes the wish from the stream of deliveries; one that cannot be read is a dead letter."""
    recipient = RecipientId(uuid4())
    await tracker.redeem(await tracker.issue(), recipient)
    async with running(databases, nats_url):
        await tracker.sender.publish(
            [
                Outgoing(FORGET_SUBJECT, "bad", b"{"),
                Outgoing(FORGET_SUBJECT, "good", farewell(recipient).encoded()),
            ]
        )

        async def done() -> bool:
            answer = await tracker.following.status(StatusQuery(recipient_id=recipient))
            return not answer.followed

        await until(done)
    letter = await nats_client.jetstream().get_msg("DEAD", 1)

    assert FORGET_SUBJECT.encode() in (letter.data or b"")
    assert await traces(tracker, recipient) == 0
    assert timedelta(0) < SystemClock().now() - await tracker.pool.fetchval("SELECT at FROM forgotten")
