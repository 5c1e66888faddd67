"""Five channels at once, with faults on every wire and owners that die; people lose one after the other."""

import random
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import get_args
from uuid import UUID, uuid4

import asyncpg
import pytest

from contracts.messages.delivery import DELIVERY_REPORT, DeliveryEnd, Receipt
from contracts.messages.ids import RecipientId
from contracts.messages.notice import Notice
from runtime.embedded import EmbeddedPostgres
from services.notifier.domain.deliveries import MAX_UNKNOWNS
from services.notifier.domain.results import Accepted, Unknown
from tests.conftest import Databases
from tests.integration.notifier.channel_bench import Trouble
from tests.integration.notifier.five_accounts import (
    ACCOUNTS,
    TELL_FAILURES,
    Call,
    Five,
    Person,
    five_accounts,
)
from tests.integration.notifier.route_replay import Replay
from tests.integration.notifier.routes import ACTIONABLE, overdue
from tests.integration.notifier.world import World, notice

PEOPLE_OF_EACH = 4
"""So many people have one address, so many two, and so on."""
ROUNDS = len(ACCOUNTS) + 1
FAULTS: Sequence[Trouble] = (
    *get_args(Trouble),
    "throttled",
    "stored_then_lost",
    "no_answer",
    "slow",
)
"""Those of each round on each channel, as far as there are so many messages."""
LEAST = 5
"""So many kinds of faults meet each channel at least."""
HARMLESS = {"accepted", "throttled", "not_sent", "account_down", "unreachable"}
SEEN = re.compile(r"([0-9a-f-]{36}) (\d+)")
"""What a message tells: its subscription and revision."""
Stage = tuple[str, int]


@pytest.mark.timeout(90)
async def test_everybody_hears_each_stage_where_the_rules_say(
    world: World, postgres_server: EmbeddedPostgres, databases: Databases
) -> None:
    """Whatever fails, each notice ends once, is heard where its route says, and never after a newer one."""
    chance = random.Random(5)  # noqa: S311 - a storm that can be repeated
    told: dict[UUID, Notice] = {}
    clear: dict[UUID, str | None] = {}
    async with five_accounts(world, postgres_server, databases.admin, chance) as five:
        people = [await five.person(number) for number in range(1, 6) for _ in range(PEOPLE_OF_EACH)]
        subscriptions = [(person, uuid4()) for person in people for _ in range(2)]
        revision = 0
        async with five.owners_come_and_go():
            for number in range(ROUNDS):
                if number:
                    await _each_loses_one(five, people)
                five.change_weather(FAULTS)
                burst = _stages(five, subscriptions, revision, 1 + number % 2)
                revision += 1 + number % 2
                told |= {one.notice_id: one for one in burst}
                before = await _open_first(five, people, burst)
                late = [one for one in burst if one.revision < revision and chance.random() < 0.3]
                soon = [one for one in burst if one not in late]
                for half in (soon[: len(soon) // 2], soon[len(soon) // 2 :]):
                    await five.keep(half)
                    await five.some_calls()
                await five.all_ended(len(told) - len(late))
                await five.keep(late)
                await five.all_ended(len(told))
                after = await _open_first(five, people, burst)
                # What was refused by a fault alone is lost, and clear to nobody.
                clear |= {one: account for one, account in before.items() if after[one] == account}
                if number % 2:
                    await overdue(world.pool)
                if number == 1:  # later on both are found out at the same time
                    await five.all_followed()
                    await five.all_ended(len(told))
                await _some_fail(five, people, burst)
                await five.all_ended(len(told))
        rows = await five.admin.fetch("SELECT * FROM notifier.delivery ORDER BY follows NULLS FIRST")
        seen = {
            person.id: {account: await _seen(five, person, account) for account in person.route}
            for person in people
        }
        replays = await _replayed(five, people)

        await _reported_once(world, told, rows)
        _copies_within_the_promise(told, rows, seen, replays)
        _never_backwards(five.calls, seen)
        _heard_where_it_was_clear(told, rows, seen, clear, await _results(five))
        await _was_a_storm(five, rows)


def _stages(five: Five, subscriptions: Sequence[tuple[Person, UUID]], after: int, count: int) -> list[Notice]:
    """Return the next stages of everybody, some of them to act upon; several do not come in their order."""
    found = [
        notice(
            person.id,
            subscription=subscription,
            revision=after + step,
            stage=five.chance.choice([ACTIONABLE, "verification"]),
        )
        for step in range(1, count + 1)
        for person, subscription in subscriptions
    ]
    far = len(subscriptions) + 10
    for place in range(0, len(found) - far, 3):
        found[place], found[place + far - 10] = found[place + far - 10], found[place]
    return found


async def _each_loses_one(five: Five, people: Sequence[Person]) -> None:
    for person in people:
        if left := [account for account in person.route if account not in person.shut]:
            await five.shut(person, five.chance.choice(left))


async def _open_first(
    five: Five, people: Sequence[Person], burst: Sequence[Notice]
) -> Mapping[UUID, str | None]:
    """Return for each notice the first address of its reader's that carries it and is open; None: no such."""
    rows = await five.admin.fetch("SELECT id FROM notifier.address WHERE unreachable_since IS NOT NULL")
    lost = {row["id"] for row in rows}
    by_id = {person.id: person for person in people}
    found: dict[UUID, str | None] = {}
    for one in burst:
        person = by_id[one.recipient_id]
        fit = (
            account
            for address, account in person.accounts.items()
            if address not in lost
            and account not in person.shut
            and (account != "sms" or one.stage == ACTIONABLE)
        )
        found[one.notice_id] = next(fit, None)
    return found


async def _some_fail(five: Five, people: Sequence[Person], burst: Sequence[Notice]) -> None:
    """Have some of what was taken fail afterwards."""
    by_id = {person.id: person for person in people}
    rows = await five.admin.fetch(
        "SELECT * FROM notifier.delivery WHERE id = ANY ($1) AND state = 'accepted' AND unknowns = 0 "
        "AND channel = ANY ($2) ORDER BY seq",
        [one.notice_id for one in burst],
        list(TELL_FAILURES),
    )
    for row in rows:
        if five.chance.random() < 0.3:
            await five.fail(by_id[row["recipient_id"]], row)


async def _seen(five: Five, person: Person, account: str) -> list[Stage]:
    found = [SEEN.search(one.text) for one in await five.benches[account].shown(person.route[account])]
    return [(one[1], int(one[2])) for one in found if one is not None]


async def _results(five: Five) -> Mapping[tuple[UUID, int], tuple[str, str]]:
    rows = await five.admin.fetch("SELECT * FROM notifier.attempt")
    return {(row["delivery_id"], row["number"]): (row["result"], row["detail"] or "") for row in rows}


async def _replayed(five: Five, people: Sequence[Person]) -> Mapping[RecipientId, Replay]:
    """Play again what happened to each, and compare it with the rules; return that by person."""
    changes: dict[UUID, list[asyncpg.Record]] = defaultdict(list)
    for row in await five.admin.fetch("SELECT * FROM notifier.course ORDER BY place"):
        changes[row["person"]].append(row)
    results = await _results(five)
    replays = {person.id: Replay(person.accounts, results, five.failed) for person in people}
    for person, replay in replays.items():
        replay.play(changes[person])
    return replays


async def _reported_once(world: World, told: Mapping[UUID, Notice], rows: Sequence[asyncpg.Record]) -> None:
    """Each notice has one end and one report of it, and is said to have failed where all its messages did."""
    outbox = await world.pool.fetch("SELECT payload FROM outbox")
    reports = [DELIVERY_REPORT.validate_json(row["payload"]) for row in outbox]
    ends = [(one.notice_id, one.says.value) for one in reports if isinstance(one.says, DeliveryEnd)]
    own = {row["id"]: row["state"] for row in rows if row["follows"] is None}
    assert told.keys() == own.keys()
    assert sorted(own.items()) == sorted(ends)
    again: dict[UUID, list[asyncpg.Record]] = defaultdict(list)
    for row in rows:
        again[row["follows"] or row["id"]].append(row)
    failed = {
        notice_id
        for notice_id, deliveries in again.items()
        if deliveries[0]["failed_at"] is not None
        and not any(
            one["state"] == "unknown" or (one["state"] == "accepted" and one["failed_at"] is None)
            for one in deliveries[1:]
        )
    }
    assert failed == {one.notice_id for one in reports if one.says is Receipt.FAILED}


def _copies_within_the_promise(
    told: Mapping[UUID, Notice],
    rows: Sequence[asyncpg.Record],
    seen: Mapping[RecipientId, Mapping[str, Sequence[Stage]]],
    replays: Mapping[RecipientId, Replay],
) -> None:
    """Nobody sees more copies of a notice, or elsewhere, than its attempts allow; accepted ones are seen."""
    allowed: dict[UUID, Counter[str]] = defaultdict(Counter)
    surely: dict[UUID, set[str]] = defaultdict(set)
    for row in rows:
        course = replays[row["recipient_id"]].courses[row["id"]]
        assert len(course.heard) <= MAX_UNKNOWNS
        allowed[row["follows"] or row["id"]].update(course.heard)
        if row["state"] == "accepted" and course.at is not None:
            surely[row["follows"] or row["id"]].add(course.at)
    for one in told.values():
        stage = (str(one.subscription_id), one.revision)
        counts = {account: stages.count(stage) for account, stages in seen[one.recipient_id].items()}
        assert all(count <= allowed[one.notice_id][account] for account, count in counts.items())
        assert surely[one.notice_id] <= {account for account, count in counts.items() if count}


def _never_backwards(
    calls: Sequence[Call], seen: Mapping[RecipientId, Mapping[str, Sequence[Stage]]]
) -> None:
    """Neither on one channel nor on all of them together does an older stage come after a newer one."""
    together: dict[str, int] = defaultdict(int)
    for call in calls:
        subscription, revision, *_ = call.text.split()
        assert int(revision) >= together[subscription]
        if call.result is None or isinstance(call.result, Accepted | Unknown):
            together[subscription] = int(revision)
    for stages in (stages for channels in seen.values() for stages in channels.values()):
        for subscription in {subscription for subscription, _ in stages}:
            revisions = [revision for found, revision in stages if found == subscription]
            assert sorted(revisions) == revisions


def _heard_where_it_was_clear(
    told: Mapping[UUID, Notice],
    rows: Sequence[asyncpg.Record],
    seen: Mapping[RecipientId, Mapping[str, Sequence[Stage]]],
    clear: Mapping[UUID, str | None],
    results: Mapping[tuple[UUID, int], tuple[str, str]],
) -> None:
    """What met shut doors and waits alone is heard once, at the first address that was open; else nowhere."""
    doubtful = {row["follows"] for row in rows}
    counted = 0
    for row in rows:
        one = told.get(row["id"])
        answers = {results[row["id"], number][0] for number in range(1, row["attempts"] + 1)}
        if one is None or row["id"] not in clear or row["id"] in doubtful or answers - HARMLESS:
            continue
        if row["state"] == "superseded":
            continue
        stage = (str(one.subscription_id), one.revision)
        heard = [
            account for account, stages in seen[one.recipient_id].items() for _ in range(stages.count(stage))
        ]
        expected = clear[row["id"]]
        counted += 1
        assert ([] if expected is None else [expected]) == heard
        assert ("undeliverable" if expected is None else "accepted") == row["state"]
    assert counted > len(clear) / 3, "too little was clear to tell anything"


async def _was_a_storm(five: Five, rows: Sequence[asyncpg.Record]) -> None:
    """Fail where nothing much happened, or two waited for each other."""
    query = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    assert 0 == await five.admin.fetchval(query)
    met = {account: channel.met for account, channel in five.channels.items()}
    assert set(FAULTS) == set().union(*met.values())
    assert all(len(faults) >= LEAST for faults in met.values()), met
    lost = await five.admin.fetch(
        "SELECT DISTINCT channel FROM notifier.address WHERE unreachable_since IS NOT NULL"
    )
    assert set(ACCOUNTS) == {row["channel"] for row in lost}
    results = {result for result, _ in (await _results(five)).values()}
    assert {*HARMLESS, "unknown", "permanent"} - {"not_sent"} <= results
    assert {"accepted", "undeliverable", "superseded", "unknown"} >= {row["state"] for row in rows}
    assert {"accepted", "undeliverable"} <= {row["state"] for row in rows}
    assert any(row["follows"] is not None and row["state"] == "accepted" for row in rows)
    assert len({row["channel"] for row in rows if row["state"] == "accepted" and row["tried"]}) >= 4
