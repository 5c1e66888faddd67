"""The buttons that stand under messages, each worded in the reader's language."""

from typing import Protocol
from uuid import UUID

from services.notifier.domain.actions import Secret
from services.notifier.domain.handover import Reason
from services.notifier.domain.messages import Button, Text, shown
from services.notifier.wording.i18n import Speech
from services.notifier.wording.keyboard import callback_data, handover_data
from services.notifier.wording.keyboard.handover_data import Handover
from services.notifier.wording.markup import clipped


class Whereabouts(Protocol):
    """Where a document is."""

    @property
    def subscription(self) -> UUID: ...  # noqa: D102 - the fields speak for themselves
    @property
    def document_type(self) -> str: ...  # noqa: D102
    @property
    def stage(self) -> str: ...  # noqa: D102
    @property
    def office(self) -> str | None: ...  # noqa: D102


CARDS = frozenset({callback_data.FOLLOWING, callback_data.ASKING, callback_data.PAPERS, callback_data.HOURS})
"""What the buttons carry that stand on our page as cards; they mean the same for everybody."""
Row = tuple[Button, ...]
Rows = tuple[Row, ...]
LANGUAGE_NAMES = {"uk": "Українська", "ru": "Русский", "en": "English"}
_LONGEST_LABEL = 48


def button(label: Text, data: str) -> Button:
    """Return a button; what is too long for a label is cut."""
    return Button(clipped(shown(label), _LONGEST_LABEL), data)


def consent(speech: Speech, kind: Secret, secret: str) -> Button:
    """Return the button that says yes."""
    return button(speech.say("Yes, write to me"), callback_data.receipt("y", kind, secret, speech.language))


def ask_again(language: str, kind: Secret, secret: str) -> Button:
    """Return the button that asks the same in another language, named in that language."""
    return Button(language_name(language), callback_data.receipt("c", kind, secret, language))


def decline(speech: Speech) -> Button:
    """Return the button that says no."""
    return button(speech.say("No, thank you"), callback_data.NO)


def status(speech: Speech) -> Button:
    """Return the button that asks where the documents are."""
    return button(speech.say("Where is it now?"), callback_data.STATUS)


def office_hours(speech: Speech, subscription: UUID) -> Button:
    """Return the button that asks when the office of a document is open."""
    return button(speech.say("Office hours"), callback_data.about("hours", subscription))


def more(speech: Speech, subscription: UUID) -> Button:
    """Return the button that offers what else there is about a document."""
    return button(speech.say("More"), callback_data.about("menu", subscription))


def choose_time(speech: Speech, subscription: UUID) -> Button:
    """Return the button that shows when a document can be handed over by appointment."""
    return button(speech.say("Choose a time"), callback_data.about("time", subscription))


def by_appointment(speech: Speech, at: Whereabouts) -> Rows:
    """Return the row that leads to an appointment, where the document waits at an office that gives them."""
    given = speech.catalogue.appointments(at.document_type, at.stage, at.office)
    return () if given is None else ((choose_time(speech, at.subscription),),)


def stop(speech: Speech, subscription: UUID | None) -> Button:
    """Return the button that asks to stop; another one confirms."""
    label = speech.say("Stop messages") if subscription else speech.say("Stop all messages")
    return button(label, callback_data.stop(subscription, confirmed=False))


def under(speech: Speech, subscription: UUID) -> Rows:
    """Return the buttons that stand under everything told about a document."""
    return (
        (status(speech), office_hours(speech, subscription)),
        (more(speech, subscription), stop(speech, subscription)),
    )


def confirm_stop(speech: Speech, subscription: UUID | None) -> Button:
    """Return the button that really stops."""
    return button(speech.say("Yes, stop"), callback_data.stop(subscription, confirmed=True))


def forget(speech: Speech) -> Button:
    """Return the button that really erases everything."""
    return button(speech.say("Yes, erase"), callback_data.FORGET)


def keep(speech: Speech) -> Button:
    """Return the button that takes the wish to stop back."""
    return button(speech.say("No, keep writing"), callback_data.KEEP)


def on_map(speech: Speech, latitude: float, longitude: float) -> Button:
    """Return the button that opens a place on the map."""
    place = f"mlat={latitude:.5f}&mlon={longitude:.5f}#map=17/{latitude:.5f}/{longitude:.5f}"
    return Button(shown(speech.say("Show on the map")), url=f"https://www.openstreetmap.org/?{place}")


def languages(speech: Speech) -> Button:
    """Return the button that offers the languages."""
    return button(speech.say("Another language"), callback_data.LANGUAGES)


def settings(speech: Speech) -> Button:
    """Return the button that opens one's own settings."""
    return button(speech.say("My settings"), callback_data.SETTINGS)


def privacy(speech: Speech) -> Button:
    """Return the button that tells what is kept."""
    return button(speech.say("What we keep about you"), callback_data.PRIVACY)


def cancel(speech: Speech) -> Button:
    """Return the button that ends a question without an answer."""
    return button(speech.say("Never mind"), callback_data.CANCEL)


def help_(speech: Speech) -> Button:
    """Return the button that explains."""
    return button(speech.say("Help"), callback_data.HELP)


def papers(speech: Speech) -> Button:
    """Return the button that offers to find out what papers somebody needs."""
    return button(speech.say("What papers do I need?"), callback_data.PAPERS)


def menu(speech: Speech) -> Button:
    """Return the button that shows everything that the bot can do."""
    return button(speech.say("Menu"), callback_data.MENU)


def person(speech: Speech, reason: Reason) -> Button:
    """Return the button that hands over to people."""
    return button(speech.say("Ask a person"), handover_data.data(Handover("ask", reason)))


def people(speech: Speech, reason: Reason) -> Rows:
    """Return the row that hands over to people; none where nobody is there for it."""
    return ((person(speech, reason),),) if speech.staffed else ()


def services(speech: Speech) -> Rows:
    """Return everything that the bot can do, the same for whom it knows and for strangers."""
    consulted = ((papers(speech),),) if speech.catalogue.consultations else ()
    return (
        (button(speech.say("Follow a document"), callback_data.FOLLOWING), status(speech)),
        (button(speech.say("Ask a question"), callback_data.ASKING),),
        *people(speech, "asked"),
        *consulted,
        (button(speech.say("Offices and their hours"), callback_data.HOURS), settings(speech)),
        (languages(speech), help_(speech)),
    )


def cards(speech: Speech) -> tuple[Button, ...]:
    """Return what of all that stands on our page as cards: what else it has a place of its own for there."""
    return tuple(one for row in services(speech) for one in row if one.data in CARDS)


def for_strangers(speech: Speech) -> Rows:
    """Return the buttons for somebody who follows nothing."""
    consulted = ((papers(speech),),) if speech.catalogue.consultations else ()
    return (*consulted, (languages(speech), help_(speech)))


def helpful(speech: Speech, *, follows: bool) -> Rows:
    """Return the buttons that lead on from anywhere."""
    if not follows:
        return for_strangers(speech)
    return ((status(speech), settings(speech)), (languages(speech), help_(speech)))


def language_name(code: str) -> str:
    """Return a language's own name, or its code."""
    return LANGUAGE_NAMES.get(code, code)
