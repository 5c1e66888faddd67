"""What a message becomes where a messenger can do less: nothing is lost, nothing is too long."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from services.notifier.channels.base import Capabilities
from services.notifier.channels.fitting import cut, fitted
from services.notifier.domain.messages import Attachment, Button, Message, Run, Text, shown, utf16_length
from tests.integration.notifier.quiet_channel import EVERYTHING

WORDS = st.lists(
    st.sampled_from(["слово", "a", "👨‍👩‍👧", "🇺🇦", "x" * 30, "\n", "\n\n", "и\u0306"]), max_size=40
)
RUNS = st.builds(lambda words, bold: Run(" ".join(words) or "-", bold), WORDS, st.booleans())
TEXTS = st.lists(RUNS, min_size=1, max_size=5).map(tuple)
BUTTONS = st.one_of(
    st.builds(Button, st.sampled_from(["Yes", "No"]), st.sampled_from(["y", "n"])),
    st.just(Button("Map", url="https://m.example/")),
)
ROWS = st.lists(st.lists(BUTTONS, min_size=1, max_size=3).map(tuple), max_size=3).map(tuple)
FILES = st.none() | st.just(Attachment("own.txt", "text/plain", "line\n\n" * 30))
MESSAGES = st.builds(Message, TEXTS, ROWS, st.none() | st.just("7"), st.booleans(), attachment=FILES)
LIMITS = st.integers(12, 200)
ABLE = st.builds(
    lambda longest, caption, buttons, edits, converses: replace(
        EVERYTHING,
        longest=longest,
        caption=caption,
        buttons=buttons and converses,
        edits=edits,
        converses=converses,
    ),
    LIMITS,
    st.just(0) | LIMITS,
    st.booleans(),
    st.booleans(),
    st.booleans(),
)


def emphasised(text: Text) -> list[tuple[str, bool]]:
    """Each character that shows something, with its emphasis."""
    return [(character, run.bold) for run in text for character in run.text if not character.isspace()]


@given(TEXTS, LIMITS)
def test_a_text_is_cut_into_pieces_that_fit(text: Text, longest: int) -> None:
    """All that shows something is in the pieces, in order, with its emphasis; each fits, none is empty."""
    pieces = list(cut(text, longest))

    assert emphasised(text) == [one for piece in pieces for one in emphasised(piece)]
    assert all(0 < utf16_length(shown(piece)) <= longest for piece in pieces)


@given(st.lists(st.text("ab", min_size=1, max_size=20), min_size=1, max_size=12), st.integers(20, 60))
def test_a_text_is_cut_between_paragraphs(paragraphs: list[str], longest: int) -> None:
    """Where each paragraph fits none is cut, and as many stand together as fit."""
    pieces = [shown(piece) for piece in cut((Run("\n\n".join(paragraphs)),), longest)]

    assert paragraphs == [part for piece in pieces for part in piece.split("\n\n")]
    firsts = [piece.split("\n\n")[0] for piece in pieces[1:]]
    assert all(len(a) + 2 + len(b) > longest for a, b in zip(pieces, firsts, strict=False))


@given(st.lists(st.sampled_from(["👨‍👩‍👧", "🇺🇦", "и\u0306"]), min_size=1, max_size=30), st.integers(12, 40))
def test_no_letter_is_cut(letters: list[str], longest: int) -> None:
    """Where not even a word fits it is cut between letters."""
    pieces = [shown(piece) for piece in cut((Run("".join(letters)),), longest)]

    places = {len("".join(letters[:count])) for count in range(len(letters) + 1)}
    assert {len("".join(pieces[:count])) for count in range(len(pieces) + 1)} <= places


@given(MESSAGES, ABLE)
def test_a_fitted_message_is_within_the_capabilities(message: Message, able: Capabilities) -> None:
    """No part asks for more than the messenger can, and what fits stays as it is."""
    made = fitted(message, able).messages

    for part in made:
        room = able.longest if part.attachment is None else able.caption
        assert utf16_length(part.shown) <= room
        assert able.buttons or not part.buttons
        assert able.edits or part.replaces is None
        assert able.caption or part.attachment is None
        assert (part,) == fitted(part, able).messages


@given(MESSAGES, ABLE)
def test_nothing_is_lost_by_fitting(message: Message, able: Capabilities) -> None:
    """Text, links, choices and the file are all there, each choice once, and only the first part replaces."""
    made = fitted(message, able, first=3)
    text = "".join("".join(part.shown.split()) for part in made.messages)
    offered = [button for row in message.buttons for button in row if not button.url]

    assert text.startswith("".join(message.shown.split()))
    if able.buttons:
        assert message.buttons == made.messages[-1].buttons
    else:
        numbered = offered if able.converses else []
        assert tuple(button.data for button in numbered) == made.choices
        assert all(f"{place}-{button.text}" in text for place, button in enumerate(numbered, 3))
    assert [None] * (len(made.messages) - 1) == [part.replaces for part in made.messages[1:]]
    if message.attachment is not None and not able.caption:
        assert text.endswith("".join(message.attachment.content.split()))
    assert {message.private} == {part.private for part in made.messages}
