"""The way by which texts go out and answers come in: a provider's HTTP gateway, or SMPP."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from services.notifier.channels.base import PostedUpdates
from services.notifier.domain.incoming import Incoming
from services.notifier.domain.results import Result


class Transport(Protocol):
    """One account with a provider; the channel that is made on it calls it."""

    async def submit(self, number: str, text: str, key: UUID) -> Result:
        """Send one text, of any number of parts, to a number in E.164 with `+`.

        `key` is the same whenever the same is sent again. It raises nothing: whatever the provider or the
        network does is a result; `Accepted(reference)` bears the id that receipts will name.
        """
        ...

    async def poll(self) -> Sequence[Incoming]:
        """Return what came in and was not taken in yet, receipts and wishes; waits some seconds for it.

        The same again until `taken` is called. Nothing where they are posted. One call at a time. Raises
        ChannelDownError.
        """
        ...

    async def taken(self) -> None:
        """Confirm to the provider all that `poll` returned last: it was taken in."""
        ...

    @property
    def posts(self) -> PostedUpdates | None:
        """Return the door of what is posted to us; None where nothing is."""
        ...

    async def aclose(self) -> None:
        """Give back what is held; after that nothing is called."""
        ...
