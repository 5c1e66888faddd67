"""What one can ask and do about a document: its way, its date, what to bring, sharing it, naming it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from contracts.catalogue import Stage
from contracts.messages.following import History, Moment
from contracts.messages.rpc import Followed
from services.notifier.domain.actions import Choice
from services.notifier.domain.messages import Button, Message, Text, joined
from services.notifier.wording.i18n import Speech
from services.notifier.wording.keyboard import buttons, callback_data
from services.notifier.wording.markup import (
    bold,
    lines,
    literal,
    paragraphs,
    text_of,
)
from services.notifier.wording.notices import (
    chosen,
    expected_lines,
    followed_line,
    papers_missing,
    stage_of,
)
from services.notifier.wording.office_texts import office_lines
from services.notifier.wording.prompts.common import agency

_MOST_MOMENTS = 30
_MOST_FOLLOWERS = 20


def document_menu(speech: Speech, subscription: UUID) -> Message:
    """Offer what else there is about a document."""
    own = speech.name_of(subscription)
    text = lines(chosen(own) if own else None, speech.say("What would you like to do?"))
    rows = (
        (
            buttons.button(
                speech.say("What happened so far, and who follows"),
                callback_data.about("history", subscription),
            ),
        ),
        (buttons.button(speech.say("What to bring"), callback_data.about("bring", subscription)),),
        (
            buttons.button(
                speech.say("Let somebody else follow too"), callback_data.about("share", subscription)
            ),
        ),
        (buttons.button(speech.say("Give it a name of my own"), callback_data.about("name", subscription)),),
        (buttons.settings(speech), buttons.help_(speech)),
    )
    return Message(text, rows)


def choose(speech: Speech, what: Choice, followed: Sequence[Followed]) -> Message:
    """Ask which document is meant."""
    rows = tuple((_chooser(speech, what, one),) for one in followed)
    return Message(speech.say("Which document?"), (*rows, (buttons.help_(speech),)))


def _chooser(speech: Speech, what: Choice, one: Followed) -> Button:
    document = speech.catalogue.documents.get(one.document_type)
    name = speech.name_of(one.subscription_id) or (
        speech.say("Your document") if document is None else speech.pick(document.name)
    )
    label = speech.say("{document}, No. {number}", document=text_of(name, 34), number=one.masked)
    return buttons.button(label, callback_data.about(what, one.subscription_id))


def history(speech: Speech, found: History) -> Message:
    """Tell the way of a document, oldest first, and since when each person follows it."""
    moments = found.moments[-_MOST_MOMENTS:]
    followers = found.followers[:_MOST_FOLLOWERS]
    text = paragraphs(
        (
            followed_line(speech, found.followed),
            lines(*(_moment(speech, found.followed.document_type, one) for one in moments))
            or speech.say("There is no news about it yet. We will write as soon as there is."),
            lines(
                speech.count(
                    "{n} person follows this document:",
                    "{n} people follow this document:",
                    len(found.followers),
                ),
                *(speech.say("• since {moment}", moment=speech.moment(since)) for since in followers),
            ),
            speech.say("We do not tell anybody who the others are."),
        )
    )
    return Message(text, buttons.under(speech, found.followed.subscription_id), private=True)


def _moment(speech: Speech, document_type: str, moment: Moment) -> Text:
    stage = stage_of(speech, document_type, moment.stage)
    name = speech.say("Your document") if stage is None else text_of(speech.pick(stage.name), 120)
    return joined((speech.moment(moment.occurred_at), literal(": "), name))


def expected(speech: Speech, followed: Followed) -> Message:
    """Tell when the next step is expected, why that has changed, and how far the document is."""
    stage = _stage(speech, followed)
    done = stage is not None and stage.terminal
    if stage is not None and stage.actionable and not done:
        return _your_turn(speech, followed, stage)
    dated = expected_lines(speech, followed.expected_at, followed.expected_before, followed.expected_from)
    text = paragraphs(
        (
            followed_line(speech, followed),
            speech.say("Now: {value}", value=bold(speech.pick(stage.name))) if stage else None,
            (speech.say("Nothing more is to come: this was the last step.") if done else None)
            or dated
            or speech.say("There is no date yet. We will write at every step."),
            speech.say("It is taking longer than usual. Your document has not been forgotten.")
            if followed.overdue and not done
            else None,
        )
    )
    return Message(text, buttons.under(speech, followed.subscription_id), private=True)


def _your_turn(speech: Speech, followed: Followed, stage: Stage) -> Message:
    """Tell that nothing is to be waited for: what to do, and where."""
    office = speech.catalogue.offices.get(followed.office or "")
    text = paragraphs(
        (
            followed_line(speech, followed),
            speech.say("Now: {value}", value=bold(speech.pick(stage.name))),
            papers_missing(speech, followed.missing),
            text_of(speech.pick(stage.next)),
            None if office is None else office_lines(speech, office),
        )
    )
    return Message(text, buttons.under(speech, followed.subscription_id), private=True)


def bring(speech: Speech, followed: Followed) -> Message:
    """Tell what to bring: now where there is something to do, else when the document can be picked up."""
    stage = _stage(speech, followed)
    missing = papers_missing(speech, followed.missing)
    later = None if stage is not None and (stage.actionable or stage.terminal) else _pick_up(speech, followed)
    told: list[Text | None] = [followed_line(speech, followed), missing]
    if stage is not None and (stage.actionable or stage.terminal or missing):
        told.append(text_of(speech.pick(stage.next)))
    else:
        told.append(speech.say("You need not bring anything now."))
    if later is not None:
        told += [speech.say("When it can be picked up:"), text_of(speech.pick(later.next))]
    return Message(paragraphs(told), buttons.under(speech, followed.subscription_id), private=True)


def _stage(speech: Speech, followed: Followed) -> Stage | None:
    return None if followed.stage is None else stage_of(speech, followed.document_type, followed.stage)


def _pick_up(speech: Speech, followed: Followed) -> Stage | None:
    """Return the stage of the main way at which the citizen has to come."""
    steps = speech.catalogue.steps(followed.document_type)
    found = (stage_of(speech, followed.document_type, step) for step in steps)
    return next((stage for stage in found if stage is not None and stage.actionable), None)


def not_followed(speech: Speech) -> Message:
    """Tell that a document is not followed any more."""
    text = speech.say("You do not follow this document any more.")
    return Message(text, ((buttons.status(speech), buttons.help_(speech)),))


def invitation(speech: Speech, link: str) -> Message:
    """Word the message to pass on; it says nothing of who sends it."""
    text = lines(
        speech.say(
            "Follow a document with me: {agency} will write to you at every step.", agency=agency(speech)
        ),
        text_of(link, 400),
    )
    return Message(text)


def shared(speech: Speech, subscription: UUID, until: datetime) -> Message:
    """Tell what the message above is for and how far it goes."""
    text = lines(
        speech.say("Pass the message above on to the person who should follow too."),
        speech.say("The link works for one person, until {moment}.", moment=speech.moment(until)),
        speech.say(
            "That person sees every step of this document, but not who you are. We tell you when they begin."
        ),
    )
    return Message(text, buttons.under(speech, subscription))


def too_many_shares(speech: Speech) -> Message:
    """Tell that no more people can be invited now."""
    text = speech.say(
        "No more people can follow this document now. "
        "Too many follow already, or earlier links are still open."
    )
    return Message(text, ((buttons.status(speech), buttons.help_(speech)),))


def receipt_lapsed(speech: Speech) -> Message:
    """Tell that a document is followed and cannot be shared, for its receipt does not stand any more."""
    text = lines(
        speech.say("You still follow this document, and we go on writing to you at every step."),
        speech.say(
            "You cannot pass it on: the receipt that you came by has been revoked or printed anew. "
            "Scan the new receipt first, then you can."
        ),
    )
    return Message(text, ((buttons.status(speech), buttons.help_(speech)),))


def no_link(speech: Speech) -> Message:
    """Tell that links cannot be made here."""
    text = speech.say("Links cannot be made here. Please ask at the office for another receipt.")
    return Message(text, ((buttons.status(speech), buttons.help_(speech)),))


def type_name(speech: Speech, subscription: UUID) -> Message:
    """Ask for a name of one's own."""
    text = speech.say(
        "Please send a name for this document, for example “Mum’s passport”. Only you will see it."
    )
    named = speech.name_of(subscription) is not None
    drop = buttons.button(speech.say("Without a name"), callback_data.about("unname", subscription))
    return Message(text, (*(((drop,),) if named else ()), (buttons.cancel(speech),)))


def name_set(speech: Speech, name: str | None, subscription: UUID, replaces: str | None) -> Message:
    """Confirm a document's name."""
    text = (
        speech.say("Done. This document has no name of its own now.")
        if name is None
        else speech.say("Done. We now call this document: {name}", name=chosen(name))
    )
    return Message(text, buttons.under(speech, subscription), replaces, private=True)
