"""What callbacks say, field by field as the REST API documents them."""

import base64
import hashlib
from datetime import datetime

from sandbox.viber.world.model import Account, EventName, Json, Message, Person, Webhook

HOST = "SN-CHAT-05_"
_BYTES_OF_ID = 16


def user_id_of(citizen_id: int, uri: str) -> str:
    """Return the id by which this bot, and no other, knows a citizen."""
    digest = hashlib.sha256(f"{uri}\n{citizen_id}".encode()).digest()
    return base64.b64encode(digest[:_BYTES_OF_ID]).decode()


def milliseconds(at: datetime) -> int:
    """Return an instant as callbacks write it."""
    return int(at.timestamp() * 1000)


def event_json(event: EventName, at: datetime, token: int, **more: object) -> Json:
    """Return a callback's body."""
    return {
        "event": event,
        "timestamp": milliseconds(at),
        "chat_hostname": HOST,
        "message_token": token,
        **more,
    }


def user_json(account: Account, person: Person, hook: Webhook) -> Json:
    """Return who somebody is; the name and the photo only where the webhook asked for them."""
    user: Json = {
        "id": account.user_id,
        "language": person.language,
        "country": account.country,
        "api_version": account.api_version,
    }
    if hook.send_name:
        user["name"] = person.name
    if hook.send_photo:
        user["avatar"] = f"https://avatars.invalid/{hashlib.sha256(account.user_id.encode()).hexdigest()}"
    return user


def details_json(account: Account, person: Person) -> Json:
    """Return what `get_user_details` tells of somebody."""
    return {
        "id": account.user_id,
        "name": person.name,
        "language": person.language,
        "country": account.country,
        "primary_device_os": "android 14",
        "api_version": account.api_version,
        "viber_version": "21.0.0",
        "mcc": 255,
        "mnc": 1,
        "device_type": "simulated",
    }


def message_event(message: Message, sender: Json, *, silent: bool) -> Json:
    """Return the callback of a citizen's message."""
    said = dict(message.content.body)
    if message.content.tracking_data:
        said["tracking_data"] = message.content.tracking_data
    return event_json("message", message.at, message.token, sender=sender, message=said, silent=silent)
