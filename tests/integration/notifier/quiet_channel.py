"""A channel of tests that does nothing: what a test needs of one is put over it."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from services.notifier.channels.base import Capabilities, PostedUpdates
from services.notifier.channels.telegram.channel import StartLinks
from services.notifier.domain.incoming import Incoming, Tapped
from services.notifier.domain.messages import Message
from services.notifier.domain.results import Result
from services.notifier.wording.profiles import Profile

EVERYTHING = Capabilities(
    longest=4096,
    caption=1024,
    buttons=True,
    edits=True,
    pictures=True,
    private=True,
    receipts=frozenset({"delivered", "seen", "failed"}),
    converses=True,
    updates=frozenset({"polling", "webhook"}),
    paid=False,
    exposed=False,
)


class QuietChannel:
    """One account on which nothing happens."""

    able = EVERYTHING

    @property
    def name(self) -> str:
        """Return the account's name."""
        return "telegram"

    @property
    def capabilities(self) -> Capabilities:
        """Return what it can do."""
        return self.able

    async def send(self, address: str, message: Message, key: UUID) -> Result:
        """Nobody is written to."""
        raise NotImplementedError

    async def fetch(self, after: int | None, wait: float) -> Sequence[Incoming]:
        """Nobody writes."""
        raise NotImplementedError

    async def download(self, reference: str, most: int) -> bytes | None:
        """Nobody sends pictures."""
        raise NotImplementedError

    async def acknowledge(self, tapped: Tapped) -> None:
        """Nobody taps."""
        raise NotImplementedError

    def invitation(self, bot: str) -> StartLinks:
        """Return links as Telegram makes them."""
        return StartLinks(bot)

    async def introduce(self, profiles: Mapping[str | None, Profile]) -> bool:
        """Nobody looks."""
        raise NotImplementedError

    async def published_name(self) -> str | None:
        """It has no name."""
        return None

    async def receive_by(self, posts: PostedUpdates | None) -> bool:
        """Nothing reaches us."""
        raise NotImplementedError
