"""The `docwatch` command."""

import io
import sys

import typer
from dotenv import load_dotenv
from rich.console import Console
from rich.markup import escape

from cli.commands import Commands
from cli.errors import CommandError
from runtime.errors import CANNOT_START, SettingsError

app = typer.Typer(
    name="docwatch",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def docwatch() -> None:
    """Tells people where their document is."""


def main() -> None:
    """Run the command line; a CommandError is one clear message and exit status 2."""
    load_dotenv(".env")
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal's code page may lack a letter of what a file or a catalogue says.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        app()
    except (CommandError, SettingsError) as error:
        line = f"[bold red]docwatch:[/] {escape(str(error))}"
        Console(stderr=True).print(line, highlight=False, soft_wrap=True)
        raise SystemExit(CANNOT_START) from None


if __name__ == "__main__":
    main()
