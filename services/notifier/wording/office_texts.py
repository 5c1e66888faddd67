"""What people read about an office: where it is and when it is open."""

from datetime import date, timedelta

from opening_hours import UnknownCountryError  # type: ignore[attr-defined]  # its stubs leave it out

from contracts.catalogue import Office
from services.notifier.channels.base import Button, Message
from services.notifier.wording import buttons, callback_data, opening_hours
from services.notifier.wording.i18n import Speech
from services.notifier.wording.markup import (
    Html,
    bold,
    escaped,
    lines,
    paragraphs,
)

DAYS_AHEAD = 7
_MOST_OFFICES = 20


def office_lines(speech: Speech, office: Office) -> Html:
    """Return name, address, usual hours and telephone, one under the other."""
    return lines(_where(speech, office), _usual_hours(office.hours, speech), _phone(speech, office))


def open_days(speech: Speech, office: Office, today: date) -> Message:
    """Tell when an office is open today and on the next days, with the way to it as a button."""
    text = paragraphs(
        (
            _where(speech, office),
            lines(*_days(speech, office, today)) or _usual_hours(office.hours, speech),
            _phone(speech, office),
        )
    )
    on_map = buttons.on_map(speech, office.latitude, office.longitude)
    return Message(text, ((on_map,), (buttons.status(speech), buttons.help_(speech))))


def choose_office(speech: Speech) -> Message:
    """Offer the agency's offices to somebody whose office is not known."""
    some = list(speech.catalogue.offices.items())[:_MOST_OFFICES]
    found = [_office_button(speech, office, code) for code, office in some]
    offered = tuple((one,) for one in found if one is not None)
    text = speech.say("Which office do you want to know about?")
    return Message(text, (*offered, (buttons.help_(speech),)))


def _office_button(speech: Speech, office: Office, code: str) -> Button | None:
    data = callback_data.office(code)
    return None if data is None else buttons.button(escaped(speech.pick(office.name)), data)


def _where(speech: Speech, office: Office) -> Html:
    return lines(bold(speech.pick(office.name), 160), escaped(speech.pick(office.address), 200))


def _phone(speech: Speech, office: Office) -> Html:
    return speech.say("Phone: {phone}", phone=escaped(office.phone, 32))


def _days(speech: Speech, office: Office, today: date) -> list[Html]:
    holidays = speech.catalogue.agency.holidays
    try:
        found = opening_hours.days_from(
            office.hours, today, DAYS_AHEAD, country=holidays.country, off=holidays.dates
        )
    except UnknownCountryError:
        found = opening_hours.days_from(office.hours, today, DAYS_AHEAD, off=holidays.dates)
    return [_day(speech, day, when, today) for day, when in found or ()]


def _day(speech: Speech, day: date, when: opening_hours.Day, today: date) -> Html:
    name = speech.weekday(day)
    times = escaped(", ".join(f"{start}–{until}" for start, until in when)) or speech.say("closed")
    if day == today:
        return speech.say("Today, {day}: {hours}", day=name, hours=bold(times))
    if day == today + timedelta(days=1):
        return speech.say("Tomorrow, {day}: {hours}", day=name, hours=times)
    return Html(f"{name[:1].upper()}{name[1:]}: {times}")


def _usual_hours(notation: str, speech: Speech) -> Html:
    told = opening_hours.told(notation, speech.locale)
    if told is not None and opening_hours.closed_on_holidays(notation):
        return speech.say("Open: {hours}; closed on public holidays", hours=escaped(told, 160))
    return speech.say("Open: {hours}", hours=escaped(told or notation, 160))
