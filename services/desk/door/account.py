"""What everybody has behind the door: the first page, their own account, where else they are signed in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID
from zoneinfo import ZoneInfo

from starlette.background import BackgroundTask
from starlette.responses import Response

from runtime.database.postgres import transaction
from runtime.process.forms import RefusedError
from services.desk.domain.signing_in import SHORTEST_PASSWORD
from services.desk.domain.viewers import Role
from services.desk.door.gate import Gate
from services.desk.door.routes import Asked, Route
from services.desk.door.sign_in import PROBLEMS, STATUSES
from services.desk.door.speech import to_say
from services.desk.door.views import Reader, Views
from services.desk.staff.audit import audit
from services.desk.staff.sessions import Session
from services.desk.staff.signing_in import Passed, Refused, SigningIn

ACCOUNT = "/account"
ROLE_NAMES: Mapping[Role, str] = {
    "operator": to_say("answers citizens"),
    "editor": to_say("keeps the answers of the base"),
    "supervisor": to_say("leads the desk"),
    "caller": to_say("calls citizens"),
    "clerk": to_say("works at an office"),
}


@dataclass(frozen=True)
class AccountPages:
    """The pages; `zone` is the agency's."""

    gate: Gate
    views: Views
    signing_in: SigningIn
    zone: ZoneInfo

    def routes(self) -> Sequence[Route]:
        """Return the pages of everybody who is signed in."""
        return [
            Route("GET", "/", None, self.home),
            Route("GET", ACCOUNT, None, self.account, label="My account"),
            Route("POST", f"{ACCOUNT}/password", None, self.password),
            Route("POST", f"{ACCOUNT}/language", None, self.language),
            Route("POST", f"{ACCOUNT}/end", None, self.end),
            Route("POST", f"{ACCOUNT}/end-others", None, self.end_others),
        ]

    async def home(self, asked: Asked) -> Response:
        """Lead to the first page of somebody's navigation."""
        return self.views.goes(self.views.places_of(asked.viewer)[0].path)

    async def account(self, asked: Asked) -> Response:
        """Show who one is here, and where one is signed in."""
        return await self._shown(asked, await self._session(asked))

    async def password(self, asked: Asked) -> Response:
        """Change the password, by the old one."""
        session = await self._session(asked)
        if session.account.by_directory:
            raise RefusedError(HTTPStatus.NOT_FOUND)
        old, new = asked.form.get("old", ""), asked.form.get("password", "")
        done = await self.signing_in.change(session, old, new)
        if isinstance(done, Passed):
            response = self.views.goes(f"{ACCOUNT}?changed")
            self.gate.let_in(response, done.cookie)
            return response
        return await self._shown(asked, session, done)

    async def language(self, asked: Asked) -> Response:
        """Read in another language."""
        chosen = asked.form.get("value", "")
        if chosen not in self.views.speeches:
            raise RefusedError(HTTPStatus.BAD_REQUEST)
        await self.signing_in.accounts.read_in(asked.viewer.staff_id, chosen)
        return self.views.goes(ACCOUNT)

    async def end(self, asked: Asked) -> Response:
        """Sign out elsewhere."""
        try:
            session_id = UUID(asked.form.get("session", ""))
        except ValueError:
            raise RefusedError(HTTPStatus.BAD_REQUEST) from None
        async with transaction(self.signing_in.pool) as connection:
            if not await self.gate.sessions.end(connection, asked.viewer.staff_id, session_id):
                raise RefusedError(HTTPStatus.NOT_FOUND)
            await audit(connection, asked.viewer, "session ended", None)
        return self.views.goes(ACCOUNT)

    async def end_others(self, asked: Asked) -> Response:
        """Sign out everywhere else."""
        session = await self._session(asked)
        async with transaction(self.signing_in.pool) as connection:
            await self.gate.sessions.end_others(connection, session)
            await audit(connection, asked.viewer, "other sessions ended", None)
        return self.views.goes(ACCOUNT)

    async def _session(self, asked: Asked) -> Session:
        session = (await self.gate.visitor(asked.request)).session
        if session is None:  # it was ended a moment ago
            raise RefusedError(HTTPStatus.FORBIDDEN)
        return session

    async def _shown(self, asked: Asked, session: Session, problem: Refused | None = None) -> Response:
        speech = self.views.speeches[asked.language]
        said = None if problem is None else speech.say(PROBLEMS[problem.why], shortest=SHORTEST_PASSWORD)
        places = [
            {
                "id": one.id.hex,
                "begun": f"{one.begun_at.astimezone(self.zone):%Y-%m-%d %H:%M}",
                "seen": f"{one.seen_at.astimezone(self.zone):%Y-%m-%d %H:%M}",
                "this": one.id == session.id,
            }
            for one in await self.gate.sessions.places(asked.viewer.staff_id)
        ]
        values: Mapping[str, object] = {
            "role_names": {role: speech.say(name) for role, name in ROLE_NAMES.items()},
            "login": session.account.login,
            "local": not session.account.by_directory,
            "sessions": places,
            "problem": said,
            "changed": "changed" in asked.request.query_params,
            "shortest": SHORTEST_PASSWORD,
        }
        reader = Reader(asked.language, asked.csrf, asked.viewer)
        if problem is None:
            return self.views.answer(asked.request, reader, "door/account.html", values)
        status = STATUSES.get(problem.why, HTTPStatus.UNPROCESSABLE_ENTITY)
        note = BackgroundTask(self.signing_in.note, problem)
        return self.views.answer(
            asked.request, reader, "door/account.html", values, status=status, background=note
        )
