"""What is written where there is no conversation, or where others may read: as much as its reader chose.

Each message has a subject that tells no more than its text, and the page as the one thing to open.
"""

from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid5

from contracts.messages.notice import Notice
from services.notifier.domain.deliveries import DeliveryClass, class_of, expiry_of
from services.notifier.domain.messages import Button, Glance, Message, Text, joined, shown
from services.notifier.domain.preferences import Reader
from services.notifier.wording.i18n import Speech, Voice
from services.notifier.wording.markup import clipped, lines, literal, text_of
from services.notifier.wording.notices import chosen, render_notice, stage_of

_LONGEST_SUBJECT = 120


def render(
    notice: Notice, reader: Reader, voice: Voice, *, may_repeat: bool = False, home: str | None = None
) -> Message:
    """Return the message that tells one notice to its reader, with a glance of it where that is shown."""
    if reader.detail is None:
        message = render_notice(notice, reader, voice, may_repeat=may_repeat)
    else:
        message = render_outside(notice, reader, voice, may_repeat=may_repeat, home=home)
    return message if reader.glance is None else replace(message, glance=glance(notice, reader, voice))


def render_outside(
    notice: Notice, reader: Reader, voice: Voice, *, may_repeat: bool = False, home: str | None = None
) -> Message:
    """Return the message that tells one notice outside of a chat; `home` is the page to open."""
    speech = voice.to(reader)
    if reader.detail == "news":
        message = brief(speech, home, may_repeat=may_repeat)
    else:
        told = render_notice(notice, reader, voice, may_repeat=may_repeat)
        message = replace(linked(told, speech, home), subject=_subject(notice, speech))
    return replace(message, thread=thread(notice.subscription_id))


def brief(speech: Speech, home: str | None, *, may_repeat: bool = False) -> Message:
    """Say that there is news, and nothing of what it is: the code phrase tells that it is us."""
    phrase, news = speech.personal.phrase, speech.say("News of your document.")
    first: Text = news if phrase is None else joined((chosen(phrase), literal(": "), news))
    text = lines(first, speech.say("It may come twice.") if may_repeat else None)
    subject = shown(news).rstrip(".")
    return linked(Message(text, private=True, subject=subject), speech, home)


def glance(notice: Notice, reader: Reader, voice: Voice) -> Glance:
    """Return what of a notice may stand where others look; the code phrase tells that it is us."""
    speech = voice.to(reader)
    if reader.glance == "all":
        title, body = _subject(notice, speech), _next(notice, speech)
    else:
        title, body = shown(speech.say("News of your document.")).rstrip("."), ""
    body = "\n".join(filter(None, (body, _signature(speech))))
    urgency, until = class_of(notice, voice.catalogue), expiry_of(notice, voice.catalogue)
    return Glance(
        title=title,
        body=body,
        thread=thread(notice.subscription_id),
        language=speech.language,
        urgent=urgency is DeliveryClass.ACTIONABLE,
        until=until,
    )


def glance_of_answer(conversation: UUID, speech: Speech, until: datetime) -> Glance:
    """Return what may stand where others look of an answer of staff: that there is one, and nothing of it."""
    return Glance(
        title=shown(speech.say("An answer from our staff")),
        body=_signature(speech),
        thread=thread(conversation),
        language=speech.language,
        urgent=False,
        until=until,
    )


def _signature(speech: Speech) -> str:
    """Return the code phrase as a line; nothing where its reader chose none."""
    phrase = speech.personal.phrase
    return "" if phrase is None else shown(speech.say("Your code phrase: {phrase}", phrase=chosen(phrase)))


def _next(notice: Notice, speech: Speech) -> str:
    """Return what comes next, or is to be done."""
    stage = None if notice.stage is None else stage_of(speech, notice.document_type, notice.stage)
    return "" if stage is None else shown(text_of(speech.pick(stage.next)))


def linked(message: Message, speech: Speech, home: str | None) -> Message:
    """Return a message with what can be opened under it, and nothing that would have to come back.

    It says which language it is in, for programs that read letters.
    """
    rows = [tuple(button for button in row if button.url is not None) for row in message.buttons]
    own = () if home is None else ((Button(shown(speech.say("Open")), url=home),),)
    return replace(message, buttons=(*filter(None, rows), *own), language=speech.language)


def titled(message: Message, thread: str | None = None) -> Message:
    """Return a message with its first line as its subject."""
    first = message.shown.partition("\n")[0].rstrip(".:")
    return replace(message, subject=clipped(first, _LONGEST_SUBJECT), thread=thread)


def thread(subscription: UUID) -> str:
    """Return the name under which the messages about one document belong together."""
    return uuid5(subscription, "thread").hex


def _subject(notice: Notice, speech: Speech) -> str:
    """Return the document and its stage in the agency's words; a name of the reader's own stays inside."""
    document = speech.catalogue.documents.get(notice.document_type)
    name = shown(speech.say("Your document")) if document is None else speech.pick(document.name)
    stage = None if notice.stage is None else stage_of(speech, notice.document_type, notice.stage)
    said = name if stage is None else f"{name}: {speech.pick(stage.name)}"
    return clipped(shown(text_of(said)), _LONGEST_SUBJECT)
