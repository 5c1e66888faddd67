"""`docwatch rebuild`: every application folded again from the tracker's own history."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli.operators.session import AsJson, actor, on_tracker
from runtime.database.postgres import Pool
from services.tracker.operators.rebuild import Difference
from services.tracker.operators.rebuild import rebuild as folded_again


def rebuild(
    *,
    dry_run: Annotated[bool, typer.Option(help="Only say what differs; exit 1 if anything does.")] = False,
    as_json: AsJson = False,
) -> None:
    """Fold every application again from its history, tell nobody, and say what differed."""
    applications, differences = on_tracker(lambda pool: _all(pool, dry_run=dry_run))
    if as_json:
        rows = [_plain(difference) for difference in differences]
        typer.echo(json.dumps({"applications": applications, "written": not dry_run, "differences": rows}))
    else:
        _show(applications, differences, dry_run=dry_run)
    raise typer.Exit(1 if dry_run and differences else 0)


async def _all(pool: Pool, *, dry_run: bool) -> tuple[int, list[Difference]]:
    applications, differences = 0, list[Difference]()
    async for page in folded_again(pool, actor=actor(), dry_run=dry_run):
        applications += page.folded
        differences += page.differences
    return applications, differences


def _plain(difference: Difference) -> dict[str, object]:
    return {
        "application_key": difference.key,
        "said": difference.said,
        "is": difference.is_,
        "visible": difference.visible,
    }


def _show(applications: int, differences: list[Difference], *, dry_run: bool) -> None:
    console = Console()
    if differences:
        table = Table("application", "said", "is by its history", "people can see it")
        for difference in differences:
            table.add_row(
                difference.key,
                difference.said or "-",
                difference.is_ or "-",
                "yes" if difference.visible else "no",
            )
        console.print(table)
    done = "nothing was written" if dry_run or not differences else "written"
    console.print(f"{applications} applications folded again, {len(differences)} differed; {done}")
