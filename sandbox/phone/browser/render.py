"""How what came up looks to the phone page and to tests."""

from typing import assert_never

from sandbox.browser.model import Browser, BrowserChanged, CameUp, Event, Json, Shown
from sandbox.browser.world import Browsers

LOOK = "/phone/api/web/citizens/{citizen_id}/look"
_OPEN = "Open the page"


def message_json(shown: Shown) -> Json:
    """Return what came up as the page shows a message: its title in bold, and a tap that opens the page."""
    text = "\n".join(part for part in (shown.title, shown.body, _OPEN) if part)
    link = {
        "type": "text_link",
        "url": LOOK.format(citizen_id=shown.citizen_id),
        "offset": _units(text) - _units(_OPEN),
        "length": _units(_OPEN),
    }
    return {
        "message_id": shown.message_id,
        "citizen_id": shown.citizen_id,
        "from": "bot",
        "type": "text",
        "text": text,
        "entities": [{"type": "bold", "offset": 0, "length": _units(shown.title)}, link],
        "buttons": [],
        "at": shown.at.isoformat(),
        "edited": False,
        "protected": False,
        "attachment": None,
        "title": shown.title,
        "said": shown.body,
    }


def browser_json(browser: Browser, browsers: Browsers) -> Json:
    """Return a browser with what came up last; `id` is the citizen's."""
    last = browsers.last(browser.citizen_id)
    return {
        "id": browser.citizen_id,
        "met": bool(browser.subscription),
        "blocked": browser.silent,
        "unread": browser.unread,
        "keyboard": None,
        "last": None if last is None else message_json(last),
    }


def event_json(event: Event, browsers: Browsers) -> tuple[str, Json]:
    """Return an event's name in the stream and its data."""
    match event:
        case CameUp(shown):
            return "web-message", message_json(shown)
        case BrowserChanged(browser):
            return "web-account", browser_json(browser, browsers)
        case _ as never:
            assert_never(never)


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
