"""The rules of a delivery."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from contracts.catalogue import Catalogue
from contracts.messages.delivery import DeliveryEnd
from contracts.messages.ids import (
    EventId,
    NoticeId,
    Publisher,
    RecipientId,
    SubscriptionId,
)
from contracts.messages.notice import Notice, NoticeKind
from services.notifier.domain import deliveries
from services.notifier.domain.deliveries import (
    Again,
    DeliveryClass,
    Ended,
    Flight,
    Onward,
    Step,
)
from services.notifier.domain.messages import Button, Message, Run, Text
from services.notifier.domain.results import (
    Accepted,
    AccountDown,
    Moved,
    NotSent,
    Permanent,
    Result,
    Throttled,
    Unknown,
    Unreachable,
)

RESEND_AFTER = 60.0
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

unsent: st.SearchStrategy[Result] = st.one_of(
    st.builds(Throttled, st.floats(0, 3600), st.sampled_from(["chat", "account"])),
    st.builds(Moved, st.text()),
    st.builds(NotSent, st.text()),
    st.builds(AccountDown, st.text()),
)
final: st.SearchStrategy[Result] = st.one_of(
    st.builds(Accepted, st.text(min_size=1)),
    st.builds(Unreachable, st.sampled_from(["blocked", "deactivated", "not_found"])),
    st.builds(Permanent, st.sampled_from(["rejected", "too_long", "empty", "unparseable"]), st.text()),
)
results = st.one_of(unsent, final, st.builds(Unknown, st.text()))
flights = st.builds(
    Flight,
    st.integers(3, 1000),
    st.integers(0, deliveries.MAX_UNKNOWNS - 1),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)


def routed(result: Result, flight: Flight) -> Step:
    return deliveries.step(result, flight, resend_after=RESEND_AFTER, backoff=float)


def stepped(result: Result, flight: Flight) -> Again | Ended:
    """What a result means at the last address of a route."""
    step = routed(result, flight)
    return step.otherwise if isinstance(step, Onward) else step


@given(st.lists(results, max_size=60))
def test_a_citizen_sees_at_most_three_copies(answers: list[Result]) -> None:
    """Whatever the messenger answers, at most three attempts of a delivery may have arrived."""
    flight, copies, step = Flight(1), 0, None
    for result in answers:
        step = stepped(result, flight)
        copies += isinstance(result, Accepted | Unknown)
        if isinstance(step, Ended):
            break
        flight = Flight(flight.attempt + 1, step.unknowns, step.plain)

    assert copies <= deliveries.MAX_UNKNOWNS


@given(results, flights)
def test_what_stays_unknown_is_counted_and_never_forgotten(result: Result, flight: Flight) -> None:
    """Only an unknown outcome raises the count of what may have arrived, by one, and nothing lowers it."""
    step = stepped(result, flight)

    assert flight.unknowns + isinstance(result, Unknown) == step.unknowns


@given(flights)
def test_an_unknown_outcome_waits_before_it_is_resent(flight: Flight) -> None:
    """A message that may have arrived goes out again after the promised pause, or ends unknown."""
    step = stepped(Unknown("reset"), flight)

    expected: Step = (
        Ended(DeliveryEnd.UNKNOWN, deliveries.MAX_UNKNOWNS, reason="no_answer")
        if flight.unknowns == deliveries.MAX_UNKNOWNS - 1
        else Again(RESEND_AFTER, flight.unknowns + 1, flight.plain)
    )
    assert expected == step


@given(unsent, flights)
def test_what_was_surely_not_sent_stays_in_line(result: Result, flight: Flight) -> None:
    """An answer that says "not sent" never ends a delivery and never makes the wait negative."""
    step = stepped(result, flight)

    assert isinstance(step, Again)
    assert (flight.plain, True) == (step.plain, step.wait >= 0)


@given(final, flights)
def test_a_known_answer_is_the_end(result: Result, flight: Flight) -> None:
    """What was accepted or refused for good is not tried again; unreadable markup is, once, as plain text."""
    step = stepped(result, flight)

    retried = isinstance(result, Permanent) and result.reason == "unparseable" and not flight.plain
    assert (Again(0.0, flight.unknowns, plain=True) if retried else step) == step
    assert retried == isinstance(step, Again)


@given(results, flights)
def test_a_message_moves_on_where_an_address_refuses_it(result: Result, flight: Flight) -> None:
    """It goes to the next address after a refusal for good, and after an unknown outcome to act upon."""
    step = routed(result, flight)

    unparseable = isinstance(result, Permanent) and result.reason == "unparseable" and not flight.plain
    refused = isinstance(result, Unreachable | Permanent) and not unparseable
    resent = isinstance(result, Unknown) and flight.unknowns + 1 < deliveries.MAX_UNKNOWNS
    copies_allowed = flight.actionable or (flight.unknowns == 0 and not isinstance(result, Unknown))
    assert ((refused or resent) and copies_allowed) == isinstance(step, Onward)


@given(flights)
def test_what_may_have_arrived_elsewhere_ends_unknown(flight: Flight) -> None:
    """The last address refuses for good, yet an address before may have got the message."""
    step = stepped(Unreachable("blocked"), flight)

    perhaps = flight.moved and flight.unknowns > 0
    assert isinstance(step, Ended)
    assert (DeliveryEnd.UNKNOWN if perhaps else DeliveryEnd.UNDELIVERABLE) == step.end


@given(flights, st.floats(0, 3600))
def test_throttling_waits_as_long_as_it_is_told(flight: Flight, seconds: float) -> None:
    """The messenger's own pause is kept exactly."""
    step = stepped(Throttled(seconds, "chat"), flight)

    assert Again(seconds, flight.unknowns, flight.plain) == step


@given(st.lists(st.builds(Run, st.text(), st.booleans(), st.booleans())).map(tuple))
def test_plain_text_says_the_same_without_markup(text: Text) -> None:
    """The plain form is the same message with its text as it is shown."""
    message = Message(text, ((Button("x", "y"),),))
    plain = deliveries.without_markup(message)

    assert plain.plain
    assert plain.shown == message.shown
    assert replace(plain, plain=False) == message


@given(st.integers(0, 2**53), st.integers(0, 9), st.integers(0, 2**53), st.integers(0, 9))
def test_answers_have_ids_of_their_own(update: int, number: int, other: int, count: int) -> None:
    """Two answers have the same id if and only if they are the same answer to the same update."""
    same = deliveries.answer_id("telegram", str(update), number) == deliveries.answer_id(
        "telegram", str(other), count
    )

    assert ((update, number) == (other, count)) == same


def notice(stage: str, kind: NoticeKind = NoticeKind.ADVANCE) -> Notice:
    return Notice(
        notice_id=NoticeId(uuid4()),
        kind=kind,
        revision=7,
        publisher=Publisher("p"),
        event_id=EventId("e"),
        subscription_id=SubscriptionId(uuid4()),
        recipient_id=RecipientId(uuid4()),
        document_type="foreign_passport",
        masked="…1",
        stage=stage,
        occurred_at=NOW,
        accepted_at=NOW,
        created_at=NOW,
    )


def test_urgency_comes_from_the_stage(catalogue: Catalogue) -> None:
    """A stage at which the citizen must act goes before the rest; an unknown one does not."""
    found = [
        deliveries.class_of(notice(stage), catalogue) for stage in ("arrived", "printing", "no_such_stage")
    ]

    assert [DeliveryClass.ACTIONABLE, DeliveryClass.OTHER, DeliveryClass.OTHER] == found


def test_time_to_live_counts_from_creation(catalogue: Catalogue) -> None:
    """A notice expires its stage's hours after its creation, or after the default for an unknown stage."""
    lives = [deliveries.expiry_of(notice(stage), catalogue) - NOW for stage in ("arrived", "no_such_stage")]

    arrived = catalogue.stage_of("foreign_passport", "arrived").ttl_hours
    assert [timedelta(hours=arrived), timedelta(hours=deliveries.DEFAULT_TTL_HOURS)] == lives


def test_news_of_a_follower_never_grows_old() -> None:
    """That somebody new follows is told whatever stage comes after it; all other notices have their age."""
    ages = {kind: deliveries.revision_of(notice("printing", kind)) for kind in NoticeKind}

    assert {kind: None if kind is NoticeKind.FOLLOWER else 7 for kind in NoticeKind} == ages
