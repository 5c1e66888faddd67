"""The routes of the staff's page."""

from collections.abc import Sequence

from starlette.responses import Response, StreamingResponse

from services.desk.door.routes import Asked, Handler, Route
from services.desk.page.files import Filing
from services.desk.page.listing import Listing
from services.desk.page.parts import ANSWERING, LEADING, PageParts
from services.desk.page.talking import Talking

ONE = "/conversations/{id:uuid}"


def routes(parts: PageParts) -> Sequence[Route]:
    """Return the routes to give to the door."""
    listing = Listing(parts)
    talking = Talking(parts, listing)
    deeds: dict[str, Handler] = {
        "answer": talking.answer,
        "note": talking.note,
        "pass": talking.pass_on,
        "close": talking.close,
        "back": talking.give_back,
        "sign": talking.sign,
        "draft": talking.draft,
        "suggest": talking.suggest,
    }
    return [
        Route("GET", "/conversations", ANSWERING, listing.page, "Conversations"),
        Route("GET", "/conversations/part", ANSWERING, listing.part),
        Route("GET", "/conversations/events", ANSWERING, _events(parts)),
        Route("POST", "/conversations/take", ANSWERING, listing.take),
        Route("POST", "/conversations/leave", ANSWERING, listing.leave),
        Route("GET", ONE, ANSWERING, talking.page),
        Route("GET", f"{ONE}/part", ANSWERING, talking.part),
        Route("GET", f"{ONE}/files/{{file:uuid}}", ANSWERING, Filing(parts).file),
        *(Route("POST", f"{ONE}/{name}", ANSWERING, deed) for name, deed in deeds.items()),
        Route("GET", "/search", ANSWERING, listing.search, "Search"),
        Route("POST", "/search", ANSWERING, listing.found),
        Route("GET", "/wall", LEADING, listing.wall, "Wall"),
        Route("GET", "/wall/part", LEADING, listing.wall_part),
    ]


def _events(parts: PageParts) -> Handler:
    async def events(asked: Asked) -> Response:
        """Tell an open page of what changes."""
        if not parts.streams.admits(asked):
            return Response(status_code=503)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(parts.streams.of(asked), 200, headers, "text/event-stream")

    return events
