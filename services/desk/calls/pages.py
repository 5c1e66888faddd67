"""The caller's pages: the list, one call with what to say and what came of it. They work without scripts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Final, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.core import Locale
from babel.dates import format_datetime
from starlette.responses import Response

from contracts.catalogue import Catalogue
from contracts.messages.desk.calls import CallResult, Wish
from runtime.clock import Clock
from runtime.process.forms import RefusedError
from services.desk.calls import words
from services.desk.calls.entries import Call, Shown
from services.desk.calls.script import script_of
from services.desk.calls.work import Calls
from services.desk.domain.calling import Outcome, again_fault, link_of
from services.desk.domain.viewers import Role
from services.desk.door.rendering import goes, render, say
from services.desk.door.routes import Asked, Route

CALLER: Final[frozenset[Role]] = frozenset({"caller"})
SHOWN = 50
LIST = "/calls"
FIELDS = ("form", "result", "wants", "again_at")
_REGIONS = {"en": "en_GB"}


class Pages:
    """The handlers of the room."""

    def __init__(self, calls: Calls, catalogue: Catalogue, clock: Clock) -> None:
        self._calls = calls
        self._catalogue = catalogue
        self._clock = clock
        self._zone = ZoneInfo(catalogue.agency.time_zone)

    def routes(self) -> Sequence[Route]:
        """Return what callers may ask for."""
        one = f"{LIST}/{{id:uuid}}"
        return (
            Route("GET", LIST, CALLER, self.listed, "Calls"),
            Route("POST", f"{LIST}/take", CALLER, self.take),
            Route("GET", one, CALLER, self.shown),
            Route("POST", f"{one}/take", CALLER, self.take),
            Route("POST", f"{one}/result", CALLER, self.entered),
            Route("POST", f"{one}/back", CALLER, self.given_back),
            Route("POST", f"{one}/sign", CALLER, self.signed),
        )

    async def listed(self, asked: Asked) -> Response:
        """Show who is to be called."""
        now = self._clock.now()
        rules = self._calls.rules
        waiting = [] if rules is None else await self._calls.waiting(asked.viewer, SHOWN)
        mine = await self._calls.mine(asked.viewer)
        opens = None if rules is None else rules.window.from_then(now)
        return render(
            asked,
            "calls/list.html",
            notice=self._notice(asked),
            rows=[
                self._row(asked, call, now)
                for call in waiting
                if mine is None or call.call_id != mine.call_id
            ],
            mine=None if mine is None else self._row(asked, mine, now),
            set_up=rules is not None,
            open=opens == now,
            opens=None if opens is None else self._moment(asked, opens),
            more=len(waiting) == SHOWN,
        )

    async def take(self, asked: Asked) -> Response:
        """Hold the next entry, or the one that is named, and show it."""
        taken = await self._calls.take(asked.viewer, _id(asked))
        if isinstance(taken, Call):
            return goes(asked, f"{LIST}/{taken.call_id}")
        return goes(asked, f"{LIST}?notice={taken}")

    async def shown(self, asked: Asked) -> Response:
        """Show one entry."""
        return self._one(asked, await self._found(asked), {})

    async def entered(self, asked: Asked) -> Response:
        """Enter how a call went; what is missing is said beside its field, and nothing typed is lost."""
        found = await self._found(asked)
        outcome, faults = self._outcome(asked.form, found.call)
        lease = _uuid(asked.form.get("lease", ""))
        if outcome is None or lease is None:
            return self._one(asked, found, faults, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        recorded = await self._calls.record(asked.viewer, found.call.call_id, lease, outcome)
        if recorded in ("lost", "off"):
            return self._one(asked, found, {"form": "lost"}, status=HTTPStatus.CONFLICT)
        return goes(asked, f"{LIST}?notice=entered")

    async def given_back(self, asked: Asked) -> Response:
        """Let others have the entry."""
        found = await self._found(asked)
        given = await self._calls.give_back(asked.viewer, found.call.call_id)
        return goes(asked, f"{LIST}?notice={'given_back' if given else 'gone'}")

    async def signed(self, asked: Asked) -> Response:
        """Keep the entry of a page that is open."""
        call_id = _id(asked)
        kept = call_id is not None and await self._calls.sign(asked.viewer, call_id)
        return Response(status_code=HTTPStatus.NO_CONTENT if kept else HTTPStatus.CONFLICT)

    async def _found(self, asked: Asked) -> Shown:
        call_id = _id(asked)
        found = None if call_id is None else await self._calls.read(asked.viewer, call_id)
        if found is None:
            raise RefusedError(HTTPStatus.NOT_FOUND)
        return found

    def _one(
        self, asked: Asked, found: Shown, faults: Mapping[str, str], *, status: int = HTTPStatus.OK
    ) -> Response:
        now, call = self._clock.now(), found.call
        script = script_of(self._catalogue, call, now)
        language = asked.language if script is None else script.language
        terms = self._catalogue.agency.calls
        links = {} if terms is None else terms.links
        return render(
            asked,
            "calls/call.html",
            status=status,
            row=self._row(asked, call, now),
            tries=[
                (
                    self._moment(asked, one.at),
                    say(asked, words.RESULTS[one.result]),
                    self._wish(asked, one.wants),
                )
                for one in found.tries
            ],
            script=script,
            speak=lambda sentence, **values: asked.view.words(language, sentence, values),
            link=link_of(links, call.publisher, call.event_id, call.receipt_id),
            reference=call.receipt_id or call.event_id,
            by_receipt=call.receipt_id is not None,
            publisher=call.publisher,
            holding=call.held_by == asked.viewer.staff_id and call.ended_as is None,
            lease=call.lease_id,
            ended=None if call.ended_as is None else say(asked, words.ENDED[call.ended_as]),
            results=[(code, self._result(asked, code)) for code in get_args(CallResult)],
            wishes=[(code, say(asked, words.WISHES[code])) for code in get_args(Wish)],
            chosen={name: asked.form.get(name, "") for name in ("result", "wants", "again_at")},
            faults={name: self._fault(asked, faults.get(name)) for name in FIELDS},
            soonest=now.astimezone(self._zone).strftime("%Y-%m-%dT%H:%M"),
        )

    def _outcome(self, form: Mapping[str, str], call: Call) -> tuple[Outcome | None, dict[str, str]]:
        """Read the form: an outcome, or what is wrong by field."""
        result = next((code for code in get_args(CallResult) if code == form.get("result")), None)
        wish = next((code for code in get_args(Wish) if code == form.get("wants")), None)
        rules = self._calls.rules
        if result is None or rules is None:
            return None, {"result": "no_result"}
        if result == "wants" and wish is None:
            return None, {"wants": "no_wish"}
        if result != "later":
            return Outcome(result, wish if result == "wants" else None), {}
        clock = _clock(form.get("again_at", ""))
        again_at = None if clock is None else rules.window.moment(clock)
        fault = again_fault(again_at, now=self._clock.now(), missed_at=call.missed_at, rules=rules)
        if fault is not None:
            return None, {"again_at": fault}
        return Outcome(result, None, again_at), {}

    def _row(self, asked: Asked, call: Call, now: datetime) -> Mapping[str, object]:
        catalogue = self._catalogue
        document, stage = catalogue.documents.get(call.document_type), catalogue.stages.get(call.stage)
        office = catalogue.offices.get(call.office or "")
        text = catalogue.text
        return {
            "id": call.call_id,
            "document": call.document_type if document is None else text(document.name, asked.language),
            "stage": call.stage if stage is None else text(stage.name, asked.language),
            "office": (call.office or "") if office is None else text(office.name, asked.language),
            "language": _language_name(call.language, asked.language),
            "why": say(asked, words.MISSED.get(call.missed_why or "") or words.MISSED_AS[call.missed_as]),
            "since": self._moment(asked, call.missed_at),
            "tries": call.tries,
            "promised": self._moment(asked, call.due_at) if call.promised else None,
            "due": self._moment(asked, call.due_at) if call.due_at > now else None,
            "held": call.held(now) and call.held_by != asked.viewer.staff_id,
        }

    def _result(self, asked: Asked, result: CallResult) -> str:
        return say(asked, words.RESULTS[result])

    def _fault(self, asked: Asked, fault: str | None) -> str | None:
        return None if fault is None else say(asked, words.FAULTS[fault])

    def _wish(self, asked: Asked, wish: Wish | None) -> str:
        return "" if wish is None else say(asked, words.WISHES[wish])

    def _notice(self, asked: Asked) -> str | None:
        sentence = words.NOTICES.get(asked.request.query_params.get("notice", ""))
        return None if sentence is None else say(asked, sentence)

    def _moment(self, asked: Asked, at: datetime) -> str:
        locale = Locale.parse(_REGIONS.get(asked.language, asked.language))
        return format_datetime(at.astimezone(self._zone), "EEE d MMM, HH:mm", locale=locale)


def _id(asked: Asked) -> UUID | None:
    found: UUID | None = asked.request.path_params.get("id")
    return found


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _clock(text: str) -> datetime | None:
    """Return a wall clock's time as a browser's field gives it; None for anything else."""
    try:
        found = datetime.strptime(text, "%Y-%m-%dT%H:%M")  # noqa: DTZ007 - the agency's clock has no zone
    except ValueError:
        return None
    return found


def _language_name(code: str | None, reader: str) -> str:
    if code is None:
        return ""
    return (Locale.parse(code).get_display_name(reader) or code).capitalize()
