"""A route as a model: whatever messengers answer, the queue does what the rules say, address by address."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.notifier.delivery.sending.attempts import Done
from services.notifier.domain import deliveries
from services.notifier.domain.addresses.routes import Carriers
from services.notifier.domain.deliveries import MAX_UNKNOWNS
from services.notifier.domain.results import (
    Accepted,
    AccountDown,
    NotSent,
    Permanent,
    Result,
    Throttled,
    Unknown,
    Unreachable,
)
from tests.integration.notifier.routes import ACTIONABLE, joined_person
from tests.integration.notifier.world import World, make_world, notice

ACCOUNTS = ("telegram", "viber", "telegram.second")
URGENT_ONLY = Carriers(("telegram", "viber"), ("telegram.second",))

results: st.SearchStrategy[Result] = st.sampled_from(
    [
        Accepted("1"),
        Throttled(0.0, "chat"),
        NotSent("no"),
        AccountDown("revoked"),
        Unknown("reset"),
        Unreachable("blocked"),
        Permanent("rejected", "no"),
        Permanent("unparseable", "no"),
    ]
)


@dataclass
class Model:
    """What the rules say, in plain words: one notice on its way."""

    route: list[str]
    actionable: bool
    unreachable: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    unknowns: int = 0
    plain: bool = False
    end: str | None = None

    def run(self, answers: Sequence[Result]) -> None:
        """Follow one answer after the other, and then nothing but accepted."""
        tried: list[str] = []
        at = self._next(tried)
        script = list(answers)
        while at is not None and self.end is None:
            self.calls.append(at)
            result = script.pop(0) if script else Accepted("1")
            onward = self._weigh(result, moved=bool(tried))
            if isinstance(result, Unreachable):
                self.unreachable.add(at)
            if onward and (after := self._next([*tried, at])) is not None:
                tried, at, self.plain, self.end = [*tried, at], after, False, None

    def _next(self, tried: Sequence[str]) -> str | None:
        fit = [
            account
            for account in self.route
            if account not in tried and account not in self.unreachable and self._carries(account)
        ]
        return fit[0] if fit else None

    def _carries(self, account: str) -> bool:
        return self.actionable or account != "telegram.second"

    def _weigh(self, result: Result, *, moved: bool) -> bool:
        """Take an answer in; tell whether the notice may go on to another address."""
        match result:
            case Accepted():
                self.end = "accepted"
            case Unknown():
                self.unknowns += 1
                self.end = "unknown" if self.unknowns == MAX_UNKNOWNS else None
                return self.actionable and self.end is None
            case Permanent("unparseable") if not self.plain:
                self.plain = True
            case Unreachable() | Permanent():
                self.end = "unknown" if moved and self.unknowns else "undeliverable"
                return self.actionable or self.unknowns == 0
            case _:
                pass
        return False


class Worlds(dict[str, World]):
    """A notifier of several accounts, with the tokens of their leases."""

    tokens: dict[str, int]

    def __repr__(self) -> str:
        return "Worlds(...)"


@pytest.fixture
async def worlds(world: World) -> Worlds:
    """One notifier for three accounts."""
    made = {
        account: make_world(
            world.pool,
            world.outbox,
            world.recipients.of_account(account),
            world.catalogue,
            world.voice,
            carriers=URGENT_ONLY,
        )
        for account in ACCOUNTS
    }
    worlds = Worlds(made)
    leases = {account: await one.lease(term=3600) for account, one in made.items()}
    worlds.tokens = {account: lease.token or 0 for account, lease in leases.items()}
    return worlds


# Every example has a person of its own, so that they may share the database.
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.permutations(ACCOUNTS),
    st.integers(1, len(ACCOUNTS)),
    st.sampled_from([ACTIONABLE, "verification"]),
    st.lists(results, max_size=9),
)
async def test_the_queue_follows_the_rules(
    worlds: Worlds, order: list[str], length: int, stage: str, answers: list[Result]
) -> None:
    """Any answers in any order lead through the same addresses to the same one end as the rules say."""
    route = order[:length]
    model = Model(route, stage == ACTIONABLE)
    model.run(answers)
    name = uuid4().hex
    first = worlds[route[0]]
    person = await joined_person([worlds[account] for account in route], name)
    told = notice(person, stage=stage)

    await first.keep(told)
    calls = await _sent(worlds, told.notice_id.hex, list(answers), len(model.calls) + 1)

    row = await first.row(told.notice_id)
    reports = [report for one, report in (await first.reports()).items() if one == told.notice_id]
    assert model.calls == calls
    assert (model.end or "undeliverable", model.unknowns) == (row["state"], row["unknowns"])
    assert [row["state"]] == [report.status.value for report in reports]


async def _sent(worlds: Worlds, wanted: str, answers: list[Result], most: int) -> list[str]:
    """Call each account in turn until nothing waits; return which were called for one notice."""
    calls: list[str] = []
    while len(calls) < most:
        before = len(calls)
        for account, world in worlds.items():
            token = worlds.tokens[account]
            for claimed in await world.tools.queue.claim(token, 1, urgency=2, resting=[]):
                assert wanted == claimed.delivery_id.hex
                calls.append(account)
                result = answers.pop(0) if answers else Accepted("1")
                step = deliveries.step(result, claimed.flight, resend_after=0.0, backoff=_at_once)
                await world.tools.queue.record(token, [Done(claimed, result, step)])
        if len(calls) == before:
            break
    return calls


def _at_once(_: int) -> float:
    return 0.0
