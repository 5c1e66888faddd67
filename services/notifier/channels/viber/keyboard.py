"""Rows of buttons as a keyboard of Viber, which is six columns wide and stays until the next message.

A row is broken where its labels do not fit side by side. A label may hold HTML on Viber, so what would be
read as such is shown by look-alikes: it depends on the phone whether escapes are understood.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from services.notifier.channels.viber.taps import Taps
from services.notifier.domain.messages import Button

COLUMNS = 6
MOST_HEIGHT = 12
"""Rows of a keyboard, as Viber counts them: a tall button takes two."""
_MOST_ABREAST = 3
_FITS = {2: 8, 3: 13, 6: 28}
"""Letters that fit on one line of a button, by its columns."""
_LOOKALIKES = str.maketrans({"<": "‹", ">": "›", "&": "＆"})

Line = Sequence[Button]


def keyboard(rows: Sequence[Line], address: str, taps: Taps) -> dict[str, Any] | None:
    """Return the keyboard for somebody; None where there are no buttons.

    Where all of it would be too high buttons stand closer. More than 36 never fit: the last ones go.
    """
    lines = _laid_out(rows)
    if not lines:
        return None
    buttons = [_button(button, COLUMNS // len(line), address, taps) for line in lines for button in line]
    return {"Type": "keyboard", "DefaultHeight": False, "Buttons": buttons}


def opens(button: Button) -> bool:
    """Tell whether a button can be one on Viber, which opens addresses of the web alone."""
    return button.url is None or button.url.startswith(("https://", "http://"))


def _laid_out(rows: Sequence[Line]) -> list[Line]:
    lines = [line for row in rows for line in _broken(row)]
    if sum(map(_height, lines)) <= MOST_HEIGHT:
        return lines
    together = [button for row in rows for button in row]
    for abreast in (2, _MOST_ABREAST):
        lines = list(_chunks(together, abreast))
        if len(lines) <= MOST_HEIGHT:
            break
    return lines[:MOST_HEIGHT]


def _broken(row: Line) -> Iterator[Line]:
    for abreast in range(min(len(row), _MOST_ABREAST), 1, -1):
        if all(len(button.text) <= _FITS[COLUMNS // abreast] for button in row):
            return _chunks(row, abreast)
    return _chunks(row, 1)


def _chunks(buttons: Line, size: int) -> Iterator[Line]:
    return (buttons[start : start + size] for start in range(0, len(buttons), size))


def _height(line: Line) -> int:
    return max(_rows(button, COLUMNS // len(line)) for button in line)


def _rows(button: Button, columns: int) -> int:
    return 1 if columns < COLUMNS or len(button.text) <= _FITS[COLUMNS] else 2


def _button(button: Button, columns: int, address: str, taps: Taps) -> dict[str, Any]:
    action = (
        {"ActionType": "reply", "ActionBody": taps.marked(address, button.data)}
        if button.url is None
        else {"ActionType": "open-url", "ActionBody": button.url, "OpenURLType": "external"}
    )
    return {
        **action,
        "Columns": columns,
        "Rows": _rows(button, columns),
        "Text": button.text.translate(_LOOKALIKES),
        # Else the chat shows what the button carries as if the citizen had written it.
        "Silent": True,
    }
