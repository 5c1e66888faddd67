"""What happens to one application: the plan of its stages, with the mishaps that agencies know."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random


class Mishap(StrEnum):
    """What goes other than planned with an application."""

    NONE = "none"
    REJECTED = "rejected"
    RESTARTED = "restarted"
    CORRECTED_STAGE = "corrected stage"
    CORRECTED_OFFICE = "corrected office"
    PAPERS_MISSING = "papers missing"
    RETURNED = "returned"
    OTHER_OFFICE = "other office"
    DELAYED = "delayed"
    SAID_TWICE = "said twice"


_ENOUGH_FOR_ALL = 20
MAIN_WAY = ("accepted", "verification", "printing", "shipped", "arrived", "issued")
_SHARES: tuple[tuple[Mishap, float], ...] = (
    (Mishap.REJECTED, 0.02),
    (Mishap.RESTARTED, 0.01),
    (Mishap.CORRECTED_STAGE, 0.015),
    (Mishap.CORRECTED_OFFICE, 0.015),
    (Mishap.PAPERS_MISSING, 0.08),
    (Mishap.RETURNED, 0.03),
    (Mishap.OTHER_OFFICE, 0.03),
    (Mishap.DELAYED, 0.04),
    (Mishap.SAID_TWICE, 0.02),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One planned event: a stage, the days (fractions allowed) since the step before, and its details."""

    stage: str
    days: float
    missing: tuple[str, ...] = ()
    note: str | None = None
    correction: bool = False
    restart: bool = False
    other_office: bool = False
    delayed_by: int = 0


_GAPS = {
    "accepted": (0.0, 0.0),
    "verification": (0.1, 2.0),
    "correction_needed": (0.5, 3.0),
    "printing": (1.0, 4.0),
    "shipped": (2.0, 6.0),
    "arrived": (0.5, 3.0),
    "returned": (0.5, 3.0),
    "rejected": (1.0, 4.0),
    "issued": (0.5, 7.0),
}
_PAPERS = {
    "foreign_passport": ("photograph", "previous_passport", "fee_receipt", "displaced_certificate"),
    "id_card": ("photograph", "birth_certificate", "residence_proof"),
    "temporary_residence": ("notarised_translation", "health_insurance", "stay_grounds", "fee_receipt"),
    "permanent_residence": ("notarised_translation", "birth_certificate", "stay_grounds"),
}


def mishaps(random: Random, count: int) -> list[Mishap]:
    """Return what goes wrong for each of `count` applications; with 20 or more every kind happens."""
    chosen: list[Mishap] = []
    for mishap, share in _SHARES:
        chosen += [mishap] * max(int(count >= _ENOUGH_FOR_ALL), round(share * count))
    chosen += [Mishap.NONE] * max(0, count - len(chosen))
    random.shuffle(chosen)
    return chosen[:count]


def plan(random: Random, document_type: str, mishap: Mishap) -> list[Step]:
    """Return the whole plan of an application; what the month is too short for is cut off later."""
    return _PLANS[mishap](random, document_type)


def _step(random: Random, stage: str) -> Step:
    low, high = _GAPS[stage]
    return Step(stage, random.uniform(low, high))


def _steps(random: Random, *stages: str) -> list[Step]:
    return [_step(random, stage) for stage in stages]


def _plain(random: Random, _: str) -> list[Step]:
    return _steps(random, *MAIN_WAY)


def _rejected(random: Random, _: str) -> list[Step]:
    *before, last = _steps(random, "accepted", "verification", "rejected")
    return [*before, replace(last, note="grounds_insufficient")]


def _restarted(random: Random, document_type: str) -> list[Step]:
    first, *rest = _plain(random, document_type)
    again = replace(first, days=random.uniform(1, 3), restart=True)
    return [*_rejected(random, document_type), again, *rest]


def _corrected_stage(random: Random, document_type: str) -> list[Step]:
    accepted, verification, printing, *rest = _plain(random, document_type)
    wrong = Step("shipped", random.uniform(0.2, 1))
    right = Step("printing", random.uniform(0.1, 0.5), correction=True)
    return [accepted, verification, printing, wrong, right, *rest]


def _corrected_office(random: Random, document_type: str) -> list[Step]:
    accepted, verification, *rest = _plain(random, document_type)
    wrong = replace(verification, other_office=True)
    right = Step("verification", random.uniform(0.1, 0.5), correction=True)
    return [accepted, wrong, right, *rest]


def _papers_missing(random: Random, document_type: str) -> list[Step]:
    accepted, verification, *rest = _plain(random, document_type)
    papers = _PAPERS[document_type]
    missing = tuple(sorted(random.sample(papers, random.randint(1, 2))))
    note = random.choice(("papers_incomplete", "data_mismatch", "name_spelling"))
    asked = replace(_step(random, "correction_needed"), missing=missing, note=note)
    fewer = replace(asked, days=random.uniform(0.5, 1.5), missing=missing[:1], note="papers_incomplete")
    asking = [asked, fewer] if len(missing) > 1 else [asked]
    checked = replace(verification, days=random.uniform(0.5, 2))
    return [accepted, verification, *asking, checked, *rest]


def _returned(random: Random, document_type: str) -> list[Step]:
    *way, issued = _plain(random, document_type)
    back = replace(_step(random, "returned"), note="defect_found")
    return [*way, back, *_steps(random, "printing", "shipped", "arrived"), issued]


def _other_office(random: Random, document_type: str) -> list[Step]:
    *way, arrived, issued = _plain(random, document_type)
    moved = Step("shipped", random.uniform(0.1, 0.5), note="office_changed", other_office=True)
    there = replace(arrived, other_office=True)
    return [*way, moved, there, replace(issued, other_office=True)]


def _delayed(random: Random, document_type: str) -> list[Step]:
    accepted, verification, printing, *rest = _plain(random, document_type)
    delay = random.randint(3, 9)
    slower = Step("printing", random.uniform(0.5, 1.5), note="high_demand", delayed_by=delay)
    return [accepted, verification, printing, slower, *rest]


def _said_twice(random: Random, document_type: str) -> list[Step]:
    steps = _plain(random, document_type)
    place = random.randint(1, 2)
    again = replace(steps[place], days=random.uniform(0.1, 0.5), correction=random.choice((True, False)))
    return [*steps[: place + 1], again, *steps[place + 1 :]]


_PLANS: dict[Mishap, Callable[[Random, str], list[Step]]] = {
    Mishap.NONE: _plain,
    Mishap.REJECTED: _rejected,
    Mishap.RESTARTED: _restarted,
    Mishap.CORRECTED_STAGE: _corrected_stage,
    Mishap.CORRECTED_OFFICE: _corrected_office,
    Mishap.PAPERS_MISSING: _papers_missing,
    Mishap.RETURNED: _returned,
    Mishap.OTHER_OFFICE: _other_office,
    Mishap.DELAYED: _delayed,
    Mishap.SAID_TWICE: _said_twice,
}
