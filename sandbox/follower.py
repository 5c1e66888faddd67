"""What a citizen does at the office: scans the code on a receipt and says yes."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.client import SandboxClient, SandboxError
from sandbox.telegram.world.model import Json

SILENCE_SECONDS = 15.0
_PAUSE_SECONDS = 1.0


async def follow(
    phone: SandboxClient, citizen_id: int, link: str, *, silence: float = SILENCE_SECONDS
) -> None:
    """Open a receipt's deep link and tap yes until the question is gone, as a patient person would.

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
    phone: SandboxClient, citizen_id: int, since: int, wanted: Callable[[Json], bool], seconds: float
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
