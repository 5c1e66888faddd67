"""A route in time, as a model: whatever messengers answer and tell later, and however long it takes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from contracts.messages.delivery import DELIVERY_REPORT
from contracts.messages.ids import RecipientId
from services.notifier.delivery import delivery_receipts
from services.notifier.delivery.sending.attempts import Done
from services.notifier.domain import deliveries
from services.notifier.domain.addresses.routes import Carriers
from services.notifier.domain.deliveries import MAX_UNKNOWNS
from services.notifier.domain.incoming import DeliveryReceipt
from services.notifier.domain.results import (
    Accepted,
    NotSent,
    Permanent,
    Result,
    Throttled,
    Unknown,
    Unreachable,
)
from tests.integration.notifier.routes import ACTIONABLE, joined_person
from tests.integration.notifier.world import CLOCK, World, make_world, notice

TELLS = {"telegram": False, "viber": True, "telegram.second": True}
"""The accounts, and whether each tells what arrived."""
CARRIERS = Carriers(("telegram", "viber"), ("telegram.second",))
Status = Literal["delivered", "seen", "failed"]


@dataclass(frozen=True)
class Told:
    """The messenger tells of one of the messages that it took, counted from the last."""

    status: Status
    which: int = 0


Step = Result | Told | Literal["late", "expired", "newer"]
steps: st.SearchStrategy[Step] = st.one_of(
    st.sampled_from(
        [
            Accepted("-"),
            Throttled(3600.0, "chat"),
            NotSent("no"),
            Unknown("reset"),
            Unreachable("blocked"),
            Permanent("rejected", "no"),
        ]
    ),
    st.builds(Told, st.sampled_from(["delivered", "seen", "failed"]), st.integers(0, 2)),
    st.sampled_from(["late", "late", "late", "expired", "newer"]),
)


@dataclass
class Message:
    """One delivery of the notice: where it stands and stood, what is known of it.

    `running`: the time that its stage allows an address passes, of a stage that one must act on.
    """

    at: str
    tried: list[str] = field(default_factory=list)
    unknowns: int = 0
    end: str | None = None
    running: bool = True
    arrived: bool = False
    failed: bool = False

    @property
    def goes_on_in_time(self) -> bool:
        """Tell whether anything happens once its time is over."""
        return self.running and self.end in {None, "accepted"}


@dataclass
class Model:
    """What the rules say, in plain words: one notice, and the messages that tell it."""

    route: list[str]
    actionable: bool
    lost: set[str] = field(default_factory=set)
    messages: list[Message] = field(default_factory=list)
    said: set[str] = field(default_factory=set)
    over: bool = False
    """It is too late for it, or something newer was told."""

    def __post_init__(self) -> None:
        first = self.next([])
        assert first is not None
        self.messages.append(Message(first))

    @property
    def waiting(self) -> Message | None:
        """The message that waits; there is never more than one."""
        found = [one for one in self.messages if one.end is None]
        assert len(found) < 2
        return found[0] if found else None

    def next(self, tried: Sequence[str]) -> str | None:
        """The first address that was not tried, is not lost and carries it."""
        fit = (one for one in self.route if one not in tried and one not in self.lost)
        return next((one for one in fit if self.actionable or one != "telegram.second"), None)

    def answer(self, result: Result) -> None:
        """Take in what came of a call for the message that waits."""
        one = self.waiting
        assert one is not None
        match result:
            case Accepted():
                self._end(one, "accepted", running=TELLS[one.at])
            case Unknown():
                one.unknowns += 1
                if one.unknowns == MAX_UNKNOWNS:
                    self._end(one, "unknown")
                elif self.actionable:
                    self._onward(one)
            case Unreachable() | Permanent():
                if isinstance(result, Unreachable):
                    self.lost.add(one.at)
                perhaps = one.tried and one.unknowns
                if not (self.actionable or not one.unknowns) or not self._onward(one):
                    self._end(one, "unknown" if perhaps else "undeliverable")
            case _:
                pass

    def told(self, one: Message, status: Status) -> None:
        """Take in what a messenger tells: what arrived has not failed, and what failed goes on."""
        one.running = False
        if status != "failed":
            one.arrived, one.failed = True, False
            self.said.add(status)
            for copy in self.messages[1:]:
                if copy.end is None:
                    self._end(copy, "unknown" if copy.unknowns else "withdrawn")
            return
        one.failed = not one.arrived
        self._follow(one)
        self._doubt()

    def late(self) -> None:
        """The time is over that an address has: what waits goes on, what was taken is told elsewhere, too."""
        for one in [one for one in self.messages if one.running and self.actionable]:
            if one.end is None and not one.unknowns:
                one.running = self._onward(one)
            elif one.end == "accepted":
                one.running = False
                self._follow(one)

    def expired(self) -> None:
        """It is not worth telling any more."""
        self.over = True
        if (one := self.waiting) is not None:
            self._end(one, "unknown" if one.unknowns else "expired")

    def _onward(self, one: Message) -> bool:
        after = self.next([*one.tried, one.at])
        if after is None:
            return False
        one.tried, one.at, one.running = [*one.tried, one.at], after, True
        return True

    def _follow(self, one: Message) -> None:
        again = any(one.at in copy.tried for copy in self.messages[1:])
        after = self.next([*one.tried, one.at])
        if not (self.over or one.arrived or again) and after is not None:
            self.messages.append(Message(after, [*one.tried, one.at]))

    def _end(self, one: Message, end: str, *, running: bool = False) -> None:
        one.end, one.running = end, running
        if one is self.messages[0]:
            self.said.add(end)
        elif end != "accepted":
            self._doubt()

    def _doubt(self) -> None:
        """Say that it reached nobody, where that is so by now."""
        first, *copies = self.messages
        perhaps = any(
            copy.end in {None, "unknown"} or (copy.end == "accepted" and not copy.failed) for copy in copies
        )
        if first.end == "accepted" and first.failed and not perhaps:
            self.said.add("failed")


@dataclass
class Real:
    """The same in the database, for one person and one notice."""

    worlds: dict[str, World]
    tokens: dict[str, int]
    person: RecipientId
    subscription: UUID
    stage: str
    notice_id: UUID
    sent: int = 0

    @property
    def any(self) -> World:
        """Any of the accounts."""
        return self.worlds["telegram"]

    async def call(self, result: Result, wanted: UUID | None = None) -> str | None:
        """Make the call that is due now; return at which account it was."""
        due = "UPDATE delivery SET due_at = clock_timestamp() WHERE recipient_id = $1 AND state = 'pending'"
        await self.any.pool.execute(due, self.person)
        claims = [
            (account, claimed)
            for account, world in self.worlds.items()
            for claimed in await world.tools.queue.claim(self.tokens[account], 2, urgency=2, resting=[])
        ]
        assert len(claims) < 2
        for account, claimed in claims:
            assert wanted is None or wanted == claimed.delivery_id
            self.sent += 1
            came = Accepted(f"{self.person.hex}-{self.sent}") if isinstance(result, Accepted) else result
            step = deliveries.step(came, claimed.flight, resend_after=3600.0, backoff=_a_minute)
            queue = self.worlds[account].tools.queue
            await queue.record(self.tokens[account], [Done(claimed, came, step)])
        return claims[0][0] if claims else None

    async def told(self, number: int, status: Status) -> None:
        """Have the messenger tell of the notice's n-th message."""
        row = (await self.rows())[number]
        receipt = DeliveryReceipt(row["message_reference"], status)
        store = self.any.store
        async with store.unit() as unit:
            await delivery_receipts.keep(
                store, unit, self.person, receipt, account=row["channel"], at=CLOCK.now()
            )

    async def pass_time(self, column: Literal["reach_by", "expires_at"]) -> None:
        """Let the time of all that waits pass, and have the accounts look where it stands."""
        queries = {
            "reach_by": "UPDATE delivery SET reach_by = clock_timestamp() "
            "WHERE recipient_id = $1 AND reach_by IS NOT NULL RETURNING channel",
            "expires_at": "UPDATE delivery SET expires_at = clock_timestamp() "
            "WHERE recipient_id = $1 RETURNING channel",
        }
        rows = await self.any.pool.fetch(queries[column], self.person)
        for account in {row["channel"] for row in rows}:
            await self.worlds[account].tools.queue.sweep(0)

    async def newer(self) -> None:
        """Tell a newer stage; of itself nothing more is told."""
        told = notice(self.person, subscription=self.subscription, revision=2, stage=self.stage)
        await self.any.keep(told)
        await self.call(Accepted("-"), told.notice_id)
        await self.any.pool.execute("UPDATE delivery SET reach_by = NULL WHERE id = $1", told.notice_id)

    async def rows(self) -> Sequence[asyncpg.Record]:
        """The notice's messages, in order."""
        query = "SELECT * FROM delivery WHERE id = $1 OR follows = $1 ORDER BY seq"
        return list(await self.any.pool.fetch(query, self.notice_id))

    async def said(self) -> set[str]:
        """What the tracker is told of the notice."""
        rows = await self.any.pool.fetch("SELECT payload FROM outbox")
        reports = [DELIVERY_REPORT.validate_json(row["payload"]) for row in rows]
        return {report.says.value for report in reports if report.notice_id == self.notice_id}

    async def forget(self) -> None:
        """Leave nothing to the next one."""
        await self.any.pool.execute("DELETE FROM delivery WHERE recipient_id = $1", self.person)
        await self.any.pool.execute("DELETE FROM outbox")


class Accounts(dict[str, World]):
    """One notifier of several accounts, with the tokens of their leases."""

    tokens: dict[str, int]

    def __repr__(self) -> str:
        return "Accounts(...)"


@pytest.fixture
async def accounts(world: World) -> Accounts:
    """One notifier for all accounts."""
    made = Accounts(
        {
            account: make_world(
                world.pool,
                world.outbox,
                world.recipients.of_account(account),
                world.catalogue,
                world.voice,
                carriers=CARRIERS,
                receipts=tells,
            )
            for account, tells in TELLS.items()
        }
    )
    leases = {account: await one.lease(term=3600) for account, one in made.items()}
    made.tokens = {account: lease.token or 0 for account, lease in leases.items()}
    return made


async def begun(accounts: Accounts, route: Sequence[str], stage: str) -> Real:
    """Tell somebody with this route of a stage."""
    person = await joined_person([accounts[account] for account in route], uuid4().hex)
    told = notice(person, subscription=uuid4(), stage=stage)
    await accounts["telegram"].keep(told)
    return Real(accounts, accounts.tokens, person, told.subscription_id, stage, told.notice_id)


async def take(model: Model, real: Real, step: Step) -> None:
    """Have one thing happen, by the rules and in the database."""
    match step:
        case Told(status, which):
            taken = [one for one in model.messages if one.end == "accepted" and TELLS[one.at]]
            if taken:
                one = taken[-1 - which % len(taken)]
                await real.told(model.messages.index(one), status)
                model.told(one, status)
        case "late":
            model.late()
            await real.pass_time("reach_by")
        case "expired":
            model.expired()
            await real.pass_time("expires_at")
        case "newer":
            if model.waiting is not None:
                await take(model, real, Accepted("-"))
            if not model.over:
                model.over = True
                await real.newer()
        case _:
            waiting = model.waiting
            expected = None if waiting is None else waiting.at
            if waiting is not None:
                model.answer(step)
            assert expected == await real.call(step)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(["viber", "telegram"], 2, ACTIONABLE, [Throttled(3600.0, "chat"), "late"])
@example(["viber", "telegram"], 2, ACTIONABLE, [Accepted("-"), "late", Told("failed"), Told("delivered")])
@example(["viber", "telegram"], 2, "verification", [Accepted("-"), "newer", Told("failed"), "late"])
@given(
    st.permutations(list(TELLS)),
    st.integers(1, len(TELLS)),
    st.sampled_from([ACTIONABLE, ACTIONABLE, "verification"]),
    st.lists(steps, min_size=2, max_size=7),
)
async def test_a_notice_follows_the_rules_in_time(
    accounts: Accounts, order: list[str], length: int, stage: str, happens: list[Step]
) -> None:
    """Any answers, receipts and passing of time lead to the messages, ends and reports that the rules say."""
    route = order[:length]
    if stage != ACTIONABLE and route == ["telegram.second"]:
        route = ["viber"]
    real = await begun(accounts, route, stage)
    model = Model(route, stage == ACTIONABLE)

    for step in happens:
        await take(model, real, step)
        rows = await real.rows()
        expected = [
            (one.at, one.end or "pending", one.unknowns, one.goes_on_in_time and stage == ACTIONABLE)
            for one in model.messages
        ]
        assert expected == [
            (row["channel"], row["state"], row["unknowns"], row["reach_by"] is not None and _may_go_on(row))
            for row in rows
        ]
    assert model.said == await real.said()
    await real.forget()


def _may_go_on(row: asyncpg.Record) -> bool:
    return row["state"] in {"pending", "accepted"}


def _a_minute(_: int) -> float:
    return 60.0
