"""What makes two events the same: only what the publisher explicitly said."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from contracts.digest import says_the_same
from contracts.messages.ids import EventId, Publisher
from contracts.messages.stage import StageEvent
from services.ingest.domain.events import CloudEvent, Fit, Rules, judge, message_id
from services.ingest.events.bodies import parse_lines

PASSPORTS = Publisher("passports")
instants = st.datetimes(datetime(2001, 1, 1), datetime(2026, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - Hypothesis wants naive bounds
DEFAULTS: dict[str, Any] = {"missing": [], "correction": False, "restart": False, "notify": True}
extras = st.fixed_dictionaries(
    {},
    optional={
        "office": st.sampled_from(["kyiv-1", "lviv"]),
        "sequence": st.integers(0, 2**53),
        "missing": st.lists(st.sampled_from(["photograph", "fee_receipt"]), max_size=3),
        "correction": st.booleans(),
        "notify": st.booleans(),
        "expected_at": st.dates(datetime(2020, 1, 1).date(), datetime(2030, 1, 1).date()).map(str),  # noqa: DTZ001 - dates
    },
)


def judged(body: bytes, rules: Rules, now: datetime) -> StageEvent:
    (item,) = parse_lines([body])
    assert isinstance(item, CloudEvent)
    verdict = judge(item, PASSPORTS, rules, now)
    assert isinstance(verdict, Fit)
    said = verdict.event.model_dump(mode="json", exclude_unset=True, exclude_none=True)
    assert said == json.loads(verdict.encoded.replace(b'+00:00"', b'Z"'))
    return verdict.event


@given(
    instant=instants,
    fields=extras,
    offset=st.integers(-14 * 60, 14 * 60),
    random=st.randoms(use_true_random=False),
)
def test_layout_never_changes_the_digest(
    *,
    instant: datetime,
    fields: dict[str, Any],
    offset: int,
    random: Random,
    raw: Callable[..., dict[str, Any]],
    rules: Rules,
    now: datetime,
) -> None:
    """Key order, white space, time zone, nulls, the number's spelling and the clock change nothing."""
    one = raw(time=instant.isoformat(), **fields)
    elsewhere = instant.astimezone(timezone(timedelta(minutes=offset))).isoformat()
    other = raw(time=elsewhere, application_number="АВ\u2011123456789", **fields)
    other["data"]["note"] = None
    names = list(other["data"])
    random.shuffle(names)
    other["data"] = {name: other["data"][name] for name in names}

    digests = {
        judged(json.dumps(one).encode(), rules, now).digest,
        judged(json.dumps(other, indent=3).encode(), rules, now + timedelta(days=3)).digest,
    }

    assert 1 == len(digests)


@given(fields=extras, office=st.none() | st.just("kyiv-1"), event_id=st.text("a-\\\"'ї/<é\u2028", min_size=1))
def test_what_is_written_out_is_the_contract(
    *,
    fields: dict[str, Any],
    office: str | None,
    event_id: str,
    raw: Callable[..., dict[str, Any]],
    rules: Rules,
    now: datetime,
) -> None:
    """The stream gets what the contract's model writes of what was given, with the digest of old."""
    body = raw(id=event_id, **{**fields, "office": office})

    event = judged(json.dumps(body).encode(), rules, now)

    kept = {name: value for name, value in body["data"].items() if name != "application_number"}
    given = {**kept, "application_key": event.application_key, "occurred_at": event.occurred_at.isoformat()}
    canonical = json.dumps(given, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(canonical.encode()).hexdigest() == event.digest
    named = json.dumps([PASSPORTS, event_id, event.digest], ensure_ascii=False)
    identity = message_id(PASSPORTS, EventId(event_id), event.digest)
    assert hashlib.sha256(named.encode()).hexdigest() == identity


@given(one=extras, other=extras)
def test_what_was_said_decides(
    one: dict[str, Any],
    other: dict[str, Any],
    raw: Callable[..., dict[str, Any]],
    rules: Rules,
    now: datetime,
) -> None:
    """Two events have one digest exactly where their publisher said the same of both."""
    digests = [judged(json.dumps(raw(**fields)).encode(), rules, now).digest for fields in (one, other)]

    assert (one == other) == (digests[0] == digests[1])


def test_the_digest_of_a_known_event_never_changes(
    cloud: Callable[..., CloudEvent], rules: Rules, now: datetime
) -> None:
    """A new version must give old events their old digest, or every resend would look like a conflict."""
    verdict = judge(cloud(office="kyiv-1", expected_at="2026-03-10", notify=True), PASSPORTS, rules, now)

    assert isinstance(verdict, Fit)
    assert "8621de3ae8ebf66530d3652c9b5bbe75928bf7d3732de7a0fdfa9af4e61b5023" == verdict.event.digest


@given(st.text(max_size=5), st.text(max_size=5), st.text(max_size=5), st.text(max_size=5))
def test_publisher_and_event_id_never_run_together(a: str, b: str, c: str, d: str) -> None:
    """Message ids are equal only where publisher, event id and digest each are."""
    ids = [message_id(Publisher(p), EventId(e), "0" * 64) for p, e in ((a, b), (c, d))]

    assert ((a, b) == (c, d)) == (ids[0] == ids[1])


@given(
    fields=extras,
    written=st.sets(st.sampled_from(sorted(DEFAULTS))),
    left=st.sets(st.sampled_from(sorted(DEFAULTS))),
)
def test_a_default_that_is_written_out_says_nothing_new(
    *,
    fields: dict[str, Any],
    written: set[str],
    left: set[str],
    raw: Callable[..., dict[str, Any]],
    rules: Rules,
    now: datetime,
) -> None:
    """Whichever defaults are written out, two spellings are copies of each other, another event is not."""
    said = {name: value for name, value in fields.items() if value != DEFAULTS.get(name, value)}
    said |= {name: value for name, value in fields.items() if name not in DEFAULTS}
    one, other, third = (
        judged(json.dumps(raw(**body)).encode(), rules, now)
        for body in (
            {**{name: DEFAULTS[name] for name in written}, **said},
            {**{name: DEFAULTS[name] for name in left}, **said},
            {**said, "office": "odesa-1"},
        )
    )

    assert says_the_same(one, other.digest)
    assert says_the_same(other, one.digest)
    assert not says_the_same(third, one.digest)
