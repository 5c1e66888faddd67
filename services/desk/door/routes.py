"""What a page behind the door is: a route with the roles that may have it, and what its handler is given."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from starlette.requests import Request
from starlette.responses import Response

from services.desk.domain.viewers import Role, Viewer

LONGEST_FORM = 64 * 1024


class View(Protocol):
    """Makes the pages of one request."""

    def page(self, asked: "Asked", template: str, values: Mapping[str, object], status: int) -> Response:
        """Return a template as a whole answer, with the headers of every answer."""
        ...

    def part(self, asked: "Asked", template: str, values: Mapping[str, object]) -> str:
        """Return a template as HTML, for a part of a page that changes while somebody looks."""
        ...

    def file(self, content: bytes, media_type: str, name: str) -> Response:
        """Return a file of somebody's whom nobody trusts: to be kept, never to be opened as a page of ours.

        `name` is ours, of letters of ASCII.
        """
        ...

    def goes(self, path: str) -> Response:
        """Send the browser to one of our paths, by GET."""
        ...

    def words(self, language: str, sentence: str, values: Mapping[str, object]) -> str:
        """Return a sentence in a language."""
        ...


@dataclass(frozen=True)
class Asked:
    """One request of somebody who is signed in and has a role that the route wants.

    Attributes:
        request: its path parameters and query; the body is read already, and must not be read again.
        viewer: who asks.
        form: the fields of a posted form by name, the last of each; bounded, and proven to be ours.
        language: in which they read.
        csrf: what the field `csrf` of each form must hold; scripts post it likewise.
        view: makes pages; used by `services.desk.door.rendering`.
        still: asks whether the session is still good; a stream calls it with each sign of life, and ends
            where it is not.
    """

    request: Request
    viewer: Viewer
    form: Mapping[str, str]
    language: str
    csrf: str
    view: View
    still: Callable[[], Awaitable[bool]]


Handler = Callable[[Asked], Awaitable[Response]]


@dataclass(frozen=True)
class Route:
    """A page, or what a page's form or script asks for.

    Attributes:
        method: `GET` changes nothing but the audit; whatever changes something is a `POST`.
        path: as Starlette writes it (`/conversations/{id:uuid}`), below the door's address.
        roles: who may ask, by any one of them; None for everybody who is signed in. Whoever may not is told
            what everybody is told where there is no such path.
        handler: what answers; it may raise RefusedError.
        label: the English sentence under which a GET stands in the navigation of those who may have it;
            None for no place there.
        longest: how many bytes a form may have.
    """

    method: Literal["GET", "POST"]
    path: str
    roles: frozenset[Role] | None
    handler: Handler
    label: str | None = None
    longest: int = LONGEST_FORM
