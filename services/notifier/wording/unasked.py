"""What people read without having asked: notices, and of appointments a reminder, an earlier time, an end."""

from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

from contracts.messages.desk.appointments import AppointmentNews, NewsKind
from contracts.messages.notice import Notice
from services.notifier.domain.messages import Glance, Message, Text, shown
from services.notifier.domain.preferences import Reader
from services.notifier.wording import letterbox
from services.notifier.wording.i18n import Speech, Voice
from services.notifier.wording.keyboard import appointment_data, buttons
from services.notifier.wording.markup import bold, lines, paragraphs, text_of
from services.notifier.wording.notices import signed
from services.notifier.wording.prompts import appointments as wording


def rendering(voice: Voice, home: str | None) -> Callable[[Notice | AppointmentNews, Reader, bool], Message]:
    """Return what words all that is told unasked; `home` is the page to open."""

    def worded(told: Notice | AppointmentNews, reader: Reader, may_repeat: bool) -> Message:  # noqa: FBT001 - as senders call it
        if isinstance(told, Notice):
            return letterbox.render(told, reader, voice, may_repeat=may_repeat, home=home)
        return render(told, reader, voice, may_repeat=may_repeat, home=home)

    return worded


def render(
    news: AppointmentNews, reader: Reader, voice: Voice, *, may_repeat: bool = False, home: str | None = None
) -> Message:
    """Return the message that tells it to its reader: no more than they chose where others may read it."""
    speech = voice.to(reader)
    if reader.detail is None:
        message = _told(news, speech, may_repeat=may_repeat)
    elif reader.detail == "news":
        message = letterbox.brief(speech, home, may_repeat=may_repeat)
    else:
        whole = _told(news, speech, may_repeat=may_repeat)
        message = letterbox.titled(letterbox.linked(whole, speech, home))
    if reader.detail is not None:
        message = replace(message, thread=letterbox.thread(news.subscription_id))
    return message if reader.glance is None else replace(message, glance=_glance(news, reader, speech))


def _told(news: AppointmentNews, speech: Speech, *, may_repeat: bool) -> Message:
    twice = (
        speech.say("You may get this message twice: by this messenger and by another one.")
        if may_repeat
        else None
    )
    text = paragraphs((_lead(news, speech), _body(news, speech), twice))
    return signed(Message(text, _buttons(news, speech), private=True), speech)


def _lead(news: AppointmentNews, speech: Speech) -> Text:
    match news.kind:
        case NewsKind.REMINDER:
            return speech.say("You have an appointment tomorrow:")
        case NewsKind.CLOSED:
            return speech.say("Your appointment cannot take place. We are sorry. It was:")
        case NewsKind.EARLIER:
            return speech.say("An earlier time has become free:")
        case _ as never:
            assert_never(never)


def _body(news: AppointmentNews, speech: Speech) -> Text:
    document = speech.catalogue.documents.get(news.document_type)
    name = None if document is None else text_of(speech.pick(document.name), 160)
    reminder = news.kind is NewsKind.REMINDER
    code = None
    if reminder and news.code is not None:
        code = speech.say("Your code at the counter: {code}", code=bold(news.code))
    then = None
    if news.kind is NewsKind.CLOSED:
        then = speech.say("Please choose another time.")
    elif news.kind is NewsKind.EARLIER:
        then = speech.say("We write to several people: whoever books it first has it.")
    return paragraphs(
        (
            lines(bold(wording.when(speech, news.starts_at)), name),
            wording.place(speech, news.office, in_full=reminder),
            code,
            then,
        )
    )


def _buttons(news: AppointmentNews, speech: Speech) -> buttons.Rows:
    subscription = news.subscription_id
    match news.kind:
        case NewsKind.REMINDER:
            return ((wording.change(speech, subscription), wording.give_back(speech, subscription)),)
        case NewsKind.CLOSED:
            return ((buttons.choose_time(speech, subscription),),)
        case NewsKind.EARLIER:
            data = appointment_data.time("book", subscription, news.starts_at)
            return (
                (buttons.button(speech.say("Yes, book it"), data),),
                (wording.rest(speech, subscription),),
            )
        case _ as never:
            assert_never(never)


def _glance(news: AppointmentNews, reader: Reader, speech: Speech) -> Glance:
    """Return what of it may stand where others look; the code phrase tells that it is us."""
    title, body = shown(speech.say("News of your document.")).rstrip("."), ""
    if reader.glance == "all":
        title, body = shown(_lead(news, speech)).rstrip(":"), shown(wording.when(speech, news.starts_at))
    phrase = speech.personal.phrase
    if phrase is not None:
        said = shown(speech.say("Your code phrase: {phrase}", phrase=bold(phrase)))
        body = f"{body}\n{said}" if body else said
    return Glance(
        title=title,
        body=body,
        thread=letterbox.thread(news.subscription_id),
        language=speech.language,
        urgent=True,
        until=news.expires_at,
    )
