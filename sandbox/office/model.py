"""An application on the clerk's desk, and which stages it may come to next. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from contracts.catalogue import Catalogue
from sandbox.telegram.world.model import Json


@dataclass(frozen=True, slots=True)
class Application:
    """What the clerk has written down; `pending` is an event of which it is unknown whether ingest has it.

    `stamped` are the stages in the order in which they were stamped; `link` and `code` are the receipt's.
    """

    receipt_id: str
    number: str
    document_type: str
    holder: str
    office: str
    code: str
    link: str
    stamped: tuple[str, ...] = ()
    pending: Json | None = field(default=None, hash=False)

    @property
    def stage(self) -> str | None:
        """Return where the application is."""
        return self.stamped[-1] if self.stamped else None


def next_stages(catalogue: Catalogue, application: Application) -> tuple[str, ...]:
    """Return the stages that may be stamped now, the usual next one first; none where the way has ended."""
    if application.stage is None:
        return catalogue.documents[application.document_type].stages[:1]
    if catalogue.stages[application.stage].terminal:
        return ()
    return tuple(_next(catalogue, application, catalogue.stages[application.stage].rank))


def _next(catalogue: Catalogue, application: Application, rank: int) -> Iterator[str]:
    document = catalogue.documents[application.document_type]
    reached = max(document.stages.index(stage) for stage in application.stamped if stage in document.stages)
    if application.stage not in document.stages:
        # A detour is left for where the way was, too.
        yield document.stages[reached]
    yield from document.stages[reached + 1 : reached + 2]
    yield from (stage for stage in document.aside if catalogue.rank(stage) > rank)


def shown(catalogue: Catalogue, application: Application, language: str = "en") -> Json:
    """Return the application as the page shows it; `step` is None off the main way."""
    document = catalogue.documents[application.document_type]
    step = document.step_of(application.stage or "")
    return {
        "receipt_id": application.receipt_id,
        "number": application.number,
        "document": catalogue.text(document.name, language),
        "holder": application.holder,
        "office": application.office,
        "code": application.code,
        "link": application.link,
        "stage": _named(catalogue, application.stage, language) if application.stage else None,
        "step": step[0] if step else None,
        "steps": len(document.stages),
        "next": [_named(catalogue, stage, language) for stage in next_stages(catalogue, application)],
    }


def desk_shown(catalogue: Catalogue, language: str = "en") -> Json:
    """Return what the clerk chooses from: the agency's documents and offices."""
    return {
        "agency": catalogue.text(catalogue.agency.name, language),
        "languages": list(catalogue.agency.languages),
        "documents": [
            {"code": kind.code, "name": catalogue.text(kind.name, language)}
            for kind in catalogue.documents.values()
        ],
        "offices": [
            {"code": office.code, "name": catalogue.text(office.name, language)}
            for office in catalogue.offices.values()
        ],
    }


def _named(catalogue: Catalogue, stage: str, language: str) -> Json:
    return {"code": stage, "name": catalogue.text(catalogue.stages[stage].name, language)}
