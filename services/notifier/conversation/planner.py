"""From what somebody did to the action: by what was said, tapped, typed after a question, or sent."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from contracts.messages.desk.question import QuestionKind
from contracts.messages.rpc import Followed, StatusAnswer
from services.notifier.conversation import entry, letterbox, preferences, wishes
from services.notifier.conversation.addresses import mailing, ways
from services.notifier.conversation.citizen import (
    Citizen,
    citizen_of,
    say,
)
from services.notifier.conversation.inquiries import answers, people
from services.notifier.conversation.intents import Intents, Understanding
from services.notifier.domain.actions import (
    Action,
    Choose,
    Ignore,
    Known,
    MarkUnreachable,
    Note,
    Outcome,
    ReadPhoto,
    Revive,
    Scanned,
    Tell,
    Unavailable,
    Unread,
)
from services.notifier.domain.incoming import (
    Blocked,
    Body,
    DeliveryReceipt,
    Document,
    Incoming,
    Photo,
    Said,
    Started,
    Tapped,
    Unblocked,
    Unsupported,
)
from services.notifier.knowledge.index import Index
from services.notifier.wording import prompts
from services.notifier.wording.i18n import Voice
from services.notifier.wording.keyboard import callback_data

_COMMAND = re.compile(r"/([A-Za-z]+)(?:@\w+)?(?:\s+(.*))?", re.DOTALL)


def plan(incoming: Incoming, known: Known, voice: Voice, intents: Intents) -> Action:
    """Return what to do about one thing that somebody did."""
    return decided(incoming, known, voice, intents)[0]


def decided(incoming: Incoming, known: Known, voice: Voice, intents: Intents) -> tuple[Action, Note | None]:
    """Return what to do about one thing that somebody did, and what became of a question in their words."""
    if not incoming.private:
        return Ignore("group"), None
    citizen = citizen_of(incoming, known, voice)
    if known.detail is not None:
        return letterbox.planned(incoming.body, citizen), None
    if isinstance(incoming.body, Said):
        return _said(incoming.body.text.strip(), citizen, intents)
    return _planned(incoming.body, citizen, intents), None


def then(
    done: Action, outcome: Outcome | None, incoming: Incoming, known: Known, voice: Voice, *, intents: Intents
) -> Action | None:
    """Return the action that follows from what came of one; None where it is time to answer."""
    citizen = citizen_of(incoming, known, voice)
    match done, outcome:
        case ReadPhoto(), _:
            return seen(outcome, incoming, known, voice)
        case Tell(), StatusAnswer(followed=followed):
            return _told(done, followed, citizen, intents)
        case Tell(), Unavailable():
            # What holds for everybody needs nobody else.
            return _told(done, (), citizen, intents)
        case Choose(what), StatusAnswer(followed=(only,)):
            return wishes.about(callback_data.About(what, only.subscription_id), citizen)
        case _:
            return None


def seen(
    outcome: Outcome | None, incoming: Incoming, known: Known, voice: Voice, *, sent: bool = False
) -> Action | None:
    """Return the action that follows from what a picture shows; None where that is not known.

    Of one that was `sent` to people only the code of a receipt is followed; None where it has none.
    """
    citizen = citizen_of(incoming, known, voice)
    match outcome:
        case Scanned(texts) if sent:
            return entry.found(texts, citizen)
        case Unread() if sent:
            return None
        case Scanned(texts):
            return entry.scanned(texts, citizen)
        case Unread():
            return say(prompts.unread_photo(citizen.speech))
        case _:
            return None


def _planned(body: Body, citizen: Citizen, intents: Intents) -> Action:
    planned: Action
    match body:
        case Blocked(how):
            planned = MarkUnreachable(how)
        case Unblocked():
            planned = Revive()
        case Started(payload):
            planned = entry.started(payload, citizen)
        case Said(text):
            planned, _ = _said(text.strip(), citizen, intents)
        case Photo(reference):
            planned = people.sent(body, citizen) or ReadPhoto(reference)
        case Document():
            planned = people.sent(body, citizen) or _unreadable("document", citizen)
        case Tapped(data):
            planned = wishes.tapped(callback_data.parse(data), citizen, intents)
        case DeliveryReceipt():
            planned = Ignore("receipt")
        case Unsupported(what):
            planned = people.unfit(what, citizen) or _unreadable(what, citizen)
        case _ as never:
            assert_never(never)
    return planned


def _unreadable(what: str, citizen: Citizen) -> Action:
    return say(prompts.unreadable(citizen.speech, what, follows=citizen.follows))


def _said(text: str, citizen: Citizen, intents: Intents) -> tuple[Action, Note | None]:
    """Return the action for a text: commands and receipts first."""
    if command := _COMMAND.fullmatch(text):
        return wishes.commanded(command[1].lower(), command[2], citizen, intents), None
    if planned := entry.receipt(text, citizen):
        return planned, None
    return _in_words(text, citizen, intents)


def _in_words(text: str, citizen: Citizen, intents: Intents) -> tuple[Action, Note | None]:
    """Return the action for one's own words: what was asked for; then intents, then the answers."""
    meant = intents.explained(text, citizen.today)
    if planned := _expected(text, meant, citizen, intents.index):
        return planned, None
    if mailing.by_mail(text):
        return ways.mailed(citizen), None
    if planned := entry.slip(text, citizen):
        return planned, None
    if meant.intent is not None:
        note = Note(QuestionKind.UNDERSTOOD, meant.intent, alternatives=meant.alternatives)
        return wishes.meant(meant.intent, citizen, intents), note
    if citizen.known.desk is not None and meant.label in people.WANTED:
        note = Note(QuestionKind.UNDERSTOOD, meant.label)
        return people.wanted(people.WANTED[meant.label], citizen), note
    return answers.asked(text, meant, citizen, intents.index), None


def _expected(text: str, meant: Understanding, citizen: Citizen, index: Index) -> Action | None:
    """Return the action for what somebody was asked to type, or says to people; None for anything else."""
    person, desk = citizen.person, citizen.known.desk
    if meant.intent not in {"stop", "forget", "cancel"}:
        if desk is not None and desk.typing is not None:
            return people.typed(text, desk.typing, meant.answers, index)
        if person is not None and person.awaits is not None:
            return preferences.typed(text, person.awaits, citizen)
    return people.said(text, citizen)


def _told(done: Tell, followed: Sequence[Followed], citizen: Citizen, intents: Intents) -> Action:
    """Return the answer to who follows these documents: where a text asked, the one that is about them."""
    if not done.question:
        return answers.told(done, followed, citizen, intents.index)
    meant = intents.explained(done.question, citizen.today, answers.documents_of(followed))
    if meant.intent is not None:
        return wishes.meant(meant.intent, citizen, intents)
    if len(meant.answers) != 1:
        return answers.offered(done.question, meant, citizen, intents.index)
    return answers.told(replace(done, answer=meant.answers[0]), followed, citizen, intents.index)
