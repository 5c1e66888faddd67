"""How the world looks to the phone page: citizens, messages, receipts and the events of its stream."""

from typing import assert_never

from sandbox.telegram.world.model import (
    Attachment,
    Button,
    Citizen,
    CitizenChanged,
    Event,
    Json,
    Message,
    MessageShown,
    Receipt,
    ReceiptChanged,
    Toast,
    Typing,
)


def message_json(message: Message) -> Json:
    """Return a message as the page shows it."""
    return {
        "message_id": message.message_id,
        "citizen_id": message.citizen_id,
        "from": message.sender,
        "text": message.content.text,
        "entities": [entity.as_json() for entity in message.content.entities],
        "buttons": [[_button_json(button) for button in row] for row in message.content.keyboard],
        "at": message.at.isoformat(),
        "edited": message.edited_at is not None,
        "protected": message.content.protected,
        "attachment": None
        if message.content.attachment is None
        else _attachment_json(message.content.attachment),
    }


def _attachment_json(attachment: Attachment) -> Json:
    """Return an attachment flat: of a photo's sizes the largest."""
    body: Json = attachment.body[-1] if attachment.kind == "photo" else attachment.body
    return {"kind": attachment.kind, "forwarded_from": attachment.forwarded_from} | body


def _button_json(button: Button) -> Json:
    if button.url is not None:
        return {"text": button.text, "url": button.url}
    return {"text": button.text, "data": button.data}


def citizen_json(citizen: Citizen) -> Json:
    """Return a citizen with their newest message."""
    return {
        "id": citizen.citizen_id,
        "name": citizen.name,
        "language": citizen.language,
        "started": citizen.started,
        "blocked": citizen.blocked,
        "unread": citizen.unread,
        "last": None if citizen.last is None else message_json(citizen.last),
    }


def receipt_json(receipt: Receipt) -> Json:
    """Return a receipt and who has scanned it."""
    return {
        "receipt_id": receipt.receipt_id,
        "document": receipt.document,
        "holder": receipt.holder,
        "code": receipt.code,
        "link": receipt.link,
        "links": dict(receipt.links),
        "scanned_by": list(receipt.scanned_by),
    }


def event_json(event: Event) -> tuple[str, Json]:
    """Return an event's name in the stream and its data."""
    match event:
        case MessageShown(message):
            return "message", message_json(message)
        case CitizenChanged(citizen):
            return "citizen", citizen_json(citizen)
        case ReceiptChanged(receipt):
            return "receipt", receipt_json(receipt)
        case Toast(citizen_id, text):
            return "toast", {"citizen_id": citizen_id, "text": text}
        case Typing(citizen_id, action):
            return "typing", {"citizen_id": citizen_id, "text": action}
        case _:
            assert_never(event)
