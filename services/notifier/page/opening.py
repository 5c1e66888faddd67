"""Puts the page of one process together."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from starlette.routing import Route

from runtime.clock import Clock
from runtime.database.lease import Lease
from runtime.database.listen import Listener
from runtime.database.postgres import Pool
from runtime.keyring import KeyRing
from services.notifier.channels.web.messages import WAKE_CHANNEL, Messages
from services.notifier.channels.web.sessions import Sessions
from services.notifier.channels.web.uploads import Uploads
from services.notifier.channels.web.watchers import Watchers
from services.notifier.delivery.store import Store
from services.notifier.domain.pacing.token_buckets import Bucket
from services.notifier.files.keeping import Files
from services.notifier.inbound.flood_limit import FloodLimit
from services.notifier.page.application import Answer, Page
from services.notifier.page.chat import Chat, Take
from services.notifier.page.gate import Gate
from services.notifier.page.installing.extras import PushExtras
from services.notifier.page.installing.routes import MEDIA_TYPES, PACKAGE, Installing, PushDoor
from services.notifier.page.keeping import Keeping
from services.notifier.page.parts import CODES_A_SECOND, NEWCOMERS_A_SECOND, PageParts
from services.notifier.page.sending import Sending
from services.notifier.page.streams import Streams
from services.notifier.page.uploading import SEND, FileDoor, Uploading
from services.notifier.page.views.facts import Facts, Tracker
from services.notifier.page.views.looks import Looks
from services.notifier.page.views.templates import Templates, load_assets
from services.notifier.recipients.addresses import Recipients
from services.notifier.recipients.confirmations import Confirmations
from services.notifier.wording.i18n import Voice

AT_ONCE = 15
"""What one session may do at once; then one thing a second. Below what the conversation itself takes."""


@dataclass(frozen=True)
class OpenPage:
    """The page of one process: what its routes work with, who looks, and what is kept of it."""

    parts: PageParts
    installing: Installing
    watchers: Watchers
    keeping: Keeping
    closing: asyncio.Event
    uploading: Uploading | None = None

    def routes(self, counted: Callable[[int], None]) -> list[Route]:
        """Return the routes to add to the public edge; `counted` is called with the status of each answer."""
        page = Page(self.parts, counted)
        answered: dict[tuple[str, str], Answer] = dict(self.installing.answered())
        if self.uploading is not None:
            answered |= {(SEND, "GET"): self.uploading.form, (SEND, "POST"): self.uploading.send}
        further = answered.items()
        return page.routes(
            [Route(path, page.guarded(answer), methods=[method]) for (path, method), answer in further]
        )

    def loops(self, database: str, stop: asyncio.Event) -> Sequence[Callable[[], Awaitable[None]]]:
        """Return what runs beside the listener; `database` is where notifications are heard."""
        listener = Listener(database, WAKE_CHANNEL, self.watchers.wake, self.parts.clock)
        return (partial(self.run, stop), partial(listener.run, stop))

    async def run(self, stop: asyncio.Event) -> None:
        """Keep what is kept until told to stop; then no stream holds the listener up."""
        keeping = asyncio.ensure_future(self.keeping.run(stop))
        try:
            await stop.wait()
            self.closing.set()
            await keeping
        finally:
            keeping.cancel()


def open_page(
    *,
    account: str,
    public_url: str,
    pool: Pool,
    ring: KeyRing,
    store: Store,
    voice: Voice,
    tracker: Tracker,
    clock: Clock,
    take: Take,
    lease: Callable[[str], Lease],
    role: str,
    door: PushDoor | None = None,
    files: Files | None = None,
) -> OpenPage:
    """Put the page together.

    `take` takes in what is done there, `role` is that of who purges, `door` is how browsers subscribe.
    `files` keeps what people who answer get; None: they take no files.
    """
    sessions, messages, watchers = Sessions(pool, ring), Messages(pool, ring), Watchers()
    closing = asyncio.Event()
    templates = Templates(public_url, {**load_assets(), **load_assets(PACKAGE, MEDIA_TYPES)})
    recipients = Recipients(account, ring)
    chat = Chat(messages, watchers, take, clock, FloodLimit(at_once=AT_ONCE))
    parts = PageParts(
        gate=Gate(sessions, public_url),
        sessions=sessions,
        messages=messages,
        looks=Looks(pool, recipients, messages, Facts(pool, tracker, ring), voice, templates, clock),
        chat=chat,
        streams=Streams(messages, sessions, watchers, closing),
        templates=templates,
        clock=clock,
        sending=Sending(store, sessions, recipients, Confirmations(ring), clock, public_url),
        newcomers=Bucket(NEWCOMERS_A_SECOND, clock.monotonic()),
        codes=Bucket(CODES_A_SECOND, clock.monotonic()),
        extras=PushExtras(templates, door),
        takes_files=files is not None,
    )
    uploading = None
    if files is not None:
        uploading = Uploading(parts, FileDoor(files.talks, files.terms, Uploads(pool, ring)))
    keeping = Keeping(pool, lease(role), chat)
    return OpenPage(parts, Installing(parts, door), watchers, keeping, closing, uploading)
