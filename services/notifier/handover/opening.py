"""Whether people of the agency answer: the catalogue says so, and there is a key for what is said."""

from dataclasses import replace

from nats.aio.client import Client

from contracts.catalogue import Agency, Catalogue
from contracts.messages.desk import talk
from contracts.messages.desk.talk import Words, WordsQuery
from contracts.messages.ids import RecipientId
from runtime.errors import StartError
from runtime.keyring import KeyRing, KeyRingError, parse_keys
from runtime.logs import logger
from runtime.messaging.jetstream import call
from services.notifier.files.keeping import Files
from services.notifier.recipients.conversations import Conversations
from services.notifier.settings import NotifierSettings

LOG = logger(__name__)
_MEGABYTE = 1024 * 1024


def kept_days(agency: Agency) -> tuple[int, int]:
    """Return for how many days what was sent is kept, and conversations with people are."""
    return agency.retention_days, agency.retention_days if agency.desk is None else agency.desk.keep_days


def conversations_of(settings: NotifierSettings, catalogue: Catalogue) -> Conversations | None:
    """Return how people of the agency are asked; None where nobody answers, or nothing could be sealed.

    Raises StartError where the keys cannot be read.
    """
    if catalogue.agency.desk is None:
        return None
    if settings.conversation_keys is None:
        LOG.warning("nobody is handed over to people: DOCWATCH_CONVERSATION_KEYS is not set")
        return None
    try:
        ring = KeyRing(parse_keys(settings.conversation_keys.get_secret_value()), talk.PURPOSE)
    except KeyRingError as error:
        raise StartError(f"DOCWATCH_CONVERSATION_KEYS: {error}") from None
    actionable = frozenset(code for code, stage in catalogue.stages.items() if stage.actionable)
    return Conversations(ring, catalogue.agency.languages, actionable)


def files_of(settings: NotifierSettings, catalogue: Catalogue, talks: Conversations | None) -> Files | None:
    """Return how files of citizens are kept for people of the agency; None where they take none."""
    terms = None if catalogue.agency.desk is None else catalogue.agency.desk.files
    if talks is None or terms is None:
        return None
    return Files(talks, terms, settings.files_room * _MEGABYTE)


def asking(talks: Conversations, client: Client) -> Conversations:
    """Return the same that can have the desk hand over somebody's words."""

    async def ask(recipient: RecipientId) -> Words:
        return await call(client, talk.WORDS, WordsQuery(recipient_id=recipient), talk.WORDS_REPLY)

    return replace(talks, ask=ask)
