"""People who answer: what is planned when somebody wants one, and how it is told what came of it."""

from collections.abc import Sequence
from typing import assert_never
from uuid import UUID

from contracts.catalogue.desk_terms import MOST_FILE_BYTES, FileTerms
from contracts.messages.desk.talk import LONGEST_TEXT
from contracts.messages.rpc import Followed, StatusAnswer
from services.notifier.conversation.citizen import Citizen, not_understood, say
from services.notifier.domain.actions import Action, Outcome
from services.notifier.domain.handover import (
    LONGEST_QUESTION,
    LONGEST_WORD,
    AskQuestion,
    AskSubject,
    EndTalk,
    Handed,
    HandoverAction,
    OpenTalk,
    RateTalk,
    RateWord,
    Reason,
    Refusal,
    SayMore,
    SendFile,
    Typing,
)
from services.notifier.domain.incoming import Document, Photo
from services.notifier.domain.messages import Message
from services.notifier.knowledge.index import Index
from services.notifier.wording import prompts
from services.notifier.wording.keyboard.handover_data import Handover

_FILES = frozenset({"voice", "audio", "video", "video_note", "animation", "file"})
"""What people send as they send photos, as messengers name it."""
WANTED: dict[str, Reason] = {"person": "asked", "complaint": "complaint"}
"""Labels of what people say who want a person."""


def wanted(reason: Reason, citizen: Citizen, replaces: str | None = None) -> Action:
    """Return what follows from the wish for a person; nobody is there for it: it is not understood."""
    desk = citizen.known.desk
    if desk is None:
        return not_understood(citizen)
    if desk.open is not None:
        return say(prompts.still_open(citizen.speech, desk.open))
    return AskSubject(reason, replaces)


def tapped(tap: Handover, citizen: Citizen) -> Action:
    """Return what a button about people who answer does."""
    desk = citizen.known.desk
    if desk is None:
        return not_understood(citizen)
    match tap.verb:
        case "ask":
            # What was not understood stays to be read.
            return wanted(tap.reason, citizen)
        case "subject" | "kind" | "other":
            if desk.open is not None:
                return say(prompts.still_open(citizen.speech, desk.open))
            return AskQuestion(Typing("question", tap.reason, tap.subscription, tap.document), citizen.tapped)
        case "end" | "content" | "discontent":
            return _of_one(tap, citizen)
        case _ as never:
            assert_never(never)


def _of_one(tap: Handover, citizen: Citizen) -> Action:
    if tap.conversation is None:
        return not_understood(citizen)
    if tap.verb == "end":
        return EndTalk(tap.conversation, citizen.tapped)
    return RateTalk(tap.conversation, tap.verb == "content", citizen.tapped)


def typed(text: str, typing: Typing, near: Sequence[str], index: Index) -> Action:
    """Return what follows from the question, or the word, that somebody was asked for.

    `near` is what the base has near to it, best first.
    """
    if typing.what == "word" and typing.conversation is not None:
        return RateWord(typing.conversation, text[:LONGEST_WORD])
    if len(text) > LONGEST_QUESTION:
        return AskQuestion(typing, too_long=True)
    return OpenTalk(text, typing, next((one for one in near if one in index.answers), None))


def said(text: str, citizen: Citizen) -> Action | None:
    """Return what follows from a text while a conversation is open; None where none is."""
    desk = citizen.known.desk
    if desk is None or desk.open is None:
        return None
    if len(text) > LONGEST_TEXT:
        return say(prompts.not_passed_on(citizen.speech, desk.open))
    return SayMore(desk.open, text)


def sent(body: Photo | Document, citizen: Citizen) -> Action | None:
    """Return what follows from a picture or document while a conversation is open; None where none is.

    Where no files are taken a picture is looked at all the same: it may be a receipt's.
    """
    desk, terms = citizen.known.desk, file_terms(citizen)
    if desk is None or desk.open is None:
        return None
    refused: Refusal | None = None
    if isinstance(body, Document) and terms is None:
        refused = "off"
    elif isinstance(body, Document) and terms is not None and (body.size or 0) > terms.most_bytes:
        refused = "large"
    elif (body.size or 0) > MOST_FILE_BYTES:
        refused = "large" if terms is not None else "off"
    return SendFile(desk.open, body.reference, body.caption.strip()[:LONGEST_TEXT], refused)


def unfit(what: str, citizen: Citizen) -> Action | None:
    """Return what follows from a voice or a video while a conversation is open; None for anything else."""
    desk = citizen.known.desk
    if desk is None or desk.open is None or what not in _FILES:
        return None
    return refused("type", desk.open, citizen)


def refused(why: Refusal, conversation: UUID, citizen: Citizen) -> Action:
    """Return the action that tells why people do not get a file."""
    return say(prompts.file_refused(citizen.speech, why, file_terms(citizen), conversation))


def file_terms(citizen: Citizen) -> FileTerms | None:
    """Return which files people take; None for none."""
    desk = citizen.voice.catalogue.agency.desk
    return None if desk is None else desk.files


def answer(done: HandoverAction, outcome: Outcome | None, citizen: Citizen) -> Sequence[Message]:
    """Return the messages that tell what came of a wish about people who answer."""
    match done:
        case AskSubject(reason, replaces):
            return [prompts.which_subject(citizen.speech, _followed(outcome), reason, replaces)]
        case AskQuestion(_, _, True):
            return [prompts.question_too_long(citizen.speech)]
        case AskQuestion(_, replaces):
            return [prompts.ask_question(citizen.speech, replaces)]
        case OpenTalk():
            return [_opened(outcome, citizen)]
        case SayMore() | SendFile(refused=None) if outcome == Handed("said"):
            # While people answer the bot says nothing.
            return []
        case _:
            return [_on_one(done, outcome, citizen)]


def _opened(outcome: Outcome | None, citizen: Citizen) -> Message:
    match outcome:
        case Handed("kept", UUID() as conversation):
            return prompts.question_kept(citizen.speech, conversation)
        case Handed("already", UUID() as conversation):
            return prompts.still_open(citizen.speech, conversation)
        case Handed("often"):
            return prompts.asked_often(citizen.speech)
        case _:
            return prompts.try_later(citizen.speech)


def _on_one(
    done: SayMore | SendFile | EndTalk | RateTalk | RateWord, outcome: Outcome | None, citizen: Citizen
) -> Message:
    speech, what = citizen.speech, outcome.what if isinstance(outcome, Handed) else None
    match done:
        case SendFile(conversation, refused=str() as why) if what == "said":
            return prompts.file_refused(speech, why, file_terms(citizen), conversation)
        case SayMore() | SendFile():
            return prompts.talk_over(speech)
        case EndTalk(_, replaces):
            return prompts.talk_ended(speech, replaces)
        case RateTalk(_, content, replaces) if what == "rated":
            return prompts.rated(speech, content=content, replaces=replaces)
        case RateTalk(_, _, replaces):
            return prompts.rated_before(speech, replaces)
        case RateWord():
            return prompts.worded(speech) if what == "worded" else prompts.rated_before(speech, None)
        case _ as never:
            assert_never(never)


def _followed(outcome: Outcome | None) -> Sequence[Followed]:
    """Return what somebody follows; where nobody says, they are asked as who follows nothing."""
    return outcome.followed if isinstance(outcome, StatusAnswer) else ()
