"""Who comes to the door, and whether a post is one of our own forms: decided before anything else."""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from runtime.process.forms import RefusedError, body_of, fields_of, is_from
from services.desk.door.routes import LONGEST_FORM
from services.desk.staff.sessions import DEVICE_KEPT, Session, Sessions

MOST_FIELDS = 200
LONGEST_QUERY = 4096
VISIT_SECONDS = 600
"""For how long somebody may be at the directory."""
_TOKEN_LETTERS = 22


@dataclass(frozen=True)
class Visitor:
    """Who comes: the session that the cookie opens, None for a stranger, and what proves a form ours."""

    session: Session | None
    csrf: str


STRANGER = Visitor(None, "")


@dataclass(frozen=True)
class Gate:
    """The way in below one address."""

    sessions: Sessions
    url: str

    @property
    def base(self) -> str:
        """Return the path below which everything is, without a slash at its end."""
        return urlsplit(self.url).path

    @property
    def secure(self) -> bool:
        """Tell whether browsers reach us by TLS."""
        return self.url.startswith("https:")

    def bounded(self, request: Request) -> None:
        """Raise RefusedError where an address is longer than any of ours."""
        if len(request.url.query) > LONGEST_QUERY:
            raise RefusedError(HTTPStatus.REQUEST_URI_TOO_LONG)

    async def visitor(self, request: Request) -> Visitor:
        """Return who comes; a cookie that opens nothing is no cookie."""
        cookie = request.cookies.get(self._name(""))
        session = None if cookie is None else await self.sessions.opened_by(cookie)
        return STRANGER if session is None or cookie is None else Visitor(session, csrf_of(cookie))

    async def posted(
        self, request: Request, longest: int = LONGEST_FORM
    ) -> tuple[Visitor, Mapping[str, str]]:
        """Return who posts and the fields of the form; raise RefusedError where the form is none of ours."""
        if not self._from_here(request):
            raise RefusedError(HTTPStatus.FORBIDDEN)
        fields = fields_of(await body_of(request, longest), MOST_FIELDS)
        visitor = await self.visitor(request)
        if visitor.session is not None:
            given = fields.pop("csrf", "")
            if not hmac.compare_digest(given.encode(), visitor.csrf.encode()):
                raise RefusedError(HTTPStatus.FORBIDDEN)
        return visitor, fields

    def let_in(self, response: Response, cookie: str) -> None:
        """Have the browser keep the cookie of a session until it is closed."""
        self._set(response, "", cookie, None)

    def see_off(self, response: Response) -> None:
        """Have the browser forget the cookie of its session, and what it kept of us."""
        self._set(response, "", "", 0)
        response.headers["Clear-Site-Data"] = '"storage"'

    def device(self, request: Request) -> str | None:
        """Return the cookie of a browser from which somebody signed in before."""
        return request.cookies.get(self._name("-browser"))

    def know(self, response: Response, cookie: str) -> None:
        """Have the browser keep what it is known by."""
        self._set(response, "-browser", cookie, int(DEVICE_KEPT.total_seconds()))

    def visit(self, request: Request) -> str | None:
        """Return the cookie of a visit to the directory."""
        return request.cookies.get(self._name("-visit"))

    def send_off(self, response: Response, cookie: str | None) -> None:
        """Have the browser keep the cookie of a visit to the directory, or forget it."""
        self._set(response, "-visit", cookie or "", 0 if cookie is None else VISIT_SECONDS)

    def _set(self, response: Response, kind: str, value: str, seconds: int | None) -> None:
        response.set_cookie(
            self._name(kind),
            value,
            max_age=seconds,
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="lax",  # who comes back from the directory comes from another site
        )

    def _name(self, kind: str) -> str:
        return f"{'__Host-' if self.secure else ''}docwatch-desk{kind}"

    def _from_here(self, request: Request) -> bool:
        """Tell whether the browser says that one of our own pages posts, whatever cookies it sends along."""
        if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return False
        return is_from(request, self.url)


def csrf_of(cookie: str) -> str:
    """Return what every form of a session bears: it follows from the cookie, which no other site can read."""
    digest = hashlib.sha256(b"docwatch/desk/form/" + cookie.encode("utf-8", "replace")).digest()
    return urlsafe_b64encode(digest)[:_TOKEN_LETTERS].decode()
