"""How Viber looks to the phone page and to tests: accounts, messages, and the events of the stream."""

from typing import assert_never
from urllib.parse import urlsplit

from sandbox.viber.world import buttons
from sandbox.viber.world.billing import PAID
from sandbox.viber.world.chats import Chats
from sandbox.viber.world.model import (
    Account,
    AccountChanged,
    BotChanged,
    BotIdentity,
    Event,
    Json,
    Message,
    MessageChanged,
)

MEDIA = "/viber/media/"


def bot_json(bot: BotIdentity, *, there: bool) -> Json:
    """Return who the bot is, and whether its webhook is set."""
    return {"uri": bot.uri, "name": bot.name, "link": bot.link, "there": there}


def message_json(message: Message) -> Json:
    """Return a message as the page shows it, with what only tests look at."""
    content = message.content
    return {
        "message_id": message.message_id,
        "message_token": message.token,
        "citizen_id": message.citizen_id,
        "from": message.sender,
        "type": content.body.get("type"),
        "text": content.text,
        "entities": [],
        "buttons": [
            [_button_json(button) for button in row]
            for part in (content.body.get("rich_media"), content.keyboard)
            for row in buttons.rows(part)
        ],
        "at": message.at.isoformat(),
        "edited": False,
        "protected": False,
        "attachment": _attachment_json(content.body),
        "delivered": message.delivered,
        "seen": message.seen,
        "failed": message.failed,
        "billing_status": message.billing,
        "paid": message.billing == PAID,
        "body": content.body,
        "keyboard": content.keyboard,
        "tracking_data": content.tracking_data,
        "sender_name": content.sender_name,
    }


def _button_json(button: Json) -> Json:
    shown = {"text": buttons.label(button), "data": button["ActionBody"]}
    return shown | {"url": button["ActionBody"]} if button.get("ActionType") == "open-url" else shown


def _attachment_json(body: Json) -> Json | None:
    shown = _what_is_shown(body)
    return None if shown is None else {"forwarded_from": None, **shown}


def _what_is_shown(body: Json) -> Json | None:
    media = str(body.get("media", ""))
    own = urlsplit(media).path if urlsplit(media).path.startswith(MEDIA) else None
    shown: Json | None = None
    match body.get("type"):
        case "picture" if own is not None:
            shown = {"kind": "photo", "address": own}
        case "picture" | "video" | "url":
            shown = {"kind": "link", "url": media}
        case "file":
            name, size = body["file_name"], body["size"]
            shown = {"kind": "document", "address": own or media, "file_name": name, "file_size": size}
        case "contact":
            name, number = body["contact"]["name"], body["contact"]["phone_number"]
            shown = {"kind": "contact", "first_name": name, "phone_number": number}
        case "location":
            place = body["location"]
            shown = {"kind": "location", "latitude": place["lat"], "longitude": place["lon"]}
        case "sticker":
            shown = {"kind": "sticker", "emoji": "\N{GRINNING FACE}"}
        case _:
            pass
    return shown


def account_json(account: Account, chats: Chats) -> Json:
    """Return an account with its newest message and the keyboard that is shown; `id` is the citizen's."""
    last = chats.last(account.citizen_id)
    return {
        "id": account.citizen_id,
        "user_id": account.user_id,
        "registered": account.registered,
        "subscribed": account.subscribed,
        "blocked": account.blocked,
        "met": account.met,
        "online": account.online,
        "devices": account.devices,
        "country": account.country,
        "api_version": account.api_version,
        "unread": account.unread,
        "session_from": None if account.session_from is None else account.session_from.isoformat(),
        "keyboard": _shown_keyboard(account, chats),
        "last": None if last is None else message_json(last),
    }


def _shown_keyboard(account: Account, chats: Chats) -> Json | None:
    number = account.keyboard_of
    message = None if number is None else chats.message(account.citizen_id, number)
    if message is None:
        return None
    rows = [[_button_json(button) for button in row] for row in buttons.rows(message.content.keyboard)]
    return {"message_id": message.message_id, "rows": rows}


def event_json(event: Event, bot: BotIdentity, chats: Chats) -> tuple[str, Json]:
    """Return an event's name in the stream and its data."""
    match event:
        case MessageChanged(message):
            return "viber-message", message_json(message)
        case AccountChanged(account):
            return "viber-account", account_json(account, chats)
        case BotChanged(there):
            return "viber-bot", bot_json(bot, there=there)
        case _:
            assert_never(event)
