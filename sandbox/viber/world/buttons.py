"""Buttons of keyboards and carousels: how they lie in rows, and what a citizen's press sends."""

import html
import re
from collections.abc import Iterable, Iterator

from sandbox.viber.world.model import Json

WIDTH = 6
_TAG = re.compile(r"<[^<>]*>")
PHONE_NUMBER = "380671234567"
PLACE = {"lat": 50.45, "lon": 30.52}


def rows(keyboard: Json | None) -> Iterator[list[Json]]:
    """Yield the buttons row by row: as many as fit into six columns lie side by side."""
    row: list[Json] = []
    taken = 0
    for button in [] if keyboard is None else keyboard["Buttons"]:
        columns = button.get("Columns", WIDTH)
        if row and taken + columns > WIDTH:
            yield row
            row, taken = [], 0
        row.append(button)
        taken += columns
    if row:
        yield row


def height(keyboard: Json) -> int:
    """Return how many rows of the screen a keyboard takes."""
    return sum(max(button.get("Rows", 1) for button in row) for row in rows(keyboard))


def label(button: Json) -> str:
    """Return what a button says, without its markup."""
    return html.unescape(_TAG.sub("", str(button.get("Text") or ""))).strip() or str(button["ActionBody"])


def find(keyboards: Iterable[Json | None], action_body: str) -> Json | None:
    """Return the button with that action."""
    shown = (button for keyboard in keyboards if keyboard for button in keyboard["Buttons"])
    return next((button for button in shown if button["ActionBody"] == action_body), None)


def reply(button: Json, name: str) -> Json | None:
    """Return the message that a press sends in the name of its citizen, None where it sends none."""
    match button.get("ActionType", "reply"):
        case "none":
            return None
        case "share-phone":
            return {"type": "contact", "contact": {"name": name, "phone_number": PHONE_NUMBER}}
        case "location-picker":
            return {"type": "location", "location": dict(PLACE)}
        case _:
            return {"type": "text", "text": button["ActionBody"]}
