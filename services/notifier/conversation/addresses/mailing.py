"""What somebody was answered last, written to their own mailbox: asked for once more, so that it holds today.

It is kept as the question, never as the text: a letter says where a document is now, and what an answer says
now, in the language that its reader speaks now.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from contracts.messages.following import History
from contracts.messages.ids import RecipientId
from contracts.messages.rpc import Redeemed, StatusAnswer
from language import words_of
from runtime.database.postgres import Pool
from services.notifier.conversation import replies, wishes
from services.notifier.conversation.citizen import Citizen, citizen_of
from services.notifier.conversation.intents import Intents
from services.notifier.delivery.store import Store, Unit
from services.notifier.domain.actions import (
    Action,
    Again,
    Ask,
    Follow,
    Known,
    Outbound,
    Outcome,
    Reply,
    ShowHistory,
)
from services.notifier.domain.addresses.ways import Way, WriteLetter
from services.notifier.domain.incoming import Incoming
from services.notifier.recipients.addresses import Place, Recipient, Recipients
from services.notifier.wording import letterbox
from services.notifier.wording.i18n import Voice
from services.notifier.wording.keyboard import callback_data
from services.notifier.wording.notices import signed

WHERE = Again(topic="where")
"""What is written to who was answered nothing lately."""


def again_of(done: Action, outcome: Outcome | None) -> Again | None:
    """Return how an answer is had once more; None for what answers no question."""
    match done, outcome:
        case Reply(told=told), _ if told is not None:
            return told.again
        case Ask(topic, subscription), StatusAnswer(followed=followed) if followed:
            return Again(topic=topic, subscription=subscription)
        case ShowHistory(subscription), History():
            return Again(tap=callback_data.about("history", subscription))
        case Follow(), Redeemed(followed=followed):
            return Again(topic="where", subscription=followed.subscription_id)
        case _:
            return None


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_MAILBOX = _words(
    "пошту поштою почту почтой почте скриньку ящик імейл імейлом имейл имейлом емейл емейлом емайл мейл "
    "мейлом email mail mailbox"
)
_AROUND = _words(
    "на по мою моя мій мой мені мне будь ласка пожалуйста please by to via my me on in the your e з а і и "
    "електронну електронною електронний электронную электронной электронный поштову почтовый "
    "надішліть надішли надіслати пришліть пришли прислати відправте відправ відправити скиньте скинь вишліть "
    "пришлите прислать отправьте отправь отправить вышлите вышли send forward "
    "це цю цей відповідь это этот ответ it this that answer можна можно can could you also також тоже"
)
_MOST_WORDS = 9


def by_mail(text: str) -> bool:
    """Tell whether a text asks for the last answer by e-mail, and says nothing else."""
    said = words_of(text)
    return (
        len(said) <= _MOST_WORDS
        and any(word in _MAILBOX for word in said)
        and all(word in _MAILBOX or word in _AROUND for word in said)
    )


@dataclass(frozen=True)
class Mailing:
    """What is written to the mailboxes of one account's people."""

    pool: Pool
    store: Store
    recipients: Recipients
    intents: Intents

    async def keep(self, unit: Unit, recipient: RecipientId, done: Action, outcome: Outcome | None) -> None:
        """Keep how the answer is had once more that somebody is given."""
        if (again := again_of(done, outcome)) is not None:
            await self.recipients.last_answers.keep(unit.connection, recipient, again)

    async def asked(self, done: Action, person: Recipient | None, citizen: Citizen) -> Action:
        """Return the plan by which that is had which a letter is to tell."""
        again = None
        if isinstance(done, WriteLetter) and done.tap is not None:
            again = Again(tap=done.tap)
        elif isinstance(done, WriteLetter) and done.last and person is not None:
            again = await self.recipients.last_answers.of(self.pool, person.id)
        return asked(again or WHERE, citizen, self.intents)

    async def write(
        self,
        unit: Unit,
        place: Place,
        way: Way | None,
        incoming: Incoming,
        letters: Sequence[Outbound],
        *,
        instead: Sequence[Outbound],
    ) -> None:
        """Store letters to another address of who is at a place, beside the answer there."""
        if way is None:
            return
        there, cause = self.recipients.of_account(way.account), f"{self.recipients.channel}/{incoming.update}"
        mailbox = Place(place.recipient_id, way.address_id)
        await self.store.store_answers(unit, there, mailbox, cause, letters, instead=instead)


def asked(again: Again, citizen: Citizen, intents: Intents) -> Action:
    """Return the plan by which an answer is had once more."""
    if again.topic is not None:
        return Ask(again.topic, again.subscription)
    tap = None if again.tap is None else callback_data.parse(again.tap)
    return wishes.tapped(tap, citizen, intents)


def letters(
    done: Action, outcome: Outcome | None, incoming: Incoming, known: Known, voice: Voice
) -> Sequence[Outbound]:
    """Return what came of that plan as letters; none where it is no answer any more, or not known now."""
    if again_of(done, outcome) is None:
        return ()
    citizen = citizen_of(incoming, known, voice)
    if isinstance(done, Reply) and done.told is not None:
        said: Sequence[Outbound] = (Outbound(signed(done.told.message, citizen.speech)),)
    else:
        said = replies.answer(done, outcome, incoming, known, voice)
    return [_letter(one, citizen) for one in said]


def _letter(said: Outbound, citizen: Citizen) -> Outbound:
    linked = letterbox.linked(said.message, citizen.speech, citizen.known.links.home)
    document = said.subscription_id
    thread = None if document is None else letterbox.thread(document)
    return replace(said, message=replace(letterbox.titled(linked, thread), replaces=None))
