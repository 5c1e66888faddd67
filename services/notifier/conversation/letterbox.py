"""Where there is no conversation: an address is confirmed, or ended, and nothing else is done or answered.

What is answered goes to where others may read it, so it tells no more than was chosen for there.
"""

from collections.abc import Sequence

from contracts.messages.rpc import Followed, Redeemed, Refused
from language.leaving import leaving
from services.notifier.conversation.citizen import Citizen
from services.notifier.domain.actions import (
    Action,
    Follow,
    Ignore,
    MarkUnreachable,
    Outbound,
    Outcome,
    Revive,
)
from services.notifier.domain.addresses.ways import (
    Dropped,
    Join,
    Leave,
    LeftAltogether,
    OnePerson,
    Uninvited,
)
from services.notifier.domain.incoming import Blocked, Body, Said, Tapped, Unblocked
from services.notifier.domain.messages import Message
from services.notifier.wording import letterbox, notices, prompts
from services.notifier.wording.keyboard import callback_data


def planned(body: Body, citizen: Citizen) -> Action:
    """Return what to do about what came from such an address.

    Texts that ask for no end are passed over: an answer to a machine that answers would never end.
    """
    found: Action
    match body:
        case Blocked(how):
            found = MarkUnreachable(how)
        case Unblocked():
            found = Revive()
        case Tapped(data):
            found = _confirmed(data, citizen)
        case Said(text) if citizen.follows and leaving(text) in {"stop", "forget"}:
            found = Leave()
        case _:
            found = Ignore("unreadable")
    return found


def _confirmed(data: str, citizen: Citizen) -> Action:
    match callback_data.parse(data):
        case callback_data.Consent(True, kind, secret, language):
            return Follow(kind, secret, language or citizen.speech.language)
        case callback_data.Joining(given=True, secret=secret):
            return Join(secret)
        case _:
            return Ignore("unreadable")


def answers(done: Action, outcome: Outcome | None, citizen: Citizen) -> Sequence[Outbound]:
    """Return what is written there of what came of an action."""
    match done, outcome:
        case Follow(language=language), Redeemed():
            return _followed(outcome, citizen.in_language(language))
        case (MarkUnreachable() | Revive() | Ignore(), _) | (Leave(), None):
            return ()
        case Follow(language=language), _:
            citizen = citizen.in_language(language)
            return _said(_refused(outcome, citizen), citizen)
        case _:
            return _said(_of_ways(outcome, citizen), citizen)


def _followed(outcome: Redeemed, citizen: Citizen) -> Sequence[Outbound]:
    speech, followed = citizen.speech, outcome.followed
    if citizen.known.detail == "news":
        return _said(prompts.begun(speech), citizen)
    first = _said(prompts.now_follows(speech, followed, created=outcome.created, replaces=None), citizen)
    if followed.stage is None:
        return first
    return *first, _about(followed, citizen)


def _about(followed: Followed, citizen: Citizen) -> Outbound:
    speech = citizen.speech
    shown = letterbox.linked(notices.render_followed(followed, speech), speech, citizen.known.links.home)
    shown = letterbox.titled(shown, letterbox.thread(followed.subscription_id))
    return Outbound(notices.signed(shown, speech), followed.subscription_id, followed.revision)


def _refused(outcome: Outcome | None, citizen: Citizen) -> Message:
    match outcome:
        case Refused(reason="too_many"):
            return prompts.too_many(citizen.speech)
        case Refused(reason="invalid" | "limit"):
            return prompts.not_found(citizen.speech)
        case _:
            return prompts.try_later(citizen.speech)


def _of_ways(outcome: Outcome | None, citizen: Citizen) -> Message:
    speech = citizen.speech
    match outcome:
        case OnePerson():
            return prompts.begun(speech)
        case Uninvited(forgotten=True):
            return prompts.forgotten(speech, None)
        case Uninvited():
            return prompts.uninvited(speech, follows=citizen.follows, replaces=None)
        case Dropped():
            return prompts.left_here(speech, outcome)
        case LeftAltogether():
            return prompts.left(speech)
        case _:
            return prompts.try_later(speech)


def _said(message: Message, citizen: Citizen) -> Sequence[Outbound]:
    linked = letterbox.linked(message, citizen.speech, citizen.known.links.home)
    return (Outbound(notices.signed(letterbox.titled(linked), citizen.speech)),)
