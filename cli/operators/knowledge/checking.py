"""Whether what holds can be found: every answer by its variants, none by those of another."""

import json
from datetime import date
from zoneinfo import ZoneInfo

import typer

from cli.operators.knowledge.desk import editing, in_use
from cli.operators.session import AsJson
from contracts.catalogue import Catalogue, named_in
from contracts.catalogue.answers.checks import check_answers
from contracts.knowledge import Answer
from language.leaving import leaving
from runtime.clock import SystemClock
from services.desk.domain.finding import Knowledge, Place, faults, remarks
from services.desk.operators.editing import Editor


def check(*, as_json: AsJson = False) -> None:
    """Check the answers that hold, the agency's and those of staff: languages, codes, what finds what."""

    async def work(editor: Editor) -> tuple[Knowledge, list[Answer]]:
        held = editor.held(await editor.look())
        return editor.ready(held.values()), list(held.values())

    knowledge, held = editing(work)
    wrong: list[tuple[Place, str]] = []
    check_answers(
        knowledge.answers, named_in(in_use()), lambda path, detail: wrong.append((path[1:], detail))
    )
    wrong += faults(knowledge, knowledge.answers, leaving)
    worth = list(remarks(knowledge, knowledge.answers, today(in_use())))
    if as_json:
        typer.echo(json.dumps({"faults": _rows(wrong), "remarks": _rows(worth)}, ensure_ascii=False))
    else:
        for kind, complaints in (("fault", wrong), ("warning", worth)):
            for place, detail in complaints:
                typer.echo(f"{kind}: {_dotted(place)}: {detail}")
        typer.echo(f"{len(held)} answers: {len(wrong)} faults, {len(worth)} warnings")
    raise typer.Exit(1 if wrong else 0)


def today(catalogue: Catalogue) -> date:
    """Return the day of the agency's calendar."""
    return SystemClock().now().astimezone(ZoneInfo(catalogue.agency.time_zone)).date()


def _dotted(place: Place) -> str:
    return ".".join(map(str, place))


def _rows(complaints: list[tuple[Place, str]]) -> list[dict[str, str]]:
    return [{"at": _dotted(place), "detail": detail} for place, detail in complaints]
