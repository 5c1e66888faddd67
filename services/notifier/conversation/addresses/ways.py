"""Several addresses of one person: what is planned when they ask about them, and how it is answered."""

from collections.abc import Mapping, Sequence
from typing import assert_never
from uuid import UUID

from services.notifier.conversation.citizen import Citizen, citizen_of, say
from services.notifier.domain.actions import Action, Known, Outbound, Outcome
from services.notifier.domain.addresses import ways
from services.notifier.domain.addresses.ways import (
    AddressAction,
    AddWay,
    AskToDrop,
    AskToJoin,
    Dropped,
    DropWay,
    Invitations,
    Inviting,
    Join,
    LastWay,
    Lettered,
    OnePerson,
    PutFirst,
    ShowWays,
    TellThere,
    Uninvited,
    Ways,
    WriteLetter,
)
from services.notifier.domain.incoming import Incoming
from services.notifier.domain.messages import Message
from services.notifier.wording import notices, prompts
from services.notifier.wording.i18n import Voice
from services.notifier.wording.keyboard import callback_data


def opened(data: str, citizen: Citizen) -> Action:
    """Return what a command or a plain button about one's own addresses leads to."""
    if not citizen.follows:
        return say(prompts.nothing_followed(citizen.speech))
    plans: Mapping[str, AddressAction] = {
        callback_data.ADD_WAY: AddWay(),
        callback_data.LETTER: WriteLetter(),
    }
    return plans.get(data) or ShowWays(citizen.tapped)


def mailed(citizen: Citizen, tap: str | None = None) -> Action:
    """Return what the wish for an answer by e-mail leads to: what a button says, or the last one."""
    if not citizen.follows:
        return say(prompts.no_mailbox(citizen.speech))
    return WriteLetter(last=tap is None, tap=tap)


def tapped(tap: callback_data.Way | callback_data.Joining, citizen: Citizen) -> Action:
    """Return what a button does that names an address, or the secret of a link."""
    if isinstance(tap, callback_data.Joining):
        if tap.given:
            return Join(tap.secret, citizen.tapped)
        return AskToJoin(tap.secret, tap.language, citizen.tapped)
    return _own(tap, citizen) if citizen.follows else say(prompts.nothing_followed(citizen.speech))


def _own(tap: callback_data.Way, citizen: Citizen) -> Action:
    match tap.verb:
        case "first":
            return PutFirst(tap.address, citizen.tapped)
        case "news" | "all":
            return TellThere(tap.address, tap.verb, citizen.tapped)
        case "ask_drop":
            return AskToDrop(tap.address)
        case "drop":
            return DropWay(tap.address, citizen.tapped)
        case _ as never:
            assert_never(never)


def answer(done: AddressAction, outcome: Outcome | None, citizen: Citizen) -> Message:
    """Return the message that tells what came of a wish about addresses."""
    told = (
        _of_a_link(done, outcome, citizen)
        if isinstance(done, AskToJoin | Join)
        else _of_own(done, outcome, citizen)
    )
    return told or prompts.try_later(citizen.speech)


def _of_own(done: AddressAction, outcome: Outcome | None, citizen: Citizen) -> Message | None:
    speech = citizen.speech
    told: Message | None = None
    match done, outcome:
        case (
            (ShowWays(replaces) | PutFirst(_, replaces) | TellThere(_, _, replaces) | DropWay(_, replaces)),
            Ways(),
        ):
            told = _listed(outcome, replaces, citizen)
        case AskToDrop(address), Ways():
            told = _dropping(outcome, address, citizen)
        case DropWay(_, replaces), LastWay():
            told = prompts.last_way(speech, replaces)
        case DropWay(_, replaces), Dropped():
            told = prompts.way_dropped(speech, outcome, replaces)
        case WriteLetter(), Lettered():
            told = prompts.lettered(speech, citizen.known.links.served, outcome)
        case AddWay(), Invitations(secrets):
            served = citizen.known.links.served
            links = {account: served[account].link(secret) for account, secret in secrets.items()}
            told = prompts.invited(speech, links)
        case _:
            pass
    return told


def _of_a_link(done: AskToJoin | Join, outcome: Outcome | None, citizen: Citizen) -> Message | None:
    speech, replaces = citizen.speech, done.replaces
    told: Message | None = None
    match outcome:
        case Inviting():
            told = prompts.confirm_join(citizen.voice, speech, outcome, done.secret, replaces)
        case OnePerson(already=False):
            told = prompts.joined(speech, replaces)
        case OnePerson():
            told = prompts.one_already(speech, replaces)
        case Uninvited(forgotten=True):
            told = prompts.forgotten(speech, replaces)
        case Uninvited():
            told = prompts.uninvited(speech, follows=citizen.follows, replaces=replaces)
        case _:
            pass
    return told


def _dropping(found: Ways, address: UUID, citizen: Citizen) -> Message:
    named = found.named(address)
    if named is None:
        return _listed(found, None, citizen)
    if found.alone(address):
        return prompts.last_way(citizen.speech, None)
    return prompts.confirm_drop(citizen.speech, *named)


def second_way(incoming: Incoming, known: Known, voice: Voice) -> Sequence[Outbound]:
    """Return the question whether somebody wants a second address, where there is one to add."""
    citizen = citizen_of(incoming, known, voice)
    return [Outbound(notices.signed(prompts.second_way(citizen.speech), citizen.speech))]


def told_elsewhere(account: str, known: Known, voice: Voice) -> Sequence[Outbound]:
    """Return what is said to whoever gave a link, once it was used from an account."""
    person = known.recipient
    speech = voice.to(known.reader(voice.languages[0] if person is None else person.language))
    return [Outbound(notices.signed(prompts.added(speech, account), speech))]


def _listed(found: Ways, replaces: str | None, citizen: Citizen) -> Message:
    more = ways.offered(citizen.known.links.served, found.all)
    return prompts.ways(citizen.speech, found, replaces, more=bool(more))
