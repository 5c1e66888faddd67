"""Keyboards and carousels: what may stand in them, and which version of the app each part needs."""

from collections.abc import Mapping
from typing import Any

from sandbox.viber.api.checks import (
    Check,
    address,
    colour,
    flag,
    is_address,
    one_of,
    paddings,
    record,
    text,
    whole,
)
from sandbox.viber.world import buttons
from sandbox.viber.world.errors import bad_data
from sandbox.viber.world.model import Json

MOST_ROWS = 24
MOST_BUTTONS = 144
LONGEST_LABEL = 250
LONGEST_ACTION = 1000
_ACTIONS = ("reply", "open-url", "location-picker", "share-phone", "none")
_SCALES = one_of("crop", "fill", "fit")

_BROWSER = record(
    {
        "ActionButton": one_of("forward", "send", "open-externally", "send-to-bot", "none"),
        "ActionPredefinedURL": text(2000),
        "TitleType": one_of("domain", "default"),
        "CustomTitle": text(15),
        "Mode": one_of("fullscreen", "fullscreen-portrait", "fullscreen-landscape", "partial-size"),
        "FooterType": one_of("default", "hidden"),
        "ActionReplyData": text(1000),
    }
)
_FRAME = record({"BorderWidth": whole(0, 10), "BorderColor": colour, "CornerRadius": whole(0, 10)})
_PLAYER = record({"Title": text(250), "Subtitle": text(250), "ThumbnailURL": address, "Loop": flag})
_MAP = record({"Latitude": text(20), "Longitude": text(20)})

_BUTTON: Mapping[str, Check] = {
    "Columns": whole(1, buttons.WIDTH),
    "BgColor": colour,
    "Silent": flag,
    "BgMediaType": one_of("picture", "gif"),
    "BgMedia": address,
    "BgMediaScaleType": _SCALES,
    "ImageScaleType": _SCALES,
    "BgLoop": flag,
    "ActionType": one_of(*_ACTIONS),
    "ActionBody": text(LONGEST_ACTION, least=1),
    "Image": address,
    "Text": text(LONGEST_LABEL),
    "TextVAlign": one_of("top", "middle", "bottom"),
    "TextHAlign": one_of("left", "center", "right"),
    "TextPaddings": paddings,
    "TextOpacity": whole(0, 100),
    "TextSize": one_of("small", "regular", "large"),
    "OpenURLType": one_of("internal", "external"),
    "OpenURLMediaType": one_of("not-media", "video", "gif", "picture", "audio"),
    "TextBgGradientColor": colour,
    "TextShouldFit": flag,
    "InternalBrowser": _BROWSER,
    "Map": _MAP,
    "Frame": _FRAME,
    "MediaPlayer": _PLAYER,
}
_KEYBOARD: Mapping[str, Check] = {
    "BgColor": colour,
    "DefaultHeight": flag,
    "CustomDefaultHeight": whole(40, 70),
    "HeightScale": whole(20, 100),
    "ButtonsGroupColumns": whole(1, 6),
    "ButtonsGroupRows": whole(1, 7),
    "InputFieldState": one_of("regular", "minimized", "hidden"),
    "FavoritesMetadata": lambda value: None if isinstance(value, dict) else "must be an object",
}
# The least version of the API that knows a part; what is not here is as old as keyboards are.
_SINCE = {
    "CustomDefaultHeight": 3,
    "HeightScale": 3,
    "InternalBrowser": 3,
    "ButtonsGroupColumns": 4,
    "ButtonsGroupRows": 4,
    "InputFieldState": 4,
    "TextPaddings": 4,
    "FavoritesMetadata": 6,
    "BgMediaScaleType": 6,
    "ImageScaleType": 6,
    "TextShouldFit": 6,
    "Map": 6,
    "Frame": 6,
    "MediaPlayer": 6,
}
_ACTIONS_SINCE = {"share-phone": 3, "location-picker": 3}


def read_keyboard(given: Any) -> Json:  # noqa: ANN401  # any JSON value
    """Return a keyboard; raise RefusalError (3)."""
    return _read("keyboard", given, 2)


def read_rich_media(given: Any) -> Json:  # noqa: ANN401  # any JSON value
    """Return a carousel; raise RefusalError (3)."""
    return _read("rich_media", given, 7)


def needs_version(keyboard: Json) -> int:
    """Return the least API version that knows every part of a keyboard."""
    names = set(keyboard).union(*keyboard["Buttons"])
    actions = {str(button.get("ActionType")) for button in keyboard["Buttons"]}
    needed = [_SINCE.get(name, 1) for name in names] + [_ACTIONS_SINCE.get(name, 1) for name in actions]
    return max(needed, default=1)


def failing(keyboard: Json | None) -> str | None:
    """Return why an app cannot show a keyboard that the service accepted, None where it can."""
    if keyboard is not None and buttons.height(keyboard) > MOST_ROWS:
        return f"keyboard is not valid: more than {MOST_ROWS} rows"
    return None


def _read(kind: str, given: Any, most_rows: int) -> Json:  # noqa: ANN401  # any JSON value
    button = record({**_BUTTON, "Rows": whole(1, most_rows)}, ("ActionBody",))

    def all_buttons(value: Any) -> str | None:  # noqa: ANN401  # any JSON value
        if not isinstance(value, list) or not 1 <= len(value) <= MOST_BUTTONS:
            return f"array must have between 1 and {MOST_BUTTONS} elements"
        return next((why for why in (button(one) or _bad_action(one) for one in value) if why), None)

    fields = {"Type": one_of(kind), "Buttons": all_buttons, **_KEYBOARD}
    wrong = record(fields, ("Type", "Buttons"))(given)
    if wrong is not None:
        raise bad_data(f"{kind} is not valid. [{wrong}]")
    found: Json = given
    return found


def _bad_action(button: Json) -> str | None:
    if button.get("ActionType") == "open-url" and not is_address(button["ActionBody"]):
        return "ActionBody: string is not a valid URI"
    return None
