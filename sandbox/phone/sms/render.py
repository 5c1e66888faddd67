"""How SMS looks to the phone page and to tests: numbers, texts, and the events of the stream."""

import re
from typing import assert_never

from sandbox.sms.model import Account, AccountChanged, Event, Json, Message, MessageChanged
from sandbox.sms.world import World

_LINK = re.compile(r"https?://[^\s<>]+[^\s<>.,!?)]")


def message_json(message: Message) -> Json:
    """Return a text as the page shows it, its links found by the phone, with what only tests look at."""
    text = message.text
    return {
        "message_id": message.message_id,
        "reference": message.reference,
        "citizen_id": message.citizen_id,
        "from": message.sender,
        "type": "text",
        "text": text,
        "entities": [
            {"type": "url", "offset": _units(text[: link.start()]), "length": _units(link[0])}
            for link in _LINK.finditer(text)
        ],
        "buttons": [],
        "at": message.at.isoformat(),
        "edited": False,
        "protected": False,
        "attachment": None,
        "sender_name": message.name,
        "parts": message.parts,
        "status": message.status,
    }


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def account_json(account: Account, world: World) -> Json:
    """Return a number with its newest text; `id` is the citizen's."""
    last = world.last(account.citizen_id)
    return {
        "id": account.citizen_id,
        "number": account.number,
        "met": last is not None,
        "blocked": account.blocked,
        "online": account.online,
        "unread": account.unread,
        "keyboard": None,
        "last": None if last is None else message_json(last),
    }


def event_json(event: Event, world: World) -> tuple[str, Json]:
    """Return an event's name and data."""
    match event:
        case MessageChanged(message):
            return "sms-message", message_json(message)
        case AccountChanged(account):
            return "sms-account", account_json(account, world)
        case _ as never:
            assert_never(never)
