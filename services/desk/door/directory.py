"""The way to the agency's directory and back."""

import secrets
from dataclasses import dataclass
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route as Path

from runtime.database.postgres import transaction
from runtime.logs import logger
from services.desk.door.gate import Gate
from services.desk.door.headers import security
from services.desk.door.speech import to_say
from services.desk.door.views import Reader, Views
from services.desk.staff.directory import Directory, DirectoryError, Identity, StrangerError, Visit
from services.desk.staff.signing_in import Passed, SigningIn

LOG = logger(__name__)
BACK = "/directory/back"


@dataclass(frozen=True)
class DirectoryPages:
    """The two pages."""

    gate: Gate
    views: Views
    signing_in: SigningIn
    directory: Directory

    def paths(self) -> list[Path]:
        """Return the paths that answer whoever asks."""
        return [
            Path("/directory", self.go, methods=["GET"]),
            Path(BACK, self.back, methods=["GET"]),
        ]

    async def go(self, request: Request) -> Response:
        """Send a browser to the directory."""
        visit = Visit(secrets.token_urlsafe(32))
        try:
            address = await self.directory.address(visit, self.views.language(request))
        except DirectoryError as error:
            return self._away(request, error)
        response = RedirectResponse(address, HTTPStatus.SEE_OTHER, security(secure=self.gate.secure))
        self.gate.send_off(response, visit.cookie)
        return response

    async def back(self, request: Request) -> Response:
        """Take a browser back, and sign in whom the directory vouches for."""
        cookie = self.gate.visit(request)
        try:
            if cookie is None:
                raise StrangerError("without a visit")  # noqa: TRY301 - as any other stranger
            identity = await self.directory.who(Visit(cookie), request.query_params)
        except DirectoryError as error:
            return self._away(request, error)
        except StrangerError as error:
            LOG.warning("the directory vouches for nobody", reason=str(error))
            return self._stranger(request, "stranger")
        done = await self._signed_in(identity)
        if done is None:
            return self._stranger(request, "no_account")
        response = self.views.goes("/")
        self.gate.let_in(response, done.cookie)
        self.gate.send_off(response, None)
        return response

    async def _signed_in(self, identity: Identity) -> Passed | None:
        who = (identity.issuer, identity.subject, identity.login)
        async with transaction(self.signing_in.pool) as connection:
            account = await self.signing_in.accounts.vouched_for(connection, *who)
            return None if account is None else await self.signing_in.by_directory(account, connection)

    def _away(self, request: Request, error: DirectoryError) -> Response:
        LOG.warning("the directory cannot be asked", reason=str(error))
        self.signing_in.counted("directory", "away")
        return self._told(
            request,
            HTTPStatus.BAD_GATEWAY,
            to_say("The directory does not answer"),
            to_say("It is not your fault. Try again in a minute."),
        )

    def _stranger(self, request: Request, why: str) -> Response:
        self.signing_in.counted("directory", why)
        return self._told(
            request,
            HTTPStatus.FORBIDDEN,
            to_say("You were not signed in"),
            to_say(
                "The directory did not say who you are, or you have no account here. Ask your administrator."
            ),
        )

    def _told(self, request: Request, status: HTTPStatus, title: str, text: str) -> Response:
        reader = Reader(self.views.language(request))
        speech = self.views.speeches[reader.language]
        values = {"title": speech.say(title), "texts": [speech.say(text)]}
        response = self.views.answer(request, reader, "door/told.html", values, status=status)
        self.gate.send_off(response, None)
        return response
