"""What is said about appointments: days, times, what is booked, and what does not work.

Times are those of the agency's clocks, for that is where people come.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_date

from contracts.messages.desk.appointments import (
    Appointment,
    Booked,
    DaySlots,
    Slots,
)
from services.notifier.domain.messages import Button, Message, Text, joined
from services.notifier.wording.calendar_file import calendar_file
from services.notifier.wording.i18n import Speech
from services.notifier.wording.keyboard import appointment_data, buttons
from services.notifier.wording.markup import bold, lines, literal, paragraphs, text_of
from services.notifier.wording.notices import stage_of
from services.notifier.wording.office_texts import office_lines

_MOST_DAYS, _DAYS_IN_A_ROW = 20, 2
_MOST_TIMES, _TIMES_IN_A_ROW = 96, 4
Why = Literal["not_ready", "taken", "full", "gone", "invalid", "unavailable"]


def when(speech: Speech, starts_at: datetime) -> Text:
    """Return a time at the office: `Thursday, 3 December, 10:20`."""
    local = starts_at.astimezone(ZoneInfo(speech.catalogue.agency.time_zone))
    return joined((speech.weekday(local.date()), literal(f", {local:%H:%M}")))


def place(speech: Speech, office: str, *, in_full: bool = True) -> Text | None:
    """Return where one comes to; None for an office that the catalogue does not know."""
    found = speech.catalogue.offices.get(office)
    if found is None:
        return None
    return office_lines(speech, found) if in_full else text_of(speech.pick(found.name), 160)


def days(speech: Speech, found: Slots, subscription: UUID) -> Message:
    """Offer the days on which there are times."""
    offered = found.days[:_MOST_DAYS]
    asked = (
        speech.say("On which day do you want to come?")
        if offered
        else speech.say("There are no free times now. New ones come with each day.")
    )
    text = paragraphs((place(speech, found.office, in_full=False), _standing(speech, found), asked))
    rows = _rows((_day(speech, one, subscription) for one in offered), _DAYS_IN_A_ROW)
    return Message(text, (*rows, *_other(speech, found, subscription)), private=True)


def times(speech: Speech, found: Slots, subscription: UUID, day: date, replaces: str | None) -> Message:
    """Offer the times of one day."""
    starts = next((one.starts for one in found.days if one.day == day), ())[:_MOST_TIMES]
    if not starts:
        said = speech.say("That day has no free times any more.")
        return Message(said, ((_other_day(speech, subscription),),), replaces, private=True)
    zone = ZoneInfo(speech.catalogue.agency.time_zone)
    offered = (
        Button(f"{at.astimezone(zone):%H:%M}", appointment_data.time("slot", subscription, at))
        for at in starts
    )
    text = lines(
        place(speech, found.office, in_full=False),
        speech.say("{day}: at what time?", day=speech.weekday(day)),
    )
    rows = (*_rows(offered, _TIMES_IN_A_ROW), (_other_day(speech, subscription),))
    return Message(text, rows, replaces, private=True)


def confirm(
    speech: Speech, found: Slots, subscription: UUID, starts_at: datetime, replaces: str | None
) -> Message:
    """Ask for the yes to one time, where it is still free."""
    own = found.booked
    if own is not None and own.starts_at == starts_at:
        return Message(_appointment(speech, own), _under(speech, subscription), replaces, private=True)
    if not any(starts_at in one.starts for one in found.days):
        return replaced(refused(speech, subscription, "full"), replaces)
    moved = (
        None
        if own is None
        else speech.say("Your time before is given back: {when}", when=when(speech, own.starts_at))
    )
    text = paragraphs(
        (
            speech.say("Shall we book this time for you?"),
            lines(bold(when(speech, starts_at)), place(speech, found.office, in_full=False)),
            moved,
        )
    )
    yes = buttons.button(speech.say("Yes, book it"), appointment_data.time("book", subscription, starts_at))
    return Message(text, ((yes,), (_other_day(speech, subscription),)), replaces, private=True)


def replaced(message: Message, replaces: str | None) -> Message:
    """Return a message in the place of another one."""
    return Message(message.text, message.buttons, replaces, private=True)


def booked(speech: Speech, outcome: Booked, at: datetime) -> Message:
    """Tell what is booked now, with a file for calendars where the messenger takes one."""
    told = outcome.appointment
    lead = (
        speech.say("Booked. You have an appointment:")
        if outcome.moved_from is None
        else speech.say("Moved. Your appointment is now:")
    )
    text = paragraphs(
        (
            lines(lead, bold(when(speech, told.starts_at))),
            place(speech, told.office),
            _bring(speech, told.document_type),
            _code(speech, told.code),
        )
    )
    rows = _under(speech, told.subscription_id)
    return Message(text, rows, private=True, attachment=calendar_file(speech, told, at))


def _bring(speech: Speech, document_type: str) -> Text | None:
    """Return what the agency says of the stage at which one comes."""
    steps = speech.catalogue.steps(document_type)
    ready = next((step for step in steps if speech.catalogue.ready(document_type, step)), None)
    stage = None if ready is None else stage_of(speech, document_type, ready)
    return None if stage is None else text_of(speech.pick(stage.next))


def given_back(speech: Speech, subscription: UUID, *, changed: bool) -> Message:
    """Tell that nothing is booked any more."""
    text = (
        speech.say("Given back. The time is free for somebody else now.")
        if changed
        else speech.say("You have no appointment for this document.")
    )
    return Message(text, ((buttons.choose_time(speech, subscription),),), private=True)


def waits(speech: Speech, subscription: UUID, *, on: bool) -> Message:
    """Tell that somebody waits for an earlier time, or does so no more."""
    if not on:
        text = speech.say("We will not write to you about earlier times.")
        return Message(text, ((buttons.choose_time(speech, subscription),),), private=True)
    text = lines(
        speech.say("We will write to you when an earlier time becomes free."),
        speech.say("We write to several people: whoever books it first has it."),
    )
    return Message(text, ((rest(speech, subscription),),), private=True)


def refused(speech: Speech, subscription: UUID, why: Why) -> Message:
    """Tell why something cannot be done."""
    text: Text
    match why:
        case "full":
            text = speech.say("Somebody else has just taken that time. Please choose another one.")
        case "gone":
            text = speech.say("That time cannot be booked any more. Please choose another one.")
        case "taken":
            text = speech.say("Somebody else who follows this document has booked a time for it already.")
        case "not_ready":
            text = speech.say(
                "A time can be booked once the document is ready at an office that gives appointments."
            )
        case _:
            return desk_away(speech, subscription)
    if why in {"full", "gone"}:
        return Message(text, ((buttons.choose_time(speech, subscription),),), private=True)
    return Message(text, buttons.under(speech, subscription), private=True)


def desk_away(speech: Speech, subscription: UUID) -> Message:
    """Tell that the calendar does not answer, and that nothing is certain."""
    text = lines(
        speech.say("The calendar of the office does not answer now, so we can promise nothing."),
        speech.say("Please look again in a few minutes: then you will see whether anything is booked."),
    )
    again = buttons.button(speech.say("Look again"), buttons.choose_time(speech, subscription).data)
    return Message(text, ((again,),), private=True)


def rest(speech: Speech, subscription: UUID) -> Button:
    """Return the button that ends the waiting for an earlier time."""
    return buttons.button(speech.say("Do not wait any more"), appointment_data.plain("rest", subscription))


def give_back(speech: Speech, subscription: UUID) -> Button:
    """Return the button that gives an appointment back."""
    return buttons.button(speech.say("Give it back"), appointment_data.plain("give_back", subscription))


def change(speech: Speech, subscription: UUID) -> Button:
    """Return the button that moves an appointment."""
    return buttons.button(speech.say("Another time"), buttons.choose_time(speech, subscription).data)


def _under(speech: Speech, subscription: UUID) -> buttons.Rows:
    return ((change(speech, subscription), give_back(speech, subscription)),)


def _appointment(speech: Speech, own: Appointment) -> Text:
    return lines(
        speech.say("You have an appointment: {when}", when=bold(when(speech, own.starts_at))),
        _code(speech, own.code),
    )


def _code(speech: Speech, code: str) -> Text:
    return speech.say("Your code at the counter: {code}", code=bold(code))


def _standing(speech: Speech, found: Slots) -> Text | None:
    return None if found.booked is None else _appointment(speech, found.booked)


def _day(speech: Speech, one: DaySlots, subscription: UUID) -> Button:
    named = format_date(one.day, "EEE, d MMM", locale=speech.locale)
    label = speech.say("{day}: {n} free", day=named, n=one.free)
    return buttons.button(label, appointment_data.day(subscription, one.day))


def _other(speech: Speech, found: Slots, subscription: UUID) -> buttons.Rows:
    """Return what else there is: give back what is booked, wait for an earlier time or not."""
    rows: list[buttons.Row] = []
    if found.waiting:
        rows.append((rest(speech, subscription),))
    else:
        label = speech.say("Tell me of earlier times")
        rows.append((buttons.button(label, appointment_data.plain("wait", subscription)),))
    if found.booked is not None:
        rows.append((give_back(speech, subscription),))
    return tuple(rows)


def _other_day(speech: Speech, subscription: UUID) -> Button:
    return buttons.button(speech.say("Another day"), buttons.choose_time(speech, subscription).data)


def _rows(made: Iterable[Button], wide: int) -> Sequence[buttons.Row]:
    row: list[Button] = []
    rows: list[buttons.Row] = []
    for one in made:
        row.append(one)
        if len(row) == wide:
            rows.append(tuple(row))
            row = []
    return (*rows, tuple(row)) if row else rows
