"""`docwatch knowledge`: the answers to what people ask, for agencies without staff at a desk too."""

import typer

from cli.operators.knowledge.changing import drop, export, import_
from cli.operators.knowledge.checking import check
from cli.operators.knowledge.looking import list_, misses, report, show

knowledge = typer.Typer(
    help="Answers to what people ask: list, show, change, check; what was missed, how questions fare.",
    no_args_is_help=True,
)
knowledge.command("list")(list_)
knowledge.command("show")(show)
knowledge.command("import")(import_)
knowledge.command("export")(export)
knowledge.command("misses")(misses)
knowledge.command("check")(check)
knowledge.command("report")(report)
knowledge.command("drop")(drop)
