"""The page as a channel: what is sent is put on the page, and everybody who looks at it sees it at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg

from contracts.links import page_link
from runtime.database.postgres import TRANSIENT
from services.notifier.channels.base import Capabilities, ChannelDownError, PostedUpdates
from services.notifier.channels.web.messages import Messages
from services.notifier.channels.web.push import Pushes
from services.notifier.channels.web.uploads import Uploads
from services.notifier.domain.addresses.links import Invitation
from services.notifier.domain.addresses.pushes import PushMessage, PushResult, tag_of
from services.notifier.domain.incoming import Incoming, Tapped
from services.notifier.domain.messages import Glance, Message
from services.notifier.domain.results import Accepted, NotSent, Result, Throttled, Unknown, Unreachable
from services.notifier.wording.profiles import Profile

PAGE_PATH = "/p"
LONGEST = 8000
CAPABILITIES = Capabilities(
    longest=LONGEST,
    caption=LONGEST,
    buttons=True,
    edits=True,
    pictures=True,
    private=True,
    receipts=frozenset({"seen"}),
    converses=True,
    updates=frozenset(),
    paid=False,
    exposed=False,
    glances=True,
)


@dataclass(frozen=True)
class PageInvitation:
    """Links to our page that begins a session."""

    public_url: str
    channel: str

    def link(self, payload: str) -> str:
        """Return the link that brings a payload along."""
        return page_link(self.public_url, self.channel, payload)


@dataclass(frozen=True)
class WebChannel:
    """The account `web`: an address is the digest of a session's first cookie, in hexadecimal."""

    name: str
    public_url: str
    messages: Messages
    pushes: Pushes | None = None
    uploads: Uploads | None = None
    capabilities: Capabilities = CAPABILITIES

    async def send(self, address: str, message: Message, key: UUID) -> Result:
        """Put a message on the page, or another text in place of one of ours; the same key puts it once.

        A glance of it is pushed to the devices that want that; where none took it and one may later, the
        message is to be sent again, for a copy changes nothing.
        """
        if _digest(address) is None:
            return Unreachable("not_found")
        try:
            result = await self._put(address, replace(message, glance=None), key)
            if not isinstance(result, Accepted) or message.glance is None:
                return result
            again = (await self._pushed(address, message.glance)).again_in
        except asyncpg.PostgresError as error:
            return NotSent(type(error).__name__)
        except TRANSIENT as error:
            # The same key puts nothing twice, so nobody is told twice either way.
            return Unknown(type(error).__name__)
        return result if again is None else Throttled(again, "chat")

    async def _put(self, address: str, message: Message, key: UUID) -> Result:
        replaced = None if message.replaces is None else _identity(message.replaces)
        if replaced is not None and await self.messages.change(address, replaced, message):
            return Accepted(str(replaced))
        match await self.messages.put(address, key, message, ours=True):
            case "gone":
                return Unreachable("not_found")
            case "given_up":
                return Unreachable("blocked")
            case "new" | "known":
                return Accepted(str(key))

    async def _pushed(self, address: str, glance: Glance) -> PushResult:
        if self.pushes is None:
            return PushResult()
        shown = PushMessage(
            title=glance.title,
            body=glance.body,
            tag=tag_of(glance.thread),
            url=f"{urlsplit(self.public_url).path}{PAGE_PATH}",
            language=glance.language,
            urgent=glance.urgent,
            until=glance.until,
        )
        return await self.pushes.send(address, shown)

    async def fetch(self, after: int | None, wait: float) -> Sequence[Incoming]:  # noqa: ARG002 - the protocol's
        """Return nothing: what people do on the page is taken in where they do it."""
        return ()

    async def download(self, reference: str, most: int) -> bytes | None:
        """Return what was sent through the page's form; raise ChannelDownError."""
        try:
            return None if self.uploads is None else await self.uploads.get(reference, most)
        except TRANSIENT as error:
            raise ChannelDownError(type(error).__name__) from None

    async def acknowledge(self, tapped: Tapped) -> None:
        """Do nothing: the page itself shows that a button was tapped."""

    def invitation(self, bot: str) -> Invitation:  # noqa: ARG002 - the page has no name
        """Return what makes links to the page."""
        return PageInvitation(self.public_url, self.name)

    async def introduce(self, profiles: Mapping[str | None, Profile]) -> bool:  # noqa: ARG002 - the page says it
        """Return True: the page says itself what it is."""
        return True

    async def published_name(self) -> str | None:
        """Return None: the page has no name."""
        return None

    async def receive_by(self, posts: PostedUpdates | None) -> bool:  # noqa: ARG002 - there is none
        """Return True: nobody must be told."""
        return True


def _digest(address: str) -> bytes | None:
    try:
        digest = bytes.fromhex(address)
    except ValueError:
        return None
    return digest if len(digest) == _DIGEST_BYTES else None


def _identity(reference: str) -> UUID | None:
    try:
        return UUID(reference)
    except ValueError:
        return None


_DIGEST_BYTES = 32
