"""Puts together the pages that stand behind the door: of conversations, and of the knowledge base."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from contracts.catalogue import Catalogue
from language.leaving import leaving
from runtime.clock import Clock
from runtime.database.lease import Lease
from runtime.database.listen import Listener
from runtime.database.postgres import Pool
from runtime.database.purge import purging
from runtime.keyring import KeyRing, parse_keys
from runtime.process.lifecycle import Stop
from services.desk.conversations.conversations import CHANNEL, Conversations
from services.desk.conversations.files import Files
from services.desk.door.routes import Route
from services.desk.editor import proposals
from services.desk.editor.parts import EditorParts
from services.desk.editor.routes import routes as editor_routes
from services.desk.knowledge.answers import Answers
from services.desk.knowledge.records import Records
from services.desk.knowledge.shelf import Shelf
from services.desk.operators.editing import Editor
from services.desk.page import drafts
from services.desk.page.parts import PageParts
from services.desk.page.routes import routes as page_routes
from services.desk.page.streams import Streams

DRAFTS_KEPT = timedelta(days=7)
Loop = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Pages:
    """The pages' rooms by name, their routes, and what runs beside them."""

    rooms: Mapping[str, str]
    routes: Sequence[Route]
    loops: Sequence[Loop]


@dataclass(frozen=True)
class Ground:
    """What all pages stand on; `address` is the database's, `holder` this process in its leases."""

    pool: Pool
    address: str
    catalogue: Catalogue
    clock: Clock
    holder: str
    stop: Stop
    shelf: Shelf

    def lease(self, role: str) -> Lease:
        """Return a lease of this process."""
        return Lease(self.pool, self.clock, role, self.holder)


def editors_pages(ground: Ground) -> Pages:
    """Return the pages of the knowledge base."""
    pool, clock, catalogue, stop = ground.pool, ground.clock, ground.catalogue, ground.stop
    answers, desk = Answers(pool, clock), ground.catalogue.agency.desk
    parts = EditorParts(
        Editor(answers, Records(pool), catalogue, leaving, ""),
        ground.shelf,
        proposals.Proposals(pool, clock),
        catalogue,
        leaving,
        clock,
        four_eyes=desk is not None and desk.four_eyes,
    )
    decided = proposals.Purge(pool, clock)
    loops = [lambda: purging(ground.lease("proposal_purge"), decided.once, proposals.BATCH, stop)]
    return Pages({"editor": "services.desk.editor"}, editor_routes(parts), loops)


def peoples_pages(
    ground: Ground, conversations: Conversations, keys: str, files: Files | None = None
) -> Pages:
    """Return the pages of conversations; `keys` seal drafts, as they seal what was said."""
    pool, clock, stop = ground.pool, ground.clock, ground.stop
    streams = Streams(conversations, stop)
    ring = KeyRing(parse_keys(keys), drafts.PURPOSE)
    kept = drafts.Drafts(pool, ring, clock)
    parts = PageParts(conversations, kept, streams, ground.shelf, ground.catalogue, clock, files)
    listener = Listener(ground.address, CHANNEL, streams.tell, clock)
    old = drafts.Purge(pool, clock, DRAFTS_KEPT)
    loops: list[Loop] = [
        lambda: listener.run(stop),
        lambda: purging(ground.lease("draft_purge"), old.once, drafts.BATCH, stop),
    ]
    return Pages({"page": "services.desk.page"}, page_routes(parts), loops)
