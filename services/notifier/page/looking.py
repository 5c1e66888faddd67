"""What is looked at: the page, its documents alone, the settings, a file, the stream of what comes."""

from http import HTTPStatus
from urllib.parse import quote
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from runtime.process.forms import RefusedError
from services.notifier.domain.messages import Text
from services.notifier.domain.time_zones import city_of
from services.notifier.page.parts import PageParts, security
from services.notifier.page.sending import LINKS_A_DAY
from services.notifier.page.settings_forms import cities
from services.notifier.page.views.documents import Document
from services.notifier.page.views.looks import Looker
from services.notifier.recipients import routes
from services.notifier.wording.i18n import Speech
from services.notifier.wording.keyboard import buttons
from services.notifier.wording.prompts.ways import messenger

KEEP = "Docwatch-Keep"
"""Tells our service worker what to keep for when there is no connection: `this` page, or `nothing`."""
_QUIET = ("22:00", "08:00")
_LONGEST_NUMBER = 18
_LONGEST_CODE = 40


class Looking:
    """The routes that change nothing but what was seen."""

    def __init__(self, parts: PageParts) -> None:
        self._parts = parts

    async def page(self, request: Request) -> Response:
        """Show the documents and the conversation; to a stranger how to begin."""
        parts = self._parts
        looker = await self._looker(request)
        session = looker.session
        if session is None:
            return parts.html("welcome.html", looker, {"menu": buttons.cards(looker.speech)}, begins=True)
        await self._spoken(request, looker)
        shown, documents = await parts.looks.documents(looker)
        lines = await parts.messages.last(session.id)
        version = max((line.version for line in lines), default=0)
        values = {
            "extra_page": parts.extras.page(looker),
            "menu": buttons.cards(looker.speech),
            "lines": parts.looks.lines(lines, looker.speech),
            "version": version,
            "takes_files": parts.takes_files,
            **parts.looks.documents_values(looker, shown, documents),
        }
        noted = parts.looked(looker, request, version)
        guest = looker.person is None
        response = parts.html("page.html", looker, values, background=noted, begins=guest)
        response.headers[KEEP] = "this"
        return response

    async def home(self, request: Request) -> Response:  # noqa: ARG002 - it is the same for everybody
        """Lead to the page from the address that needs no more than our name."""
        return self._parts.goes("/p")

    async def documents(self, request: Request) -> Response:
        """Show the documents alone, for a page that is open."""
        looker = await self._looker(request)
        if looker.session is None:
            return self._parts.over(request)
        shown, documents = await self._parts.looks.documents(looker)
        body = self._parts.looks.documents_html(looker, shown, documents)
        return Response(body, headers=security(), media_type="text/html")

    async def settings(self, request: Request, code: str | None = None) -> Response:
        """Show the settings, with what was said to the last change, or a code for another device."""
        looker = await self._looker(request)
        session = looker.session
        if session is None:
            return self._parts.goes("/p")
        said = await self._said(looker, request.query_params.get("said", ""))
        documents: list[Document] = []
        if looker.person is not None:
            _, documents = await self._parts.looks.documents(looker)
        values = {
            "said": said,
            "code": code,
            "link": _of_link(request.query_params.get("link", ""), looker.speech),
            "open_url": f"{self._parts.gate.public_url}/p/open",
            "documents": documents,
            "devices": await self._parts.sessions.devices(session),
            "extra_settings": await self._parts.extras.settings(looker),
            **await self._choices(looker),
        }
        noted = self._parts.looked(looker, request, None)
        return self._parts.html("settings.html", looker, values, background=noted)

    async def file(self, request: Request) -> Response:
        """Hand a file over that stands under a message."""
        visitor = await self._parts.gate.visitor(request)
        identity = _identity(request.path_params["message"])
        if visitor.session is None or identity is None:
            raise RefusedError(HTTPStatus.NOT_FOUND)
        line = await self._parts.messages.one(visitor.session.id, identity)
        if line is None or line.message.attachment is None:
            raise RefusedError(HTTPStatus.NOT_FOUND)
        file = line.message.attachment
        headers = {
            **security(),
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name, safe='')}",
        }
        return Response(file.content.encode(), headers=headers, media_type=file.media_type)

    async def events(self, request: Request) -> Response:
        """Stream what comes into the conversation."""
        parts = self._parts
        looker = await self._looker(request)
        session = looker.session
        if session is None:
            return parts.over(request)
        if not parts.streams.admits(session):
            raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE)
        given = request.headers.get("last-event-id") or request.query_params.get("after", "")
        after = int(given) if given.isdecimal() and len(given) <= _LONGEST_NUMBER else 0
        return StreamingResponse(
            parts.streams.of(session, after, lambda line: parts.looks.line_html(line, looker)),
            headers={**security(), "X-Accel-Buffering": "no"},
            media_type="text/event-stream",
        )

    async def farewell(self, request: Request) -> Response:
        """Say to anybody what it means that a page is closed."""
        looker = await self._looker(request)
        speech = looker.speech
        texts = (
            speech.say("Nothing of it is left in this browser."),
            speech.say("If you took this way off, the news now comes by your other ways."),
            speech.say("If you had everything erased, we keep nothing about you and write to you no more."),
            speech.say("If you change your mind, scan the code on your receipt again."),
        )
        response = self._parts.told(looker, speech.say("Your page is closed"), texts)
        response.headers[KEEP] = "nothing"
        return response

    async def open(self, request: Request) -> Response:
        """Show where people type a code that another device shows."""
        looker = await self._looker(request)
        code = request.path_params.get("code", "")
        values = {"failed": False, "code": code[:_LONGEST_CODE]}
        return self._parts.html("open.html", looker, values, begins=True)

    async def static(self, request: Request) -> Response:
        """Hand a static file over, to be kept for as long as it is the same."""
        asset = self._parts.templates.assets.get(request.path_params["name"])
        if asset is None:
            raise RefusedError(HTTPStatus.NOT_FOUND)
        same = request.path_params["digest"] == asset.digest
        kept = "public, max-age=31536000, immutable" if same else "no-store"
        headers = {**security(), "Cache-Control": kept}
        headers.pop("Vary")
        return Response(asset.content, headers=headers, media_type=asset.media_type)

    async def _looker(self, request: Request) -> Looker:
        visitor = await self._parts.gate.visitor(request)
        return await self._parts.looks.looker(request, visitor)

    async def _spoken(self, request: Request, looker: Looker) -> None:
        """Keep the language that a guest asked for in the address."""
        session, chosen = looker.session, request.query_params.get("lang")
        if session is not None and looker.person is None and chosen == looker.speech.language:
            await self._parts.sessions.speak(session, chosen)

    async def _said(self, looker: Looker, identity: str) -> object:
        message = _identity(identity)
        if looker.session is None or message is None:
            return None
        line = await self._parts.messages.one(looker.session.id, message)
        return None if line is None else self._parts.looks.line(line, looker.speech).html

    async def _choices(self, looker: Looker) -> dict[str, object]:
        person, speech = looker.person, looker.speech
        if person is None:
            return {"person": None}
        agency = speech.catalogue.agency.quiet_hours
        hours = person.quiet or agency
        start, end = _QUIET if hours is None else (f"{hours.start:%H:%M}", f"{hours.end:%H:%M}")
        found = await routes.ways_of(self._parts.looks.pool, person.id)
        ways = []
        elsewhere = [
            (way.address_id.hex, "".join(run.text for run in messenger(speech, way.account)))
            for way in found
            if way.reachable and way.address_id != person.address_id
        ]
        for way in found:
            name = "".join(run.text for run in messenger(speech, way.account))
            notes = [
                *([speech.say("this page")] if way.address_id == person.address_id else []),
                *([] if way.reachable else [speech.say("we cannot write there now")]),
            ]
            ways.append(", ".join([name, *("".join(run.text for run in note) for note in notes)]))
        return {
            "person": person,
            "quiet_from": start,
            "quiet_until": end,
            "city": city_of(speech.zone.key, speech.locale),
            "cities": cities(speech.locale),
            "phrase": person.personal.phrase,
            "ways": ways,
            "elsewhere": elsewhere,
        }


def _of_link(came: str, speech: Speech) -> Text | None:
    """Return what is said of a link that somebody had sent to themselves."""
    said = {
        "sent": speech.say("The link is on its way. Open it in the other browser."),
        "nowhere": speech.say("No link was sent: we cannot write there now."),
        "limited": speech.say(
            "No link was sent: you have had {n} today, and there are no more before tomorrow. "
            "A code can be shown here at any time.",
            n=LINKS_A_DAY,
        ),
        "slower": speech.say("No link was sent: that was too much at once. Please try again in a minute."),
    }
    return said.get(came)


def _identity(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
