"""Messages, keyboards and welcomes as Viber takes them."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.channels.viber.keyboard import COLUMNS, MOST_HEIGHT, keyboard
from services.notifier.channels.viber.messages import LONGEST_TEXT, name_of, welcome, written
from services.notifier.channels.viber.taps import Taps
from services.notifier.domain.messages import Button, Message, Run, utf16_length
from services.notifier.domain.results import Permanent

ADDRESS, OTHER = "01234567890A=", "K917PBuvPZmhKfb8Vw3b2Q=="
TAPS = Taps.of("token")
LONGEST_BODY = 30_000
DATA = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=64)
BUTTONS = st.builds(Button, st.text(min_size=1, max_size=48), DATA)
ROWS = st.lists(st.lists(BUTTONS, min_size=1, max_size=4), max_size=6)


def said(text: str, **more: Any) -> Message:  # noqa: ANN401 - fields of all kinds
    return Message((Run(text),), **more)


def sent(message: Message) -> dict[str, Any]:
    body = written(message, "Agency", ADDRESS, TAPS)
    assert isinstance(body, bytes)
    content = orjson.loads(body)
    assert isinstance(content, dict)
    return content


def lines_of(keys: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """Return the lines as a phone lays them out: buttons side by side until six columns are full."""
    lines: list[list[dict[str, Any]]] = []
    free = 0
    for button in keys["Buttons"]:
        if button["Columns"] > free:
            lines.append([])
            free = COLUMNS
        lines[-1].append(button)
        free -= button["Columns"]
    return lines


def test_a_message_is_plain_text_from_the_agency() -> None:
    """The text goes out without emphasis and unescaped, to one person, in the agency's name."""
    message = Message((Run("Паспорт: "), Run("*готовий* <&>", bold=True), Run(" _тут_", italic=True)))

    assert {
        "receiver": ADDRESS,
        "type": "text",
        "text": "Паспорт: *готовий* <&> _тут_",
        "sender": {"name": "Agency"},
        "min_api_version": 1,
    } == sent(message)


def test_what_was_to_replace_a_message_is_sent_anew() -> None:
    """Viber cannot edit, so the message that was to be edited makes no difference."""
    assert sent(said("x")) == sent(said("x", replaces="7", private=True, plain=True))


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (Message(()), "empty"),
        (said(" \n"), "empty"),
        (said("я" * (LONGEST_TEXT + 1)), "too_long"),
        (said("🙂" * (LONGEST_TEXT // 2 + 1)), "too_long"),
        (said("漢" * LONGEST_TEXT, buttons=((Button("字" * 48, "d" * 64),),) * 36), "too_long"),
        (said("\ud800"), "rejected"),
    ],
)
def test_what_viber_would_refuse_is_not_sent(message: Message, reason: str) -> None:
    """A message that is empty, too long or no text is refused before a call is made."""
    refused = written(message, "Agency", ADDRESS, TAPS)

    assert isinstance(refused, Permanent)
    assert reason == refused.reason


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=300), ROWS)
def test_calls_are_within_the_limits(text: str, rows: list[list[Button]]) -> None:
    """Whatever is said and offered, the call is short enough and its keyboard not too high."""
    body = written(said(f"x{text}", buttons=tuple(map(tuple, rows))), "Agency", ADDRESS, TAPS)

    assert isinstance(body, bytes)
    assert len(body) <= LONGEST_BODY
    keys = orjson.loads(body).get("keyboard", {"Buttons": []})
    assert sum(max(button["Rows"] for button in line) for line in lines_of(keys)) <= MOST_HEIGHT


@given(ROWS)
def test_every_button_keeps_its_meaning(rows: list[list[Button]]) -> None:
    """However buttons are laid out, each is there once, in order, and tells its data when tapped."""
    keys = keyboard(rows, ADDRESS, TAPS) or {"Buttons": []}

    told = [TAPS.data(ADDRESS, button["ActionBody"]) for button in keys["Buttons"]]
    assert [button.data for row in rows for button in row] == told
    assert all(button["Silent"] for button in keys["Buttons"])


@given(ROWS)
def test_lines_are_full(rows: list[list[Button]]) -> None:
    """Each line of a keyboard takes all six columns, so that rows stay as they were meant."""
    keys = keyboard(rows, ADDRESS, TAPS) or {"Buttons": []}

    assert all(COLUMNS == sum(button["Columns"] for button in line) for line in lines_of(keys))


@pytest.mark.parametrize(
    ("labels", "columns"),
    [
        (["Yes", "No"], [3, 3]),
        (["Ja", "Nein", "Hilfe"], [2, 2, 2]),
        (["Де зараз мої документи?", "Ще"], [6, 6]),
        (["a", "b", "c", "d"], [2, 2, 2, 6]),
        (["Так, пишіть", "Ні, дякую", "English"], [3, 3, 6]),
    ],
)
def test_labels_fit(labels: list[str], columns: list[int]) -> None:
    """A row is broken where its labels are too long to stand side by side."""
    keys = keyboard([[Button(label, "st") for label in labels]], ADDRESS, TAPS)

    assert keys is not None
    assert columns == [button["Columns"] for button in keys["Buttons"]]


def test_a_long_label_gets_two_lines() -> None:
    """A button whose label does not fit on one line is twice as high."""
    keys = keyboard([[Button("x" * 40, "st")], [Button("x", "st")]], ADDRESS, TAPS)

    assert keys is not None
    assert [2, 1] == [button["Rows"] for button in keys["Buttons"]]


@pytest.mark.parametrize("count", [13, 20, 24, 30, 36])
def test_a_keyboard_that_is_too_high_stands_closer(count: int) -> None:
    """Where there are more rows than fit no button is lost: they stand side by side."""
    keys = keyboard([[Button(f"Zone number {number}", "st")] for number in range(count)], ADDRESS, TAPS)

    assert keys is not None
    assert count == len(keys["Buttons"])
    assert len(lines_of(keys)) <= MOST_HEIGHT


def test_a_link_opens_by_itself() -> None:
    """A button with an address opens it outside of Viber and carries nothing of ours."""
    keys = keyboard([[Button("Map", url="https://map.example/?a=1&b=2")]], ADDRESS, TAPS)

    assert keys is not None
    (button,) = keys["Buttons"]
    assert ("open-url", "https://map.example/?a=1&b=2", "external") == (
        button["ActionType"],
        button["ActionBody"],
        button["OpenURLType"],
    )


def test_a_link_that_no_button_opens_is_written_out() -> None:
    """An address that is not of the web stands in the text, where a phone makes a link of it."""
    link = Button("Share", url="viber://pa?chatURI=a&context=b")
    content = sent(said("Hello", buttons=((link, Button("Yes", "h")),)))

    assert "Hello\n\nShare: viber://pa?chatURI=a&context=b" == content["text"]
    assert ["Yes"] == [button["Text"] for button in content["keyboard"]["Buttons"]]
    assert "keyboard" not in sent(said("Hello", buttons=((link,),)))


def test_a_label_is_no_markup() -> None:
    """What Viber would read as HTML in a label is shown by signs that look alike."""
    keys = keyboard([[Button("<b>A&amp;</b>", "st")]], ADDRESS, TAPS)

    assert keys is not None
    assert "‹b›A＆amp;‹/b›" == keys["Buttons"][0]["Text"]


def test_no_buttons_no_keyboard() -> None:
    """A message without buttons has no keyboard."""
    assert keyboard((), ADDRESS, TAPS) is None


@given(st.text(max_size=100) | DATA.map(lambda data: f"dw:{data}:AAAAAAAAAAAA"))
def test_nobody_can_type_a_tap(text: str) -> None:
    """A text that does not bear our mark is no tap, whatever it looks like."""
    assert TAPS.data(ADDRESS, text) is None


@given(DATA)
def test_a_tap_is_one_persons(data: str) -> None:
    """What a button of somebody's carries means nothing from anybody else, and nothing to another account."""
    marked = TAPS.marked(ADDRESS, data)

    assert data == TAPS.data(ADDRESS, marked)
    assert TAPS.data(OTHER, marked) is None
    assert Taps.of("other").data(ADDRESS, marked) is None
    assert TAPS.data(ADDRESS, marked.lower() + "x") is None
    assert len(marked) <= 80


def test_a_welcome_is_one_message() -> None:
    """What is shown to whoever opens the conversation is one message, with the last keyboard."""
    first = said("Hello", buttons=((Button("A", "st"),),))
    body = welcome(
        [first, said("Follow?", buttons=((Button("Yes", "h"),),)), said("")], "Agency", ADDRESS, TAPS
    )

    content = orjson.loads(body)
    assert "Hello\n\nFollow?" == content["text"]
    assert ["Yes"] == [button["Text"] for button in content["keyboard"]["Buttons"]]
    assert {"type", "text", "sender", "min_api_version", "keyboard"} == set(content)


def test_a_welcome_that_is_too_long_is_cut() -> None:
    """All that is shown at once is no longer than Viber takes."""
    body = welcome([said("я" * 5000), said("ю" * 5000)], "Agency", ADDRESS, TAPS)

    assert LONGEST_TEXT == utf16_length(orjson.loads(body)["text"])


def test_no_welcome_is_an_empty_answer() -> None:
    """Where there is nothing to show Viber gets no message."""
    assert b"" == welcome([], "Agency", ADDRESS, TAPS)
    assert b"" == welcome([said(" ")], "Agency", ADDRESS, TAPS)


@given(st.text(min_size=1, max_size=100))
def test_a_name_fits(name: str) -> None:
    """However long an agency's name is, what stands above messages is as long as Viber shows."""
    assert utf16_length(name_of(name)) <= 28
