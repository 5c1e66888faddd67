"""How the world looks in the Bot API's JSON: users, chats, messages, updates."""

from dataclasses import dataclass

from sandbox.telegram.world.model import Button, Citizen, Json, Keyboard, Message

MIGRATED_BASE = -1_000_000_000_000


@dataclass(frozen=True, slots=True)
class BotIdentity:
    """Who the one bot of this world is; its id is the part of the token before the colon."""

    bot_id: int
    username: str
    name: str

    def as_json(self) -> Json:
        """Return the bot as a User."""
        return {"id": self.bot_id, "is_bot": True, "first_name": self.name, "username": self.username}


def migrated_id(chat_id: int) -> int:
    """Return the chat id that a chat has after the scripted migration."""
    return MIGRATED_BASE - chat_id


def original_id(chat_id: int) -> int:
    """Return the chat id from before a migration; any other id as it is."""
    return MIGRATED_BASE - chat_id if chat_id < MIGRATED_BASE else chat_id


def user_json(citizen: Citizen) -> Json:
    """Return a citizen as a User."""
    return {
        "id": citizen.citizen_id,
        "is_bot": False,
        "first_name": citizen.name,
        "language_code": citizen.language,
    }


def chat_json(citizen: Citizen, chat_id: int | None = None) -> Json:
    """Return a citizen's chat, under its migrated id where that one is in use."""
    if chat_id is not None and chat_id < MIGRATED_BASE:
        return {"id": chat_id, "title": citizen.name, "type": "supergroup"}
    return {"id": citizen.citizen_id, "first_name": citizen.name, "type": "private"}


def _button_json(button: Button) -> Json:
    if button.url is not None:
        return {"text": button.text, "url": button.url}
    return {"text": button.text, "callback_data": button.data}


def keyboard_json(keyboard: Keyboard) -> Json:
    """Return an inline keyboard."""
    return {"inline_keyboard": [[_button_json(button) for button in row] for row in keyboard]}


def message_json(message: Message, citizen: Citizen, bot: BotIdentity, chat_id: int | None = None) -> Json:
    """Return a Message; optional fields are left out where they say nothing."""
    content = message.content
    body: Json = {
        "message_id": message.message_id,
        "from": bot.as_json() if message.sender == "bot" else user_json(citizen),
        "chat": chat_json(citizen, chat_id),
        "date": int(message.at.timestamp()),
    }
    if message.edited_at is not None:
        body["edit_date"] = int(message.edited_at.timestamp())
    attached = content.attachment
    if attached is not None:
        body[attached.kind] = attached.body
        if attached.forwarded_from is not None:
            origin = {"type": "hidden_user", "sender_user_name": attached.forwarded_from}
            body["forward_origin"] = origin | {"date": body["date"]}
    words, marks = ("text", "entities") if attached is None else ("caption", "caption_entities")
    if content.text:
        body[words] = content.text
    if content.entities:
        body[marks] = [entity.as_json() for entity in content.entities]
    if content.protected:
        body["has_protected_content"] = True
    if content.keyboard:
        body["reply_markup"] = keyboard_json(content.keyboard)
    return body


def callback_json(query_id: str, data: str, message: Message, citizen: Citizen, bot: BotIdentity) -> Json:
    """Return the CallbackQuery of a tapped button."""
    return {
        "id": query_id,
        "from": user_json(citizen),
        "message": message_json(message, citizen, bot),
        "chat_instance": str(citizen.citizen_id),
        "data": data,
    }


def membership_json(citizen: Citizen, bot: BotIdentity, date: int) -> Json:
    """Return the ChatMemberUpdated of a citizen who has just blocked or unblocked the bot."""
    member: Json = {"user": bot.as_json(), "status": "member"}
    kicked: Json = {"user": bot.as_json(), "status": "kicked", "until_date": 0}
    old, new = (member, kicked) if citizen.blocked else (kicked, member)
    return {
        "chat": chat_json(citizen),
        "from": user_json(citizen),
        "date": date,
        "old_chat_member": old,
        "new_chat_member": new,
    }
