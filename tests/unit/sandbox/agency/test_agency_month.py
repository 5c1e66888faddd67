from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.catalogue import Catalogue, load_catalogue
from sandbox.agency import CATALOGUE
from sandbox.agency.generate import generate
from sandbox.agency.month import Line, Month, Options

UNTIL = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
USUAL = Options(until=UNTIL)


@cache
def sample() -> Catalogue:
    """Return the sample catalogue, read once for all examples."""
    return load_catalogue(CATALOGUE)


@pytest.fixture(scope="module")
def month() -> Month:
    return generate(USUAL, sample())


def _events(month: Month) -> list[Line]:
    """Return each event once, as first sent."""
    return list({line.row.event_id: line for line in reversed(month.lines)}.values())


def _overtaken(month: Month) -> int:
    """Return how many events come after a later event of the same application."""
    latest: dict[str, datetime] = {}
    count = 0
    seen: set[str] = set()
    for line in month.lines:
        if line.row.event_id in seen:
            continue
        seen.add(line.row.event_id)
        newest = latest.get(line.application, line.row.occurred_at)
        count += line.row.occurred_at < newest
        latest[line.application] = max(newest, line.row.occurred_at)
    return count


options = st.builds(
    Options,
    until=st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds are naive by design
    seed=st.integers(0, 2**32),
    applications=st.integers(0, 120),
    citizens=st.integers(0, 80),
    offices=st.integers(1, 12),
    days=st.integers(1, 60),
)


def test_the_usual_month_has_the_usual_size(month: Month) -> None:
    """By default there are 200 applications of four documents over 12 offices, and 150 citizens."""
    assert 200 == len({line.application for line in month.lines}) == len(month.receipts)
    assert 150 == len(month.citizens) == len({follow.citizen_id for follow in month.follows})
    assert 12 == len({row.office for row in month.rows})
    assert 4 == len({row.document_type for row in month.rows})


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32))
def test_faults_have_the_shares_of_real_exports(seed: int) -> None:
    """About 2 % of the rows are repeated, about 1 % overtaken, a few days late, all of them some."""
    month = generate(replace(USUAL, seed=seed), sample())
    events = _events(month)

    duplicates = (len(month.lines) - len(events)) / len(events)
    late = sum(line.sent_at - line.row.occurred_at > timedelta(days=1) for line in events)

    assert 0.015 <= duplicates <= 0.025
    assert 0.005 <= _overtaken(month) / len(events) <= 0.03
    assert 1 <= late <= 0.03 * len(events)


def test_every_mishap_happens_in_the_usual_month(month: Month) -> None:
    """Corrections, a restart, a rejection, detours, updates and repeats are all there."""
    rows = [line.row for line in _events(month)]
    stages = Counter(row.stage for row in rows)

    assert stages["rejected"] >= 1
    assert stages["correction_needed"] >= 5
    assert stages["returned"] >= 1
    assert sum(row.correction for row in rows) >= 3
    assert sum(row.restart for row in rows) >= 1
    assert {"high_demand", "office_changed"} <= {row.note for row in rows}
    assert sum(row.sequence is not None for row in rows) >= 100


def test_an_application_is_spelled_in_several_ways(month: Month) -> None:
    """The rows of one application, and its receipt, may each have another spelling of its number."""
    spellings = {(line.application, line.row.application_number) for line in month.lines}
    on_receipts = [one for one in month.receipts if one.application_number != one.application]

    assert len(spellings) > 240
    assert on_receipts


@settings(deadline=None, max_examples=60)
@given(options)
def test_invariants_of_any_month(wanted: Options) -> None:
    """All happens within the days before the end; ids, codes and references hold in any month."""
    catalogue = sample()

    month = generate(wanted, catalogue)

    since = wanted.until - timedelta(days=wanted.days)
    applications = {line.application for line in month.lines}
    assert all(since <= row.occurred_at <= wanted.until for row in month.rows)
    assert all(line.row.occurred_at <= line.sent_at <= wanted.until for line in month.lines)
    assert list(month.lines) == sorted(month.lines, key=lambda line: line.sent_at)
    assert wanted.applications == len(applications) == len(month.receipts)
    assert len({line.row for line in month.lines}) == len(month.truth)
    assert all(catalogue.knows(row.document_type, row.stage) for row in month.rows)
    assert {row.office for row in month.rows} <= set(list(catalogue.offices)[: wanted.offices])
    assert {row.note for row in month.rows} <= {None, *catalogue.notes}
    assert {code for row in month.rows for code in row.missing} <= set(catalogue.papers)
    receipts = {receipt.receipt_id: receipt for receipt in month.receipts}
    assert applications == {receipt.application for receipt in receipts.values()}
    assert {follow.receipt_id for follow in month.follows} <= set(receipts)
    assert all(
        receipts[follow.receipt_id].issued_at <= follow.scans_at <= wanted.until for follow in month.follows
    )


@settings(deadline=None, max_examples=10)
@given(options)
def test_the_same_options_give_the_same_month(wanted: Options) -> None:
    """A month repeats exactly, and another seed makes other events."""
    catalogue = sample()

    month = generate(wanted, catalogue)

    assert month == generate(wanted, catalogue)
    other = generate(replace(wanted, seed=wanted.seed + 1), catalogue)
    assert not set(month.truth) & set(other.truth)


def test_some_follow_two_and_some_are_followed_by_two(month: Month) -> None:
    """Families are there: two documents of one citizen, two citizens for one document."""
    documents = Counter(follow.citizen_id for follow in month.follows)
    followers = Counter(follow.receipt_id for follow in month.follows)

    assert 10 <= sum(count >= 2 for count in documents.values()) <= 60
    assert 5 <= sum(count >= 2 for count in followers.values()) <= 40
    assert len(followers) < len(month.receipts)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (replace(USUAL, until=UNTIL.replace(tzinfo=None)), "time zone"),
        (replace(USUAL, offices=13), "12 offices, not 13"),
        (replace(USUAL, days=0), "1 or more"),
        (replace(USUAL, applications=-1), "negative"),
    ],
)
def test_impossible_sizes_are_refused(wanted: Options, message: str) -> None:
    """What cannot be generated is said in a sentence."""
    with pytest.raises(ValueError, match=message):
        generate(wanted, sample())
