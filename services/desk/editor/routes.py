"""The routes of the editor's page."""

from collections.abc import Sequence

from services.desk.door.routes import Route
from services.desk.editor.looking import Looking
from services.desk.editor.parts import EDITING, SUGGESTING, EditorParts
from services.desk.editor.writing import Writing

LONGEST = 400_000
"""Bytes of a form with an answer in all languages, each with as many variants as it may have."""


def routes(parts: EditorParts) -> Sequence[Route]:
    """Return the routes to give to the door."""
    looking, writing = Looking(parts), Writing(parts)
    one = "/knowledge/proposals/{id:uuid}"
    return [
        Route("GET", "/knowledge", EDITING, looking.misses, "Knowledge base"),
        Route("POST", "/knowledge/misses/forget", EDITING, looking.forget),
        Route("GET", "/knowledge/answers", EDITING, looking.answers),
        Route("GET", "/knowledge/try", EDITING, looking.ask),
        Route("POST", "/knowledge/try", EDITING, looking.ask),
        Route("GET", "/knowledge/new", EDITING, writing.new),
        Route("POST", "/knowledge/new", EDITING, writing.new, longest=LONGEST),
        Route("GET", "/knowledge/answers/{id}", EDITING, writing.answer),
        Route("POST", "/knowledge/preview", EDITING, writing.preview, longest=LONGEST),
        Route("POST", "/knowledge/release", EDITING, writing.release, longest=LONGEST),
        Route("POST", "/knowledge/version", EDITING, writing.version),
        Route("GET", one, EDITING, writing.proposal),
        Route("POST", f"{one}/refuse", EDITING, writing.refuse),
        Route("POST", "/knowledge/suggest", SUGGESTING, writing.suggest, longest=LONGEST),
        Route("POST", "/knowledge/suggested", SUGGESTING, writing.suggested, longest=LONGEST),
    ]
