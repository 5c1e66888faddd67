"""What people read about an office: where it is and when it is open."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from contracts.catalogue import Office
from services.notifier.domain.messages import Button, Message, Text
from services.notifier.wording import opening_hours
from services.notifier.wording.i18n import Speech
from services.notifier.wording.keyboard import buttons, callback_data
from services.notifier.wording.markup import (
    bold,
    lines,
    paragraphs,
    text_of,
)

DAYS_AHEAD = 7
_MOST_OFFICES = 20


def office_lines(speech: Speech, office: Office) -> Text:
    """Return name, address, usual hours and telephone, one under the other."""
    return lines(_where(speech, office), opening_hours.usual(speech, office), _phone(speech, office))


def open_days(speech: Speech, office: Office, at: datetime) -> Message:
    """Tell whether an office is open, its hours today and on the next days, and the way to it as a button."""
    today = at.astimezone(ZoneInfo(speech.catalogue.agency.time_zone)).date()
    text = paragraphs(
        (
            _where(speech, office),
            opening_hours.now(speech, office, at),
            lines(*opening_hours.days_from(speech, office, today, DAYS_AHEAD))
            or opening_hours.usual(speech, office),
            _phone(speech, office),
        )
    )
    on_map = buttons.on_map(speech, office.latitude, office.longitude)
    return Message(text, ((on_map,), (buttons.status(speech), buttons.help_(speech))))


def choose_office(speech: Speech, codes: Iterable[str] | None = None) -> Message:
    """Offer offices to somebody whose office is not known: those of the codes, or all of the agency's."""
    offices = speech.catalogue.offices
    some = list(offices if codes is None else codes)[:_MOST_OFFICES]
    found = [_office_button(speech, offices[code], code) for code in some]
    offered = tuple((one,) for one in found if one is not None)
    text = speech.say("Which office do you want to know about?")
    return Message(text, (*offered, (buttons.help_(speech),)))


def _office_button(speech: Speech, office: Office, code: str) -> Button | None:
    data = callback_data.office(code)
    return None if data is None else buttons.button(text_of(speech.pick(office.name)), data)


def _where(speech: Speech, office: Office) -> Text:
    return lines(bold(speech.pick(office.name), 160), text_of(speech.pick(office.address), 200))


def _phone(speech: Speech, office: Office) -> Text:
    return speech.say("Phone: {phone}", phone=text_of(office.phone, 32))
