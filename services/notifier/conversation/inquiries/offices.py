"""When an office is open and where it is: for the one that was tapped, or after a choice."""

from services.notifier.conversation.citizen import Citizen, say
from services.notifier.domain.actions import Action, Again, Reply, Told
from services.notifier.wording import office_texts
from services.notifier.wording.keyboard import callback_data


def opened(citizen: Citizen) -> Action:
    """Return the offer of all offices."""
    return say(office_texts.choose_office(citizen.speech))


def tapped(code: str, citizen: Citizen) -> Action:
    """Return the hours of one office; the offer of all where there is none of this code any more."""
    office = citizen.voice.catalogue.offices.get(code)
    if office is None:
        return opened(citizen)
    found, data = office_texts.open_days(citizen.speech, office, citizen.at), callback_data.office(code)
    return say(found) if data is None else Reply((found,), told=Told(Again(tap=data), found))
