"""SMS as a channel: it only tells, on any transport, and each text costs as many messages as it has parts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from contracts.channels import SMS
from contracts.links import page_link
from services.notifier.channels.base import Capabilities, PostedUpdates
from services.notifier.channels.sms.numbers import E164
from services.notifier.channels.sms.parts import cheapest, counted
from services.notifier.channels.sms.transport import Transport
from services.notifier.domain.incoming import Incoming, Tapped
from services.notifier.domain.messages import Message
from services.notifier.domain.results import Accepted, Permanent, Result, Unreachable
from services.notifier.wording.profiles import Profile

LONGEST_TEXT = 660
"""Ten parts, whatever the text is made of."""
CAPABILITIES = Capabilities(
    longest=LONGEST_TEXT,
    caption=0,
    buttons=False,
    edits=False,
    pictures=False,
    private=False,
    receipts=frozenset({"delivered", "failed"}),
    converses=False,
    updates=frozenset(),
    paid=True,
    exposed=True,
)


@dataclass(frozen=True)
class SmsInvitation:
    """Makes links to our page where somebody gives and confirms a number."""

    public_url: str

    def link(self, payload: str) -> str:
        """Return the link that brings a payload along: 1 to 64 of `[A-Za-z0-9_-]`."""
        return page_link(self.public_url, SMS.code, payload)


class SmsChannel:
    """One account on a transport, which its opener closes; `public_url` is where our page is."""

    def __init__(self, transport: Transport, public_url: str, *, name: str = SMS.code) -> None:
        self._transport = transport
        self._public_url = public_url
        self._name = name

    @property
    def name(self) -> str:
        """Return the account's name, as stored with addresses."""
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        """Return what SMS can do."""
        return CAPABILITIES

    async def send(self, address: str, message: Message, key: UUID) -> Result:
        """Send one text; what is accepted counts as many messages as the text has parts."""
        text = cheapest(message.shown.strip())
        if not text:
            return Permanent("empty", "no text")
        if E164.fullmatch(address) is None:
            return Unreachable("not_found")
        result = await self._transport.submit(address, text, key)
        return replace(result, messages=counted(text).parts) if isinstance(result, Accepted) else result

    async def fetch(self, after: int | None, wait: float) -> Sequence[Incoming]:  # noqa: ARG002 - it waits as it likes
        """Return the receipts and wishes that came in since; raise ChannelDownError."""
        if after is not None:
            await self._transport.taken()
        return await self._transport.poll()

    async def download(self, reference: str, most: int) -> bytes | None:  # noqa: ARG002 - part of the protocol
        """Return nothing: nobody sends pictures."""
        return None

    async def acknowledge(self, tapped: Tapped) -> None:
        """Do nothing: there are no buttons."""

    def invitation(self, bot: str) -> SmsInvitation:  # noqa: ARG002 - the page is ours, whoever sends
        """Return what makes links to our page."""
        return SmsInvitation(self._public_url)

    async def introduce(self, profiles: Mapping[str | None, Profile]) -> bool:  # noqa: ARG002 - part of the protocol
        """Do nothing: a number says nothing of itself."""
        return True

    async def published_name(self) -> str | None:
        """Return nothing: no gateway tells whom texts come from."""
        return None

    async def receive_by(self, posts: PostedUpdates | None) -> bool:  # noqa: ARG002 - part of the protocol
        """Do nothing: where a gateway posts to is set with its provider, or comes along with each text."""
        return True
