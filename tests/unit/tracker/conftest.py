"""What the tests of the tracker's rules share: events drawn from few values, so that they collide often."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from contracts.messages.ids import EventId, Publisher
from contracts.messages.stage import DETAILS, StageDetails
from services.tracker.domain.state import Event

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
RANKS = {"accepted": 10, "verification": 20, "correction_needed": 30, "printing": 40, "returned": 70}
DETOURS = {"correction_needed", "returned"}


def event(number: int, stage: str = "accepted", *, at: int | None = None, **rest: object) -> Event:
    """Return the event number so-and-so, an hour after the one before unless told otherwise."""
    said: dict[str, Any] = {name: rest.pop(name) for name in DETAILS if name in rest}
    fields: dict[str, Any] = {
        "publisher": Publisher("office"),
        "event_id": EventId(f"e{number}"),
        "details": StageDetails(**{"document_type": "id_card", "stage": stage, **said}),
        "rank": RANKS[stage],
        "detour": stage in DETOURS,
        "occurred_at": NOON + timedelta(hours=number if at is None else at),
        **rest,
    }
    return Event(**fields)


CHOICES: tuple[tuple[str, tuple[object, ...]], ...] = (
    ("stage", tuple(RANKS)),
    ("at", (0, 1, 2, 3)),
    ("publisher", (Publisher("a"), Publisher("b"))),
    ("sequence", (None, -1, 0, 1)),
    ("office", (None, "kyiv-1", "lviv-2")),
    ("expected_at", (None, None, date(2026, 4, 1))),
    ("missing", ((), ("photo",))),
    ("note", (None, None, "queue")),
    ("correction", (False, False, False, True)),
    ("restart", (False, False, False, False, True)),
    ("notify", (True, True, True, False)),
)


def _spelled(number: int, code: int) -> Event:
    """Return the event that an integer spells, a digit a choice."""
    fields: dict[str, object] = {}
    for name, values in CHOICES:
        code, digit = divmod(code, len(values))
        fields[name] = values[digit]
    return event(number, str(fields.pop("stage")), **fields)  # type: ignore[arg-type]  # at is an int


WIDTH = 4
"""Bytes that spell an event: enough for every combination of the choices."""


def histories(largest: int = 8) -> st.SearchStrategy[list[Event]]:
    """Draw the events of one application, each with an identity of its own, in no order.

    All are spelled by bytes drawn at once, the first of which says how many: that keeps Hypothesis quick.
    """
    size = 1 + WIDTH * largest

    def read(raw: bytes) -> list[Event]:
        places = [1 + WIDTH * number for number in range(1 + raw[0] % largest)]
        codes = [int.from_bytes(raw[at : at + WIDTH], "big") for at in places]
        return [_spelled(number, code) for number, code in enumerate(codes)]

    return st.binary(min_size=size, max_size=size).map(read)


def chances() -> st.SearchStrategy[random.Random]:
    """Draw a source of chance for what need not shrink: orders, copies and cuts."""
    return st.integers(0, 2**32 - 1).map(random.Random)
