"""What a citizen does at the office: scans the code on a receipt and says yes."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.client import SandboxClient, SandboxError
from sandbox.telegram.model import Json

_PATIENCE_SECONDS = 1.0


async def follow(phone: SandboxClient, citizen_id: int, link: str) -> None:
    """Open a receipt's deep link and tap yes until the question is gone, as a patient person would."""
    payload = link.rpartition("=")[2]
    opened = await phone.open(citizen_id, link)
    question = await _wait(
        phone, citizen_id, opened["message_id"], lambda said: payload in _first_button(said)
    )
    asked = newest = question["message_id"]
    while payload in _first_button(question):
        with contextlib.suppress(SandboxError):  # the button went away under the finger
            await phone.press(citizen_id, asked, _first_button(question))
        await _wait(phone, citizen_id, asked, _Reaction(asked, newest, payload))
        said = [
            message for message in await phone.messages(citizen_id, asked - 1) if message["from"] == "bot"
        ]
        question, newest = said[0], said[-1]["message_id"]
        await asyncio.sleep(_PATIENCE_SECONDS if payload in _first_button(question) else 0)


@dataclass(frozen=True)
class _Reaction:
    """The question changed, or the bot said something new."""

    asked: int
    newest: int
    payload: str

    def __call__(self, said: Json) -> bool:
        changed = said["message_id"] == self.asked and self.payload not in _first_button(said)
        return changed or said["message_id"] > self.newest


async def _wait(phone: SandboxClient, citizen_id: int, since: int, wanted: Callable[[Json], bool]) -> Json:
    pause = 0.1
    while True:
        for message in await phone.messages(citizen_id, after=since - 1):
            if message["from"] == "bot" and wanted(message):
                return message
        await asyncio.sleep(pause)
        pause = min(pause * 1.3, 1.0)


def _first_button(message: Json) -> str:
    rows = message["buttons"]
    return str(rows[0][0].get("data", "")) if rows else ""
