"""Who comes to the page, and whether a post is one of our own forms: decided before anything else."""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from runtime.process.forms import RefusedError, body_of, fields_of, is_from
from services.notifier.channels.web.sessions import Session, Sessions

LONGEST_FORM = 32 * 1024
"""Bytes: 4000 letters of any alphabet as a form writes them."""
MOST_FIELDS = 12
COOKIE_SECONDS = 400 * 24 * 3600
"""As long as browsers keep one."""
_TOKEN_LETTERS = 22
_BETWEEN = "."


NEXT_SECONDS = 24 * 3600
"""As long as a form may lie open that begins a session by the cookie which came with it."""


@dataclass(frozen=True)
class Visitor:
    """Who comes: the session that the cookie opens, None for a stranger, and what proves a form ours.

    `spare` is the cookie that came with the form, for a session that begins by it, so that the same form
    posted again finds the same one; None where there is none. `kept`: the session is open by that one, and
    the browser is to keep it in place of its own, as the answer that said so did not reach it.
    """

    session: Session | None
    token: str
    spare: str | None = None
    kept: str | None = None


STRANGER = Visitor(None, "")


@dataclass(frozen=True)
class Gate:
    """The way in below one public address."""

    sessions: Sessions
    public_url: str

    @property
    def base(self) -> str:
        """Return the path below which everything is, without a slash at its end."""
        return urlsplit(self.public_url).path

    async def visitor(self, request: Request) -> Visitor:
        """Return who comes; a cookie that opens nothing is no cookie."""
        cookie, spare = request.cookies.get(self._cookie_name), request.cookies.get(self._spare_name)
        session = None if cookie is None else await self.sessions.opened_by(cookie)
        if session is not None and cookie is not None:
            return Visitor(session, form_token(cookie))
        session = None if spare is None else await self.sessions.opened_by(spare)
        if session is not None and spare is not None:
            return Visitor(session, form_token(spare), kept=spare)
        return STRANGER

    async def posted(self, request: Request) -> tuple[Visitor, Mapping[str, str]]:
        """Return who posts and the fields of the form; raise RefusedError where the form is none of ours."""
        self.only_ours(request)
        fields = fields_of(await body_of(request, LONGEST_FORM), MOST_FIELDS)
        return self.proven(request, await self.visitor(request), fields), fields

    def proven(self, request: Request, visitor: Visitor, fields: Mapping[str, str]) -> Visitor:
        """Return who posts by these fields; raise RefusedError where the form is none of ours."""
        proof, _, of_spare = fields.get("form", "").partition(_BETWEEN)
        spare = request.cookies.get(self._spare_name, "")
        if not Sessions.is_cookie(spare) or not _same(of_spare, form_token(spare)):
            spare = ""
        # A form that did its work bears the proof of the cookie that it took the place of, or of none.
        if visitor.session is not None and not (visitor.kept and spare) and not _same(proof, visitor.token):
            raise RefusedError(HTTPStatus.FORBIDDEN)
        return replace(visitor, spare=spare or None)

    def only_ours(self, request: Request) -> None:
        """Raise RefusedError where the browser does not say that one of our own pages asks."""
        if not is_from(request, self.public_url):
            raise RefusedError(HTTPStatus.FORBIDDEN)

    def let_in(self, response: Response, cookie: str) -> None:
        """Have the browser keep its cookie, and no other."""
        self._set(response, self._cookie_name, cookie, COOKIE_SECONDS)
        self._set(response, self._spare_name, "", 0)

    def lend(self, response: Response, spare: str) -> None:
        """Have the browser keep a cookie beside its own by which a session may begin."""
        self._set(response, self._spare_name, spare, NEXT_SECONDS)

    def see_off(self, response: Response) -> None:
        """Have the browser forget its cookies."""
        self._set(response, self._cookie_name, "", 0)
        self._set(response, self._spare_name, "", 0)

    def _set(self, response: Response, name: str, value: str, seconds: int) -> None:
        response.set_cookie(
            name,
            value,
            max_age=seconds,
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="lax",
        )

    @property
    def _secure(self) -> bool:
        return self.public_url.startswith("https:")

    @property
    def _cookie_name(self) -> str:
        return "__Host-docwatch" if self._secure else "docwatch"

    @property
    def _spare_name(self) -> str:
        return f"{self._cookie_name}-next"


def with_spare(token: str, spare: str) -> str:
    """Return what a form bears that may begin a session by a cookie which comes with it."""
    return f"{token}{_BETWEEN}{form_token(spare)}"


def form_token(cookie: str) -> str:
    """Return what every form of a session bears: it follows from the cookie, which no other site can read."""
    digest = hashlib.sha256(b"docwatch/form/" + cookie.encode()).digest()
    return urlsafe_b64encode(digest)[:_TOKEN_LETTERS].decode()


def _same(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode(), token.encode())
