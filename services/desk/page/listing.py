"""The list of who waits and what one holds, the search, and the supervisor's wall."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from services.desk.conversations.views import Cursor, Held, Taken
from services.desk.door.rendering import goes, render
from services.desk.door.routes import Asked
from services.desk.page.parts import PageParts, identity
from services.desk.page.showing import Words

LISTED = 50
LONGEST_WORDS = 200
TOLD = frozenset({"taken", "none", "closed", "passed", "back", "gone", "left"})
"""What a page says of the deed that led to it."""


class Listing:
    """The pages that show many conversations."""

    def __init__(self, parts: PageParts) -> None:
        self._parts = parts

    async def page(self, asked: Asked) -> Response:
        """Show who waits and what is mine."""
        told = asked.request.query_params.get("told", "")
        if told != "left":
            await self._parts.conversations.present(asked.viewer)
        values = {**await self.rows(asked), "told": told if told in TOLD else ""}
        return render(asked, "page/list.html", **values)

    async def part(self, asked: Asked) -> Response:
        """Return the lists alone, for a page that is open."""
        return render(asked, "page/lists.html", **await self.rows(asked))

    async def rows(self, asked: Asked) -> Mapping[str, Any]:
        """Return what the lists are made of; `next` is where the list of who waits goes on."""
        conversations, viewer = self._parts.conversations, asked.viewer
        after = Cursor.read(asked.request.query_params.get("after", ""))
        words = Words.of(self._parts, asked.language)
        drafts = await self._parts.drafts.held(viewer.staff_id)
        mine = await conversations.mine(viewer)
        waiting = await conversations.waiting(viewer, LISTED, after)
        return {
            "mine": [words.held(one, draft=one.about.conversation_id in drafts) for one in mine],
            "waiting": [words.waiting(one, draft=one.about.conversation_id in drafts) for one in waiting],
            "next": waiting[-1].cursor.written() if len(waiting) == LISTED else "",
            "after": after is not None,
            "open_id": None,
        }

    async def take(self, asked: Asked) -> Response:
        """Take one, or the first that fits, and show it."""
        wanted = identity(asked.form, "id") if asked.form.get("id") else None
        match await self._parts.conversations.take(asked.viewer, wanted):
            case Held(about=about):
                return goes(asked, f"/conversations/{about.conversation_id}")
            case Taken(by=by):
                return goes(asked, "/conversations?told=" + ("gone" if by is None else "taken"))
            case None:
                return goes(asked, "/conversations?told=none")

    async def leave(self, asked: Asked) -> Response:
        """Give everything back: whoever goes holds nothing."""
        await self._parts.conversations.left(asked.viewer)
        return goes(asked, "/conversations?told=left")

    async def search(self, asked: Asked) -> Response:
        """Ask for words to search for; they are posted, for addresses are written down in many places."""
        return render(asked, "page/search.html", words="", hits=None, cut=False)

    async def found(self, asked: Asked) -> Response:
        """Show where words were found."""
        said = " ".join(asked.form.get("words", "").split())[:LONGEST_WORDS]
        if not said:
            return await self.search(asked)
        found = await self._parts.conversations.search(asked.viewer, said)
        words = Words.of(self._parts, asked.language)
        hits = [words.hit(one) for one in found.hits]
        return render(asked, "page/search.html", words=said, hits=hits, cut=found.cut)

    async def wall(self, asked: Asked) -> Response:
        """Show how the desk fares."""
        return render(asked, "page/wall.html", **await self._wall(asked))

    async def wall_part(self, asked: Asked) -> Response:
        """Return the figures alone, for a wall that hangs there."""
        return render(asked, "page/figures.html", **await self._wall(asked))

    async def _wall(self, asked: Asked) -> Mapping[str, Any]:
        wall = await self._parts.conversations.wall()
        words = Words.of(self._parts, asked.language)
        oldest = None if wall.oldest is None else int((words.now - wall.oldest).total_seconds() // 60)
        return {
            "wall": wall,
            "longest": None if oldest is None else max(0, oldest),
            "usual": int(wall.usual.total_seconds() // 60),
            "opens": words.moment(wall.opens_at),
            "at_now": words.moment(words.now),
            "kept": None if not wall.given else round(100 * wall.kept / wall.given),
            "shares": {
                "topic": {words.topic(name): one for name, one in wall.shares.topics.items()},
                "language": {words.named(name): one for name, one in wall.shares.languages.items()},
                "group": dict(wall.shares.groups),
            },
        }
