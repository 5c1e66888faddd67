"""The product's phrasings, made ready once for all tests of a process."""

from contracts.catalogue import Phrasing
from services.notifier.conversation.intents import Intents

INTENTS = Intents.of(Phrasing())
