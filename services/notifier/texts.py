"""What people read about a document: its stage, when, where, what comes next and what to do.

The agency's own texts come from the catalogue, the sentences between them from the bot's strings. A code
that the catalogue does not know never breaks a message: it is left out or named in general words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import assert_never
from uuid import UUID

from contracts.catalogue import Stage
from contracts.notice import Notice, NoticeKind
from contracts.rpc import Followed
from services.notifier import hours, taps
from services.notifier.channel import Button, Message
from services.notifier.markup import Html, bold, escaped, lines, paragraphs
from services.notifier.speech import Speech, Voice

"""A stage told this long after it happened says so; registers are refreshed once a day or so."""
_MOST_PAPERS = 12


@dataclass(frozen=True)
class _Position:
    """Where a document is: what a notice and a status have in common."""

    document_type: str
    masked: str
    stage: str
    office: str | None
    occurred_at: datetime
    expected_at: date | None
    missing: Sequence[str]
    note: str | None


def render_notice(notice: Notice, language: str, voice: Voice) -> Message:
    """Return the message that tells one notice in the language."""
    speech = voice.speech(language)
    if notice.kind is NoticeKind.FOLLOWER or notice.stage is None or notice.occurred_at is None:
        return _new_follower(notice, speech)
    position = _Position(
        notice.document_type,
        notice.masked,
        notice.stage,
        notice.office,
        notice.occurred_at,
        notice.expected_at,
        notice.missing,
        notice.note,
    )
    return _told(position, _lead(notice.kind, speech), notice.subscription_id, speech)


def render_followed(followed: Followed, speech: Speech) -> Message:
    """Return the message that shows where a followed document is now."""
    if followed.stage is None or followed.occurred_at is None:
        text = paragraphs(
            (
                document_line(speech, followed.document_type, followed.masked),
                speech.say("There is no news about it yet. We will write as soon as there is."),
            )
        )
        return Message(text, taps.under(speech, followed.subscription_id), private=True)
    position = _Position(
        followed.document_type,
        followed.masked,
        followed.stage,
        followed.office,
        followed.occurred_at,
        followed.expected_at,
        followed.missing,
        followed.note,
    )
    return _told(position, None, followed.subscription_id, speech)


def document_line(speech: Speech, document_type: str, masked: str) -> Html:
    """Return the document's name and the tail of its number: `<b>Passport</b>, No. …4567`."""
    document = speech.catalogue.documents.get(document_type)
    name = bold(speech.say("Your document") if document is None else speech.pick(document.name), 160)
    number = escaped(masked, 16)
    return speech.say("{document}, No. {number}", document=name, number=number) if number else name


def _new_follower(notice: Notice, speech: Speech) -> Message:
    text = paragraphs(
        (
            document_line(speech, notice.document_type, notice.masked),
            speech.say("One more person now follows this document. They used its receipt."),
            speech.say("If you did not share the receipt, please tell the office."),
        )
    )
    return Message(text, taps.under(speech, notice.subscription_id), private=True)


def _lead(kind: NoticeKind, speech: Speech) -> Html | None:
    match kind:
        case NoticeKind.UPDATE:
            return speech.say("The stage is the same, but there is something new:")
        case NoticeKind.CORRECTION:
            return speech.say("Corrected: an earlier message was wrong. This is how it is:")
        case NoticeKind.RESTART:
            return speech.say("Work on your document has started again:")
        case NoticeKind.OVERDUE:
            return speech.say("This is taking longer than usual. Your document has not been forgotten:")
        case NoticeKind.ADVANCE | NoticeKind.FOLLOWER:
            return None
        case _ as never:
            assert_never(never)


def _told(position: _Position, lead: Html | None, subscription: UUID, speech: Speech) -> Message:
    stage = _stage(position, speech)
    parts = (
        lead,
        lines(
            document_line(speech, position.document_type, position.masked),
            *_stage_lines(position, stage, speech),
        ),
        lines(
            escaped(speech.pick(stage.text)) if stage else None,
            _note(position, speech),
        ),
        _papers(position, speech),
        escaped(speech.pick(stage.next)) if stage else None,
        _office(position, speech, in_full=stage is not None and stage.actionable),
        _times(position, stage, speech),
    )
    buttons = (*_map(position, stage, speech), *taps.under(speech, subscription))
    return Message(paragraphs(parts), buttons, private=True)


def _map(position: _Position, stage: Stage | None, speech: Speech) -> tuple[tuple[Button, ...], ...]:
    """Return the row that shows the way, where the citizen has to go somewhere."""
    office = speech.catalogue.offices.get(position.office or "")
    if office is None or stage is None or not stage.actionable:
        return ()
    return ((taps.on_map(speech, office.latitude, office.longitude),),)


def _stage(position: _Position, speech: Speech) -> Stage | None:
    if not speech.catalogue.knows(position.document_type, position.stage):
        return speech.catalogue.stages.get(position.stage)
    return speech.catalogue.stage_of(position.document_type, position.stage)


def _stage_lines(position: _Position, stage: Stage | None, speech: Speech) -> tuple[Html | None, ...]:
    if stage is None:
        return (bold(speech.say("There is news about your document. Please ask at the office.")),)
    step = speech.catalogue.step_of(position.document_type, position.stage)
    if step is None:
        return (bold(speech.pick(stage.name)),)
    n, m = step
    # The sentence says it all; the dots only repeat it for the eye.
    progress = speech.say("Step {n} of {m}  {dots}", n=n, m=m, dots=Html("●" * n + "○" * (m - n)))
    return (bold(speech.pick(stage.name)), progress)


def _note(position: _Position, speech: Speech) -> Html | None:
    texts = speech.catalogue.notes.get(position.note or "")
    return escaped(speech.pick(texts), 400) if texts else None


def _papers(position: _Position, speech: Speech) -> Html | None:
    if not position.missing:
        return None
    named = [texts for code in position.missing if (texts := speech.catalogue.papers.get(code))][
        :_MOST_PAPERS
    ]
    listed = [Html(f"• {escaped(speech.pick(texts), 80)}") for texts in named]
    unnamed = len(position.missing) - len(named)
    rest = (
        speech.count(
            "• and {n} more paper: the office will tell you which",
            "• and {n} more papers: the office will tell you which",
            unnamed,
        )
        if unnamed
        else None
    )
    return lines(speech.say("What is missing:"), *listed, rest)


def _office(position: _Position, speech: Speech, *, in_full: bool) -> Html | None:
    office = speech.catalogue.offices.get(position.office or "")
    if office is None:
        return None
    if not in_full:
        return speech.say("Office: {name}", name=escaped(speech.pick(office.name), 160))
    return lines(
        bold(speech.pick(office.name), 160),
        escaped(speech.pick(office.address), 200),
        _hours(office.hours, speech),
        speech.say("Phone: {phone}", phone=escaped(office.phone, 32)),
    )


def _hours(notation: str, speech: Speech) -> Html:
    told = hours.told(notation, speech.locale)
    if told is not None and hours.closed_on_holidays(notation):
        return speech.say("Open: {hours}; closed on public holidays", hours=escaped(told, 160))
    return speech.say("Open: {hours}", hours=escaped(told or notation, 160))


def _times(position: _Position, stage: Stage | None, speech: Speech) -> Html:
    # Nothing is expected any more where the way has ended.
    expected = None if stage is not None and stage.terminal else position.expected_at
    return lines(
        speech.say("Expected date: {day}", day=speech.day(expected)) if expected else None,
        speech.say("As of {moment}", moment=speech.moment(position.occurred_at)),
    )
