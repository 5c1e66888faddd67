"""Any sequence of what people and offices do, beside a plain account of it, on a real database."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import NamedTuple
from uuid import UUID

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from contracts.messages.delivery import DeliveryEnd
from contracts.messages.following import Joined
from contracts.messages.ids import RecipientId
from contracts.messages.rpc import Redeemed, Stop
from contracts.messages.withdrawal import WITHDRAWAL
from contracts.streams import WITHDRAWAL_SUBJECT
from services.tracker.ledger.gauges import reconcile
from services.tracker.metrics import Metrics
from tests.integration.tracker.conftest import Tracker, key, redeem, stage_event
from tests.integration.tracker.joining import ask, follows, forget, left_behind, people
from tests.integration.tracker.wrong_batch import end

PEOPLE, DOCUMENTS = 4, 3
FIRST = count(0, DOCUMENTS)
"""Every example has documents of its own, so that all may share a database."""

WAITING = """
SELECT notice_id, event_id FROM notice
WHERE recipient_id = $1 AND application_key = $2 AND ended_as IS NULL AND event_id IS NOT NULL
"""
TOLD = """
SELECT event_id FROM notice WHERE recipient_id = $1 AND application_key = $2 AND ended_as = 'accepted'
"""


class Step(NamedTuple):
    """What is done, by or to whom, and with which document, or into whom."""

    what: str
    who: int
    other: int


@dataclass
class Follows:
    """That somebody follows a document: since how many of its events, by the name that began last."""

    since: int


@dataclass
class Account:
    """Who is who, who follows what, what happened, as plainly as it can be said."""

    names: Sequence[RecipientId] = field(default_factory=lambda: people(PEOPLE))
    first: int = field(default_factory=lambda: next(FIRST))
    person: dict[int, int] = field(default_factory=lambda: {n: n for n in range(PEOPLE)})
    forgotten: set[int] = field(default_factory=set)
    following: dict[tuple[int, int], Follows] = field(default_factory=dict)
    events: Counter[int] = field(default_factory=Counter)

    def of(self, who: int) -> dict[int, Follows]:
        """Return what somebody follows, by document."""
        return {document: it for (one, document), it in self.following.items() if one == self.person[who]}

    def leave(self, who: int, documents: Sequence[int]) -> None:
        """Let somebody follow these no more."""
        for document in documents:
            self.following.pop((self.person[who], document), None)

    def begin(self, who: int, document: int) -> None:
        """Let somebody follow a document from now on, who does not yet."""
        self.following.setdefault((self.person[who], document), Follows(self.events[document]))

    def join(self, joining: int, into: int) -> None:
        """Let two be one."""
        gone, stays = self.person[joining], self.person[into]
        for document, theirs in self.of(joining).items():
            mine = self.following.setdefault((stays, document), theirs)
            mine.since = max(mine.since, theirs.since)
            if gone != stays:
                del self.following[gone, document]
        self.person = {who: stays if one == gone else one for who, one in self.person.items()}


@dataclass
class Town:
    """The tracker and the account of it, which go side by side."""

    tracker: Tracker
    account: Account = field(default_factory=Account)

    async def go(self, step: Step) -> None:
        """Do one thing to both, and compare what they say at once."""
        account, document = self.account, step.other % DOCUMENTS
        name = account.names[step.who]
        gone = account.person[step.who] in account.forgotten
        match step.what:
            case "event":
                await self._happens(document)
            case "redeem":
                token = await self.tracker.issue(account.first + document)
                reply = await self.tracker.following.redeem(redeem(token, name))
                assert isinstance(reply, Redeemed) is not gone
                if not gone:
                    account.begin(step.who, document)
            case "stop":
                await self.tracker.following.stop(Stop(recipient_id=name))
                account.leave(step.who, range(DOCUMENTS))
            case "forget":
                await forget(self.tracker, name)
                account.forgotten.add(account.person[step.who])
                account.leave(step.who, range(DOCUMENTS))
            case "join":
                await self._join(step.who, step.other)
            case _:
                await end(self.tracker, DeliveryEnd.ACCEPTED)
        for who in range(PEOPLE):
            assert len(await follows(self.tracker, account.names[who])) == len(account.of(who))

    async def _happens(self, document: int) -> None:
        """An office says something new: it makes one notice for each person who follows, and no other."""
        number, account = self.account.events[document], self.account
        account.events[document] += 1
        name = self._event(document, number)
        offices = ("kyiv-1", "lviv-2")
        body = stage_event(
            name, application=account.first + document, office=offices[number % 2], sequence=number
        )
        await self.tracker.take(body)
        rows = await self.tracker.pool.fetch("SELECT recipient_id FROM notice WHERE event_id = $1", name)
        expected = [account.names[person] for person, one in account.following if one == document]
        assert Counter(row["recipient_id"] for row in rows) == Counter(expected)

    async def _join(self, joining: int, into: int) -> None:
        account = self.account
        both = [account.person[joining], account.person[into]]
        reply = await ask(self.tracker, account.names[joining], account.names[into])
        assert isinstance(reply, Joined) is not bool(account.forgotten & set(both))
        if isinstance(reply, Joined):
            same = set(account.of(joining)) & set(account.of(into)) if both[0] != both[1] else None
            moved = None if same is None else len(account.of(joining)) - len(same)
            account.join(joining, into)
            assert reply.into == account.names[account.person[into]]
            assert same is None or (reply.moved, len(reply.already_followed)) == (moved, len(same))
            assert await ask(self.tracker, account.names[joining], account.names[into]) == reply

    async def nothing_is_lost_or_doubled(self) -> None:
        """Of each document the newest that happened since they follow it waits once, or was told."""
        account = self.account
        for (person, document), it in account.following.items():
            which = (account.names[person], key(account.first + document))
            waiting = Counter(await self._waiting(*which))
            told = {row["event_id"] for row in await self.tracker.pool.fetch(TOLD, *which)}
            newest = self._event(document, account.events[document] - 1)
            assert waiting.total() == len(waiting)
            assert account.events[document] == it.since or newest in waiting or newest in told
            assert not (newest in told and waiting)

    async def _waiting(self, name: RecipientId, application: str) -> list[str]:
        back: set[UUID] = set()
        for row in await self.tracker.pool.fetch("SELECT subject, payload FROM outbox"):
            if row["subject"] == WITHDRAWAL_SUBJECT:
                back.update(WITHDRAWAL.validate_json(row["payload"]).notice_ids)
        rows = await self.tracker.pool.fetch(WAITING, name, application)
        return [row["event_id"] for row in rows if row["notice_id"] not in back]

    def _event(self, document: int, number: int) -> str:
        return f"e{self.account.first + document}-{number}"


KINDS = ["event"] * 3 + ["redeem"] * 4 + ["join"] * 3 + ["stop", "forget", "told"]
STEPS = st.lists(
    st.builds(Step, st.sampled_from(KINDS), st.integers(0, PEOPLE - 1), st.integers(0, PEOPLE - 1)),
    max_size=25,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
@example(
    [
        *(Step("redeem", 0, 0), Step("redeem", 1, 0), Step("event", 0, 0), Step("join", 1, 0)),
        *(Step("event", 0, 0), Step("redeem", 1, 1), Step("join", 0, 2), Step("event", 0, 1)),
    ]
)
async def test_any_sequence_loses_and_doubles_nothing(tracker: Tracker, steps: list[Step]) -> None:
    """Whoever joins whom, nobody's subscription is lost or doubled, and each event tells each person once."""
    town = Town(tracker)
    for step in steps:
        await town.go(step)
    await town.nothing_is_lost_or_doubled()

    assert await left_behind(tracker) == 0
    assert await reconcile(tracker.pool, Metrics()) == 0
