"""Reports of servers on letters that did not arrive, and the marks by which they are believed."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.keyring import KeyRing
from sandbox.email.model import Mail
from sandbox.email.reports import Action, report_on
from services.notifier.channels.email.addresses import mailbox_of
from services.notifier.channels.email.dsn import LONGEST, Bounce, bounce_of
from services.notifier.channels.email.marks import PURPOSE, Marks
from services.notifier.domain.messages import Message
from services.notifier.wording.markup import literal
from tests.integration.notifier.email_bench import FROM, marks_of, stationery

AT = datetime(2026, 11, 30, 13, 5, tzinfo=UTC)
KEY = UUID(int=2**100 + 7)
OPEN = marks_of(None)
"""Without an address for what comes back: letters come back to whom they are from."""
HIDDEN = marks_of()


def mail(marks: Marks, key: UUID = KEY, *, told: bool = True) -> Mail:
    """A letter as a server holds it; `told`: it was told our own name of it."""
    raw = stationery(marks).letter(Message(literal("Passport")), mailbox_of("olena@mail.example"), key, AT)
    envelope_id = marks.envelope_id(key) if told else None
    return Mail(1, 1, marks.sender(key, FROM), "olena@mail.example", envelope_id, raw, AT)


def report(marks: Marks, status: str = "5.1.1", action: Action = "failed", *, told: bool = True) -> bytes:
    return report_on(mail(marks, told=told), AT, status, action)


@pytest.mark.parametrize("marks", [OPEN, HIDDEN], ids=["in the name", "in the envelope"])
@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize(
    ("status", "gone"),
    [("5.1.1", "not_found"), ("5.2.1", "deactivated"), ("5.2.2", None), ("4.4.7", None), ("5.7.1", None)],
)
def test_a_failed_letter_is_known_by_its_mark(
    marks: Marks,
    told: bool,  # noqa: FBT001 - of the table
    status: str,
    gone: str | None,
) -> None:
    """A report says which letter failed, why, and whether anything can be sent there at all."""
    found = bounce_of(report(marks, status, told=told), marks)

    assert found == Bounce(KEY, status, gone)  # type: ignore[arg-type]  # of the table


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded"])
def test_what_did_not_fail_is_passed_over(action: Action) -> None:
    """Delays and confirmations say nothing final."""
    assert bounce_of(report(HIDDEN, "4.0.0", action), HIDDEN) is None


def test_answers_of_people_and_machines_are_passed_over() -> None:
    """An out-of-office answer names our letter and is no report; neither is what a person writes."""
    name = OPEN.message_id(KEY)
    away = (
        f"From: olena@mail.example\r\nTo: {FROM}\r\nIn-Reply-To: {name}\r\nReferences: {name}\r\n"
        "Auto-Submitted: auto-replied\r\nContent-Type: text/plain\r\n\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    )
    read = report(OPEN).replace(b"message/delivery-status", b"message/disposition-notification")

    assert bounce_of(away.encode(), OPEN) is None
    assert bounce_of(read, OPEN) is None


def test_nobody_can_make_a_report_on_somebody_elses_letter() -> None:
    """A report under another key, or with a mark moved to another letter, is about nothing."""
    genuine, other = report(HIDDEN), uuid4()
    moved = genuine.replace(
        HIDDEN.envelope_id(KEY).partition("-")[0].encode(),
        HIDDEN.envelope_id(other).partition("-")[0].encode(),
    )

    assert bounce_of(genuine, marks_of(key=b"o" * 32)) is None
    assert bounce_of(moved, HIDDEN) is None


def test_what_readers_of_a_letter_see_proves_nothing_where_the_envelope_does() -> None:
    """With an address for what comes back, the letter's own name is no proof: it travels on in answers."""
    letter = mail(HIDDEN, told=False)
    seen = Mail(1, 1, FROM, "olena@mail.example", None, letter.raw, AT)

    assert bounce_of(report_on(seen, AT), HIDDEN) is None
    assert HIDDEN.envelope_id(KEY).encode() not in letter.raw
    assert HIDDEN.proved(letter.raw.decode()) is None


def test_a_mark_outlives_a_new_key() -> None:
    """Letters marked under the key before are known as long as it is in the ring."""
    both = Marks(
        KeyRing([("b", b"n" * 32), ("a", b"k" * 32)], PURPOSE), "agency.example", "bounces@agency.example"
    )

    assert KEY == both.proved(HIDDEN.envelope_id(KEY))
    assert both.envelope_id(KEY) != HIDDEN.envelope_id(KEY)


@given(st.uuids())
def test_a_mark_fits_an_address_and_survives_servers_that_change_its_letters(key: UUID) -> None:
    """The envelope's sender is an address of at most 64 characters before the @, in any case the same."""
    sender = HIDDEN.sender(key, FROM)

    assert len(sender.partition("@")[0]) <= 64
    assert mailbox_of(sender).address == sender
    assert (
        key
        == HIDDEN.proved(f"To: <{sender.upper()}>")
        == HIDDEN.proved(f"Original-Envelope-Id: {HIDDEN.envelope_id(key)}")
    )


def test_letters_of_one_document_answer_the_same_letter() -> None:
    """Threads have names of their own, which tell nothing of the document."""
    one, other = HIDDEN.thread_id("a" * 32), HIDDEN.thread_id("b" * 32)

    assert one != other
    assert one == HIDDEN.thread_id("a" * 32)
    assert "aaaa" not in one


@given(st.binary(max_size=400), st.integers(0, 2000), st.integers(0, 400))
def test_any_mail_is_read_or_passed_over(noise: bytes, place: int, cut: int) -> None:
    """A report with anything put into it or cut out of it raises nothing, and names no other letter."""
    genuine = report(HIDDEN)
    spoilt = genuine[:place] + noise + genuine[place + cut :]
    found = bounce_of(spoilt, HIDDEN)

    assert found is None or KEY == found.key
    assert bounce_of(noise, HIDDEN) is None


def test_a_long_mail_is_read_up_to_there() -> None:
    """A report before a letter of megabytes is read; nothing after the first part of it is looked at."""
    assert bounce_of(report(HIDDEN) + b"x" * 10_000_000, HIDDEN) == Bounce(KEY, "5.1.1", "not_found")
    assert bounce_of(b"X: y\r\n" * (LONGEST // 6 + 1) + report(HIDDEN), HIDDEN) is None
