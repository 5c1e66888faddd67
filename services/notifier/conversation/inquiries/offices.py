"""When an office is open and where it is: for the one that was tapped, or after a choice."""

from services.notifier.conversation.citizen import Citizen, say
from services.notifier.domain.actions import Plan
from services.notifier.wording import office_texts


def opened(citizen: Citizen) -> Plan:
    """Return the offer of all offices."""
    return say(office_texts.choose_office(citizen.speech))


def tapped(code: str, citizen: Citizen) -> Plan:
    """Return the hours of one office; the offer of all where there is none of this code any more."""
    office = citizen.voice.catalogue.offices.get(code)
    if office is None:
        return opened(citizen)
    return say(office_texts.open_days(citizen.speech, office, citizen.at))
