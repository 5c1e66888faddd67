"""Being handed over to people of the agency: what is asked first, the wait, their answers, the end."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from contracts.messages.desk.talk import Queued
from contracts.messages.rpc import Followed
from services.notifier.domain.handover import LONGEST_QUESTION, Reason
from services.notifier.domain.messages import Button, Message, Text, joined
from services.notifier.wording.i18n import Speech
from services.notifier.wording.keyboard import buttons, handover_data
from services.notifier.wording.keyboard.handover_data import Handover, Verb
from services.notifier.wording.markup import bold, lines, literal, paragraphs, text_of
from services.notifier.wording.notices import chosen, document_line
from services.notifier.wording.prompts.common import agency

_LONGEST_LINE = 4000
_LONG = 120
"""Minutes from which a wait is told in hours."""


def which_subject(
    speech: Speech, followed: Sequence[Followed], reason: Reason, replaces: str | None
) -> Message:
    """Ask which document the question is about: of those that are followed, else of all there are."""
    rows = tuple((_subject(speech, one, reason),) for one in followed) or _kinds(speech, reason)
    other = buttons.button(speech.say("Something else"), handover_data.data(Handover("other", reason)))
    text = lines(
        speech.say("Somebody of {agency} will answer you.", agency=agency(speech))
        if reason != "complaint"
        else speech.say(
            "We are sorry that something is wrong. Somebody of {agency} will answer you.",
            agency=agency(speech),
        ),
        _languages(speech),
        speech.say("Which document is it about?"),
    )
    return Message(text, (*rows, (other,), (buttons.cancel(speech),)), replaces)


def ask_question(speech: Speech, replaces: str | None) -> Message:
    """Ask for the question, in one sentence."""
    text = lines(
        speech.say("Please write your question here in one sentence."),
        speech.say("People will read it. Never send passwords, bank cards or codes from a text message."),
    )
    return Message(text, ((buttons.cancel(speech),),), replaces)


def question_kept(speech: Speech, conversation: UUID) -> Message:
    """Tell that the question is kept, and where everything written from now on goes."""
    text = lines(
        speech.say("Your question is kept. The answer will come here."),
        speech.say("Whatever you write now goes with it. Commands and buttons work as always."),
    )
    return Message(text, ((end_button(speech, conversation),),))


def still_open(speech: Speech, conversation: UUID) -> Message:
    """Tell somebody who wants a person that they have one already."""
    text = speech.say("You have a question open already. Whatever you write here goes to our staff.")
    return Message(text, ((end_button(speech, conversation),),))


def asked_often(speech: Speech) -> Message:
    """Tell somebody who asked people many questions today to wait until tomorrow."""
    text = speech.say("You have asked our staff many questions today. Please ask the next one tomorrow.")
    return Message(text, ((buttons.menu(speech),),))


def question_too_long(speech: Speech) -> Message:
    """Ask for a shorter question."""
    text = speech.count(
        "That is too long for one question. Please send it shorter: at most {n} letter.",
        "That is too long for one question. Please send it shorter: at most {n} letters.",
        LONGEST_QUESTION,
    )
    return Message(text, ((buttons.cancel(speech),),))


def not_passed_on(speech: Speech, conversation: UUID) -> Message:
    """Tell that what was written is too long and went nowhere."""
    text = speech.say("That was too long, and nobody got it. Please send it in parts.")
    return Message(text, ((end_button(speech, conversation),),))


def talk_ended(speech: Speech, replaces: str | None) -> Message:
    """Confirm that a conversation was ended."""
    text = speech.say("The conversation is over. We will be glad to help another time.")
    return Message(text, ((buttons.menu(speech),),), replaces)


def talk_over(speech: Speech) -> Message:
    """Tell that a conversation is open no more."""
    text = speech.say("This conversation is over already. Nobody got what you wrote.")
    again = buttons.person(speech, "asked")
    return Message(text, ((again,), (buttons.menu(speech),)))


def queued(speech: Speech, told: Queued, conversation: UUID) -> Message:
    """Tell the place in the queue, the wait or when the desk opens, and until when an answer is promised."""
    text = lines(
        None
        if told.opens_at is None
        else speech.say(
            "Nobody answers now. The first answers come from {moment} on.",
            moment=_moment(speech, told.opens_at),
        ),
        speech.say("Your place in the queue: {n}.", n=told.place),
        _wait(speech, told),
        speech.say("You will have an answer by {moment} at the latest.", moment=_moment(speech, told.by)),
    )
    return Message(text, ((end_button(speech, conversation),),))


def passed_on(speech: Speech, conversation: UUID) -> Message:
    """Tell that a specialist was asked."""
    text = speech.say("We have passed your question on to a specialist. The answer will come here.")
    return Message(text, ((end_button(speech, conversation),),))


def answered(speech: Speech, said: str, author: str, conversation: UUID) -> Message:
    """Tell what one of the staff answers, with their public name."""
    who = (
        joined((bold(author, 100), literal(", "), agency(speech), literal(":")))
        if author.strip()
        else speech.say("The staff of {agency}:", agency=agency(speech))
    )
    return Message(paragraphs((who, _as_written(said))), ((end_button(speech, conversation),),), private=True)


def talk_closed(speech: Speech, conversation: UUID, why: str, *, rate: bool) -> Message:
    """Tell that a conversation is over, and ask how it was."""
    over = {
        "silent": speech.say("We have not heard from you any more, so the conversation is over."),
        "withdrawn": None,
    }.get(why, speech.say("The conversation is over."))
    if not rate:
        return Message(over or speech.say("The conversation is over."), ((buttons.menu(speech),),))
    text = lines(over, speech.say("Are you content with how you were helped?"))
    yes = _button(speech.say("Yes, I am"), "content", conversation)
    no = _button(speech.say("No, I am not"), "discontent", conversation)
    return Message(text, ((yes, no), (buttons.menu(speech),)))


def rated(speech: Speech, *, content: bool, replaces: str | None) -> Message:
    """Thank for a judgement, and ask for a word."""
    text = lines(
        speech.say("Thank you!") if content else speech.say("We are sorry. Thank you for telling us."),
        speech.say("If you like, tell us why, in one message."),
    )
    return Message(text, ((buttons.cancel(speech),),), replaces)


def worded(speech: Speech) -> Message:
    """Thank for the word."""
    return Message(speech.say("Thank you, we read all of it."), ((buttons.menu(speech),),))


def rated_before(speech: Speech, replaces: str | None) -> Message:
    """Tell that a conversation was judged before, or cannot be any more."""
    text = speech.say("Thank you, you have told us already.")
    return Message(text, ((buttons.menu(speech),),), replaces)


def _subject(speech: Speech, one: Followed, reason: Reason) -> Button:
    own = speech.name_of(one.subscription_id)
    label = chosen(own) if own else document_line(speech, one.document_type, one.masked)
    return buttons.button(
        label, handover_data.data(Handover("subject", reason, subscription=one.subscription_id))
    )


def _kinds(speech: Speech, reason: Reason) -> buttons.Rows:
    return tuple(
        (
            buttons.button(
                text_of(speech.pick(one.name), 160),
                handover_data.data(Handover("kind", reason, document=code)),
            ),
        )
        for code, one in speech.catalogue.documents.items()
        if len(code) <= handover_data.LONGEST_DOCUMENT
    )


def _languages(speech: Speech) -> Text | None:
    """Tell in which languages people answer, where those are not all of the agency's."""
    terms = speech.catalogue.agency.desk
    if terms is None or not terms.languages or set(terms.languages) >= set(speech.catalogue.agency.languages):
        return None
    named = [literal(buttons.language_name(code)) for code in terms.languages]
    return speech.say(
        "People answer in these languages: {languages}.", languages=joined(named, literal(", ")[0])
    )


def _wait(speech: Speech, told: Queued) -> Text | None:
    if told.wait_to is None:
        return None
    first, last = told.wait_from or 0, max(told.wait_to, told.wait_from or 0, 1)
    if last >= _LONG:
        hours = (first // 60, -(-last // 60))
        return speech.say("The wait is usually {span} h.", span=_span(*hours))
    return speech.say("The wait is usually {span} min.", span=_span(first, last))


def _span(first: int, last: int) -> Text:
    return literal(str(last) if first >= last else f"{max(first, 1)}–{last}" if last > 1 else "1")


def _moment(speech: Speech, at: datetime) -> Text:
    local = at.astimezone(speech.zone)
    return joined((speech.weekday(local.date()), literal(f", {local.hour:02}:{local.minute:02}")))


def _as_written(said: str) -> Text:
    """Return a text of several lines, each cleaned; blank ones between them are one."""
    blocks = [
        lines(*(text_of(line, _LONGEST_LINE) for line in block.splitlines()))
        for block in said.replace("\r\n", "\n").split("\n\n")
    ]
    return paragraphs(blocks)


def end_button(speech: Speech, conversation: UUID) -> Button:
    """Return the button that ends a conversation."""
    return _button(speech.say("End the conversation"), "end", conversation)


def _button(label: Text, verb: Verb, conversation: UUID) -> Button:
    return buttons.button(label, handover_data.data(Handover(verb, conversation=conversation)))
