"""E-mail as a channel, on aiosmtplib; it only tells. No result holds an address or a letter's words."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from uuid import UUID

from contracts.channels import EMAIL
from contracts.links import page_link
from runtime.clock import Clock
from services.notifier.channels.base import Capabilities, PostedUpdates
from services.notifier.channels.email.addresses import mailbox_of
from services.notifier.channels.email.connections import Connections, Envelope
from services.notifier.channels.email.letter import Stationery
from services.notifier.channels.email.mailbox import BounceMailbox
from services.notifier.channels.email.pace import DomainPace
from services.notifier.channels.email.signing import Signer
from services.notifier.channels.throttle import Refusals
from services.notifier.domain.incoming import Incoming, Tapped
from services.notifier.domain.messages import Message
from services.notifier.domain.results import (
    Accepted,
    AccountDown,
    Permanent,
    Result,
    Throttled,
    Unreachable,
)
from services.notifier.wording.profiles import Profile

LONGEST = 100_000
"""In UTF-16 units: far more than is ever said, and less than any server refuses."""
SHORT_WAIT = 1.0
"""So long a letter waits in its call for its domain; longer it goes back to the queue."""
RELAY_SECONDS = 300.0
"""The wait of a letter that the server would not pass on, where it passes on others."""
CAPABILITIES = Capabilities(
    longest=LONGEST,
    caption=LONGEST,
    buttons=False,
    edits=False,
    pictures=False,
    private=False,
    receipts=frozenset({"failed"}),
    converses=False,
    updates=frozenset(),
    paid=False,
    exposed=True,
    links=True,
)


@dataclass(frozen=True)
class EmailInvitation:
    """Makes links to the page on which one gives one's address."""

    public_url: str

    def link(self, payload: str) -> str:
        """Return the link that brings a payload along."""
        return page_link(self.public_url, EMAIL.code, payload)


class EmailChannel:
    """One account; made by `open`."""

    def __init__(
        self,
        connections: Connections,
        stationery: Stationery,
        clock: Clock,
        *,
        name: str,
        public_url: str,
        pace: DomainPace,
        signer: Signer | None,
        mailbox: BounceMailbox | None,
        posted: bool,
    ) -> None:
        self._connections = connections
        self._stationery = stationery
        self._clock = clock
        self._name = name
        self._public_url = public_url
        self._pace = pace
        self._signer = signer
        self._mailbox = mailbox
        self._refusals = Refusals()
        updates = {"polling"} if mailbox is not None else {"webhook"} if posted else set[str]()
        self._able = replace(CAPABILITIES, updates=frozenset(updates))  # type: ignore[arg-type]  # of the two

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        connections: Connections,
        stationery: Stationery,
        clock: Clock,
        *,
        name: str = "email",
        public_url: str,
        domain_rate: float,
        signer: Signer | None = None,
        mailbox: BounceMailbox | None = None,
        posted: bool = False,
    ) -> AsyncIterator["EmailChannel"]:
        """Open the channel for the length of the block; nothing is asked of the server yet.

        `domain_rate` is in letters a second to each domain. What comes back is read in `mailbox`, or
        `posted`.
        """
        try:
            yield cls(
                connections,
                stationery,
                clock,
                name=name,
                public_url=public_url,
                pace=DomainPace(domain_rate),
                signer=signer,
                mailbox=mailbox,
                posted=posted,
            )
        finally:
            await connections.close()

    @property
    def name(self) -> str:
        """Return the account's name, as stored with addresses."""
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        """Return what letters can do, and whether anything comes back."""
        return self._able

    async def send(self, address: str, message: Message, key: UUID) -> Result:
        """Send one letter, which has the same name whenever it is sent again."""
        try:
            to = mailbox_of(address)
        except ValueError:
            return Unreachable("not_found")
        wait = self._pace.wait(to.domain, self._clock.monotonic())
        if wait > SHORT_WAIT:
            return Throttled(wait, "chat")
        if wait > 0:
            await self._clock.sleep(wait)
        letter = self._stationery.letter(message, to, key, self._clock.now())
        if self._signer is not None:
            letter = self._signer.signed(letter)
        marks = self._stationery.marks
        sender = marks.sender(key, self._stationery.address.address)
        envelope = Envelope(sender, to.address, marks.envelope_id(key), utf8=not to.ascii)
        result = await self._connections.send(envelope, letter)
        return self._weighed(Accepted(marks.message_id(key)) if result is None else result, to.domain)

    def _weighed(self, result: Result, domain: str) -> Result:
        """Return a result, where the server passes a letter on to nobody at one domain: of that domain alone.

        Only where that goes on for one domain after the other, the account is meant.
        """
        if isinstance(result, AccountDown) and result.detail.startswith("rcpt:"):
            self._refusals = self._refusals.with_another(domain)
            return result if self._refusals.scope == "account" else Throttled(RELAY_SECONDS, "chat")
        if isinstance(result, Accepted | Unreachable | Permanent):
            self._refusals = Refusals()
        return result

    async def fetch(self, after: int | None, wait: float) -> Sequence[Incoming]:
        """Return letters that came back, none where there is no mailbox for them; raises ChannelDownError."""
        if self._mailbox is None:
            await self._clock.sleep(wait)
            return ()
        return await self._mailbox.fetch(after, wait)

    async def download(self, reference: str, most: int) -> bytes | None:  # noqa: ARG002 - part of the protocol
        """Return None: nobody sends us pictures by e-mail."""
        return None

    async def acknowledge(self, tapped: Tapped) -> None:
        """Do nothing: there are no buttons whose data comes back."""

    def invitation(self, bot: str) -> EmailInvitation:  # noqa: ARG002 - the page knows whom letters are from
        """Return what makes links to the page on which one gives one's address."""
        return EmailInvitation(self._public_url)

    async def introduce(self, profiles: Mapping[str | None, Profile]) -> bool:  # noqa: ARG002 - part of the protocol
        """Do nothing: an address says nothing of itself."""
        return True

    async def published_name(self) -> str | None:
        """Return the address that letters are from."""
        return self._stationery.address.address

    async def receive_by(self, posts: PostedUpdates | None) -> bool:  # noqa: ARG002 - part of the protocol
        """Return True: nobody has to be told where to post what comes back but the agency's own server."""
        return True
