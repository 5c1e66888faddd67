"""What is stored where the owner of its account is goes out by the commit that stores it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import pytest

from runtime.database.postgres import Connection, transaction
from services.notifier.delivery.at_once import Claims, Tenure
from services.notifier.delivery.sending.claiming import Claiming
from services.notifier.domain.incoming import Said
from tests.conftest import Databases
from tests.integration.notifier.test_inbound import did
from tests.integration.notifier.test_owner import attempts, expire
from tests.integration.notifier.test_pause import ACCOUNT, known, operators
from tests.integration.notifier.world import World, notice
from tests.waiting import until

ONE_COMMIT = "SELECT a.xmin = d.xmin FROM delivery d JOIN attempt a ON a.delivery_id = d.id WHERE d.id = $1"
FAIL_AT_COMMIT = (
    """CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS
       $$BEGIN RAISE EXCEPTION 'no' USING ERRCODE = 'serialization_failure'; END$$""",
    """CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON delivery DEFERRABLE INITIALLY DEFERRED
       FOR EACH ROW EXECUTE FUNCTION fails()""",
)
SEND_ELSEWHERE = """
    INSERT INTO delivery (id, channel, recipient_id, kind, class, payload, created_at, expires_at, state,
                          token, attempts)
    VALUES (gen_random_uuid(), 'viber', $1, 'answer', 0, 'null', now(), now() + interval '1 h', 'sending',
            1, 1)"""
WAITS = "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%ready AS%'"


@asynccontextmanager
async def owned(world: World) -> AsyncIterator[Claiming]:
    """Run an owner for whom nothing waits."""
    async with world.sending(await world.lease()):

        async def drained() -> bool:
            tenure = world.tools.tenures.get(world.channel.name)
            return isinstance(tenure, Claiming) and tenure.drained

        await until(drained)
        tenure = world.tools.tenures[world.channel.name]
        assert isinstance(tenure, Claiming)
        yield tenure


async def test_a_notice_is_claimed_by_the_commit_that_stores_it(world: World) -> None:
    """Where nothing goes first, a notice and its first attempt are one commit."""
    told = notice(await world.person("7"))
    async with owned(world):
        world.channel.gates["7"] = asyncio.Event()
        await world.keep(told)

        assert "sending" == await world.state(told.notice_id)
        assert await world.pool.fetchval(ONE_COMMIT, told.notice_id)

        world.channel.gates["7"].set()
        await world.ended(told.notice_id)
    assert ["verification 1 en"] == world.channel.texts("7")


async def test_a_commit_that_fails_sends_nothing(world: World, databases: Databases) -> None:
    """Nothing goes out of a transaction that was not committed, and the next one is as free as before."""
    told, later = notice(await world.person("7")), notice(await world.person("8"))
    admin = await asyncpg.connect(databases.admin, server_settings={"search_path": "notifier"})
    async with owned(world) as tenure:
        for statement in FAIL_AT_COMMIT:
            await admin.execute(statement)
        try:
            with pytest.raises(asyncpg.SerializationError):
                await world.keep(told)
            assert {} == tenure.flying
        finally:
            await admin.execute("DROP FUNCTION fails CASCADE")
            await admin.close()
        await world.keep(later)
        await world.ended(later.notice_id)

    assert [[], ["verification 1 en"]] == [world.channel.texts(one) for one in ("7", "8")]


@dataclass
class InDoubt:
    """The claims of a tenure whose commits' answers are lost."""

    tenure: Tenure

    async def claim_stored(self, connection: Connection, deliveries: Sequence[UUID]) -> "LostAnswer | None":
        """Claim as the tenure does."""
        claims = await self.tenure.claim_stored(connection, deliveries)
        return None if claims is None else LostAnswer(claims)


@dataclass
class LostAnswer:
    """Claims that were committed, and nobody knows it."""

    claims: Claims

    def __len__(self) -> int:
        return len(self.claims)

    def committed(self) -> None:
        """Believe that they were not."""
        self.claims.failed()

    failed = committed


async def test_a_commit_in_doubt_is_found(world: World) -> None:
    """What was claimed by a commit whose answer was lost is sent once, as something that was never sent."""
    told = notice(await world.person("7"))
    async with owned(world) as tenure:
        world.tools.tenures["telegram"] = InDoubt(tenure)
        await world.keep(told)
        await world.ended(told.notice_id)

    assert ["not_sent", "accepted"] == [result for _, result in await attempts(world, told.notice_id)]
    assert 1 == len(world.channel.sent)


async def test_whoever_is_written_to_is_left_alone(world: World) -> None:
    """A notice for somebody to whom something goes out waits until that has ended, in its order."""
    person = await world.person("7")
    first, second = notice(person, stage="verification"), notice(person, stage="printing")
    async with owned(world):
        gate = world.channel.gates["7"] = asyncio.Event()
        await world.keep(first)
        await world.keep(second)

        assert ["sending", "pending"] == [await world.state(one.notice_id) for one in (first, second)]

        gate.set()
        await world.ended(first.notice_id, second.notice_id)
    assert ["verification 1 en", "printing 1 en"] == world.channel.texts("7")


async def test_two_accounts_do_not_write_to_somebody_at_once(world: World) -> None:
    """Where the owner of another account claims for the same person just now, the unit fails in passing."""
    told = notice(await world.person("7"))
    async with owned(world) as tenure:
        async with transaction(world.pool) as connection:
            await connection.execute(SEND_ELSEWHERE, told.recipient_id)
            storing = asyncio.ensure_future(world.keep(told))
            await until(lambda: world.pool.fetchval(WAITS))
        with pytest.raises(asyncpg.SerializationError):
            await storing
        assert {} == tenure.flying

        await world.keep(told)
        assert "pending" == await world.state(told.notice_id)

        await world.pool.execute("DELETE FROM delivery WHERE channel = 'viber'")
        world.tools.wake.set()
        await world.ended(told.notice_id)
    assert 1 == len(world.channel.sent)


async def test_who_lost_the_lease_claims_nothing(world: World) -> None:
    """A former owner that does not know it yet stores notices, and claims none of them."""
    told = notice(await world.person("7"))
    async with owned(world):
        await expire(world)
        await world.keep(told)

        assert "pending" == await world.state(told.notice_id)
    assert [] == world.channel.sent


async def test_a_paused_account_begins_nothing(world: World) -> None:
    """While operators hold an account back a notice is stored only."""
    told = notice(await world.person("7"))
    await known(world)
    assert await operators(world).pause(ACCOUNT, "wrong texts")
    async with owned(world):
        await world.keep(told)

        assert "pending" == await world.state(told.notice_id)


async def test_an_answer_is_claimed_by_the_commit_that_stores_it(world: World) -> None:
    """Whoever writes is answered by the transaction that notes that they wrote."""
    await world.person("7")
    async with owned(world):
        gate = world.channel.gates["7"] = asyncio.Event()
        await world.updates().take([did(1, Said("/help"))])

        assert 1 == await world.pool.fetchval("SELECT count(*) FROM delivery WHERE state = 'sending'")

        gate.set()
        await until(lambda: world.pool.fetchval("SELECT bool_and(ended_at IS NOT NULL) FROM delivery"))
