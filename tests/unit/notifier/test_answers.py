"""Answers that wait, sealed and opened."""

import html
import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.keyring import DecryptionError, KeyRing
from services.notifier.domain.messages import Attachment, Button, Message, Run
from services.notifier.recipients.addresses import PURPOSE
from services.notifier.recipients.sealed_answers import Answers

OLD, NEW = ("k1", bytes(32)), ("k2", bytes([1]) * 32)
ANSWERS = Answers(KeyRing([OLD], PURPOSE))
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
RUNS = st.lists(st.builds(Run, TEXT, st.booleans(), st.booleans()), max_size=3)
MESSAGES = st.builds(
    Message,
    RUNS.map(tuple),
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


@given(TEXT, st.booleans(), st.uuids())
def test_one_of_the_version_before_is_read(said: str, plain: bool, delivery: UUID) -> None:  # noqa: FBT001
    """What it stored, in clear or sealed, is read with its emphasis, and is the same once sealed anew."""
    markup = said if plain else f"<b>{html.escape(said)}</b> &amp; <i>so</i>"
    earlier = json.dumps(
        {"html": markup, "replaces": "7", "plain": plain, "buttons": [[{"text": "Yes", "data": "y"}]]}
    )
    sealed = ANSWERS._boxed(delivery, earlier.encode(), "later")

    text = (Run(said),) if plain else (Run(said, bold=True), Run(" & "), Run("so", italic=True))
    wanted = Message(text, ((Button("Yes", "y"),),), "7", plain=plain)
    for stored in (earlier, sealed):
        assert wanted == ANSWERS.open(delivery, stored)
        assert wanted == ANSWERS.open(delivery, ANSWERS.resealed(delivery, stored, "later"))


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
    """It finds the text given for that alone, with the key and without, also after a rotation."""
    stored = ANSWERS.seal(delivery, message, "<later> & more")
    renewed = Answers(KeyRing([NEW, OLD], PURPOSE)).resealed(delivery, stored, "-")

    for ring, one in (([OLD], stored), ([NEW], renewed)):
        inside = json.loads(Answers(KeyRing(ring, PURPOSE))._inside(delivery, one))
        assert ["&lt;later&gt; &amp; more"] * 2 == [json.loads(one)["html"], inside["html"]]
        assert {"html", "message"} == inside.keys()
