"""Messages as Viber takes them: plain text, a keyboard, and who writes.

Viber reads `*bold*` and `_italic_` in whatever text claims a newer version of its API, also in what people
typed, and has no way to escape it: so emphasis is dropped, and the oldest version claimed, which every phone
knows.
"""

from collections.abc import Sequence

import orjson

from services.notifier.channels.viber.keyboard import keyboard, opens
from services.notifier.channels.viber.taps import Taps
from services.notifier.domain.messages import Button, Message, shown, utf16_length
from services.notifier.domain.results import Permanent
from services.notifier.wording.markup import clipped

LONGEST_TEXT = 7000
LONGEST_NAME = 28
_LONGEST_BODY = 30_000
_API_VERSION = 1


def written(message: Message, sender: str, address: str, taps: Taps) -> bytes | Permanent:
    """Return the call that sends a message to somebody; Permanent where Viber would not take it."""
    text = _text(message)
    if not text.strip():
        return Permanent("empty", "no text")
    if utf16_length(text) > LONGEST_TEXT:
        return Permanent("too_long", f"a text of {utf16_length(text)} units")
    try:
        body = orjson.dumps(
            {"receiver": address, **_content(text, message.buttons, sender, address, taps)},
        )
    except TypeError:  # half a character, which JSON cannot hold
        return Permanent("rejected", "a text that is not Unicode")
    if len(body) > _LONGEST_BODY:
        return Permanent("too_long", f"a call of {len(body)} bytes")
    return body


def welcome(shown_there: Sequence[Message], sender: str, address: str, taps: Taps) -> bytes:
    """Return the one message that Viber shows to whoever opened the conversation; empty where there is none.

    What does not fit is cut. The last keyboard stays.
    """
    text = "\n\n".join(part for message in shown_there if (part := _text(message)).strip())
    if not text:
        return b""
    buttons = next((message.buttons for message in reversed(shown_there) if message.buttons), ())
    return orjson.dumps(_content(clipped(text, LONGEST_TEXT), buttons, sender, address, taps))


def name_of(agency: str) -> str:
    """Return an agency's name as the sender's."""
    return clipped(agency, LONGEST_NAME)


def _text(message: Message) -> str:
    """Return all that is to be read: what is said, and the links that no button opens."""
    links = [f"{button.text}: {button.url}" for row in message.buttons for button in row if not opens(button)]
    return "\n\n".join(part for part in (shown(message.text), "\n".join(links)) if part)


def _content(
    text: str, buttons: Sequence[Sequence[Button]], sender: str, address: str, taps: Taps
) -> dict[str, object]:
    content: dict[str, object] = {
        "type": "text",
        "text": text,
        "sender": {"name": sender},
        "min_api_version": _API_VERSION,
    }
    keys = keyboard([[button for button in row if opens(button)] for row in buttons], address, taps)
    return content if keys is None else content | {"keyboard": keys}
