"""Phrasings made ready once for all tests: the product's, and the sample agency's with its answers."""

from pathlib import Path

from contracts.catalogue import Phrasing, load_catalogue
from services.notifier.conversation.intents import Intents

INTENTS = Intents.of(Phrasing())
SAMPLE = load_catalogue(Path(__file__).parents[1] / "sandbox" / "agency" / "catalogue")
ANSWERING = Intents.of(SAMPLE, SAMPLE.answers)
