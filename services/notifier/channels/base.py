"""What every messenger looks like to the notifier: something to send through, something that talks back."""

from collections.abc import Sequence
from typing import Protocol

from services.notifier.domain.incoming import Incoming
from services.notifier.domain.messages import Message
from services.notifier.domain.results import Result


class ChannelDownError(Exception):
    """Updates cannot be fetched now; the message says why."""


class Channel(Protocol):
    """One messenger account."""

    @property
    def name(self) -> str:
        """Return the channel's name, as stored with recipients."""
        ...

    async def send(self, address: str, message: Message) -> Result:
        """Send or edit one message; never raises for what the messenger or the network did."""
        ...

    async def fetch(self, after: int | None, wait: float) -> Sequence[Incoming]:
        """Return what citizens did after update number `after`, waiting up to `wait` seconds for something.

        Confirms everything up to `after` to the messenger. Raises ChannelDownError.
        """
        ...

    async def download(self, reference: str, most: int) -> bytes | None:
        """Return a picture that a citizen sent, None where it is gone or longer than `most` bytes.

        Raises ChannelDownError.
        """
        ...

    async def answer_tap(self, query: str) -> None:
        """Take the waiting mark off a tapped button; best effort."""
        ...
