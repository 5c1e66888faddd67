"""Viber as a channel, thin on aiohttp. No result or error holds the token or a text that was sent."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import orjson

from contracts.channels import VIBER
from contracts.links import deep_link
from runtime.logs import logger
from services.notifier.channels.base import Capabilities, ChannelDownError, PostedUpdates
from services.notifier.channels.http_calls import Timeouts
from services.notifier.channels.redaction import Redaction
from services.notifier.channels.throttle import Refusals
from services.notifier.channels.viber.media import Media, open_media
from services.notifier.channels.viber.messages import LONGEST_TEXT, name_of, written
from services.notifier.channels.viber.statuses import detail_of, result_of
from services.notifier.channels.viber.taps import Taps
from services.notifier.channels.viber.transport import Answered, Api, open_api
from services.notifier.channels.viber.updates import EVENTS
from services.notifier.domain.incoming import Incoming, Tapped
from services.notifier.domain.messages import Message
from services.notifier.domain.results import Accepted, Permanent, Result, Throttled, Unreachable
from services.notifier.wording.profiles import Profile

LOG = logger(__name__)
PUBLIC_API = "https://chatapi.viber.com"
ACCOUNT_SECONDS = 10.0
"""The account's wait after several chats in a row were refused for going too fast."""
_SETTING_SECONDS = 30.0
"""Viber posts to the new address before it answers that it is set."""
CAPABILITIES = Capabilities(
    longest=LONGEST_TEXT,
    caption=0,
    buttons=True,
    edits=False,
    pictures=True,
    private=False,
    receipts=frozenset({"delivered", "seen", "failed"}),
    converses=True,
    updates=frozenset({"webhook"}),
    paid=True,
    exposed=False,
)


@dataclass(frozen=True)
class ViberInvitation:
    """Makes links to one account; Viber documents none by https that bring a payload along."""

    account: str

    def link(self, payload: str) -> str:
        """Return the link that brings a payload along: 1 to 64 of `[A-Za-z0-9_-]`."""
        return deep_link(VIBER.code, self.account, payload)


class ViberChannel:
    """One account; made by `open`."""

    def __init__(self, api: Api, media: Media, *, name: str, sender: str, redacted: Redaction) -> None:
        self._api = api
        self._media = media
        self._name = name
        self._sender = sender
        self._redacted = redacted
        self._taps = Taps.of(api.token)
        self._refusals = Refusals()

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        token: str,
        agency: str,
        api_url: str = PUBLIC_API,
        *,
        name: str = "viber",
        timeouts: Timeouts | None = None,
        connections: int = 64,
    ) -> AsyncIterator["ViberChannel"]:
        """Open the channel for the length of the block; nothing is asked of Viber yet.

        `agency` is whose name stands above messages, cut to what Viber shows; `name` is the account's own.
        """
        timeouts = timeouts or Timeouts()
        async with (
            open_api(token, api_url, timeouts, connections) as api,
            open_media(api.session, api.base, timeouts) as media,
        ):
            yield cls(api, media, name=name, sender=name_of(agency), redacted=Redaction(token))

    @property
    def name(self) -> str:
        """Return the account's name, as stored with addresses."""
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        """Return what Viber can do."""
        return CAPABILITIES

    async def send(self, address: str, message: Message, key: UUID) -> Result:  # noqa: ARG002 - Viber knows no copies
        """Send one message, anew where it was to replace another."""
        body = written(message, self._sender, address, self._taps)
        if isinstance(body, Permanent):
            return body
        reply = await self._api.call("send_message", body)
        if not isinstance(reply, Answered):
            return reply
        result = result_of(reply.status, reply.fields.get("message_token"), self._detail(reply))
        if isinstance(result, Throttled):
            self._refusals = self._refusals.with_another(address)
            return result if self._refusals.scope == "chat" else Throttled(ACCOUNT_SECONDS, "account")
        if isinstance(result, Accepted | Unreachable | Permanent):
            self._refusals = Refusals()
        return result

    async def fetch(self, after: int | None, wait: float) -> Sequence[Incoming]:  # noqa: ARG002 - part of the protocol
        """Raise ChannelDownError: Viber posts updates, and keeps none to be fetched."""
        raise ChannelDownError("Viber's updates cannot be fetched")

    async def download(self, reference: str, most: int) -> bytes | None:
        """Return a picture that a citizen sent, None where it is gone or longer than `most` bytes.

        Raises ChannelDownError.
        """
        return await self._media.download(reference, most)

    async def acknowledge(self, tapped: Tapped) -> None:
        """Do nothing: Viber marks no button as waiting."""

    def invitation(self, bot: str) -> ViberInvitation:
        """Return what makes links to the account that the public knows by this name."""
        return ViberInvitation(bot)

    async def introduce(self, profiles: Mapping[str | None, Profile]) -> bool:  # noqa: ARG002 - part of the protocol
        """Do nothing: what an account says of itself is set by hand on Viber's own page."""
        return True

    async def published_name(self) -> str | None:
        """Return the name that links lead to; None where Viber does not tell it."""
        reply = await self._api.call("get_account_info", b"{}")
        uri = reply.fields.get("uri") if isinstance(reply, Answered) and reply.status == 0 else None
        return uri if isinstance(uri, str) and uri else None

    async def receive_by(self, posts: PostedUpdates | None) -> bool:
        """Have updates posted at a door, which must answer by now; tell whether that worked."""
        if posts is None:
            LOG.error("Viber only posts updates: it needs an address of ours that is open to it")
            return False
        wanted = {"url": posts.url, "event_types": list(EVENTS), "send_name": False, "send_photo": False}
        reply = await self._api.call("set_webhook", orjson.dumps(wanted), _SETTING_SECONDS)
        if isinstance(reply, Answered) and reply.status == 0:
            return True
        detail = self._detail(reply) if isinstance(reply, Answered) else type(reply).__name__
        LOG.warning("Viber does not take the address of its posts", detail=detail)
        return False

    def _detail(self, reply: Answered) -> str:
        return detail_of(reply.status, reply.fields.get("status_message"), self._redacted)
