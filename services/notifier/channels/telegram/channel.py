"""Telegram as a channel: python-telegram-bot's `Bot` over our transport.

Nothing here logs, and no result or error holds the token or a text that was sent.
"""

import contextlib
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from telegram import Bot, InputFile
from telegram.error import BadRequest, TelegramError

from contracts.channels import TELEGRAM
from contracts.links import deep_link
from runtime.clock import Clock, SystemClock
from services.notifier.channels.base import Capabilities, ChannelDownError, PostedUpdates
from services.notifier.channels.redaction import Redaction
from services.notifier.channels.telegram.errors import cannot_edit, result_of
from services.notifier.channels.telegram.html import html_of
from services.notifier.channels.telegram.profile import present
from services.notifier.channels.telegram.transport import AiohttpRequest, Timeouts
from services.notifier.channels.telegram.updates import ALLOWED, MOST_UPDATE, incoming_of
from services.notifier.channels.telegram.webhook import TelegramPosts
from services.notifier.channels.throttle import Refusals
from services.notifier.domain.incoming import Incoming, Tapped
from services.notifier.domain.messages import Button, Message, shown
from services.notifier.domain.results import (
    Accepted,
    Moved,
    Permanent,
    Result,
    Throttled,
    Unknown,
    Unreachable,
)
from services.notifier.wording.profiles import Profile

PUBLIC_API = "https://api.telegram.org"
_MOST_UPDATES, _LONGEST_POLL = 100, 50
_WEBHOOK_CONNECTIONS = 20
ABLE = Capabilities(
    longest=4096,
    caption=1024,
    buttons=True,
    edits=True,
    pictures=True,
    private=True,
    receipts=frozenset(),
    converses=True,
    updates=frozenset({"polling", "webhook"}),
    paid=False,
    exposed=False,
)


@dataclass(frozen=True)
class StartLinks:
    """Deep links to a bot, whose payload it gets with the first `/start`."""

    bot: str

    def link(self, payload: str) -> str:
        """Return the link that brings a payload along."""
        return deep_link(TELEGRAM.code, self.bot, payload)


class TelegramChannel:
    """One bot's account; made by `open`.

    Calls with plain values go past python-telegram-bot's methods to its requests, which read the answers and
    raise its errors; others are named in capitals because it warns about the generic call for methods that it
    has one of its own for, and the Bot API does not look at the case.
    """

    def __init__(
        self,
        bot: Bot,
        request: AiohttpRequest,
        redacted: Redaction,
        *,
        timeouts: Timeouts,
        clock: Clock,
        files: "Files",
        name: str = "telegram",
        paid: bool = False,
    ) -> None:
        self._name = name
        self._files = files
        self._paid = {"allow_paid_broadcast": True} if paid else {}
        self._bot = bot
        self._request = request
        self._redacted = redacted
        self._timeouts = timeouts
        self._clock = clock
        self._refusals = Refusals()

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        token: str,
        api_url: str = PUBLIC_API,
        *,
        name: str = "telegram",
        clock: Clock | None = None,
        timeouts: Timeouts | None = None,
        connections: int = 64,
        paid: bool = False,
    ) -> AsyncIterator["TelegramChannel"]:
        """Open the channel for the length of the block; nothing is asked of Telegram yet.

        With `paid` messages may go out faster than Telegram lets them for nothing; it takes a fee for each.
        """
        # Its debug lines hold the address with the token, and whatever is sent.
        logging.getLogger("telegram").setLevel(logging.WARNING)
        timeouts = timeouts or Timeouts()
        request = AiohttpRequest(timeouts, connections)
        base = api_url.rstrip("/")
        bot = Bot(token, f"{base}/bot", request=request, get_updates_request=request)
        files = Files(request, f"{base}/file/bot{token}")
        async with request:
            yield cls(
                bot,
                request,
                Redaction(token),
                timeouts=timeouts,
                clock=clock or SystemClock(),
                files=files,
                name=name,
                paid=paid,
            )

    @property
    def name(self) -> str:
        """Return the account's name."""
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        """Return what Telegram can do; where messages go out for a fee, the agency chose that speed."""
        return ABLE

    async def published_name(self) -> str | None:
        """Return the bot's public name; None where Telegram does not say."""
        try:
            answer = await self._call("GetMe", {})
        except TelegramError:
            return None
        return answer.get("username") if isinstance(answer, dict) else None

    async def send(self, address: str, message: Message, key: UUID) -> Result:  # noqa: ARG002 - Telegram knows no copies
        """Send or edit one message; a message that is gone is sent anew in place of the edit."""
        result = await self._sent(address, message)
        if isinstance(result, Throttled):
            self._refusals = self._refusals.with_another(address)
            return Throttled(result.seconds, self._refusals.scope)
        if isinstance(result, Accepted | Unreachable | Permanent | Moved):
            self._refusals = Refusals()
        return result

    async def _sent(self, address: str, message: Message) -> Result:
        if message.replaces is not None:
            try:
                await self._call(
                    "EditMessageText", _content(address, message) | {"message_id": message.replaces}
                )
            except TelegramError as error:
                if not cannot_edit(error):
                    return result_of(error, self._redacted, message.replaces)
            else:
                return Accepted(message.replaces)
        method = "SendMessage" if message.attachment is None else "SendDocument"
        try:
            sent = await self._call(method, _content(address, message) | self._paid)
        except TelegramError as error:
            return result_of(error, self._redacted)
        reference = sent.get("message_id") if isinstance(sent, dict) else None
        return Unknown("no message id in the answer") if reference is None else Accepted(str(reference))

    async def fetch(self, after: int | None, wait: float) -> Sequence[Incoming]:
        """Return the updates after number `after`, waiting up to `wait` seconds (at most 50) for one."""
        seconds = min(int(wait), _LONGEST_POLL)
        wanted = {"timeout": seconds, "limit": _MOST_UPDATES, "allowed_updates": list(ALLOWED)}
        if after is not None:
            wanted["offset"] = after + 1
        try:
            answer = await self._call("GetUpdates", wanted, read_timeout=seconds + self._timeouts.read)
        except TelegramError as error:
            why = self._redacted(f"{type(error).__name__}: {error.message}")
            raise ChannelDownError(why) from None
        if not isinstance(answer, list):
            raise ChannelDownError("getUpdates answered without a list")
        now = self._clock.now()
        updates = [incoming_of(raw, self._bot, now) for raw in answer if _is_update(raw)]
        if answer and not updates:
            raise ChannelDownError("getUpdates answered with nothing that is an update")
        return sorted(updates, key=lambda update: update.number)

    async def download(self, reference: str, most: int) -> bytes | None:
        """Return a picture that a citizen sent, None where it is gone or longer than `most` bytes.

        Raises ChannelDownError.
        """
        try:
            answer = await self._call("GetFile", {"file_id": reference})
            path = answer.get("file_path") if isinstance(answer, dict) else None
            return None if path is None else await self._files.download(str(path), most)
        except BadRequest:
            return None
        except TelegramError as error:
            raise ChannelDownError(self._redacted(f"{type(error).__name__}: {error.message}")) from None

    def invitation(self, bot: str) -> StartLinks:
        """Return what makes deep links to a bot."""
        return StartLinks(bot)

    async def acknowledge(self, tapped: Tapped) -> None:
        """Take the waiting mark off a tapped button; best effort."""
        with contextlib.suppress(TelegramError):
            await self._call("AnswerCallbackQuery", {"callback_query_id": tapped.query})

    def read(self, raw: Mapping[str, object]) -> Incoming:
        """Return what one posted update says; raise KeyError or ValueError for what is none."""
        return incoming_of(raw, self._bot, self._clock.now())

    async def receive_by(self, posts: PostedUpdates | None) -> bool:
        """Have updates posted to our door from now on, or kept for `fetch`; tell whether that worked."""
        if posts is None:
            return await self._worked("DeleteWebhook", {})
        wanted: dict[str, object] = {
            "url": posts.url,
            "max_connections": _WEBHOOK_CONNECTIONS,
            "allowed_updates": list(ALLOWED),
        }
        if isinstance(posts, TelegramPosts):
            wanted["secret_token"] = posts.secret
        return await self._worked("SetWebhook", wanted)

    async def _worked(self, method: str, wanted: Mapping[str, object]) -> bool:
        try:
            await self._call(method, wanted)
        except TelegramError:
            return False
        return True

    async def introduce(self, profiles: Mapping[str | None, Profile]) -> bool:
        """Set the bot's descriptions and commands where they differ; tell whether all of it worked."""
        return await present(self._call, profiles)

    async def _call(
        self, method: str, wanted: Mapping[str, object], read_timeout: float | None = None
    ) -> Any:  # noqa: ANN401  # any JSON
        seconds = self._timeouts.read if read_timeout is None else read_timeout
        if any(isinstance(value, InputFile) for value in wanted.values()):
            return await self._bot.do_api_request(method, api_kwargs=dict(wanted), read_timeout=seconds)
        return await self._request.ask(f"{self._bot.base_url}/{method}", wanted, seconds)


@dataclass(frozen=True)
class Files:
    """Where the files are that citizens sent."""

    request: AiohttpRequest
    base: str = field(repr=False)

    async def download(self, path: str, most: int) -> bytes | None:
        """Return a file, None where it is longer than `most` bytes or not there; raise TelegramError."""
        return await self.request.download(f"{self.base}/{path}", most)


def _content(address: str, message: Message) -> dict[str, object]:
    content: dict[str, object] = {"chat_id": address}
    text = shown(message.text) if message.plain else html_of(message.text)
    if message.attachment is None:
        content |= {"text": text, "link_preview_options": {"is_disabled": True}}
    else:
        file = message.attachment
        document = InputFile(file.content.encode(), filename=file.name)
        content |= {"caption": text, "document": document}
    if not message.plain:
        content["parse_mode"] = "HTML"
    if message.private:
        content["protect_content"] = True
    rows = [[_button(button) for button in row] for row in message.buttons]
    return content | {"reply_markup": {"inline_keyboard": rows}} if rows else content


def _button(button: Button) -> dict[str, str]:
    if button.url is not None:
        return {"text": button.text, "url": button.url}
    return {"text": button.text, "callback_data": button.data}


def _is_update(raw: object) -> bool:
    number = raw.get("update_id") if isinstance(raw, dict) else None
    return isinstance(number, int) and not isinstance(number, bool) and 0 <= number <= MOST_UPDATE
