"""What the agency's own answers find, and what finds them."""

import importlib
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from contracts.catalogue import Catalogue, Path, our_phrasing
from language.leaving import leaving
from runtime.clock import SystemClock

Findings = Sequence[tuple[Path, str]]


def findings(catalogue: Catalogue) -> tuple[Findings, Findings]:
    """Return what must not be so with the answers, and what is worth a look, each by its path."""
    finding = importlib.import_module("services.desk.domain.finding")
    words = our_phrasing().with_more(catalogue).words
    knowledge = finding.Knowledge.of(catalogue.answers.values(), words)
    today = SystemClock().now().astimezone(ZoneInfo(catalogue.agency.time_zone)).date()
    faults = finding.faults(knowledge, catalogue.answers, leaving)
    remarks = finding.remarks(knowledge, catalogue.answers, today)
    return [(("answers", *place), detail) for place, detail in faults], [
        (("answers", *place), detail) for place, detail in remarks
    ]
