"""`docwatch up`: everything on this machine."""

import asyncio
import json
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from cli.settings import local_settings
from cli.up import banner
from cli.up.command import Sample, run_once, run_until_stopped

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


def up(
    *,
    once: Annotated[
        bool, typer.Option(help="Play the sample, wait until all is told, print the books, end.")
    ] = False,
    sample: Annotated[bool, typer.Option(help="Play the sample agency's month.")] = True,
    seed: Annotated[int, typer.Option(help="Which month: the same seed, the same month.")] = 1,
    applications: Annotated[int, typer.Option(min=1, help="How many applications the month has.")] = 200,
    citizens: Annotated[int, typer.Option(min=1, help="How many people follow them.")] = 150,
    seconds: Annotated[
        float, typer.Option(min=0, help="How long the month takes (not with --once).")
    ] = 150.0,
    as_json: AsJson = False,
) -> None:
    """Run everything on this machine until Ctrl-C."""
    settings = local_settings()
    chosen = Sample(seed=seed, applications=applications, citizens=citizens, seconds=seconds)
    console = Console(stderr=as_json)
    if not once:
        show = banner.shower(console, settings)
        asyncio.run(run_until_stopped(settings, chosen if sample else None, banner.teller(console), show))
        return
    books = asyncio.run(run_once(settings, chosen, banner.teller(console)))
    if as_json:
        typer.echo(json.dumps(books.as_json(), ensure_ascii=False))
    else:
        console.print(books.table())
    for problem in books.problems():
        console.print(f"[bold red]missing:[/] {escape(problem)}")
    raise typer.Exit(1 if books.problems() else 0)
