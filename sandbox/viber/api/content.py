"""What a bot wants to say: type, text, media, keyboard, sender, checked as the REST API documents them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.viber.api import checks
from sandbox.viber.api.checks import Check
from sandbox.viber.api.keyboard import needs_version, read_keyboard, read_rich_media
from sandbox.viber.world.errors import RefusalError, bad_data, missing
from sandbox.viber.world.model import Account, Content, Json

LONGEST_TEXT = 7000
LONGEST_CAPTION = 768
LONGEST_NAME = 28
LONGEST_TRACKING_DATA = 4000
LARGEST_FILE = 50 * 1024 * 1024
LARGEST_VIDEO = 26 * 1024 * 1024
NEWEST_VERSION = 10

_CONTACT = checks.record(
    {"name": checks.text(28), "phone_number": checks.text(18, least=1), "avatar": checks.address},
    ("name", "phone_number"),
)
_PLACE = checks.record({"lat": checks.number(-90, 90), "lon": checks.number(-180, 180)}, ("lat", "lon"))
_CAROUSEL: Check = lambda _: None  # noqa: E731  # it has a reader of its own
# The parts of each type of message; the first so many of them must be there.
_TYPES: Mapping[str, tuple[int, Mapping[str, Check]]] = {
    "text": (1, {"text": checks.text(LONGEST_TEXT, least=1)}),
    "picture": (
        1,
        {"media": checks.address, "text": checks.text(LONGEST_CAPTION), "thumbnail": checks.address},
    ),
    "video": (
        2,
        {
            "media": checks.address,
            "size": checks.whole(1, LARGEST_VIDEO),
            "text": checks.text(LONGEST_CAPTION),
            "duration": checks.whole(0, 600),
            "thumbnail": checks.address,
        },
    ),
    "file": (
        3,
        {
            "media": checks.address,
            "size": checks.whole(1, LARGEST_FILE),
            "file_name": checks.text(256, least=1),
        },
    ),
    "contact": (1, {"contact": _CONTACT}),
    "location": (1, {"location": _PLACE}),
    "url": (1, {"media": checks.address}),
    "sticker": (1, {"sticker_id": checks.whole(0, 2**31 - 1)}),
    "rich_media": (1, {"rich_media": _CAROUSEL, "alt_text": checks.text(LONGEST_TEXT)}),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A message as the bot wants it: its content, and the least version of the app that it asks for."""

    content: Content
    min_api_version: int

    def check_for(self, account: Account) -> None:
        """Raise RefusalError where the account's apps are too old (13)."""
        if account.api_version < self.min_api_version:
            raise RefusalError(13)


def read_content(given: Mapping[str, Any]) -> Wanted:
    """Return the message that the parameters describe; raise RefusalError (3, 4, 14)."""
    asked = {name: value for name, value in given.items() if value is not None}
    keyboard = read_keyboard(asked["keyboard"]) if "keyboard" in asked else None
    body = _read_body(asked, needed=keyboard is None)
    version = _checked("min_api_version", asked.get("min_api_version", 1), checks.whole(1, NEWEST_VERSION))
    parts = [part for part in (keyboard, body.get("rich_media")) if part is not None]
    if any(needs_version(part) > version for part in parts):
        raise RefusalError(14)
    tracking_data = _checked(
        "tracking_data", asked.get("tracking_data", ""), checks.text(LONGEST_TRACKING_DATA)
    )
    return Wanted(Content(body, keyboard, tracking_data, _read_sender(asked)), version)


def _read_body(asked: Mapping[str, Any], *, needed: bool) -> Json:
    if "type" not in asked:
        if needed:
            raise missing("type")
        return {}
    kind = asked["type"]
    if not isinstance(kind, str) or kind not in _TYPES:
        raise bad_data("type: unknown message type")
    required, parts = _TYPES[kind]
    absent = [name for name in list(parts)[:required] if asked.get(name, "") == ""]
    if absent:
        raise missing(absent[0])
    body = {name: _checked(name, asked[name], check) for name, check in parts.items() if name in asked}
    if "rich_media" in body:
        body["rich_media"] = read_rich_media(body["rich_media"])
    return {"type": kind} | {name: value for name, value in body.items() if value != ""}


def _read_sender(asked: Mapping[str, Any]) -> str:
    sender = asked.get("sender")
    if sender is None:
        raise missing("sender.name")
    if not isinstance(sender, dict):
        raise bad_data("sender: must be an object")
    name = sender.get("name")
    if name is None or name == "":
        raise missing("sender.name")
    if sender.get("avatar"):
        _checked("sender.avatar", sender["avatar"], checks.address)
    return str(_checked("sender.name", name, checks.text(LONGEST_NAME)))


def _checked(name: str, value: Any, check: Check) -> Any:  # noqa: ANN401  # any JSON value
    wrong = check(value)
    if wrong is not None:
        raise bad_data(f"{name}: {wrong}")
    return value
