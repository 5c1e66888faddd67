"""What the tests of the conversation share: people, documents, and short ways to act and to look."""

from datetime import UTC, datetime
from uuid import UUID

from contracts import typed_code
from contracts.messages.ids import SubscriptionId
from contracts.messages.rpc import Followed
from services.notifier.channels.telegram.channel import StartLinks
from services.notifier.channels.viber.channel import ViberInvitation
from services.notifier.conversation import planner, replies
from services.notifier.domain.actions import (
    Action,
    Known,
    KnownRecipient,
    Outbound,
    Outcome,
    Reply,
)
from services.notifier.domain.addresses.links import Links
from services.notifier.domain.incoming import Body, Incoming, Said, Tapped
from services.notifier.domain.messages import Message
from services.notifier.domain.preferences import Awaiting, Personal
from services.notifier.wording.i18n import Voice
from tests.intents import INTENTS

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
LANGUAGES = ("uk", "ru", "en")
OWN, VIBER = StartLinks("sample_bot"), ViberInvitation("sample")
LINKS = Links(OWN, {"telegram": OWN, "viber": VIBER})
STRANGER = Known(None, LANGUAGES, LINKS)
FORMER = Known(KnownRecipient("en", consented=False), LANGUAGES, LINKS)
JOINING = "j-" + "Zy9_-" * 4 + "Ab"
TICKET = "Ab3_-" * 4 + "xy"
CODE = typed_code.encode(b"example!")
ONE, TWO = SubscriptionId(UUID(int=7)), SubscriptionId(UUID(int=8))
FOLLOWED = Followed(
    subscription_id=ONE,
    document_type="id_card",
    masked="…0001",
    revision=4,
    stage="shipped",
    office="kyiv-1",
    occurred_at=AT,
    since=AT,
)
OTHER = FOLLOWED.model_copy(update={"subscription_id": TWO, "masked": "…0002", "office": "kyiv-2"})


def follower(
    personal: Personal | None = None, awaits: Awaiting | None = None, zone: str | None = None
) -> Known:
    """Somebody who follows something and chose this and that."""
    person = KnownRecipient("en", consented=True, personal=personal or Personal(), awaits=awaits, zone=zone)
    return Known(person, LANGUAGES, LINKS)


FOLLOWER = follower()


def came(body: Body, language: str | None = "en", *, private: bool = True) -> Incoming:
    """An update of a private chat."""
    return Incoming("1", "42", private=private, language=language, at=AT, body=body)


def tap(data: str, message: str | None = "17") -> Incoming:
    """A tap on a button."""
    return came(Tapped(data, message, "q"))


def planned(voice: Voice, act: Incoming | str, known: Known = FOLLOWER) -> Action:
    """What is planned for an act, or for a text."""
    return planner.plan(came(Said(act)) if isinstance(act, str) else act, known, voice, INTENTS)


def told(
    voice: Voice, done: Action, outcome: Outcome | None = None, known: Known = FOLLOWER
) -> list[Outbound]:
    """What is answered once an action is carried out."""
    return list(replies.answer(done, outcome, came(Said("x")), known, voice))


def only(found: Action) -> Message:
    """The one message of a plain reply."""
    assert isinstance(found, Reply)
    (message,) = found.messages
    return message


def data(message: Message) -> list[str]:
    """What the buttons under a message carry."""
    return [button.data for row in message.buttons for button in row if button.data]
