"""What the notifier is made of: what its settings alone make, and what it opens of the world."""

import asyncio
from dataclasses import dataclass
from functools import partial

from contracts.catalogue import Catalogue, CatalogueError, load_catalogue
from runtime.clock import Clock, SystemClock
from runtime.database.outbox import Outbox
from runtime.database.postgres import Pool
from runtime.errors import StartError
from runtime.keyring import KeyRing, KeyRingError, parse_keys
from runtime.process.start import Bus
from runtime.tracing import Tracing
from services.notifier.accounts import Accounts
from services.notifier.conversation.intents import index_of
from services.notifier.domain import time_zones
from services.notifier.domain.quiet_hours import Quiet
from services.notifier.handover.opening import conversations_of
from services.notifier.knowledge.library import Library
from services.notifier.metrics import Metrics
from services.notifier.openings import quiet_of
from services.notifier.pictures.reader import PhotoReader
from services.notifier.recipients.addresses import PURPOSE
from services.notifier.recipients.conversations import Conversations
from services.notifier.settings import NotifierSettings
from services.notifier.wording.i18n import MissingLanguageError, Voice, load_voice
from worktime.calendar import COUNTRIES


@dataclass(frozen=True)
class Groundwork:
    """What needs nobody else; `talks` is None where no key opens what people of the agency say."""

    settings: NotifierSettings
    clock: Clock
    metrics: Metrics
    catalogue: Catalogue
    ring: KeyRing
    talks: Conversations | None
    voice: Voice
    quiet: Quiet
    library: Library


@dataclass(frozen=True)
class Resources:
    """What was opened, and is closed when the service ends."""

    pool: Pool
    bus: Bus
    outbox: Outbox
    traces: Tracing
    accounts: Accounts
    photos: PhotoReader


async def groundwork(settings: NotifierSettings) -> Groundwork:
    """Make what the settings alone make; a StartError says what is wrong with them."""
    clock, catalogue = SystemClock(), _catalogue(settings)
    talks = conversations_of(settings, catalogue)
    return Groundwork(
        settings=settings,
        clock=clock,
        metrics=Metrics(),
        catalogue=catalogue,
        ring=_ring(settings),
        talks=talks,
        voice=_voice(catalogue, staffed=talks is not None),
        quiet=quiet_of(settings, catalogue),
        library=await asyncio.to_thread(_library, catalogue, clock),
    )


def _catalogue(settings: NotifierSettings) -> Catalogue:
    try:
        return load_catalogue(settings.catalogue, countries=COUNTRIES)
    except CatalogueError as error:
        raise StartError(f"the catalogue cannot be used:\n{error}") from None


def _library(catalogue: Catalogue, clock: Clock) -> Library:
    """Return the agency's own answers made ready, which needs nobody else."""
    return Library(
        catalogue.answers, index_of(catalogue, catalogue.answers), partial(index_of, catalogue), clock
    )


def _voice(catalogue: Catalogue, *, staffed: bool) -> Voice:
    time_zones.find("")  # the table of cities takes half a second to make: here, not in somebody's answer
    try:
        return load_voice(catalogue, staffed=staffed)
    except MissingLanguageError as error:
        raise StartError(str(error)) from None


def _ring(settings: NotifierSettings) -> KeyRing:
    try:
        return KeyRing(parse_keys(settings.encryption_keys.get_secret_value()), PURPOSE)
    except KeyRingError as error:
        raise StartError(f"DOCWATCH_ENCRYPTION_KEYS: {error}") from None
