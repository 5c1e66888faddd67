"""Puts together what an account is: its conversation, its sender, its loops; none is shared with another."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, MutableMapping, Sequence
from dataclasses import dataclass
from functools import partial
from zoneinfo import ZoneInfo

from starlette.routing import Route

from contracts.catalogue import Agency
from contracts.channels import channel_of
from contracts.links import home_link, page_link
from runtime.clock import Clock
from runtime.database.lease import Lease
from runtime.database.postgres import Pool
from runtime.keyring import KeyRing
from runtime.logs import logger
from runtime.tracing import Tracing
from services.notifier.accounts import Account
from services.notifier.channels import public_links
from services.notifier.channels.base import Channel
from services.notifier.confirmation.asking import Asking
from services.notifier.confirmation.confirming import Confirming, Take
from services.notifier.conversation.appointments.desk_client import Desk
from services.notifier.conversation.handler import Handler
from services.notifier.conversation.intents import Intents
from services.notifier.conversation.picture_queue import PictureQueue
from services.notifier.conversation.tracker_client import Tracker
from services.notifier.delivery.at_once import Tenure
from services.notifier.delivery.leaving import Leaving
from services.notifier.delivery.sending.caller import Renderer
from services.notifier.delivery.sending.health import Health
from services.notifier.delivery.sending.owner import Owner
from services.notifier.delivery.sending.queue import Queue
from services.notifier.delivery.sending.sender import Tools
from services.notifier.delivery.store import Store
from services.notifier.delivery.upkeep.unserved import ROLE as UNSERVED_ROLE
from services.notifier.delivery.upkeep.unserved import Unserved
from services.notifier.domain.addresses.links import Invitation, Links
from services.notifier.domain.addresses.routes import Carriers
from services.notifier.domain.quiet_hours import Quiet
from services.notifier.domain.sessions import SESSION, Tariff
from services.notifier.edge.forms import Acts
from services.notifier.endurance import surviving
from services.notifier.files.keeping import Files
from services.notifier.handover.consumer import ReplyConsumer
from services.notifier.handover.replies import Replies
from services.notifier.inbound.updates import Updates
from services.notifier.inbound.webhook import Webhook, keep_registered, keep_tidy
from services.notifier.metrics import Metrics
from services.notifier.pictures.reader import PhotoReader
from services.notifier.recipients.addresses import Recipients
from services.notifier.recipients.confirmations import Confirmations
from services.notifier.recipients.conversations import Conversations
from services.notifier.recipients.unsubscribing import UnsubscribeLinks
from services.notifier.wording.i18n import Voice
from services.notifier.wording.profiles import profiles

LOG = logger(__name__)


@dataclass(frozen=True)
class Shared:
    """What the accounts of one process work with together.

    `lease` makes the claim on a role. `tenures` are the accounts whose owner this process is.
    """

    pool: Pool
    store: Store
    ring: KeyRing
    tracker: Tracker
    desk: Desk
    talks: Conversations | None
    files: Files | None
    voice: Voice
    intents: Intents
    carriers: Carriers
    public_url: str | None
    render: Renderer
    quiet: Quiet
    clock: Clock
    metrics: Metrics
    photos: PhotoReader
    tracing: Tracing
    lease: Callable[[str], Lease]
    tenures: MutableMapping[str, Tenure]


@dataclass(frozen=True)
class Parts:
    """One account at work.

    `hold` serves it whenever its lease is ours, and `loops` run beside that; each ends once it is told to
    stop. `wake` is set when there may be something to send. `door` is the route of its webhook, None where it
    has none. `take` takes one update in, `typed` reads an address as people type it on our page, None where
    nobody does. `converses`: people write there and are answered.
    """

    name: str
    wake: asyncio.Event
    hold: Callable[[], Coroutine[None, None, None]]
    loops: Sequence[Callable[[], Awaitable[None]]]
    door: Route | None
    take: Take
    recipients: Recipients
    typed: Callable[[str], str | None] | None
    converses: bool


def assemble(accounts: Sequence[Account], shared: Shared, stop: asyncio.Event) -> list[Parts]:
    """Put every account together."""
    served = {
        account.name: made
        for account in accounts
        if _carries(account, shared.carriers) and (made := _anywhere(account, shared.public_url))
    }
    home = None if shared.public_url is None else home_link(shared.public_url)
    return [_parts(account, shared, Links(_own(account), served, home), stop) for account in accounts]


def unserved_of(accounts: Sequence[str], shared: Shared) -> Unserved:
    """Return what looks after those of all accounts that nobody serves."""

    def queue_of(account: str) -> Queue:
        people = Recipients(account, shared.ring)
        return Queue(shared.pool, shared.store, people, account, UNSERVED_ROLE, carriers=shared.carriers)

    return Unserved(shared.pool, shared.lease(UNSERVED_ROLE), shared.clock, accounts, queue_of)


def replies_of(shared: Shared, talks: Conversations, parts: Iterable[Parts]) -> ReplyConsumer:
    """Return what tells people who wrote to one of these accounts what the desk says."""
    people = {one.name: one.recipients for one in parts if one.converses}
    replies = Replies(shared.pool, shared.store, talks, shared.voice, shared.clock, people)
    return ReplyConsumer(replies, shared.clock, shared.metrics)


def acts_of(parts: Iterable[Parts], shared: Shared, public_url: str) -> Acts:
    """Return what the forms on our pages do, for the accounts whose addresses people type there."""
    confirmations, clock = Confirmations(shared.ring), shared.clock
    typed = {one.name: one.typed for one in parts if one.typed is not None}
    own = [one for one in parts if one.name in typed]
    people = {one.name: one.recipients for one in own}
    takes = {one.name: one.take for one in own}
    asking = Asking(
        shared.pool,
        shared.store,
        confirmations,
        shared.tracker,
        shared.voice,
        clock,
        public_url,
        recipients=people,
    )
    anybody = Recipients("", shared.ring)
    return Acts(
        typed=typed,
        asking=asking,
        confirming=Confirming(shared.pool, confirmations, clock, takes),
        leaving=Leaving(shared.store, anybody),
        links=UnsubscribeLinks(shared.ring, public_url),
        clock=clock,
    )


def _carries(account: Account, carriers: Carriers) -> bool:
    return carriers.everything is None or account.name in (*carriers.everything, *carriers.urgent)


@dataclass(frozen=True)
class _Page:
    """Links to our page that opens a channel, for those whose own links cannot be opened everywhere."""

    public_url: str
    channel: str

    def link(self, payload: str) -> str:
        """Return the link that brings a payload along."""
        return page_link(self.public_url, self.channel, payload)


def _anywhere(account: Account, public_url: str | None) -> Invitation | None:
    """Return what makes links to an account that any messenger opens; None where there are none."""
    own = _own(account)
    if own is None or own.link("x").startswith("https://"):
        return own
    # The page knows the first account of a channel.
    if public_url is None or channel_of(account.name) != account.name:
        return None
    return _Page(public_url, account.name)


def _own(account: Account) -> Invitation | None:
    return None if account.bot is None else account.opened.channel.invitation(account.bot)


def _parts(account: Account, shared: Shared, links: Links, stop: asyncio.Event) -> Parts:
    channel, posts = account.opened.channel, account.opened.posts
    recipients, metrics = Recipients(account.name, shared.ring), shared.metrics.of(account.name)
    pictures = PictureQueue(
        pool=shared.pool,
        store=shared.store,
        recipients=recipients,
        channel=channel,
        voice=shared.voice,
        metrics=metrics,
        reader=shared.photos,
        files=shared.files if channel.capabilities.pictures else None,
        links=links,
    )
    updates = Updates(
        Handler(
            pool=shared.pool,
            store=shared.store,
            recipients=recipients,
            channel=channel,
            tracker=shared.tracker,
            voice=shared.voice,
            intents=shared.intents,
            clock=shared.clock,
            metrics=metrics,
            pictures=pictures,
            links=links,
            talks=shared.talks,
            tracing=shared.tracing,
            desk=shared.desk,
        )
    )
    tools = Tools(
        queue=Queue(
            shared.pool,
            shared.store,
            recipients,
            account.name,
            account.role,
            carriers=shared.carriers,
            receipts=not channel.capabilities.receipts.isdisjoint({"delivered", "seen"}),
        ),
        channel=channel,
        recipients=recipients,
        render=shared.render,
        metrics=metrics,
        clock=shared.clock,
        wake=asyncio.Event(),
        pace=account.opened.pace,
        quiet=shared.quiet,
        health=Health(shared.pool, account.name),
        tracing=shared.tracing,
        tariff=_tariff(channel, shared.voice.catalogue.agency),
        unsubscribe=None
        if shared.public_url is None
        else UnsubscribeLinks(shared.ring, shared.public_url).link,
        tenures=shared.tenures,
    )

    async def listen(stop: asyncio.Event) -> None:
        await keep_registered(partial(channel.receive_by, posts), stop)
        async with asyncio.TaskGroup() as group:
            if posts is None and channel.capabilities.updates:
                group.create_task(updates.run(stop))
            if posts is not None or not updates.counted:
                group.create_task(keep_tidy(shared.pool, account.name, stop))

    owner = Owner(tools, listen, shared.lease(account.role), metrics, _introduction(channel, shared.voice))
    keep = partial(surviving, account.name, shared.clock, stop)
    return Parts(
        name=account.name,
        wake=tools.wake,
        hold=partial(keep, lambda: owner.hold(stop)),
        loops=(
            partial(keep, lambda: pictures.run(stop)),
            partial(keep, lambda: public_links.watch(channel, account.bot, metrics, stop)),
        ),
        take=updates.take_one,
        door=None if posts is None else Webhook(posts, updates).route(),
        recipients=recipients,
        typed=account.opened.typed,
        converses=channel.capabilities.converses,
    )


def _tariff(channel: Channel, agency: Agency) -> Tariff | None:
    """Return what messages cost that we begin; None: nothing.

    Where nobody converses, nothing is ever free.
    """
    if not channel.capabilities.paid:
        return None
    terms, session = agency.channel(channel.name), SESSION if channel.capabilities.converses else None
    return Tariff(ZoneInfo(agency.time_zone), None if terms is None else terms.monthly_paid, session)


def _introduction(channel: Channel, voice: Voice) -> Callable[[], Awaitable[bool]]:
    return partial(channel.introduce, profiles(voice))
