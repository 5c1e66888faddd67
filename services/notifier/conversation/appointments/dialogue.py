"""From a tap about an appointment to the plan, from the plan to what the desk is asked, and to the answer."""

from collections.abc import Sequence
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from contracts.messages.desk.appointments import (
    Booked,
    GivenBack,
    Refused,
    Slots,
    Waiting,
)
from contracts.messages.ids import RecipientId
from services.notifier.conversation.appointments.desk_client import Desk
from services.notifier.conversation.citizen import Citizen, say
from services.notifier.domain.actions import Action, Outbound, Outcome
from services.notifier.domain.appointments import Appoint, Arranged
from services.notifier.domain.messages import Message
from services.notifier.wording import prompts
from services.notifier.wording.keyboard.appointment_data import Appointing
from services.notifier.wording.prompts import appointments as wording

_BOOKINGS = UUID("be2a7f0c-6d36-4f5b-8d0c-5a2d1be1c2a4")


def tapped(tap: Appointing, citizen: Citizen) -> Action:
    """Return the plan for a button about an appointment."""
    if not citizen.follows:
        return say(prompts.nothing_followed(citizen.speech))
    day = tap.day
    if tap.starts_at is not None:
        zone = ZoneInfo(citizen.voice.catalogue.agency.time_zone)
        day = tap.starts_at.astimezone(zone).date()
    # One tap is one booking, however often the update comes; each update is one of the messenger's own.
    booking = uuid5(_BOOKINGS, f"{tap.subscription}\x1f{tap.starts_at}\x1f{citizen.update}")
    return Appoint(
        tap.wish,
        tap.subscription,
        day=day,
        starts_at=tap.starts_at,
        booking=booking if tap.wish == "book" else None,
        replaces=citizen.tapped,
    )


def opened(subscription: UUID, citizen: Citizen) -> Action:
    """Return the plan that shows on which days there are times."""
    return Appoint("times", subscription, replaces=citizen.tapped)


async def arranged(plan: Appoint, person: RecipientId, desk: Desk) -> Arranged:
    """Ask the desk for what a plan wants; raise RpcUnavailableError where it does not answer."""
    if plan.wish == "book" and plan.starts_at is not None and plan.booking is not None:
        return await desk.book(person, plan.subscription, plan.starts_at, plan.booking)
    if plan.wish == "give_back":
        return await desk.give_back(person, plan.subscription)
    if plan.wish in {"wait", "rest"}:
        return await desk.wait(person, plan.subscription, on=plan.wish == "wait")
    return await desk.slots(person, plan.subscription, plan.day)


def answers(done: Appoint, outcome: Outcome | None, citizen: Citizen) -> Sequence[Outbound]:
    """Return what is said about an appointment; where the desk does not answer nothing is promised."""
    return (Outbound(_answer(done, outcome, citizen)),)


def _answer(done: Appoint, outcome: Outcome | None, citizen: Citizen) -> Message:
    speech, subscription = citizen.speech, done.subscription
    told: Message
    match outcome:
        case Slots() if done.wish == "slot" and done.starts_at is not None:
            told = wording.confirm(speech, outcome, subscription, done.starts_at, done.replaces)
        case Slots() if done.wish == "day" and done.day is not None:
            told = wording.times(speech, outcome, subscription, done.day, done.replaces)
        case Slots():
            # What was tapped may be a notice, which nothing takes the place of.
            told = wording.days(speech, outcome, subscription)
        case Booked():
            told = wording.booked(speech, outcome, citizen.at)
        case GivenBack(changed=changed):
            told = wording.given_back(speech, subscription, changed=changed)
        case Waiting(on=on):
            told = wording.waits(speech, subscription, on=on)
        case Refused(reason=reason):
            told = wording.refused(speech, subscription, reason)
        case _:
            told = wording.desk_away(speech, subscription)
    return told
