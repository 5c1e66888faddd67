"""What every messenger looks like to the notifier: something to send through, something that talks back."""

from collections.abc import Sequence
from typing import Protocol

from services.notifier.domain.incoming import Incoming
from services.notifier.domain.messages import Message
from services.notifier.domain.results import Result


class ChannelDownError(Exception):
    """Updates or files cannot be fetched now; the message says why, and holds no secret."""


class Channel(Protocol):
    """One messenger account. What is not named as raised is never raised for what the messenger does."""

    @property
    def name(self) -> str:
        """Return the channel's name, as stored with recipients; the same for as long as there are any."""
        ...

    async def send(self, address: str, message: Message) -> Result:
        """Send or edit one message.

        The sender calls it, for many addresses at once, while it holds the lease of the account, and cancels
        it after its deadline. It raises nothing: whatever the messenger or the network does is a result.
        """
        ...

    async def fetch(self, after: int | None, wait: float) -> Sequence[Incoming]:
        """Return what citizens did after update number `after`, waiting up to `wait` seconds for something.

        The owner of the account calls it, one call at a time, with None after a long silence, and cancels it
        when it stops. It confirms everything up to `after` to the messenger. Raises ChannelDownError, after
        which the same is asked for again.
        """
        ...

    async def download(self, reference: str, most: int) -> bytes | None:
        """Return a picture that a citizen sent, None where it is gone or longer than `most` bytes.

        The picture queue of any process calls it, for a few pictures at once, and cancels it after its
        deadline. Raises ChannelDownError.
        """
        ...

    async def answer_tap(self, query: str) -> None:
        """Take the waiting mark off a tapped button; best effort.

        Whoever takes the tap in calls it, beside the answer to it, and cancels it after two seconds.
        """
        ...
