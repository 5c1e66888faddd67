"""`docwatch catalogue`: checks the agency's own data and draws its consultations."""

import importlib
from pathlib import Path
from typing import Annotated

import typer

from cli.catalogue.answers import findings
from cli.catalogue.drawing import drawn
from cli.errors import CommandError
from cli.settings import local_settings
from contracts.catalogue import CatalogueError, read_catalogue

catalogue = typer.Typer(
    help="The agency's own data: documents, stages, offices, texts, consultations.", no_args_is_help=True
)


@catalogue.callback()
def group() -> None:
    """Keep `check` a command of its own while it is the only one."""


@catalogue.command("check")
def catalogue_check(
    path: Annotated[Path | None, typer.Argument(help="A directory or file; unset: the one in use.")] = None,
    *,
    draw: Annotated[bool, typer.Option(help="Draw the consultations as trees of text.")] = False,
    language: Annotated[str | None, typer.Option(help="Of the drawing; unset: the agency's first.")] = None,
) -> None:
    """Check the catalogue: name mistakes, and warn of what people will not read as meant, by its line."""
    chosen = path or local_settings().catalogue
    # Half a second to import, which no other command should wait for.
    countries = importlib.import_module("worktime.calendar").COUNTRIES
    remarks_on = importlib.import_module("worktime.remarks").remarks_on
    examine = importlib.import_module("services.notifier.conversation.phrase_checks").examine
    try:
        loaded = read_catalogue(chosen, countries=countries)
    except CatalogueError as error:
        raise CommandError(str(error)) from None
    catalogue = loaded.catalogue
    if wrong := tuple(loaded.problem(*fault) for fault in examine(catalogue)):
        raise CommandError(str(CatalogueError(wrong)))
    unfit, worth = findings(catalogue)
    if unfit:
        raise CommandError(str(CatalogueError(tuple(loaded.problem(*fault) for fault in unfit))))
    if language is not None and language not in catalogue.agency.languages:
        raise CommandError(f"{language!r} is not one of {', '.join(catalogue.agency.languages)}")
    for remark in remarks_on(catalogue):
        typer.echo(f"warning: {loaded.problem(remark.path, remark.detail)}")
    for warning in worth:
        typer.echo(f"warning: {loaded.problem(*warning)}")
    typer.echo(
        f"{chosen}: fit. {len(catalogue.documents)} documents, {len(catalogue.stages)} stages, "
        f"{len(catalogue.offices)} offices, {len(catalogue.consultations)} consultations, "
        f"{len(catalogue.answers)} answers, "
        f"languages {', '.join(catalogue.agency.languages)}"
    )
    if draw:
        for consultation in catalogue.consultations.values():
            typer.echo(f"\n{drawn(consultation, catalogue, language or catalogue.agency.default_language)}")
