"""Pages out of the templates of all rooms, which escape whatever is put in."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus

from jinja2 import Environment, PackageLoader, PrefixLoader, StrictUndefined
from markupsafe import Markup
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from contracts.catalogue import Agency
from runtime.process.forms import RefusedError
from runtime.process.languages import preferred
from services.desk.domain.viewers import Viewer
from services.desk.door.assets import STATIC_PATH, Asset, load_assets
from services.desk.door.gate import Gate
from services.desk.door.headers import security
from services.desk.door.routes import Asked, Route
from services.desk.door.speech import Speech, load_speeches

_FOREVER = "public, max-age=31536000, immutable"
_NONCE_BYTES = 12


@dataclass(frozen=True)
class Reader:
    """Who reads a page: the language, the proof that their forms bear, who they are once they are in."""

    language: str
    csrf: str = ""
    viewer: Viewer | None = None


@dataclass(frozen=True)
class Views:
    """The pages of one door; `rooms` are packages by name, `routes` what is behind it, once that is known."""

    gate: Gate
    agency: Agency
    rooms: Mapping[str, str]
    routes: list[Route] = field(default_factory=list)
    speeches: Mapping[str, Speech] = field(init=False)
    assets: Mapping[str, Asset] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "speeches", load_speeches(self.agency.languages, self.rooms))
        object.__setattr__(self, "assets", load_assets(self.rooms))

    @cached_property
    def _environment(self) -> Environment:
        made = Environment(
            loader=PrefixLoader({room: PackageLoader(package) for room, package in self.rooms.items()}),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        made.globals.update(asset=self.asset, at=self.at)
        return made

    def at(self, path: str) -> str:
        """Return the address of one of our paths, as links and forms have it."""
        return f"{self.gate.base}{path}"

    def asset(self, name: str) -> str:
        """Return the address of a static file, another one whenever its content is."""
        return self.at(f"{STATIC_PATH}/{self.assets[name].digest}/{name}")

    def language(self, request: Request, reads: str | None = None) -> str:
        """Return in which language to answer: their own choice, the address's, else the browser's."""
        asked = request.query_params.get("lang", "")
        for chosen in (reads, asked):
            if chosen is not None and chosen in self.speeches:
                return chosen
        return preferred(request.headers.get("accept-language", ""), tuple(self.speeches))

    def render(
        self, template: str, reader: Reader, path: str, nonce: str, values: Mapping[str, object]
    ) -> str:
        """Return a template filled in; `path` is that of the page, to mark it in the navigation."""
        speech = self.speeches[reader.language]
        proof = Markup('<input type="hidden" name="csrf" value="{}">').format(reader.csrf)
        return self._environment.get_template(template).render(
            agency=self.agency.name.get(reader.language) or self.agency.name[self.agency.default_language],
            language=reader.language,
            languages=[(code, one.name) for code, one in self.speeches.items()],
            say=speech.say,
            count=speech.count,
            csrf=reader.csrf,
            proof=lambda: proof,
            nonce=nonce,
            viewer=reader.viewer,
            places=self._places(reader.viewer, path, speech),
            **values,
        )

    def answer(
        self,
        request: Request,
        reader: Reader,
        template: str,
        values: Mapping[str, object] | None = None,
        *,
        status: int = 200,
        background: BackgroundTask | None = None,
    ) -> Response:
        """Return a page as a whole answer."""
        nonce = secrets.token_urlsafe(_NONCE_BYTES)
        body = self.render(template, reader, request.url.path, nonce, values or {})
        headers = {**security(nonce, secure=self.gate.secure), "Content-Language": reader.language}
        return HTMLResponse(body, status, headers, background=background)

    def told(self, request: Request, reader: Reader, status: HTTPStatus) -> Response:
        """Return a page that says no more than a status does, in words."""
        title, text = _told(self.speeches[reader.language], status)
        values = {"title": title, "texts": [text]}
        return self.answer(request, reader, "door/told.html", values, status=status)

    def asset_of(self, name: str, digest: str) -> Response:
        """Return a static file; raise RefusedError for any other than there is."""
        found = self.assets.get(name)
        if found is None or found.digest != digest:
            raise RefusedError(HTTPStatus.NOT_FOUND)
        headers = {**security(secure=self.gate.secure), "Cache-Control": _FOREVER}
        return Response(found.content, 200, headers, found.media_type)

    def bare(self, status: HTTPStatus) -> Response:
        """Return what a script is told, which wants no page."""
        return PlainTextResponse(f"{status.phrase}\n", status, security(secure=self.gate.secure))

    # What a handler behind the door is given (`routes.View`).

    def page(self, asked: Asked, template: str, values: Mapping[str, object], status: int) -> Response:
        """Return a template as a whole answer."""
        return self.answer(asked.request, _reader(asked), template, values, status=status)

    def part(self, asked: Asked, template: str, values: Mapping[str, object]) -> str:
        """Return a template as HTML."""
        return self.render(template, _reader(asked), asked.request.url.path, "", values)

    def file(self, content: bytes, media_type: str, name: str) -> Response:
        """Return a file that a browser keeps, and shows in no page of ours but as a picture."""
        headers = {
            **security(secure=self.gate.secure),
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
        }
        return Response(content, 200, headers, media_type)

    def goes(self, path: str) -> Response:
        """Send the browser to one of our paths, by GET."""
        return RedirectResponse(self.at(path), HTTPStatus.SEE_OTHER, security(secure=self.gate.secure))

    def words(self, language: str, sentence: str, values: Mapping[str, object]) -> str:
        """Return a sentence in a language."""
        return self.speeches[language].plain(sentence, **values)

    def places_of(self, viewer: Viewer) -> Sequence[Route]:
        """Return the pages that stand in somebody's navigation."""
        return [one for one in self.routes if one.label is not None and viewer.is_any(one.roles)]

    def _places(self, viewer: Viewer | None, path: str, speech: Speech) -> Sequence[tuple[str, Markup, bool]]:
        if viewer is None:
            return ()
        return [
            (self.at(one.path), speech.say(one.label or ""), path == one.path)
            for one in self.places_of(viewer)
        ]


def _reader(asked: Asked) -> Reader:
    return Reader(asked.language, asked.csrf, asked.viewer)


def _told(speech: Speech, status: HTTPStatus) -> tuple[Markup, Markup]:
    """Return in a few words what a status means to who reads it, and what to do."""
    match status:
        case HTTPStatus.NOT_FOUND | HTTPStatus.METHOD_NOT_ALLOWED:
            return speech.say("There is nothing here"), speech.say("The page is gone, or it is not for you.")
        case HTTPStatus.FORBIDDEN | HTTPStatus.BAD_REQUEST | HTTPStatus.UNSUPPORTED_MEDIA_TYPE:
            return speech.say("This form is too old"), speech.say(
                "Nothing was changed. Open the page anew and try again."
            )
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE | HTTPStatus.REQUEST_URI_TOO_LONG:
            return speech.say("This is too long"), speech.say(
                "Nothing was changed. Write less and try again."
            )
        case _:
            return speech.say("This does not work right now"), speech.say(
                "It is not your fault. Try again in a minute."
            )
