"""Everything at once: a messenger that fails in every way and owners that die, against the promise."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field, replace
from uuid import UUID, uuid4

import pytest

from contracts.messages.delivery import DeliveryEnd
from contracts.messages.notice import Notice
from services.notifier.delivery.sending.claiming import Pace
from services.notifier.delivery.sending.sender import Sender, Tools
from services.notifier.domain.deliveries import MAX_UNKNOWNS
from services.notifier.domain.messages import Message
from services.notifier.domain.preferences import Reader
from services.notifier.domain.results import (
    Accepted,
    NotSent,
    Permanent,
    Result,
    Throttled,
    Unknown,
    Unreachable,
)
from services.notifier.wording.markup import bold, literal
from tests.integration.notifier.quiet_channel import QuietChannel
from tests.integration.notifier.world import World, notice, notices_by
from tests.waiting import until

STORMY = Pace(rate_global=3000, rate_chat=1000, resend_after=0.05, sweep_every=0.1, concurrency=20)
CHATS = 30
UNSEEN = {DeliveryEnd.SUPERSEDED, DeliveryEnd.EXPIRED, DeliveryEnd.WITHDRAWN}
REFUSALS: dict[float, Result] = {
    0.03: Throttled(0.02, "chat"),
    0.06: Throttled(0.02, "account"),
    0.10: NotSent("no route"),
    0.14: Unknown("reset before storing"),
    0.15: Unreachable("blocked"),
    0.16: Permanent("unparseable", "tag"),
}


@dataclass
class Storm(QuietChannel):
    """A messenger of which citizens see what it stores, whatever it answers."""

    chance: random.Random
    seen: list[str] = field(default_factory=list)

    async def send(self, address: str, message: Message, key: UUID) -> Result:  # noqa: ARG002 - knows no copies
        """Store or not, answer or not, at once or later."""
        if self.chance.random() < 0.5:
            await asyncio.sleep(self.chance.random() * 0.02)  # a messenger takes its time
        fate = self.chance.random()
        for limit, refusal in REFUSALS.items():
            if fate < limit:
                return refusal
        self.seen.append(message.shown)
        if fate < 0.24:
            return Unknown("time-out after storing")
        if fate < 0.26:
            await asyncio.sleep(0.2)  # and sometimes more of it
        return Accepted(f"{address}/{len(self.seen)}")


@pytest.mark.parametrize("seed", range(3))
async def test_the_promise_stands_in_a_storm(world: World, seed: int) -> None:
    """Every notice ends and is reported once; copies stay within the promise; nobody sees stages go back."""
    chance = random.Random(seed)  # noqa: S311 - a seeded storm
    storm = Storm(chance)
    people = [await world.person(str(number)) for number in range(CHATS)]
    subscriptions = [(person, uuid4()) for person in people for _ in range(2)]
    told = [
        notice(person, subscription=subscription, revision=revision)
        for revision in range(1, 6)
        for person, subscription in subscriptions
    ]
    for place in range(0, len(told) - 90, 7):
        told[place], told[place + 60] = told[place + 60], told[place]
    names = {one.notice_id: f"{one.subscription_id} {one.revision}" for one in told}
    tools = _stormy(world, storm)

    async def owners_come_and_go() -> None:
        while True:
            lease = await world.lease()
            assert lease.token is not None
            tenure = asyncio.ensure_future(Sender(tools, lease, lease.token).run(asyncio.Event()))
            await asyncio.wait({tenure}, timeout=0.1 + chance.random() * 0.3)
            tenure.cancel()
            await asyncio.gather(tenure, return_exceptions=True)
            await world.pool.execute("UPDATE lease SET expires_at = clock_timestamp()")

    owners = asyncio.ensure_future(owners_come_and_go())
    for start in range(0, len(told), 60):
        await world.keep(*told[start : start + 60])
        await asyncio.sleep(0.05)  # the pace of the load, not a wait
    await until(lambda: _all_ended(world, len(told)), within=60)
    owners.cancel()
    await asyncio.gather(owners, return_exceptions=True)

    deadlocks = await world.pool.fetchval(
        "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    )
    assert deadlocks == 0
    copies, reports = Counter(" ".join(text.split()[:2]) for text in storm.seen), await world.reports()
    assert names.keys() == reports.keys()
    for row in await world.pool.fetch("SELECT * FROM delivery"):
        count = copies[names[row["id"]]]
        end = reports[row["id"]].status
        assert row["state"] == end
        assert count <= min(MAX_UNKNOWNS, row["unknowns"] + (end is DeliveryEnd.ACCEPTED))
        assert count == 0 or end not in UNSEEN
        assert count > 0 or end is not DeliveryEnd.ACCEPTED
    latest: dict[str, int] = {}
    for text in storm.seen:
        subscription, revision = text.split()[:2]
        assert int(revision) >= latest.get(subscription, 0)
        latest[subscription] = int(revision)


def _stormy(world: World, storm: Storm) -> Tools:
    def render(one: Notice, _: Reader, __: bool) -> Message:  # noqa: FBT001 - a Renderer
        return Message((*literal(f"{one.subscription_id} {one.revision} "), *bold("now")))

    return replace(world.tools, channel=storm, render=notices_by(render), pace=STORMY)


async def _all_ended(world: World, count: int) -> bool:
    ended = await world.pool.fetchval("SELECT count(*) FROM delivery WHERE ended_at IS NOT NULL")
    return int(ended) == count
