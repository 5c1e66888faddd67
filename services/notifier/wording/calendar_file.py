"""An appointment as a file that calendars read (iCalendar, RFC 5545)."""

from datetime import datetime, timedelta
from uuid import UUID, uuid5

from icalendar import Calendar, Event

from contracts.messages.desk.appointments import Appointment
from services.notifier.domain.messages import Attachment, shown
from services.notifier.wording.i18n import Speech
from services.notifier.wording.markup import text_of

NAME, MEDIA_TYPE = "appointment.ics", "text/calendar"
_EVENTS = UUID("4f0bfb8e-60c5-4a55-9f5f-9e4f7e0f3a01")
_MINUTE = timedelta(minutes=1)


def calendar_file(speech: Speech, appointment: Appointment, at: datetime) -> Attachment:
    """Return the file; one of a moved appointment takes the place of the one before in a calendar.

    It says where and when and what to say there, and nothing of whose document it is.
    """
    office = speech.catalogue.offices.get(appointment.office)
    document = speech.catalogue.documents.get(appointment.document_type)
    name = shown(speech.say("Your document")) if document is None else speech.pick(document.name)
    event = Event()
    event.add("uid", uuid5(_EVENTS, appointment.subscription_id.hex).hex)
    event.add("sequence", int(at.timestamp()) // 60)
    event.add("dtstamp", at)
    event.add("dtstart", appointment.starts_at)
    event.add("dtend", appointment.starts_at + appointment.minutes * _MINUTE)
    event.add("summary", f"{name}: {speech.pick(speech.catalogue.agency.name)}")
    event.add("description", shown(speech.say("Your code at the counter: {code}", code=appointment.code)))
    if office is not None:
        event.add("location", f"{speech.pick(office.name)}, {shown(text_of(speech.pick(office.address)))}")
        event.add("geo", (office.latitude, office.longitude))
    calendar = Calendar()
    calendar.add("prodid", "-//Docwatch//appointments//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    return Attachment(NAME, MEDIA_TYPE, calendar.to_ical().decode(), extra=True)
