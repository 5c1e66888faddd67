"""Answers that wait, sealed and opened."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from runtime.keyring import DecryptionError, KeyRing
from services.notifier.domain.messages import Attachment, Button, Message
from services.notifier.recipients.addresses import PURPOSE
from services.notifier.recipients.sealed_answers import Answers

OLD, NEW = ("k1", bytes(32)), ("k2", bytes([1]) * 32)
ANSWERS = Answers(KeyRing([OLD], PURPOSE))
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
MESSAGES = st.builds(
    Message,
    TEXT,
    st.lists(st.tuples(st.builds(Button, TEXT, TEXT)), max_size=3).map(tuple),
    st.none() | TEXT,
    private=st.booleans(),
    attachment=st.none() | st.builds(Attachment, TEXT, TEXT, TEXT),
)


@given(MESSAGES, st.uuids())
def test_an_answer_comes_back_whole(message: Message, delivery: UUID) -> None:
    """What was sealed is opened as it was, also under another key, and by a ring of the new key alone."""
    stored = ANSWERS.seal(delivery, message, "later")
    renewed = Answers(KeyRing([NEW, OLD], PURPOSE)).resealed(delivery, stored, "-")

    assert message == ANSWERS.open(delivery, stored)
    assert message == Answers(KeyRing([NEW], PURPOSE)).open(delivery, renewed)


@given(MESSAGES, st.uuids())
def test_one_in_clear_is_read_and_can_be_sealed(message: Message, delivery: UUID) -> None:
    """An answer of the version before is itself, and the same once it is sealed."""
    clear = TypeAdapter(Message).dump_json(message).decode()

    assert message == ANSWERS.open(delivery, clear)
    assert message == ANSWERS.open(delivery, ANSWERS.resealed(delivery, clear, "later"))


@given(MESSAGES, st.uuids(), st.uuids())
def test_an_answer_opens_where_it_was_sealed(message: Message, one: UUID, other: UUID) -> None:
    """In another row, or under a key that is not in the ring, it does not open."""
    stored = ANSWERS.seal(one, message, "later")

    with pytest.raises(DecryptionError):
        Answers(KeyRing([NEW], PURPOSE)).open(one, stored)
    if one != other:
        with pytest.raises(DecryptionError):
            ANSWERS.open(other, stored)


@given(MESSAGES, st.uuids())
def test_the_version_before_reads_what_is_said_instead(message: Message, delivery: UUID) -> None:
    """Who cannot open it finds a message of the text given for that alone, also after a rotation."""
    stored = ANSWERS.seal(delivery, message, "later")
    renewed = Answers(KeyRing([NEW, OLD], PURPOSE)).resealed(delivery, stored, "-")

    assert [Message("later")] * 2 == [TypeAdapter(Message).validate_json(one) for one in (stored, renewed)]
