"""A month without faults: the books balance, a second start repeats nothing, and the evidence can accuse."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.faults.evidence import Evidence, collect, findings
from tests.faults.harness import harness, prepared

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]


def _unsent(evidence: Evidence) -> Evidence:
    return replace(evidence, sent=[*evidence.sent, "never-arrived"])


def _taken_twice(evidence: Evidence) -> Evidence:
    return replace(evidence, intake=[*evidence.intake, evidence.intake[0]])


def _not_taken(evidence: Evidence) -> Evidence:
    return replace(evidence, intake=evidence.intake[1:])


def _without_an_end(evidence: Evidence) -> Evidence:
    first, *_ = evidence.notices
    return replace(evidence, notices={**evidence.notices, first: None})


def _not_on_the_phone(evidence: Evidence) -> Evidence:
    told = next(message for message in reversed(evidence.phones) if message["from"] == "bot")
    return replace(evidence, phones=[message for message in evidence.phones if message is not told])


def _copied(evidence: Evidence) -> Evidence:
    told = next(message for message in reversed(evidence.phones) if message["from"] == "bot")
    return replace(evidence, phones=[*evidence.phones, {**told, "message_id": 10**9}])


def _to_a_stranger(evidence: Evidence) -> Evidence:
    told = next(message for message in evidence.phones if message["from"] == "bot")
    return replace(evidence, phones=[*evidence.phones, {**told, "citizen_id": 1}])


BREAKAGES: list[Callable[[Evidence], Evidence]] = [
    *(_unsent, _taken_twice, _not_taken, _without_an_end, _not_on_the_phone, _copied, _to_a_stranger),
]


async def test_the_books_balance_and_a_second_start_repeats_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything accepted has its end, none unknown; the same month sent again changes nothing."""
    with prepared(monkeypatch):
        async with harness(applications=40, citizens=30) as stack:
            await stack.play()
            books = await stack.books()
            first = await collect(stack)
        async with harness(applications=40, citizens=30) as stack:
            assert stack.running.stored is not None
            stack.running.stored.progress.lines = 0
            await stack.play()
            again = await stack.books()
            second = await collect(stack)

    assert books.problems() == again.problems() == []
    assert books.ends.get("unknown", 0) == 0
    assert findings(first) == findings(second) == []
    assert (again.accepted, again.ends) == (books.accepted, books.ends)
    assert len(second.phones) == len(first.phones)
    assert [breakage.__name__ for breakage in BREAKAGES if not findings(breakage(first))] == []
