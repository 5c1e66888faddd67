"""What a citizen does at the office: scans the code on a receipt and says yes."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from sandbox.clients.telegram import SandboxClient, SandboxError
from sandbox.clients.viber import ViberClient
from sandbox.telegram.world.model import Json

SILENCE_SECONDS = 15.0
_PAUSE_SECONDS = 1.0


async def follow(
    phone: SandboxClient, citizen_id: int, link: str, *, silence: float = SILENCE_SECONDS
) -> None:
    """Open a receipt's link to Telegram and tap yes until the question is gone, as a patient person would.

    An answer whose fate stayed unknown never comes: after so many seconds of silence people try again.
    """
    payload = link.rpartition("=")[2]
    first, question = None, None
    while question is None:
        opened = await phone.open(citizen_id, link)
        first = opened["message_id"] if first is None else first
        question = await _wait(phone, citizen_id, first, lambda said: payload in _first_button(said), silence)
    asked = newest = question["message_id"]
    while payload in _first_button(question):
        with contextlib.suppress(SandboxError):  # the button went away under the finger
            await phone.press(citizen_id, asked, _first_button(question))
        await _wait(phone, citizen_id, asked, _Reaction(asked, newest, payload), silence)
        said = [
            message for message in await phone.messages(citizen_id, asked - 1) if message["from"] == "bot"
        ]
        question, newest = said[0], said[-1]["message_id"]
        await asyncio.sleep(_PAUSE_SECONDS if payload in _first_button(question) else 0)


async def follow_by_viber(
    phone: ViberClient, citizen_id: int, link: str, *, silence: float = SILENCE_SECONDS
) -> None:
    """Open a receipt's link to Viber and press yes until the bot says something else, as patiently."""
    payload = link.rpartition("=")[2]
    last = (await phone.account(citizen_id))["last"]
    since = 1 if last is None else last["message_id"] + 1
    question = None
    while question is None:
        await phone.open(citizen_id, link)
        question = await _wait(phone, citizen_id, since, lambda said: payload in _first_button(said), silence)
    while payload in _first_button(question):
        with contextlib.suppress(SandboxError):  # another keyboard came under the finger
            await phone.press(citizen_id, question["message_id"], _first_button(question))
        said = await _wait(phone, citizen_id, question["message_id"] + 1, lambda _: True, silence)
        question = question if said is None else said
        await asyncio.sleep(_PAUSE_SECONDS if payload in _first_button(question) else 0)


class _Chats(Protocol):
    """A phone with an app, whose chats can be read."""

    async def messages(self, citizen_id: int, after: int = 0) -> list[Json]: ...


@dataclass(frozen=True)
class _Reaction:
    """The question changed, or the bot said something new."""

    asked: int
    newest: int
    payload: str

    def __call__(self, said: Json) -> bool:
        changed = said["message_id"] == self.asked and self.payload not in _first_button(said)
        return changed or said["message_id"] > self.newest


async def _wait(
    phone: _Chats, citizen_id: int, since: int, wanted: Callable[[Json], bool], seconds: float
) -> Json | None:
    """Return the bot's first message that is wanted; None after so many seconds without one."""
    pause = 0.1
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while True:
                for message in await phone.messages(citizen_id, after=since - 1):
                    if message["from"] == "bot" and wanted(message):
                        return message
                await asyncio.sleep(pause)
                pause = min(pause * 1.3, 1.0)
    return None


def _first_button(message: Json) -> str:
    rows = message["buttons"]
    return str(rows[0][0].get("data", "")) if rows else ""
