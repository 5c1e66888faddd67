"""What the page shows of a document: where it is, the whole way, what comes next, what to do and where."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from contracts.catalogue import Office, Stage
from contracts.messages.following import History, Moment
from contracts.messages.rpc import Followed
from services.notifier.domain.messages import Text
from services.notifier.wording import opening_hours
from services.notifier.wording.i18n import Speech
from services.notifier.wording.keyboard import buttons
from services.notifier.wording.markup import cleaned, text_of
from services.notifier.wording.notices import expected_lines, papers_missing, stage_of

DAYS_AHEAD = 7
MOST_MOMENTS = 40
Tone = Literal["act", "late", "over", "calm"]
"""What a document asks of its reader: to do something, patience, nothing any more, nothing now."""


@dataclass(frozen=True)
class Step:
    """One step of the main way, and when the document came to it."""

    name: str
    state: Literal["done", "now", "ahead"]
    at: Text | None


@dataclass(frozen=True)
class Happened:
    """One thing that happened."""

    name: str
    at: Text


@dataclass(frozen=True)
class Place:
    """An office: where it is, whether it is open now, its usual hours and those of the next days."""

    name: str
    address: str
    phone: str
    dial: str
    map_url: str | None
    open: bool | None
    now: Text | None
    usual: Text
    days: Sequence[Text]


@dataclass(frozen=True)
class Document:
    """One document that is followed; texts that there is no reason for are None."""

    id: str
    title: str
    number: str
    own_name: str | None
    stage: str
    tone: Tone
    n: int
    m: int
    steps: Sequence[Step]
    text: Text | None
    note: Text | None
    missing: Text | None
    next: Text | None
    to_do: bool
    at_pick_up: Text | None
    expected: Text | None
    late: bool
    as_of: Text | None
    office: Place | None
    history: Sequence[Happened]
    followers: int


def document_of(found: History, speech: Speech, at: datetime) -> Document:
    """Return what to show of one document at an instant, in the words of who looks."""
    followed = found.followed
    stage = _stage(followed, speech)
    terminal = stage is not None and stage.terminal
    to_do = stage is not None and (stage.actionable or bool(followed.missing))
    note = speech.catalogue.notes.get(followed.note or "")
    steps = _steps(found, speech)
    return Document(
        id=followed.subscription_id.hex,
        title=_name(followed.document_type, speech),
        number=cleaned(followed.masked)[:16],
        own_name=speech.name_of(followed.subscription_id),
        stage=_stage_name(followed, stage, speech),
        tone="act" if to_do else "late" if followed.overdue else "over" if terminal else "calm",
        n=sum(step.state != "ahead" for step in steps),
        m=len(steps),
        steps=steps,
        text=text_of(speech.pick(stage.text)) if stage else None,
        note=text_of(speech.pick(note), 400) if note else None,
        missing=papers_missing(speech, followed.missing),
        next=text_of(speech.pick(stage.next)) if stage else None,
        to_do=to_do,
        at_pick_up=None if terminal or (stage and stage.actionable) else _pick_up(followed, speech),
        expected=None
        if terminal
        else expected_lines(speech, followed.expected_at, followed.expected_before, followed.expected_from),
        late=followed.overdue and not terminal,
        as_of=None if followed.occurred_at is None else speech.moment(followed.occurred_at),
        office=_place(speech.catalogue.offices.get(followed.office or ""), speech, at),
        history=[_happened(one, found, speech) for one in reversed(found.moments[-MOST_MOMENTS:])],
        followers=len(found.followers),
    )


def _name(document_type: str, speech: Speech) -> str:
    document = speech.catalogue.documents.get(document_type)
    return _plain(speech.say("Your document")) if document is None else speech.pick(document.name)


def _plain(text: Text) -> str:
    return "".join(run.text for run in text)


def _stage(followed: Followed, speech: Speech) -> Stage | None:
    return None if followed.stage is None else stage_of(speech, followed.document_type, followed.stage)


def _stage_name(followed: Followed, stage: Stage | None, speech: Speech) -> str:
    if stage is not None:
        return speech.pick(stage.name)
    if followed.stage is None:
        return _plain(speech.say("No news yet"))
    return _plain(speech.say("There is news about your document. Please ask at the office."))


def _steps(found: History, speech: Speech) -> list[Step]:
    """Return the main way; what was reached before a detour stays reached."""
    followed = found.followed
    way = speech.catalogue.steps(followed.document_type)
    reached: Mapping[str, Moment] = {one.stage: one for one in found.moments if one.stage in way}
    here = followed.stage if followed.stage in way else None
    last = max((way.index(one) for one in reached), default=-1)
    place = way.index(here) if here is not None else last
    ended = _terminal(followed, speech)
    if here is None and (followed.stage is None or ended):
        # It has not set out, or came to an end that is not on the way.
        return [] if ended else [Step(_step_name(one, followed, speech), "ahead", None) for one in way]
    return [
        Step(
            _step_name(one, followed, speech),
            "done"
            if number < place or (number == place and ended)
            else "now"
            if number == place
            else "ahead",
            speech.moment(reached[one].occurred_at) if one in reached and number <= place else None,
        )
        for number, one in enumerate(way)
    ]


def _terminal(followed: Followed, speech: Speech) -> bool:
    stage = _stage(followed, speech)
    return stage is not None and stage.terminal


def _step_name(stage: str, followed: Followed, speech: Speech) -> str:
    found = stage_of(speech, followed.document_type, stage)
    return stage if found is None else speech.pick(found.name)


def _pick_up(followed: Followed, speech: Speech) -> Text | None:
    """Return what to do once the document can be picked up."""
    for step in speech.catalogue.steps(followed.document_type):
        stage = stage_of(speech, followed.document_type, step)
        if stage is not None and stage.actionable:
            return text_of(speech.pick(stage.next))
    return None


def _happened(moment: Moment, found: History, speech: Speech) -> Happened:
    return Happened(_step_name(moment.stage, found.followed, speech), speech.moment(moment.occurred_at))


def _place(office: Office | None, speech: Speech, at: datetime) -> Place | None:
    if office is None:
        return None
    today = at.astimezone(ZoneInfo(speech.catalogue.agency.time_zone)).date()
    return Place(
        name=speech.pick(office.name),
        address=speech.pick(office.address),
        phone=office.phone,
        dial="".join(sign for sign in office.phone if sign in "+0123456789"),
        map_url=buttons.on_map(speech, office.latitude, office.longitude).url,
        open=opening_hours.is_open(speech, office, at),
        now=opening_hours.now(speech, office, at),
        usual=opening_hours.usual(speech, office),
        days=opening_hours.days_from(speech, office, today, DAYS_AHEAD),
    )
