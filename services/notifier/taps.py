"""What buttons carry: short texts of at most 64 bytes that mean the same for ever.

The secret of a receipt travels in the button, so that nothing about a stranger need be stored.
"""

import re
from dataclasses import dataclass
from uuid import UUID

from services.notifier.channel import Button
from services.notifier.markup import shown
from services.notifier.plans import Secret
from services.notifier.speech import Speech

STATUS, NO, KEEP, LANGUAGES, HELP, FORGET = "st", "n", "k", "l", "h", "f"
_RECEIPT = re.compile(
    r"(?P<verb>[yc])(?::(?P<token>[A-Za-z0-9_-]{22})|c:(?P<code>[0-9A-Z]{13}))(?::(?P<language>[a-z]{2,3}))?"
)
_LANGUAGE = re.compile(r"l:([a-z]{2,3})")
_STOP = re.compile(r"(?P<verb>[sx]):(?:all|(?P<subscription>[0-9a-f]{32}))")


@dataclass(frozen=True)
class Consent:
    """Yes to following (`given`), or the question once more in another language."""

    given: bool
    kind: Secret
    secret: str
    language: str | None


@dataclass(frozen=True)
class Stop:
    """The wish to stop one subscription or all; `confirmed` by the second tap."""

    confirmed: bool
    subscription: UUID | None


@dataclass(frozen=True)
class PickLanguage:
    """Another language."""

    language: str


@dataclass(frozen=True)
class Plain:
    """A button without any value: one of the constants above."""

    data: str


Tap = Consent | Stop | PickLanguage | Plain


def parse(data: str) -> Tap | None:
    """Return what a button means; None for one that was never ours."""
    if data in {STATUS, NO, KEEP, LANGUAGES, HELP, FORGET}:
        return Plain(data)
    if found := _RECEIPT.fullmatch(data):
        kind: Secret = "token" if found["token"] else "code"
        return Consent(found["verb"] == "y", kind, found["token"] or found["code"], found["language"])
    if found := _LANGUAGE.fullmatch(data):
        return PickLanguage(found[1])
    if found := _STOP.fullmatch(data):
        named = found["subscription"]
        return Stop(found["verb"] == "x", UUID(named) if named else None)
    return None


def consent(speech: Speech, kind: Secret, secret: str) -> Button:
    """Return the button that says yes."""
    data = f"{_receipt('y', kind, secret)}:{speech.language}"
    return Button(shown(speech.say("Yes, write to me")), data)


def ask_again(language: str, name: str, kind: Secret, secret: str) -> Button:
    """Return the button that asks the same in another language, named in that language."""
    return Button(name, f"{_receipt('c', kind, secret)}:{language}")


def decline(speech: Speech) -> Button:
    """Return the button that says no."""
    return Button(shown(speech.say("No, thank you")), NO)


def status(speech: Speech) -> Button:
    """Return the button that asks where the documents are."""
    return Button(shown(speech.say("Where is it now?")), STATUS)


def stop(speech: Speech, subscription: UUID | None) -> Button:
    """Return the button that asks to stop; another one confirms."""
    label = speech.say("Stop messages") if subscription else speech.say("Stop all messages")
    return Button(shown(label), _stop("s", subscription))


def under(speech: Speech, subscription: UUID) -> tuple[tuple[Button, ...], ...]:
    """Return the buttons that stand under everything told about a document."""
    return ((status(speech), stop(speech, subscription)),)


def confirm_stop(speech: Speech, subscription: UUID | None) -> Button:
    """Return the button that really stops."""
    return Button(shown(speech.say("Yes, stop")), _stop("x", subscription))


def forget(speech: Speech) -> Button:
    """Return the button that really erases everything."""
    return Button(shown(speech.say("Yes, erase")), FORGET)


def on_map(speech: Speech, latitude: float, longitude: float) -> Button:
    """Return the button that opens a place on the map."""
    place = f"mlat={latitude:.5f}&mlon={longitude:.5f}#map=17/{latitude:.5f}/{longitude:.5f}"
    return Button(shown(speech.say("Show on the map")), url=f"https://www.openstreetmap.org/?{place}")


def keep(speech: Speech) -> Button:
    """Return the button that takes the wish to stop back."""
    return Button(shown(speech.say("No, keep writing")), KEEP)


def languages(speech: Speech) -> Button:
    """Return the button that offers the languages."""
    return Button(shown(speech.say("Another language")), LANGUAGES)


def language(code: str, name: str) -> Button:
    """Return the button that chooses a language, named in that language."""
    return Button(name, f"l:{code}")


def help_(speech: Speech) -> Button:
    """Return the button that explains."""
    return Button(shown(speech.say("Help")), HELP)


def _receipt(verb: str, kind: Secret, secret: str) -> str:
    return f"{verb}:{secret}" if kind == "token" else f"{verb}c:{secret}"


def _stop(verb: str, subscription: UUID | None) -> str:
    return f"{verb}:{subscription.hex if subscription else 'all'}"
