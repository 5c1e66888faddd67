"""What the routes of the staff's page work with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from uuid import UUID
from zoneinfo import ZoneInfo

from contracts.catalogue import Catalogue
from runtime.clock import Clock
from runtime.process.forms import RefusedError
from services.desk.conversations.conversations import Conversations
from services.desk.conversations.files import Files
from services.desk.domain.viewers import Role
from services.desk.door.routes import Asked
from services.desk.knowledge.shelf import Shelf
from services.desk.page.drafts import Drafts
from services.desk.page.streams import Streams

ANSWERING: frozenset[Role] = frozenset({"operator", "supervisor"})
LEADING: frozenset[Role] = frozenset({"supervisor"})


@dataclass(frozen=True)
class PageParts:
    """What the routes of one process work with."""

    conversations: Conversations
    drafts: Drafts
    streams: Streams
    shelf: Shelf
    catalogue: Catalogue
    clock: Clock
    files: Files | None = None

    @property
    def zone(self) -> ZoneInfo:
        """Return the agency's time zone, in which staff read every time."""
        return ZoneInfo(self.catalogue.agency.time_zone)

    @property
    def today(self) -> date:
        """Return the day of the agency's calendar."""
        return self.clock.now().astimezone(self.zone).date()


def which(asked: Asked) -> UUID:
    """Return the conversation that the path names."""
    found: UUID = asked.request.path_params["id"]
    return found


def number(form: Mapping[str, str], name: str) -> int:
    """Return a whole number of a form; RefusedError for anything else."""
    value = form.get(name, "")
    if not (value.isascii() and value.isdigit() and len(value) <= _DIGITS):
        raise RefusedError(HTTPStatus.BAD_REQUEST)
    return int(value)


def identity(form: Mapping[str, str], name: str) -> UUID:
    """Return an id of a form; RefusedError for anything else."""
    try:
        return UUID(form.get(name, ""))
    except ValueError:
        raise RefusedError(HTTPStatus.BAD_REQUEST) from None


_DIGITS = 9
