"""One notifier with accounts of five channels over their own wires, and people whom several of them reach."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from uuid import UUID

import asyncpg

from contracts.messages.ids import RecipientId
from contracts.messages.notice import Notice
from runtime.embedded import EmbeddedPostgres
from services.notifier.delivery.sending.claiming import Pace
from services.notifier.delivery.sending.sender import Sender, Tools
from services.notifier.domain.addresses.routes import Carriers
from services.notifier.domain.incoming import DeliveryReceipt
from services.notifier.domain.messages import Message
from services.notifier.domain.preferences import Reader
from services.notifier.domain.results import Result, Throttled
from services.notifier.recipients.routes import ways_of
from services.notifier.wording.markup import bold, literal
from tests.faults.second_way import Address, Record
from tests.integration.notifier.channel_bench import Bench, MakeBench, Trouble
from tests.integration.notifier.email_bench import email_bench
from tests.integration.notifier.quiet_channel import QuietChannel
from tests.integration.notifier.sms_bench import suite_bench as sms_bench
from tests.integration.notifier.telegram_bench import telegram_bench
from tests.integration.notifier.viber_bench import viber_bench
from tests.integration.notifier.web_bench import web_bench
from tests.integration.notifier.world import World, make_world, notices_by, role_of
from tests.waiting import until

ACCOUNTS = ("telegram", "viber", "web", "email", "sms")
CARRIERS = Carriers(("telegram", "viber", "web", "email"), ("sms",))
"""A text costs money: it carries only what one must act upon."""
TELL_FAILURES = ("viber", "email", "sms")
STORMY = Pace(
    rate_global=3000, rate_chat=1000, resend_after=0.05, sweep_every=0.1, concurrency=20, down_pause=0.1
)
LONGEST_WAIT = 0.05
KEYS = f"k1:{bytes(32).hex()}"
HISTORY = """
CREATE TABLE notifier.course (
    place bigserial PRIMARY KEY, id uuid, person uuid, follows uuid, subscription uuid, revision bigint,
    actionable boolean, address uuid, state text, reason text, attempts integer, unknowns integer, was text);
CREATE FUNCTION notifier.note_course() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO notifier.course
        (id, person, follows, subscription, revision, actionable, address, state, reason, attempts, unknowns,
         was)
    VALUES (NEW.id, NEW.recipient_id, NEW.follows, NEW.subscription_id, NEW.revision, NEW.actionable,
            NEW.address_id, NEW.state, NEW.reason, NEW.attempts, NEW.unknowns,
            CASE WHEN TG_OP = 'UPDATE' THEN OLD.state END);
    RETURN NULL;
END $$;
CREATE TRIGGER note_course AFTER INSERT OR UPDATE ON notifier.delivery
FOR EACH ROW EXECUTE FUNCTION notifier.note_course();
CREATE FUNCTION notifier.note_lost() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO notifier.course (person, address, state) VALUES (NEW.recipient_id, NEW.id, 'lost');
    RETURN NULL;
END $$;
CREATE TRIGGER note_lost AFTER UPDATE ON notifier.address
FOR EACH ROW WHEN (OLD.unreachable_since IS NULL AND NEW.unreachable_since IS NOT NULL)
EXECUTE FUNCTION notifier.note_lost();
"""
"""Every change of a delivery and each loss of an address, as they happen.

One person has one attempt in the air at most, so theirs stand in order.
"""


@dataclass
class Call:
    """A call that was made; no result: its maker died meanwhile."""

    account: str
    address: str
    delivery: UUID
    text: str
    result: Result | None = None


class Witnessed(QuietChannel):
    """A real channel whose calls are noted, and which is not left alone for minutes when it says so.

    `weather` are the faults of its next messages, the last one first; None: nothing goes wrong.
    """

    def __init__(self, bench: Bench, calls: list[Call]) -> None:
        self._bench = bench
        self._real = bench.channel
        self._calls = calls
        self.able = self._real.capabilities
        self.weather: list[Trouble | None] = []
        self.met: set[Trouble] = set()

    @property
    def name(self) -> str:
        """Return the account's name."""
        return self._real.name

    async def send(self, address: str, message: Message, key: UUID) -> Result:
        """Send by the real wire, which has the fault that comes next."""
        if self.weather and (trouble := self.weather.pop()) is not None:
            self.met.add(trouble)
            await self._bench.trouble(trouble)
        call = Call(self.name, address, key, message.shown)
        self._calls.append(call)
        call.result = result = await self._real.send(address, message, key)
        if isinstance(result, Throttled):
            return replace(result, seconds=min(result.seconds, LONGEST_WAIT))
        return result


@dataclass
class Person:
    """Somebody: their addresses by account in their order, and those that shut us out by now."""

    id: RecipientId
    route: Mapping[str, str]
    accounts: Mapping[UUID, str]
    shut: list[str] = field(default_factory=list)


@dataclass
class Five:
    """The accounts, what happens on their wires, and the people at the other ends."""

    world: World
    worlds: Mapping[str, World]
    channels: Mapping[str, Witnessed]
    benches: Mapping[str, Bench]
    admin: asyncpg.Connection
    calls: list[Call]
    chance: random.Random
    failed: set[UUID] = field(default_factory=set)

    async def person(self, number: int) -> Person:
        """Put somebody on record who has so many addresses, in an order of their own."""
        accounts = self.chance.sample(ACCOUNTS, number)
        route = {account: await self.benches[account].person() for account in accounts}
        first, *others = (Address(account, address) for account, address in route.items())
        found = await Record(self.world.pool, KEYS).person(first, *others, language="en")
        ways = await ways_of(self.world.pool, found)
        assert accounts == [way.account for way in ways]
        return Person(found, route, {way.address_id: way.account for way in ways})

    async def shut(self, person: Person, account: str) -> None:
        """Have somebody lose an address; that is found out only when we write to it."""
        await self.benches[account].blocks(person.route[account], blocked=True)
        person.shut.append(account)

    def change_weather(self, troubles: Sequence[Trouble]) -> None:
        """Have each channel's next messages meet these faults in an order of its own, and half as many none.

        What is left of the faults before comes first.
        """
        for account, channel in self.channels.items():
            spared = self.benches[account].spared | ({"blocked"} if account == "web" else set())
            own = [one for one in troubles if one not in spared]
            fresh = [*own, *[None] * (len(own) // 2)]
            channel.weather = [*self.chance.sample(fresh, len(fresh)), *channel.weather]

    async def keep(self, told: Sequence[Notice]) -> None:
        """Store notices, and wake everybody."""
        await self.world.keep(*told)
        self._wake()

    async def fail(self, person: Person, row: asyncpg.Record) -> None:
        """Have a messenger tell that a message which it took did not arrive."""
        account = person.accounts[row["address_id"]]
        bench = self.benches[account]
        await bench.tells(person.route[account], row["message_reference"], "failed")
        receipts = [one for one in await bench.arrived() if isinstance(one.body, DeliveryReceipt)]
        assert receipts
        self.failed.add(row["address_id"])
        for one in receipts:
            await self.worlds[account].updates().take_one(one)
        self._wake()

    async def all_ended(self, count: int) -> None:
        """Wait until so many notices have ended, and whatever tells one of them once more."""
        query = (
            "SELECT count(*) FILTER (WHERE follows IS NULL AND ended_at IS NOT NULL) = $1"
            " AND count(*) FILTER (WHERE ended_at IS NULL) = 0 FROM delivery"
        )
        await until(partial(self.world.pool.fetchval, query, count), within=30)

    async def some_calls(self) -> None:
        """Wait until somebody was written to since, or there is nobody whom it could be told."""
        before = len(self.calls)
        query = "SELECT count(*) = 0 FROM delivery WHERE ended_at IS NULL"

        async def called() -> bool:
            return len(self.calls) > before or bool(await self.world.pool.fetchval(query))

        await until(called)

    async def all_followed(self) -> None:
        """Wait until whatever was not heard of in time was told once more, or has no other address."""
        query = "SELECT count(*) = 0 FROM delivery WHERE reach_by <= clock_timestamp() AND state = 'accepted'"
        await until(partial(self.world.pool.fetchval, query))

    @asynccontextmanager
    async def owners_come_and_go(self) -> AsyncIterator[None]:
        """Have one owner after the other send for each account, and die in the middle of it."""
        owners = [asyncio.ensure_future(self._owners(world)) for world in self.worlds.values()]
        try:
            yield
            assert not [owner for owner in owners if owner.done()]
        finally:
            for owner in owners:
                owner.cancel()
            await asyncio.gather(*owners, return_exceptions=True)

    async def _owners(self, world: World) -> None:
        while True:
            lease = await world.lease()
            assert lease.token is not None
            tenure = asyncio.ensure_future(Sender(world.tools, lease, lease.token).run(asyncio.Event()))
            try:
                await asyncio.wait({tenure}, timeout=0.3 + self.chance.random())
            finally:
                tenure.cancel()
                await asyncio.gather(tenure, return_exceptions=True)
            await world.pool.execute(
                "UPDATE lease SET expires_at = clock_timestamp() WHERE role = $1", role_of(world.channel.name)
            )

    def _wake(self) -> None:
        for world in self.worlds.values():
            world.tools.wake.set()


@asynccontextmanager
async def five_accounts(
    world: World, server: EmbeddedPostgres, admin: str, chance: random.Random
) -> AsyncIterator[Five]:
    """Open five channels against their simulators, over one notifier's database."""
    made: Mapping[str, MakeBench] = {
        "telegram": telegram_bench,
        "viber": viber_bench,
        "web": partial(web_bench, server),
        "email": email_bench,
        "sms": sms_bench,
    }
    calls: list[Call] = []
    async with AsyncExitStack() as stack:
        benches = {account: await stack.enter_async_context(made[account]()) for account in ACCOUNTS}
        channels = {account: Witnessed(bench, calls) for account, bench in benches.items()}
        worlds = {account: _world(world, channel) for account, channel in channels.items()}
        connection = await asyncpg.connect(admin)
        stack.push_async_callback(connection.close)
        await connection.execute(HISTORY)
        yield Five(worlds["telegram"], worlds, channels, benches, connection, calls, chance)


def _world(world: World, channel: Witnessed) -> World:
    account = channel.name
    made = make_world(
        world.pool,
        world.outbox,
        world.recipients.of_account(account),
        world.catalogue,
        world.voice,
        carriers=CARRIERS,
        receipts="delivered" in channel.capabilities.receipts,
    )
    made.channel.able = channel.capabilities
    return replace(made, tools=_tools(made, channel))


def _tools(made: World, channel: Witnessed) -> Tools:
    def render(one: Notice, _: Reader, __: bool) -> Message:  # noqa: FBT001 - a Renderer
        return Message((*literal(f"{one.subscription_id} {one.revision} "), *bold("now")))

    return replace(made.tools, channel=channel, render=notices_by(render), pace=STORMY)
