"""What people read about a document: its stage, when, where, what comes next and what to do.

The agency's own texts come from the catalogue, the sentences between them from the bot's strings. A code
that the catalogue does not know never breaks a message: it is left out or named in general words.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal, NamedTuple, assert_never
from uuid import UUID

from contracts.catalogue import Stage
from contracts.messages.notice import Notice, NoticeKind
from contracts.messages.rpc import Followed
from services.notifier.domain.messages import Message, Text, joined, merged
from services.notifier.domain.preferences import LONGEST_NAME, Reader
from services.notifier.wording.i18n import Speech, Voice
from services.notifier.wording.keyboard import buttons
from services.notifier.wording.markup import (
    LETTER,
    bold,
    lines,
    literal,
    paragraphs,
    text_of,
)
from services.notifier.wording.office_texts import office_lines

_MOST_PAPERS = 12
_POINT = literal("• ")


class _Position(NamedTuple):
    """Where a document is: what a notice and a status have in common."""

    subscription: UUID
    document_type: str
    masked: str
    stage: str
    office: str | None
    occurred_at: datetime
    expected_at: date | None
    missing: Sequence[str]
    note: str | None
    expected_before: date | None = None
    expected_from: Literal["publisher", "calendar"] | None = None


def _position(told: Notice | Followed, stage: str, occurred_at: datetime) -> _Position:
    return _Position(
        told.subscription_id,
        told.document_type,
        told.masked,
        stage,
        told.office,
        occurred_at,
        told.expected_at,
        told.missing,
        told.note,
        told.expected_before,
        told.expected_from,
    )


def render_notice(notice: Notice, reader: Reader, voice: Voice, *, may_repeat: bool = False) -> Message:
    """Return the message that tells one notice to its reader; it says where it may come twice."""
    speech = voice.to(reader)
    message = _worded(notice, speech)
    if may_repeat:
        said = speech.say("You may get this message twice: by this messenger and by another one.")
        message = replace(message, text=paragraphs((message.text, said)))
    return signed(message, speech)


def _worded(notice: Notice, speech: Speech) -> Message:
    if notice.kind is NoticeKind.FOLLOWER:
        return _new_follower(notice, speech)
    if notice.stage is None or notice.occurred_at is None:
        return _taken_back(notice, speech)
    position = _position(notice, notice.stage, notice.occurred_at)
    return _told(position, _lead(notice.kind, speech), speech)


def signed(message: Message, speech: Speech) -> Message:
    """Return the message with the reader's code phrase, which nobody else knows."""
    if speech.personal.phrase is None:
        return message
    phrase = speech.say("Your code phrase: {phrase}", phrase=chosen(speech.personal.phrase))
    return replace(message, text=paragraphs((message.text, phrase)))


def chosen(value: str) -> Text:
    """Return what a reader chose themselves, a phrase or a name, in bold and whole."""
    return bold(value, LONGEST_NAME * LETTER)


def render_followed(followed: Followed, speech: Speech) -> Message:
    """Return the message that shows where a followed document is now."""
    if followed.stage is None or followed.occurred_at is None:
        text = paragraphs(
            (
                followed_line(speech, followed),
                speech.say("There is no news about it yet. We will write as soon as there is."),
            )
        )
        return Message(text, buttons.under(speech, followed.subscription_id), private=True)
    position = _position(followed, followed.stage, followed.occurred_at)
    return _told(position, _slow(speech) if followed.overdue else None, speech)


def document_line(speech: Speech, document_type: str, masked: str, subscription: UUID | None = None) -> Text:
    """Return the document's name and the tail of its number: `Passport, No. …4567`, the name in bold.

    The reader's own name for it stands first.
    """
    name = speech.once(("document", document_type), lambda: _document_name(speech, document_type))
    number = text_of(masked, 16)
    line = speech.say("{document}, No. {number}", document=name, number=number) if number else name
    own = None if subscription is None else speech.name_of(subscription)
    return line if own is None else lines(chosen(own), line)


def _document_name(speech: Speech, document_type: str) -> Text:
    document = speech.catalogue.documents.get(document_type)
    return bold(speech.say("Your document") if document is None else speech.pick(document.name), 160)


def followed_line(speech: Speech, followed: Followed) -> Text:
    """Return the same for a document that is followed."""
    return document_line(speech, followed.document_type, followed.masked, followed.subscription_id)


def expected_lines(
    speech: Speech,
    expected_at: date | None,
    before: date | None,
    told_by: Literal["publisher", "calendar"] | None,
) -> Text | None:
    """Return the expected date, and what it was before and why it changed."""
    if expected_at is None:
        return None
    changed: Text | None = None
    if before is not None and before != expected_at:
        day = speech.day(before)
        changed = (
            speech.say("We count anew at every step. Before: {day}", day=day)
            if told_by == "calendar"
            else speech.say("The office has changed the date. Before: {day}", day=day)
        )
    return lines(speech.say("Expected date: {day}", day=speech.day(expected_at)), changed)


def _new_follower(notice: Notice, speech: Speech) -> Message:
    text = paragraphs(
        (
            document_line(speech, notice.document_type, notice.masked, notice.subscription_id),
            speech.say(
                "One more person now follows this document, by its receipt or by a link that was shared."
            ),
            speech.say("If nobody was to follow it, please tell the office."),
        )
    )
    return Message(text, buttons.under(speech, notice.subscription_id), private=True)


def _taken_back(notice: Notice, speech: Speech) -> Message:
    text = paragraphs(
        (
            _lead(NoticeKind.CORRECTION, speech),
            document_line(speech, notice.document_type, notice.masked, notice.subscription_id),
            speech.say("There is no news about it yet. We will write as soon as there is."),
        )
    )
    return Message(text, buttons.under(speech, notice.subscription_id), private=True)


def _lead(kind: NoticeKind, speech: Speech) -> Text | None:
    match kind:
        case NoticeKind.UPDATE:
            return speech.say("The stage is the same, but there is something new:")
        case NoticeKind.CORRECTION:
            return speech.say("Corrected: an earlier message was wrong. This is how it is:")
        case NoticeKind.RESTART:
            return speech.say("Work on your document has started again:")
        case NoticeKind.OVERDUE:
            return _slow(speech)
        case NoticeKind.ADVANCE | NoticeKind.FOLLOWER:
            return None
        case _ as never:
            assert_never(never)


def _slow(speech: Speech) -> Text:
    return speech.say("This is taking longer than usual. Your document has not been forgotten:")


@dataclass(frozen=True)
class _Frame:
    """What everybody reads alike whose document is at a stage: everything but whose it is and the times."""

    stage: Text
    body: Text
    map: buttons.Rows
    ends: bool


def _told(position: _Position, lead: Text | None, speech: Speech) -> Message:
    key = (position.document_type, position.stage, position.office, tuple(position.missing), position.note)
    frame = speech.once(("frame", *key), lambda: _frame(position, speech))
    document = document_line(speech, position.document_type, position.masked, position.subscription)
    times, booking = _times(position, speech, ends=frame.ends), buttons.by_appointment(speech, position)
    parts = (lead, lines(document, frame.stage), frame.body, times)
    rows = (*booking, *frame.map, *buttons.under(speech, position.subscription))
    return Message(paragraphs(parts), rows, private=True)


def _frame(position: _Position, speech: Speech) -> _Frame:
    stage = stage_of(speech, position.document_type, position.stage)
    body = paragraphs(
        (
            lines(text_of(speech.pick(stage.text)) if stage else None, _note(position, speech)),
            papers_missing(speech, position.missing),
            text_of(speech.pick(stage.next)) if stage else None,
            _office(position, speech, in_full=stage is not None and stage.actionable),
        )
    )
    # Nothing is expected any more where the way has ended.
    ends = stage is not None and stage.terminal
    return _Frame(
        merged(_stage_lines(position, stage, speech)), merged(body), _map(position, stage, speech), ends
    )


def _map(position: _Position, stage: Stage | None, speech: Speech) -> buttons.Rows:
    """Return the row that shows the way, where the citizen has to go somewhere."""
    office = speech.catalogue.offices.get(position.office or "")
    if office is None or stage is None or not stage.actionable:
        return ()
    return ((buttons.on_map(speech, office.latitude, office.longitude),),)


def stage_of(speech: Speech, document_type: str, stage: str) -> Stage | None:
    """Return a stage as a document type tells it; None for one that the catalogue does not know."""
    if not speech.catalogue.knows(document_type, stage):
        return speech.catalogue.stages.get(stage)
    return speech.catalogue.stage_of(document_type, stage)


def _stage_lines(position: _Position, stage: Stage | None, speech: Speech) -> Text:
    if stage is None:
        return bold(speech.say("There is news about your document. Please ask at the office."))
    step = speech.catalogue.step_of(position.document_type, position.stage)
    if step is None:
        return bold(speech.pick(stage.name))
    n, m = step
    # The sentence says it all; the dots only repeat it for the eye.
    progress = speech.say("Step {n} of {m}  {dots}", n=n, m=m, dots=literal("●" * n + "○" * (m - n)))
    return lines(bold(speech.pick(stage.name)), progress)


def _note(position: _Position, speech: Speech) -> Text | None:
    texts = speech.catalogue.notes.get(position.note or "")
    return text_of(speech.pick(texts), 400) if texts else None


def papers_missing(speech: Speech, missing: Sequence[str]) -> Text | None:
    """Return the list of the papers that are missing; None where none is."""
    if not missing:
        return None
    named = [texts for code in missing if (texts := speech.catalogue.papers.get(code))][:_MOST_PAPERS]
    listed = [joined((_POINT, text_of(speech.pick(texts), 80))) for texts in named]
    unnamed = len(missing) - len(named)
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


def _office(position: _Position, speech: Speech, *, in_full: bool) -> Text | None:
    office = speech.catalogue.offices.get(position.office or "")
    if office is None:
        return None
    if not in_full:
        return speech.say("Office: {name}", name=text_of(speech.pick(office.name), 160))
    return office_lines(speech, office)


def _times(position: _Position, speech: Speech, *, ends: bool) -> Text:
    expected = None if ends else position.expected_at
    return lines(
        expected_lines(speech, expected, position.expected_before, position.expected_from),
        speech.say("As of {moment}", moment=speech.moment(position.occurred_at)),
    )
