"""What every messenger looks like to the notifier: something to send through, something that talks back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol
from uuid import UUID

from services.notifier.domain.addresses.links import Invitation
from services.notifier.domain.incoming import Incoming, Tapped
from services.notifier.domain.messages import Message
from services.notifier.domain.results import Result
from services.notifier.wording.profiles import Profile


class ChannelDownError(Exception):
    """Updates or files cannot be fetched now; the message says why, and holds no secret."""


class UnusableError(Exception):
    """An account cannot be used as the settings are; the message says why and what to do, with no secret."""


@dataclass(frozen=True)
class Capabilities:
    """What a messenger can do; what it cannot is made up for by those who know these.

    `longest` is that of a text and `caption` that of one beside an attachment (0: there are no attachments),
    both in UTF-16 units of what is shown. `buttons`: their data comes back. `edits`: a message can be
    replaced. `pictures`: those of citizens can be fetched. `private`: a message can be kept from being passed
    on. `receipts`: what it tells of a message after it took it. `converses`: citizens can answer, else it
    only tells. `updates`: how they reach us. `paid`: a message that we begin costs the agency money; where
    nobody converses, so does an answer.
    `exposed`: others may read it (a lock screen, a shared mailbox), so it carries no more than people chose.
    `links`: a button that opens an address is shown as one, also where no button's data comes back.
    `glances`: a line of each message is shown where others may look, too.
    """

    longest: int
    caption: int
    buttons: bool
    edits: bool
    pictures: bool
    private: bool
    receipts: frozenset[Literal["delivered", "seen", "failed"]]
    converses: bool
    updates: frozenset[Literal["polling", "webhook"]]
    paid: bool
    exposed: bool
    links: bool = False
    glances: bool = False


class PostedUpdates(Protocol):
    """The door of an account whose updates are posted to us; made from our outer address and its credential.

    Every process of an account makes the same, so that any of them may take a post.
    """

    @property
    def url(self) -> str:
        """Return the address to give to the messenger, in full."""
        ...

    @property
    def path(self) -> str:
        """Return the path of the address; who does not know the account's credential cannot guess it."""
        ...

    @property
    def longest(self) -> int:
        """Return the most bytes of a body; a longer one is refused unread."""
        ...

    def admits(self, headers: Mapping[str, str]) -> bool:
        """Tell whether to read the body at all; called first, in constant time.

        Names of headers are looked up in any case.
        """
        ...

    def signed(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Tell whether the body is the messenger's; called before it is parsed, in constant time."""
        ...

    def read(self, body: bytes) -> Sequence[Incoming]:
        """Return what was posted; nothing for what is only to be confirmed.

        Raises ValueError for what is no update.
        """
        ...

    def answer(self, address: str, shown: Sequence[Message]) -> tuple[str, bytes]:
        """Return media type and body of the answer 200, which shows messages where an update is `inline`.

        `address` is who sees them, empty where nobody does.
        """
        ...


class Channel(Protocol):
    """One account of a messenger. What is not named as raised is never raised for what the messenger does."""

    @property
    def name(self) -> str:
        """Return the account's name, as stored with addresses; the same for as long as there are any."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """Return what it can do; the same for as long as it lives."""
        ...

    async def send(self, address: str, message: Message, key: UUID) -> Result:
        """Send or edit one message, which is within the capabilities.

        `key` is the same whenever the same is sent again, for messengers that know copies by it. The sender
        calls it, for many addresses at once, while it holds the lease of the account, and cancels it after
        its deadline. It raises nothing: whatever the messenger or the network does is a result.
        """
        ...

    async def fetch(self, after: int | None, wait: float) -> Sequence[Incoming]:
        """Return what citizens did after update number `after`, waiting up to `wait` seconds for something.

        Where updates may be polled their identities are numbers that grow, and everything up to `after` is
        confirmed to the messenger. Elsewhere, as with delivery receipts of a channel that only tells, any
        `after` confirms all that was returned last, and None nothing of it. The owner of the account calls it
        where nothing is posted, one call at a time, with None after a long silence, and cancels it when it
        stops. Raises ChannelDownError, after which the same is asked for again.
        """
        ...

    async def download(self, reference: str, most: int) -> bytes | None:
        """Return a picture that a citizen sent, None where it is gone or longer than `most` bytes.

        The picture queue of any process calls it, for a few pictures at once, and cancels it after its
        deadline. Raises ChannelDownError.
        """
        ...

    async def acknowledge(self, tapped: Tapped) -> None:
        """Take the waiting mark off a tapped button; best effort.

        Whoever takes the tap in calls it, beside the answer to it, and cancels it after two seconds.
        """
        ...

    def invitation(self, bot: str) -> Invitation:
        """Return what makes links to the account that the public knows by this name; called at start."""
        ...

    async def introduce(self, profiles: Mapping[str | None, Profile]) -> bool:
        """Have the account say of itself what a profile holds, in each language; None: to everybody else.

        The owner calls it when it takes the account, and again some time later where this was False. True
        where the messenger shows nothing of the kind.
        """
        ...

    async def published_name(self) -> str | None:
        """Return the public name that links lead to; None where it is not told.

        Any process calls it every ten minutes. It raises nothing.
        """
        ...

    async def receive_by(self, posts: PostedUpdates | None) -> bool:
        """Tell the messenger how updates reach us: posted at that door, or fetched; tell whether it worked.

        The owner calls it when it takes the account, once the door answers, and again until it worked.
        """
        ...
