"""Telegram as a channel: python-telegram-bot's `Bot` over our transport.

Nothing here logs, and no result or error holds the token or a text that was sent.
"""

import contextlib
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from telegram import Bot, InputFile
from telegram.error import BadRequest, TelegramError

from runtime.clock import Clock, SystemClock
from services.notifier.channels.base import ChannelDownError
from services.notifier.channels.telegram.errors import Redaction, cannot_edit, result_of
from services.notifier.channels.telegram.profile import Profile, present
from services.notifier.channels.telegram.throttle import Refusals
from services.notifier.channels.telegram.transport import AiohttpRequest, Timeouts
from services.notifier.channels.telegram.updates import ALLOWED, MOST_UPDATE, incoming_of
from services.notifier.domain.incoming import Incoming
from services.notifier.domain.messages import Button, Message
from services.notifier.domain.results import (
    Accepted,
    Moved,
    Permanent,
    Result,
    Throttled,
    Unknown,
    Unreachable,
)

PUBLIC_API = "https://api.telegram.org"
_MOST_UPDATES = 100
_LONGEST_POLL = 50


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
        paid: bool = False,
    ) -> None:
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
                paid=paid,
            )

    @property
    def name(self) -> str:
        """Return the channel's name, as stored with recipients."""
        return "telegram"

    async def username(self) -> str | None:
        """Return the bot's public name; None where Telegram does not say."""
        try:
            answer = await self._call("GetMe", {})
        except TelegramError:
            return None
        return answer.get("username") if isinstance(answer, dict) else None

    async def send(self, address: str, message: Message) -> Result:
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
        return sorted(updates, key=lambda update: update.update)

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

    @staticmethod
    def invitation(bot: str) -> str:
        """Return the deep link to a bot, with `{token}` where the right to follow goes."""
        return f"https://t.me/{bot}?start={{token}}"

    async def answer_tap(self, query: str) -> None:
        """Take the waiting mark off a tapped button; best effort."""
        with contextlib.suppress(TelegramError):
            await self._call("AnswerCallbackQuery", {"callback_query_id": query})

    def read(self, raw: Mapping[str, object]) -> Incoming:
        """Return what one posted update says; raise KeyError or ValueError for what is none."""
        return incoming_of(raw, self._bot, self._clock.now())

    async def use_webhook(self, url: str, secret: str, connections: int) -> bool:
        """Have updates posted to an address from now on; tell whether that worked."""
        wanted = {
            "url": url,
            "secret_token": secret,
            "max_connections": connections,
            "allowed_updates": list(ALLOWED),
        }
        return await self._worked("SetWebhook", wanted)

    async def use_polling(self) -> bool:
        """Have updates kept for `fetch` from now on; tell whether that worked."""
        return await self._worked("DeleteWebhook", {})

    async def _worked(self, method: str, wanted: Mapping[str, object]) -> bool:
        try:
            await self._call(method, wanted)
        except TelegramError:
            return False
        return True

    async def introduce(self, wanted: Mapping[str | None, Profile]) -> bool:
        """Set the bot's descriptions and commands where they differ; tell whether all of it worked."""
        return await present(self._call, wanted)

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
    if message.attachment is None:
        content |= {"text": message.html, "link_preview_options": {"is_disabled": True}}
    else:
        file = message.attachment
        document = InputFile(file.content.encode(), filename=file.name)
        content |= {"caption": message.html, "document": document}
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
