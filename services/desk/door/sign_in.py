"""The pages of signing in: password or code, second factor, the way out. Each judges by itself who asks."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from io import BytesIO

import segno
from markupsafe import Markup
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as Path

from runtime.process.sources import source_of
from services.desk.domain.signing_in import SHORTEST_PASSWORD, Stage
from services.desk.door.application import SIGN_IN, STEPS
from services.desk.door.assets import STATIC_PATH
from services.desk.door.gate import Gate, Visitor
from services.desk.door.speech import to_say
from services.desk.door.views import Reader, Views
from services.desk.staff.sessions import Session
from services.desk.staff.signing_in import Passed, Refusal, Refused, SigningIn

PROBLEMS: Mapping[Refusal, str] = {
    "wrong": to_say("This is not right. Check it and try again."),
    "digits": to_say("These digits are not right, or were used already. Wait for the next ones."),
    "later": to_say("Too many attempts. Wait a quarter of an hour and try again."),
    "busy": to_say("Too many people sign in right now. Try again in a moment."),
    "short": to_say("The password is too short: at least {shortest} letters."),
    "long": to_say("The password is too long."),
    "guessable": to_say("This password is easy to guess. Take several words that do not belong together."),
    "over": to_say("This took too long. Sign in again."),
}
STATUSES: Mapping[Refusal, HTTPStatus] = {
    "later": HTTPStatus.TOO_MANY_REQUESTS,
    "busy": HTTPStatus.SERVICE_UNAVAILABLE,
}


@dataclass(frozen=True)
class SignInPages:
    """The pages; `by_directory` tells whether there is a directory to sign in by."""

    gate: Gate
    views: Views
    signing_in: SigningIn
    by_directory: bool

    def paths(self) -> list[Path]:
        """Return the paths that answer whoever asks."""
        posts = {
            SIGN_IN: self.by_password,
            "/first": self.by_code,
            "/password": self.choose,
            "/second": self.second,
            "/out": self.out,
        }
        gets = {
            SIGN_IN: self.sign_in,
            "/first": self.first,
            "/password": self.password,
            "/second": self.factor,
            f"{STATIC_PATH}/{{digest}}/{{room}}/{{name}}": self.static,
        }
        return [
            *(Path(path, one, methods=["GET"]) for path, one in gets.items()),
            *(Path(path, one, methods=["POST"]) for path, one in posts.items()),
        ]

    async def sign_in(self, request: Request) -> Response:
        """Show the form for login and password, and the way to the directory."""
        visitor = await self.gate.visitor(request)
        if visitor.session is not None and visitor.session.stage == "open":
            return self.views.goes("/")
        return self._form(request, visitor, "door/sign_in.html", {"out": "out" in request.query_params})

    async def by_password(self, request: Request) -> Response:
        """Take login and password."""
        visitor, form = await self.gate.posted(request)
        done = await self.signing_in.by_password(
            form.get("login", ""),
            form.get("password", ""),
            device=self.gate.device(request),
            source=source_of(request.scope, intranet=True),
        )
        return await self._done(request, visitor, done, "door/sign_in.html", {"out": False})

    async def first(self, request: Request) -> Response:
        """Show the form for the code of a first sign-in."""
        return self._form(request, await self.gate.visitor(request), "door/first.html")

    async def by_code(self, request: Request) -> Response:
        """Take the code of a first sign-in."""
        visitor, form = await self.gate.posted(request)
        source = source_of(request.scope, intranet=True)
        done = await self.signing_in.by_code(form.get("code", ""), source=source)
        return await self._done(request, visitor, done, "door/first.html")

    async def password(self, request: Request) -> Response:
        """Show the form in which the first password is chosen."""
        visitor = await self.gate.visitor(request)
        session = self._at(visitor, "first")
        if session is None:
            return self._elsewhere(visitor)
        return self._form(request, visitor, "door/password.html", {"login": session.account.login})

    async def choose(self, request: Request) -> Response:
        """Take the first password."""
        visitor, form = await self.gate.posted(request)
        session = self._at(visitor, "first")
        if session is None:
            return self._elsewhere(visitor)
        done = await self.signing_in.choose(session, form.get("password", ""))
        return await self._done(
            request, visitor, done, "door/password.html", {"login": session.account.login}
        )

    async def factor(self, request: Request) -> Response:
        """Show the form for the second factor, with what sets it up where it is not yet."""
        visitor = await self.gate.visitor(request)
        session = self._at(visitor, "factor", "enrol")
        if session is None:
            return self._elsewhere(visitor)
        return self._form(request, visitor, *await self._factor_page(session))

    async def second(self, request: Request) -> Response:
        """Take a code of the second factor."""
        visitor, form = await self.gate.posted(request)
        session = self._at(visitor, "factor", "enrol")
        if session is None:
            return self._elsewhere(visitor)
        typed, device = form.get("code", ""), self.gate.device(request)
        if session.stage == "enrol":
            done = await self.signing_in.enrol(session, typed, device=device)
        else:
            source = source_of(request.scope, intranet=True)
            done = await self.signing_in.by_factor(session, typed, device=device, source=source)
        template, values = await self._factor_page(session) if isinstance(done, Refused) else ("", {})
        return await self._done(request, visitor, done, template, values)

    async def out(self, request: Request) -> Response:
        """Sign out."""
        visitor, _ = await self.gate.posted(request)
        if visitor.session is not None:
            await self.signing_in.out(visitor.session)
        response = self.views.goes(f"{SIGN_IN}?out")
        self.gate.see_off(response)
        return response

    async def static(self, request: Request) -> Response:
        """Hand a static file over."""
        given = request.path_params
        return self.views.asset_of(f"{given['room']}/{given['name']}", given["digest"])

    async def _factor_page(self, session: Session) -> tuple[str, dict[str, object]]:
        if session.stage == "factor":
            return "door/factor.html", {}
        account, factor = session.account, self.signing_in.factor
        secret = await self.signing_in.proposed(session)
        spaced = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
        return "door/enrol.html", {
            "secret": spaced,
            "picture": _picture(factor.address(secret, account.login)),
        }

    def _at(self, visitor: Visitor, *stages: Stage) -> Session | None:
        session = visitor.session
        return session if session is not None and session.stage in stages else None

    def _elsewhere(self, visitor: Visitor) -> Response:
        return self.views.goes(SIGN_IN if visitor.session is None else STEPS[visitor.session.stage])

    async def _done(
        self,
        request: Request,
        visitor: Visitor,
        done: Passed | Refused,
        template: str,
        values: Mapping[str, object] | None = None,
    ) -> Response:
        """Go on to the next step, or show the form again with what is wrong."""
        if isinstance(done, Passed):
            response = self.views.goes(STEPS[done.stage])
            self.gate.let_in(response, done.cookie)
            if done.device is not None:
                self.gate.know(response, done.device)
            return response
        if done.why == "over":
            response = self.views.goes(SIGN_IN)
            self.gate.see_off(response)
            return response
        return self._form(request, visitor, template, values, problem=done)

    def _form(
        self,
        request: Request,
        visitor: Visitor,
        template: str,
        values: Mapping[str, object] | None = None,
        *,
        problem: Refused | None = None,
    ) -> Response:
        reader = Reader(self.views.language(request), visitor.csrf)
        speech = self.views.speeches[reader.language]
        said = None if problem is None else speech.say(PROBLEMS[problem.why], shortest=SHORTEST_PASSWORD)
        whole = {
            "problem": said,
            "by_directory": self.by_directory,
            "shortest": SHORTEST_PASSWORD,
            **(values or {}),
        }
        if problem is None:
            return self.views.answer(request, reader, template, whole)
        status = STATUSES.get(problem.why, HTTPStatus.UNPROCESSABLE_ENTITY)
        note = BackgroundTask(self.signing_in.note, problem)
        return self.views.answer(request, reader, template, whole, status=status, background=note)


def _picture(text: str) -> Markup:
    """Return the code to scan as a picture within a page."""
    drawn = BytesIO()
    segno.make(text, error="m").save(
        drawn, kind="svg", xmldecl=False, svgns=False, omitsize=True, dark="#000", light="#fff"
    )
    return Markup(drawn.getvalue().decode())  # noqa: S704 - made of squares alone
