"""The methods by which a bot speaks: messages, files, edits, answers to taps, chat actions."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, TypeAlias

from runtime.clock import Clock
from sandbox.telegram.api.attachments import document_of, file_json
from sandbox.telegram.api.content import read_caption, read_content, read_file, read_keyboard
from sandbox.telegram.api.params import Params
from sandbox.telegram.world import errors
from sandbox.telegram.world.files import Files
from sandbox.telegram.world.limits import Limits
from sandbox.telegram.world.model import Citizen, Content, Json
from sandbox.telegram.world.wire import message_json
from sandbox.telegram.world.world import World

Method: TypeAlias = Callable[[Params], Awaitable[Any]]
LONGEST_ANSWER = 200
LARGEST_DOWNLOAD = 20 * 1024 * 1024
ACTIONS = frozenset({"typing", "upload_photo", "upload_document", "find_location", "choose_sticker"})


class MessageMethods:
    """What the bot does in chats."""

    def __init__(self, world: World, files: Files, limits: Limits, clock: Clock) -> None:
        self._world = world
        self._files = files
        self._limits = limits
        self._clock = clock

    def table(self) -> dict[str, Method]:
        """Return the methods by lower-case name."""
        return {
            "getme": self.get_me,
            "getchat": self.get_chat,
            "sendmessage": self.send_message,
            "senddocument": self.send_document,
            "getfile": self.get_file,
            "editmessagetext": self.edit_message_text,
            "editmessagereplymarkup": self.edit_message_reply_markup,
            "answercallbackquery": self.answer_callback_query,
            "sendchataction": self.send_chat_action,
        }

    async def get_me(self, _: Params) -> Json:
        """Return the bot."""
        return self._world.bot.as_json() | {
            "can_join_groups": False,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
            "can_connect_to_business": False,
            "has_main_web_app": False,
        }

    async def get_chat(self, params: Params) -> Json:
        """Return the few facts about a private chat."""
        citizen = self._world.chat(params.chat_id)
        return {
            "id": citizen.citizen_id,
            "type": "private",
            "first_name": citizen.name,
            "accent_color_id": 0,
            "max_reaction_count": 11,
            "accepted_gift_types": {
                "unlimited_gifts": False,
                "limited_gifts": False,
                "unique_gifts": False,
                "premium_subscription": False,
                "gifts_from_channels": False,
            },
        }

    async def send_message(self, params: Params) -> Json:
        """Store a message and show it."""
        return self._send(params, read_content(params))

    async def send_document(self, params: Params) -> Json:
        """Store a message with a file, which is uploaded or named by its id."""
        text, entities = read_caption(params)
        file = read_file(params, "document", self._files)
        content = Content(
            text, entities, read_keyboard(params), params.flag("protect_content"), document_of(file)
        )
        return self._send(params, content)

    async def get_file(self, params: Params) -> Json:
        """Return where a file can be downloaded."""
        file = self._files.find(params.text("file_id"))
        if file is None:
            raise errors.bad_request("invalid file_id")
        if len(file.data) > LARGEST_DOWNLOAD:
            raise errors.bad_request("file is too big")
        return file_json(file) | {"file_path": file.path}

    async def edit_message_text(self, params: Params) -> Json:
        """Replace text and keyboard of one of the bot's messages."""
        content = read_content(params)
        chat_id = params.chat_id
        citizen = self._world.chat(chat_id)
        message = self._world.bot_message(citizen, params.integer("message_id"))
        if message.content.attachment is not None:
            raise errors.bad_request("there is no text in the message to edit")
        self._admit(citizen)
        edited = self._world.bot_edits(message, content)
        return message_json(edited, citizen, self._world.bot, chat_id)

    async def edit_message_reply_markup(self, params: Params) -> Json:
        """Replace the keyboard of one of the bot's messages; without one it goes away."""
        keyboard = read_keyboard(params)
        chat_id = params.chat_id
        citizen = self._world.chat(chat_id)
        message = self._world.bot_message(citizen, params.integer("message_id"))
        self._admit(citizen)
        edited = self._world.bot_edits(message, replace(message.content, keyboard=keyboard))
        return message_json(edited, citizen, self._world.bot, chat_id)

    async def answer_callback_query(self, params: Params) -> bool:
        """Answer a tap."""
        text = params.text("text")
        if len(text) > LONGEST_ANSWER:
            raise errors.bad_request("MESSAGE_TOO_LONG")
        self._world.bot_answers(params.text("callback_query_id"), text)
        return True

    async def send_chat_action(self, params: Params) -> bool:
        """Show that the bot is busy."""
        action = params.text("action")
        if action not in ACTIONS:
            raise errors.bad_request("wrong parameter action in request")
        self._world.bot_types(self._world.chat(params.chat_id), action)
        return True

    def _send(self, params: Params, content: Content) -> Json:
        chat_id = params.chat_id
        citizen = self._world.chat(chat_id)
        self._admit(citizen)
        message = self._world.bot_sends(citizen, content)
        return message_json(message, citizen, self._world.bot, chat_id)

    def _admit(self, citizen: Citizen) -> None:
        wait = self._limits.admit(citizen.citizen_id, self._clock.monotonic())
        if wait:
            raise errors.too_many_requests(wait)
