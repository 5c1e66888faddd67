"""API keys: shown once, bound to a publisher and scopes, over within seconds when revoked."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from starlette.requests import Request

from runtime.database.postgres import Pool, transaction
from services.ingest.domain.key_limits import Limits
from services.ingest.keys import gate as gates
from services.ingest.keys.api_keys import (
    SQL,
    ApiKey,
    KeyRefusedError,
    Scope,
    create_key,
    find_key,
    list_keys,
    revoke_key,
)
from services.ingest.keys.gate import PATIENCE_SECONDS, REMEMBER_SECONDS, TRUST_SECONDS, UNKNOWN_RATE, Gate
from services.ingest.keys.rates import Rates
from services.ingest.metrics import Metrics
from services.ingest.web.places import Places
from services.ingest.web.problems import ProblemError
from tests.integration.ingest.conftest import Bench, event
from tests.waiting import until


class SetClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.moment = datetime.now(UTC)
        self.seconds = 0.0

    def now(self) -> datetime:
        """Return the moment set."""
        return self.moment

    def monotonic(self) -> float:
        """Return the seconds gone by."""
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        """Move on."""
        self.move(seconds)

    def move(self, seconds: float) -> None:
        """Let time pass."""
        self.moment += timedelta(seconds=seconds)
        self.seconds += seconds


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def gate(pool: Pool, clock: SetClock) -> Gate:
    return Gate(pool, clock, Metrics(), Rates(100.0, clock), Places())


def asking(authorization: str) -> Request:
    """A request with a key."""
    return Request({"type": "http", "headers": [(b"authorization", authorization.encode())]})


async def refusal(gate: Gate, secret: str, scope: Scope = Scope.EVENTS) -> int:
    """Return the status with which a key is refused."""
    with pytest.raises(ProblemError) as caught:
        await gate.admit(asking(f"Bearer {secret}"), scope)
    return caught.value.status


async def test_a_key_opens_what_its_scopes_say(gate: Gate, pool: Pool) -> None:
    """A key stands for its publisher, within its scopes and nothing else."""
    key_id, secret = await create_key(pool, "registry", [Scope.EVENTS], name="a note")

    found = await gate.admit(asking(f"bearer {secret}"), Scope.EVENTS)

    assert (key_id, "registry", frozenset({Scope.EVENTS})) == (found.key_id, found.publisher, found.scopes)
    assert 403 == await refusal(gate, secret, Scope.RECEIPTS)


async def test_only_the_hash_of_a_key_is_stored(pool: Pool) -> None:
    """Whoever reads the database cannot use a key."""
    _, secret = await create_key(pool, "registry")

    rows = await pool.fetch("SELECT api_key::text AS row FROM api_key")

    assert secret.startswith("dw_")
    assert all(secret not in row["row"] and secret[3:] not in row["row"] for row in rows)


async def test_a_revoked_key_ends_within_seconds(gate: Gate, pool: Pool, clock: SetClock) -> None:
    """A remembered key is looked up again after five seconds at the latest."""
    key_id, secret = await create_key(pool, "registry")
    await gate.admit(asking(f"Bearer {secret}"), Scope.EVENTS)

    assert await revoke_key(pool, key_id)

    clock.move(REMEMBER_SECONDS)
    assert 401 == await refusal(gate, secret)
    assert not await revoke_key(pool, uuid4())


async def test_an_expired_key_ends_at_once(gate: Gate, pool: Pool, clock: SetClock) -> None:
    """Expiry needs no look-up."""
    _, secret = await create_key(pool, "registry", expires_in=timedelta(seconds=2), clock=clock)
    await gate.admit(asking(f"Bearer {secret}"), Scope.EVENTS)

    clock.move(2)

    assert 401 == await refusal(gate, secret)


async def test_without_the_database_a_remembered_key_goes_on(gate: Gate, pool: Pool, clock: SetClock) -> None:
    """For a minute an outage of the database does not stop events; a longer one means 503, never 401."""
    _, secret = await create_key(pool, "registry")
    await gate.admit(asking(f"Bearer {secret}"), Scope.EVENTS)
    await pool.close()

    clock.move(TRUST_SECONDS - 1)
    found = await gate.admit(asking(f"Bearer {secret}"), Scope.EVENTS)

    clock.move(1)
    assert "registry" == found.publisher
    assert 503 == await refusal(gate, secret)


async def test_a_database_that_hangs_is_not_waited_for_by_each(
    gate: Gate, pool: Pool, clock: SetClock
) -> None:
    """One request in five seconds finds out, within two, whether the database answers; no other waits."""
    _, secret = await create_key(pool, "registry")
    await gate.admit(asking(f"Bearer {secret}"), Scope.EVENTS)
    clock.move(REMEMBER_SECONDS)

    async with transaction(pool) as hanging:
        await hanging.execute("LOCK TABLE api_key IN ACCESS EXCLUSIVE MODE")
        async with asyncio.timeout(PATIENCE_SECONDS + 3):
            await gate.admit(asking(f"Bearer {secret}"), Scope.EVENTS)
        async with asyncio.timeout(PATIENCE_SECONDS / 4):
            await gate.admit(asking(f"Bearer {secret}"), Scope.EVENTS)


async def test_a_key_that_is_too_fast_is_told_when_to_come_again(
    gate: Gate, pool: Pool, clock: SetClock
) -> None:
    """A bucket that is empty refuses until the debt is paid, and says how long that takes."""
    _, secret = await create_key(pool, "registry")
    key = await gate.admit(asking(f"Bearer {secret}"), Scope.EVENTS)
    gate.rates.charge(key.publisher, 1199)

    with pytest.raises(ProblemError) as caught:
        await gate.admit(asking(f"Bearer {secret}"), Scope.EVENTS)

    assert (429, "3") == (caught.value.status, caught.value.headers["Retry-After"])
    assert '"default";r=0;t=12' == dict(gate.rates.raw_headers(key.publisher))[b"ratelimit"].decode()
    clock.move(3)
    assert key == await gate.admit(asking(f"Bearer {secret}"), Scope.EVENTS)


async def test_guessing_keys_is_slowed_down(gate: Gate) -> None:
    """Unknown keys share one bucket, so that they do not become look-ups without end."""
    statuses = [await refusal(gate, f"dw_{number:043}") for number in range(int(UNKNOWN_RATE) * 10 + 1)]

    assert [401, 429] == sorted(set(statuses))


async def test_a_key_may_be_limited_to_documents_and_offices(gate: Gate, pool: Pool) -> None:
    """The limits are part of the key."""
    _, secret = await create_key(pool, "registry", documents=["id_card"], offices=["kyiv-1"])

    limits = (await gate.admit(asking(f"Bearer {secret}"), Scope.EVENTS)).limits

    assert Limits(frozenset({"id_card"}), frozenset({"kyiv-1"})) == limits


@pytest.mark.parametrize(
    ("publisher", "options"),
    [
        ("", {}),
        ("no spaces", {}),
        ("x" * 65, {}),
        ("registry", {"scopes": []}),
        ("registry", {"expires_in": timedelta(0)}),
        ("registry", {"name": "n" * 101}),
    ],
)
async def test_keys_that_make_no_sense_are_refused(
    pool: Pool, publisher: str, options: dict[str, Any]
) -> None:
    """A key without a proper publisher, a scope or a future is not made."""
    with pytest.raises(KeyRefusedError):
        await create_key(pool, publisher, **options)

    assert [] == await list_keys(pool)


async def test_a_holder_can_ask_whom_a_key_stands_for(ingest: httpx.AsyncClient) -> None:
    """`GET /v1/key` names the publisher, which every event's source must be."""
    answer = await ingest.get("/v1/key")

    assert "passports" == answer.json()["publisher"]
    assert 401 == (await ingest.get("/v1/key", headers={"Authorization": ""})).status_code


async def test_a_scope_is_needed_for_each_door(bench: Bench, nats_url: str, pool: Pool) -> None:
    """A key for receipts publishes no events, and the reverse."""
    _, secret = await create_key(pool, "passports", [Scope.OUTCOMES])

    async with bench.open(nats_url, key=secret) as client:
        statuses = [
            (await client.post(path, json=event())).status_code for path in ("/v1/events", "/v1/receipts")
        ]

    assert [403, 403] == statuses


async def test_whatever_is_answered_to_a_key_says_what_is_left(ingest: httpx.AsyncClient) -> None:
    """Answers, refusals and pages that do not exist carry the RateLimit fields, all but for unknown keys."""
    answers = [
        await ingest.post("/v1/events", json=event()),
        await ingest.post("/v1/events", json={}),
        await ingest.get("/v1/key"),
        await ingest.get("/v1/outcomes", params={"after": "nonsense"}),
        await ingest.get("/v1/receipts/none"),
    ]
    unknown = await ingest.get("/v1/key", headers={"Authorization": "Bearer dw_x"})

    assert [202, 422, 200, 422, 404] == [one.status_code for one in answers]
    assert {'"default";q=200000;w=10'} == {one.headers["ratelimit-policy"] for one in answers}
    assert all(re.fullmatch(r'"default";r=\d+;t=\d+', one.headers["ratelimit"]) for one in answers)
    assert (401, False) == (unknown.status_code, "ratelimit" in unknown.headers)


async def test_a_publisher_has_two_live_keys_at_most(pool: Pool, clock: SetClock) -> None:
    """A third key is refused until one of the two is revoked or expires; other publishers are no matter."""
    key_id, _ = await create_key(pool, "registry")
    await create_key(pool, "registry", expires_in=timedelta(days=1))
    await create_key(pool, "passports")

    with pytest.raises(KeyRefusedError, match="2 live keys"):
        await create_key(pool, "registry")
    await revoke_key(pool, key_id)
    await create_key(pool, "registry")
    clock.move(timedelta(days=1, seconds=1).total_seconds())
    await create_key(pool, "registry", clock=clock)

    assert 5 == len(await list_keys(pool))


async def test_keys_made_at_once_are_counted_one_after_the_other(pool: Pool) -> None:
    """Whoever makes a key waits for those who make one of the same publisher, and counts theirs."""
    await create_key(pool, "registry")
    async with transaction(pool) as connection:
        await connection.execute(SQL["lock_keys"], "registry")
        making = asyncio.create_task(create_key(pool, "registry"))
        waits = "SELECT $1 OR EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)"
        await until(lambda: connection.fetchval(waits, making.done()))
        await connection.execute(
            "INSERT INTO api_key SELECT gen_random_uuid(), sha256('x'), publisher, name, scopes, created_at"
            " FROM api_key"
        )

    with pytest.raises(KeyRefusedError):
        await making


async def test_a_key_remembers_to_the_minute_when_it_was_used(
    gate: Gate, pool: Pool, clock: SetClock
) -> None:
    """A look-up notes the time, at most once a minute, and never for a key that opens nothing."""
    key_id, secret = await create_key(pool, "registry")

    async def used() -> datetime | None:
        await gate.admit(asking(f"Bearer {secret}"), None)
        return (await list_keys(pool))[0].last_used_at

    first = await used()
    clock.move(30)
    assert first == clock.moment - timedelta(seconds=30) == await used()
    clock.move(31)
    assert clock.moment == await used()
    await revoke_key(pool, key_id)
    clock.move(100)
    assert 401 == await refusal(gate, secret)
    assert clock.moment - timedelta(seconds=100) == (await list_keys(pool))[0].last_used_at


async def test_a_key_that_many_come_with_is_looked_up_once(
    gate: Gate, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many requests begin with a key that is not remembered, it costs one look-up and one token."""
    _, secret = await create_key(pool, "passports", list(Scope))
    asked = 0

    async def counting(*given: object) -> ApiKey | None:
        nonlocal asked
        asked += 1
        return await find_key(*given)  # type: ignore[arg-type] # what it is given is handed on

    monkeypatch.setattr(gates, "find_key", counting)
    found = await asyncio.gather(*(gate.find(f"Bearer {secret}") for _ in range(1000)))

    assert ["passports"] * 1000 == [None if one is None else one.publisher for one in found]
    assert 1 == asked
