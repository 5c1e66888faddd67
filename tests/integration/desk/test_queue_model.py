"""The queue of a real database against a plain model of it, whatever staff and citizens do in which order."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID, uuid4

from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.clock import SystemClock
from runtime.database.outbox import Outbox
from runtime.database.postgres import open_pool
from runtime.messaging.stream_writer import StreamWriter
from services.desk.conversations.views import Answered, Done, Held
from services.desk.domain.queueing import Standing, fits, topics_of
from services.desk.domain.viewers import Viewer
from tests.conftest import Databases
from tests.integration.desk.people import Desk, Talks, ids

SKILLS: Sequence[dict[str, object]] = (
    {},
    {"languages": {"uk"}},
    {"languages": {"en"}, "topics": {"id_card", "queue"}},
)
LANGUAGES, DOCUMENTS = ("uk", "en"), (None, "id_card", "foreign_passport")
WHICH, WHO = st.integers(0, 5), st.integers(0, len(SKILLS) - 1)
STEPS = st.one_of(
    st.tuples(st.just("open"), st.sampled_from(LANGUAGES), st.sampled_from(DOCUMENTS), st.booleans()),
    st.tuples(st.sampled_from(["say", "end", "lapse"]), WHICH),
    st.tuples(st.sampled_from(["take", "answer", "close", "give_back", "pass_on"]), WHICH, WHO),
    st.tuples(st.just("first"), WHO),
)


@dataclass
class Row:
    """A conversation as the model knows it; `since` None where the citizen's turn is next."""

    talks: Talks
    language: str
    topics: tuple[str, ...]
    urgent: bool
    since: datetime | None
    holder: UUID | None = None
    over: bool = False
    answers: int = 0

    @property
    def waits(self) -> bool:
        """Tell whether anybody may take it from the queue."""
        return self.since is not None and not self.over and self.holder is None


class Played:
    """One run: each step is done in both, and must come to the same."""

    def __init__(self, desk: Desk, staff: Sequence[Viewer]) -> None:
        self.desk = desk
        self.staff = staff
        self.rows: list[Row] = []

    def queue(self, viewer: Viewer) -> list[Row]:
        """Return who waits in the model, in the order of one of the staff."""

        def order(row: Row) -> tuple[bool, tuple[bool, datetime, UUID]]:
            standing = Standing(row.talks.conversation_id, row.urgent, cast("datetime", row.since))
            return not fits(viewer, row.language, row.topics), standing.order

        return sorted((row for row in self.rows if row.waits), key=order)

    async def step(self, kind: str, *given: object) -> None:
        """Do one step."""
        self.desk.clock.go(timedelta(seconds=1))
        if kind == "open":
            await self._open(*given)
        elif kind == "first":
            await self._first(self.staff[cast("int", given[0])])
        elif self.rows:
            row = self.rows[cast("int", given[0]) % len(self.rows)]
            row.talks.at = self.desk.clock.now()
            viewer = self.staff[cast("int", given[1])] if len(given) > 1 else None
            await getattr(self, f"_{kind}")(row, *([viewer] if viewer else []))

    async def _open(self, language: object, document: object, actionable: object) -> None:
        talks = await self.desk.open(language=language, document=document, actionable=actionable)
        topics = topics_of(None, cast("str | None", document))
        self.rows.append(Row(talks, str(language), topics, bool(actionable), talks.at))

    async def _first(self, viewer: Viewer) -> None:
        fitting = [row for row in self.queue(viewer) if fits(viewer, row.language, row.topics)]
        taken = await self.desk.conversations.take(viewer, None)
        got = taken.about.conversation_id if isinstance(taken, Held) else None
        assert (fitting[0].talks.conversation_id if fitting else None) == got
        if fitting:
            fitting[0].holder = viewer.staff_id

    async def _say(self, row: Row) -> None:
        await self.desk.take(row.talks.said())
        row.over, row.since = False, row.since or row.talks.at

    async def _end(self, row: Row) -> None:
        await self.desk.take(row.talks.withdrawn())
        row.over, row.since, row.holder = True, None, None

    async def _lapse(self, row: Row) -> None:
        if row.holder is not None:
            await self.desk.lapse(row.talks.conversation_id)
            row.holder = None

    async def _take(self, row: Row, viewer: Viewer) -> None:
        taken = await self.desk.conversations.take(viewer, row.talks.conversation_id)
        free = not row.over and row.holder in {None, viewer.staff_id}
        assert free == isinstance(taken, Held)
        if free:
            row.holder = viewer.staff_id

    async def _answer(self, row: Row, viewer: Viewer) -> None:
        told = await self.desk.conversations.answer(viewer, row.talks.conversation_id, "so", uuid4())
        assert (row.holder == viewer.staff_id) == isinstance(told, Answered)
        if row.holder == viewer.staff_id:
            row.since, row.answers = None, row.answers + 1

    async def _close(self, row: Row, viewer: Viewer) -> None:
        told = await self.desk.conversations.close(viewer, row.talks.conversation_id)
        done = row.holder == viewer.staff_id and row.since is None
        assert done == isinstance(told, Done)
        if done:
            row.over, row.holder = True, None

    async def _give_back(self, row: Row, viewer: Viewer) -> None:
        told = await self.desk.conversations.give_back(viewer, row.talks.conversation_id)
        assert (row.holder == viewer.staff_id) == isinstance(told, Done)
        if row.holder == viewer.staff_id:
            row.holder = None

    async def _pass_on(self, row: Row, viewer: Viewer) -> None:
        now = self.desk.clock.now()
        told = await self.desk.conversations.pass_on(
            viewer, row.talks.conversation_id, "queue", "see", uuid4()
        )
        assert (row.holder == viewer.staff_id) == isinstance(told, Done)
        if row.holder == viewer.staff_id:
            row.holder, row.topics, row.since = None, ("queue",), row.since or now

    async def check(self) -> None:
        """Compare all that anybody sees."""
        for viewer in self.staff:
            found = await self.desk.conversations.waiting(viewer, 100)
            assert [row.talks.conversation_id for row in self.queue(viewer)] == ids(found)
            mine = {row.talks.conversation_id for row in self.rows if row.holder == viewer.staff_id}
            assert mine == set(ids(await self.desk.conversations.mine(viewer)))
        for row in self.rows:
            replies = await self.desk.replies(row.talks.conversation_id)
            assert list(range(1, len(replies) + 1)) == [one.number for one in replies]
            assert row.answers == sum(one.kind == "answered" for one in replies)


async def play(databases: Databases, steps: Sequence[tuple[str, ...]]) -> None:
    """Play steps in an empty queue."""
    async with open_pool(databases.url("desk"), "desk", size=2) as pool:
        await pool.execute("DELETE FROM conversation")
        await pool.execute("DELETE FROM outbox")
        # Nothing is published here: what is told is read in the outbox.
        desk = Desk(pool, Outbox(pool, cast("StreamWriter", None), SystemClock()))
        played = Played(desk, [await desk.staff("Olena", **skills) for skills in SKILLS])
        for step in steps:
            await played.step(*step)
        await played.check()


def test_the_queue_is_what_a_plain_model_says(databases: Databases) -> None:
    """Whatever staff and citizens do, order, holders, refusals and numbers are those of a plain model."""

    @settings(max_examples=25)
    @given(st.lists(STEPS, min_size=5, max_size=30))
    def played(steps: list[tuple[str, ...]]) -> None:
        asyncio.run(play(databases, steps))

    played()
