"""How letters look to the phone page and to tests."""

import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8
from typing import assert_never

from sandbox.email.model import Event, Json, Mail, Mailbox, MailboxChanged, MailCame
from sandbox.email.world import World

PAGE = "/phone/api/email/citizens/{citizen_id}/mails/{number}/page"
_ADDRESS = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)]")


def parsed(mail: Mail) -> EmailMessage:
    """Return a letter in its parts."""
    message = message_from_bytes(mail.raw, policy=SMTPUTF8)
    if not isinstance(message, EmailMessage):
        raise TypeError("the policy makes other messages")
    return message


def text_of(letter: EmailMessage) -> str:
    """Return what a letter says as plain text; the line ends are those of texts."""
    return _content(letter, "plain")


def page_of(letter: EmailMessage) -> str:
    """Return what a letter says as HTML, its text where it has none."""
    return _content(letter, "html") or _content(letter, "plain")


def _content(letter: EmailMessage, kind: str) -> str:
    body = letter.get_body((kind,))
    return "" if body is None else str(body.get_content()).replace("\r\n", "\n")


def message_json(mail: Mail) -> Json:
    """Return a letter as the page shows a message: its subject in bold above its text."""
    letter = parsed(mail)
    subject, said = str(letter["Subject"] or ""), text_of(letter).strip("\n")
    text = f"{subject}\n{said}"
    links = [
        {"type": "url", "offset": _units(text[: found.start()]), "length": _units(found[0])}
        for found in _ADDRESS.finditer(text)
    ]
    files = [
        {"name": part.get_filename(), "text": str(part.get_content()).replace("\r\n", "\n")}
        for part in letter.iter_attachments()
    ]
    return {
        "message_id": mail.number,
        "citizen_id": mail.citizen_id,
        "from": "bot",
        "type": "email",
        "text": text,
        "entities": [{"type": "bold", "offset": 0, "length": _units(subject)}, *links],
        "buttons": [],
        "at": mail.at.isoformat(),
        "edited": False,
        "protected": False,
        "attachment": {
            "kind": "document",
            "forwarded_from": None,
            "address": PAGE.format(citizen_id=mail.citizen_id, number=mail.number),
            "file_name": "The letter as it looks",
            "file_size": len(mail.raw),
        },
        "subject": subject,
        "said": said,
        "files": files,
        "head": {name.lower(): str(value) for name, value in letter.items()},
        "sender": mail.sender,
        "recipient": mail.recipient,
    }


def mailbox_json(mailbox: Mailbox, world: World) -> Json:
    """Return a mailbox with its newest letter; `id` is the citizen's."""
    last = world.last(mailbox.citizen_id)
    return {
        "id": mailbox.citizen_id,
        "address": mailbox.address,
        "met": last is not None,
        "blocked": mailbox.closed,
        "unread": world.unread(mailbox),
        "keyboard": None,
        "last": None if last is None else message_json(last),
    }


def event_json(event: Event, world: World) -> tuple[str, Json]:
    """Return an event's name in the stream and its data."""
    match event:
        case MailCame(mail):
            return "email-message", message_json(mail)
        case MailboxChanged(mailbox):
            return "email-mailbox", mailbox_json(mailbox, world)
        case _:
            assert_never(event)


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
