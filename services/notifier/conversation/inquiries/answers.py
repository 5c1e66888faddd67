"""Answers of the base: told at once, offered where several are near, or owned up to where there is none."""

from collections.abc import Sequence

from contracts.knowledge import PLACEHOLDERS, Answer, placeholders
from contracts.messages.desk.question import QuestionKind
from contracts.messages.rpc import Followed
from services.notifier.conversation.citizen import Citizen, say
from services.notifier.conversation.intents import UNKNOWN, Understanding
from services.notifier.domain.actions import Action, Again, Note, NotUnderstood, Reply, Tell, Told
from services.notifier.domain.messages import Message
from services.notifier.knowledge.index import Document, Index
from services.notifier.knowledge.scrubbing import scrubbed
from services.notifier.wording import prompts
from services.notifier.wording.keyboard.answer_data import Answering, data, ending

_MOST_LIKE = 3
_MOST_EXAMPLES = 5


def asked(text: str, meant: Understanding, citizen: Citizen, index: Index) -> Action:
    """Return what follows from a question that no intent is for; documents are asked for if they matter."""
    if citizen.follows and any(index.depends(code) for code in meant.answers):
        return Tell(meant.answers[0], text)
    if len(meant.answers) == 1:
        answer = index.answers[meant.answers[0]]
        return _wanted(answer, citizen, Note(QuestionKind.UNDERSTOOD, answer.topic, answer.id))
    return offered(text, meant, citizen, index)


def offered(text: str, meant: Understanding, citizen: Citizen, index: Index) -> Action:
    """Return the offer of what is near to a question; where nothing is, what can honestly be said."""
    near = [index.holding(code, citizen.today) or code for code in meant.answers]
    if not near:
        topic = meant.label or UNKNOWN
        missed = scrubbed(text, index.base.knows, _own_words(citizen))
        note = Note(QuestionKind.MISSED, topic, text=missed)
        return NotUnderstood((prompts.not_understood(citizen.speech),), note=note)
    first = next(one for one in near if isinstance(one, Answer))
    note = Note(QuestionKind.NEAR, first.topic, first.id)
    return Reply((prompts.offered(citizen.speech, near),), note=note)


def alternatives(note: Note | None, citizen: Citizen, index: Index) -> Sequence[Message]:
    """Return the offer of what else may have been meant, for below what was done; mostly none."""
    codes = () if note is None else note.alternatives
    near = [index.holding(code, citizen.today) or code for code in codes]
    offer = prompts.alternatives(citizen.speech, near)
    return (offer,) if offer.buttons else ()


def tapped(tap: Answering, citizen: Citizen, index: Index) -> Action:
    """Return what follows from the tap that wants an answer, or says whether one was wanted."""
    answer = index.holding(tap.code, citizen.today)
    if answer is None:
        return say(prompts.withdrawn(citizen.speech))
    if tap.verb == "tell":
        return _wanted(answer, citizen, None, tap.document)
    if tap.verb == "no":
        others = index.like(answer.id, citizen.today, _MOST_LIKE)
        note = Note(QuestionKind.DENIED, answer.topic, answer.id)
        return Reply((prompts.denied(citizen.speech, others, citizen.tapped),), note=note)
    note = Note(QuestionKind.CONFIRMED, answer.topic, answer.id)
    if citizen.tapped is None:
        return Reply((prompts.thanked(citizen.speech),), note=note)
    if tap.document is not None and citizen.follows:
        return Tell(answer.id, document=tap.document, thanked=True, note=note, replaces=citizen.tapped)
    told = prompts.told(citizen.speech, answer, None, thanked=True, replaces=citizen.tapped)
    return Reply((told,), note=note, told=_kept(citizen, answer, None))


def told(done: Tell, followed: Sequence[Followed], citizen: Citizen, index: Index) -> Action:
    """Return the answer for the documents that somebody follows; which one is asked where that matters."""
    answer = index.holding(done.answer, citizen.today)
    if answer is None:
        return say(prompts.withdrawn(citizen.speech))
    note = done.note
    if done.question is not None:
        note = Note(QuestionKind.UNDERSTOOD, answer.topic, answer.id)
    mine = [one for one in followed if done.document in {None, ending(one.subscription_id)}]
    about = [one for one in mine if answer.is_about(one.document_type, one.stage)]
    texts = {prompts.answer_text(citizen.speech, answer, one): one for one in about}
    if len(texts) > 1 and not done.thanked:
        return Reply((prompts.which_document(citizen.speech, answer, list(texts.values())),), note=note)
    only = next(iter(texts.values()), None)
    message = prompts.told(citizen.speech, answer, only, thanked=done.thanked, replaces=done.replaces)
    return Reply((message,), note=note, told=_kept(citizen, answer, only))


def asking(citizen: Citizen, index: Index) -> Action:
    """Return the invitation to ask."""
    return say(prompts.asking(citizen.speech, index.examples(citizen.today, _MOST_EXAMPLES)))


def documents_of(followed: Sequence[Followed]) -> Sequence[Document]:
    """Return what answers can be about of the documents that somebody follows."""
    return [(one.document_type, one.stage) for one in followed]


def _wanted(answer: Answer, citizen: Citizen, note: Note | None, document: str | None = None) -> Action:
    """Return the answer; what it says of somebody's documents is asked for first."""
    says = {name for text in answer.text.values() for name in placeholders(text)} & set(PLACEHOLDERS)
    if citizen.follows and says:
        return Tell(answer.id, document=document, note=note)
    message = prompts.told(citizen.speech, answer, None)
    return Reply((message,), note=note, told=_kept(citizen, answer, None))


def _kept(citizen: Citizen, answer: Answer, followed: Followed | None) -> Told:
    """Return how an answer is had once more, and how it reads by itself."""
    document = None if followed is None else ending(followed.subscription_id)
    again = Again(tap=data(Answering("tell", answer.id, document)))
    return Told(again, Message(prompts.answer_text(citizen.speech, answer, followed), private=True))


def _own_words(citizen: Citizen) -> Sequence[str]:
    """Return what somebody named themselves: their code phrase, their names of documents."""
    person = citizen.person
    if person is None:
        return ()
    phrase = person.personal.phrase
    return [*person.personal.names.values(), *([] if phrase is None else [phrase])]
