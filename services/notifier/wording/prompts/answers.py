"""Answers of the base: told for who asks, offered where several are near, and whether one was it."""

import re
from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from contracts.knowledge import Answer
from contracts.messages.rpc import Followed
from services.notifier.domain.messages import Button, Message, Text, joined, shown
from services.notifier.wording import opening_hours
from services.notifier.wording.i18n import Speech
from services.notifier.wording.keyboard import answer_data, buttons
from services.notifier.wording.keyboard.answer_data import Answering, Verb
from services.notifier.wording.markup import bold, lines, literal, paragraphs, text_of
from services.notifier.wording.notices import chosen, document_line, stage_of
from services.notifier.wording.prompts.common import how_to_begin

_PLACEHOLDER = re.compile(r"\{([a-z]{1,20})\}")
_MOST_UNITS = 1600
_LONGEST_TITLE = 120


def told(
    speech: Speech,
    answer: Answer,
    followed: Followed | None,
    *,
    thanked: bool = False,
    replaces: str | None = None,
) -> Message:
    """Tell an answer as it is for one document, and ask once whether it was the one wanted; or thank."""
    text = answer_text(speech, answer, followed)
    if thanked:
        said = paragraphs((text, speech.say("Thank you, that helps us to answer better.")))
        return Message(said, ((buttons.menu(speech),),), replaces, private=followed is not None)
    document = None if followed is None else followed.subscription_id
    rows = (
        (
            _button(speech.say("Yes, that was it"), "yes", answer.id, document),
            _button(speech.say("No, something else"), "no", answer.id, document),
        ),
        (buttons.menu(speech),),
    )
    asked = paragraphs((text, speech.say("Was this what you wanted to know?")))
    return Message(asked, rows, replaces, private=followed is not None)


def thanked(speech: Speech) -> Message:
    """Thank for a yes, where the answer stands above."""
    return Message(speech.say("Thank you, that helps us to answer better."), ((buttons.menu(speech),),))


def denied(speech: Speech, others: Sequence[Answer], replaces: str | None) -> Message:
    """Own up to an answer that was not the one wanted, and offer those on the same topic."""
    text = lines(
        speech.say("Sorry that this was not it. We note that, so that the answers get better."),
        speech.say("Perhaps it is one of these? You can also ask once more in other words.")
        if others
        else speech.say("Please ask once more in other words."),
    )
    rows = (*_choices(speech, others), *buttons.people(speech, "missed"), (buttons.menu(speech),))
    return Message(text, rows, replaces)


def offered(speech: Speech, near: Sequence[Answer | str]) -> Message:
    """Offer what is near to a question: answers, and by their labels what the bot itself does."""
    text = speech.say("We are not sure what you mean. Is it one of these?")
    rows = (*_choices(speech, near), *buttons.people(speech, "missed"), (buttons.menu(speech),))
    return Message(text, rows)


def alternatives(speech: Speech, near: Sequence[Answer | str]) -> Message:
    """Offer what else may have been meant by a question that was just answered."""
    return Message(speech.say("If you meant something else:"), _choices(speech, near))


def which_document(speech: Speech, answer: Answer, followed: Sequence[Followed]) -> Message:
    """Ask which document is meant, where the answer is not the same for each."""
    rows = tuple((_document(speech, answer, one),) for one in followed)
    return Message(speech.say("Which document?"), (*rows, (buttons.help_(speech),)))


def asking(speech: Speech, examples: Sequence[Answer]) -> Message:
    """Invite to ask in one's own words, with questions that others ask."""
    text = lines(
        speech.say("Just write your question here, in your own words."),
        speech.say("For example:") if examples else None,
    )
    return Message(text, (*_choices(speech, examples), (buttons.menu(speech),)))


def main_menu(speech: Speech, *, replaces: str | None = None) -> Message:
    """Show everything that the bot can do for somebody."""
    return Message(speech.say("What would you like to do?"), buttons.services(speech), replaces)


def glad(speech: Speech) -> Message:
    """Answer thanks."""
    return Message(speech.say("You are welcome!"), ((buttons.menu(speech),),))


def answer_text(speech: Speech, answer: Answer, followed: Followed | None) -> Text:
    """Return an answer with what is known of a document; a line that lacks something is left out."""
    said = answer.text.get(speech.language) or next(iter(answer.text.values()), "")
    values = {} if followed is None else _values(speech, followed)
    kept = [_filled(line, values) for line in said.splitlines()]
    return lines(*kept) or lines(speech.say("You do not follow any document yet."), how_to_begin(speech))


def _filled(line: str, values: Mapping[str, Text]) -> Text | None:
    parts = _PLACEHOLDER.split(line)
    if any(not values.get(name) for name in parts[1::2]):
        return None
    return joined([values[part] if place % 2 else _plain(part) for place, part in enumerate(parts)])


def _plain(part: str) -> Text:
    """Return words of an answer, cleaned, with the blanks at their ends kept, for a value may follow."""
    before = " " if part[:1].isspace() else ""
    after = " " if part[-1:].isspace() and part.strip() else ""
    return literal(before + shown(text_of(part, _MOST_UNITS)) + after)


def _values(speech: Speech, followed: Followed) -> Mapping[str, Text]:
    stage = None if followed.stage is None else stage_of(speech, followed.document_type, followed.stage)
    office = speech.catalogue.offices.get(followed.office or "")
    own = speech.name_of(followed.subscription_id)
    papers = [speech.catalogue.papers[code] for code in followed.missing if code in speech.catalogue.papers]
    found: dict[str, Text] = {
        "document": chosen(own) if own else document_line(speech, followed.document_type, followed.masked),
        "bring": joined([text_of(speech.pick(one), 80) for one in papers], literal(", ")[0])
        if papers
        else (),
    }
    if stage is not None:
        found["stage"] = bold(speech.pick(stage.name), 120)
    if office is not None:
        found["office"] = text_of(speech.pick(office.name), 160)
        found["address"] = text_of(speech.pick(office.address), 200)
        found["hours"] = opening_hours.week(speech, office)
    if followed.expected_at is not None:
        found["until"] = speech.day(followed.expected_at)
    return found


def _choices(speech: Speech, near: Sequence[Answer | str]) -> buttons.Rows:
    found = [(one, _title(speech, one)) for one in near]
    return tuple(
        (_button(title, "tell", one if isinstance(one, str) else one.id),) for one, title in found if title
    )


def _title(speech: Speech, one: Answer | str) -> Text:
    """Return what a button calls an answer: the first question that it is for."""
    if isinstance(one, str):
        return _DONE[one](speech) if one in _DONE else ()
    said = one.questions.get(speech.language) or next(
        (lines for lines in one.questions.values() if lines), ()
    )
    return text_of(said[0][:1].upper() + said[0][1:], _LONGEST_TITLE) if said else ()


def _document(speech: Speech, answer: Answer, one: Followed) -> Button:
    own = speech.name_of(one.subscription_id)
    label = text_of(own, 40) if own else document_line(speech, one.document_type, one.masked)
    return _button(label, "tell", answer.id, one.subscription_id)


def _button(label: Text, verb: Verb, code: str, document: UUID | None = None) -> Button:
    meant = None if document is None else answer_data.ending(document)
    return buttons.button(label, answer_data.data(Answering(verb, code, meant)))


_DONE: Mapping[str, Callable[[Speech], Text]] = {
    "where": lambda speech: speech.say("Where is my document?"),
    "when": lambda speech: speech.say("When will it be ready?"),
    "bring": lambda speech: speech.say("What to bring"),
    "apply": lambda speech: speech.say("What papers you need to apply"),
    "office": lambda speech: speech.say("When the office is open"),
    "hours": lambda speech: speech.say("When the office is open"),
    "way": lambda speech: speech.say("When the office is open"),
    "language": lambda speech: speech.say("Change the language"),
    "second_way": lambda speech: speech.say("Where we write to you"),
    "quiet": lambda speech: speech.say("When not to wake me"),
    "add": lambda speech: speech.say("Follow a document"),
    "share": lambda speech: speech.say("Let somebody else follow too"),
    "export": lambda speech: speech.say("Everything you keep about me, as a file"),
    "help": lambda speech: speech.say("How this works"),
    "abilities": lambda speech: speech.say("How this works"),
}
"""What buttons call that which the bot does itself, by its label."""
