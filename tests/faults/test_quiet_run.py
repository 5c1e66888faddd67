"""A month without faults: the books balance, a second start repeats nothing, and the evidence can accuse."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.faults.evidence import Evidence, collect, findings, place_of
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


def _a_notice_shown(evidence: Evidence) -> Mapping[str, Any]:
    """Pick by the books: the last message of a phone may be an answer, and answers may repeat."""
    accepted = {
        (evidence.chats[row["id"]], row["message_reference"])
        for row in evidence.deliveries
        if row["kind"] == "notice" and row["state"] == "accepted"
    }
    return next(one for one in evidence.phones if place_of(one) in accepted)


def _not_on_the_phone(evidence: Evidence) -> Evidence:
    told = _a_notice_shown(evidence)
    return replace(evidence, phones=[message for message in evidence.phones if message is not told])


def _copied(evidence: Evidence) -> Evidence:
    return replace(
        evidence, phones=[*evidence.phones, {**_a_notice_shown(evidence), "reference": str(10**9)}]
    )


def _to_a_stranger(evidence: Evidence) -> Evidence:
    return replace(evidence, phones=[*evidence.phones, {**_a_notice_shown(evidence), "citizen_id": 1}])


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
            said = stack.running.servers.embedded["nats"].log.read_text()

    assert books.problems() == again.problems() == []
    assert books.ends.get("unknown", 0) == 0
    assert findings(first) == findings(second) == []
    assert "Violation" not in said, "NATS refused a service what it needs"
    assert (again.accepted, again.ends) == (books.accepted, books.ends)
    assert len(second.phones) == len(first.phones)
    assert [breakage.__name__ for breakage in BREAKAGES if not findings(breakage(first))] == []
