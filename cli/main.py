"""The `docwatch` command."""

import asyncio
import importlib
import io
import json
import os
import sys
from typing import Annotated

import typer
from dotenv import load_dotenv
from rich.console import Console
from rich.markup import escape

from cli.bounce import bounce
from cli.catalogue.command import catalogue
from cli.doctor.command import doctor
from cli.errors import CommandError
from cli.installation.environments import not_needed
from cli.installation.local import running
from cli.installation.provisioning import given_passwords, provision_database, provision_streams
from cli.moving.command import load, save
from cli.operators.audit import audit
from cli.operators.callbacks import callbacks
from cli.operators.channels import channels
from cli.operators.dead import dead
from cli.operators.hold import hold, release
from cli.operators.keys import keys
from cli.operators.knowledge.command import knowledge
from cli.operators.publishers import publishers
from cli.operators.rebuild import rebuild
from cli.operators.restore import restore
from cli.operators.staff.command import staff
from cli.operators.withdraw import withdraw
from cli.publish.command import publish
from cli.publish.watch import watch
from cli.settings import SAMPLE_CATALOGUE, local_settings
from cli.status.command import status
from cli.understand import understand
from cli.up import banner
from cli.up.command import Sample, run_once, run_until_stopped
from contracts.services import SERVICES, ServiceName
from runtime.errors import CANNOT_START, SettingsError
from runtime.settings import take_files

app = typer.Typer(
    name="docwatch",
    help="Tells people where their document is.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(keys, name="keys")
app.add_typer(catalogue, name="catalogue")
app.add_typer(dead, name="dead")
app.add_typer(callbacks, name="callbacks")
app.add_typer(channels, name="channels")
app.add_typer(publishers, name="publishers")
app.add_typer(knowledge, name="knowledge")
app.add_typer(staff, name="staff")
app.command()(publish)
app.command()(watch)
app.command()(hold)
app.command()(release)
app.command()(withdraw)
app.command()(audit)
app.command()(rebuild)
app.command()(restore)
app.command()(save)
app.command()(load)
app.command()(doctor)
app.command()(status)
app.command()(understand)
app.command()(bounce)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


@app.command()
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


@app.command()
def run(
    service: Annotated[ServiceName, typer.Argument(help="Which one.")],
) -> None:
    """Run one service in the foreground, told everything by its environment."""
    for name in not_needed(service, os.environ):
        del os.environ[name]
        line = f"docwatch: {name} is of no use to {service}: leave it out of its environment"
        typer.echo(line, err=True)
    os.environ.setdefault("DOCWATCH_CATALOGUE", str(SAMPLE_CATALOGUE))
    main_of = importlib.import_module(f"{SERVICES[service].package}.app").main
    raise typer.Exit(main_of())


@app.command()
def provision(
    replicas: Annotated[
        int | None,
        typer.Option(
            min=1, max=5, help="Copies of each stream in a cluster; unset: as many as it has, 1 at first."
        ),
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Bring streams, consumers, roles and schemas up to date; safe to run at any time."""
    settings = local_settings()
    nats_url, admin = settings.nats_url, settings.provision_database_url or settings.database_url
    if nats_url is None or admin is None:
        known = running(settings.folder)
        nats, database = known["nats"], known["admin"]
    else:
        nats, database = nats_url.get_secret_value(), admin.get_secret_value()
    passwords = given_passwords(os.environ)

    async def work() -> dict[str, list[str]]:
        await provision_streams(nats, ca=settings.nats_ca, replicas=replicas)
        return await provision_database(database, passwords)

    applied = asyncio.run(work())
    if as_json:
        typer.echo(json.dumps(applied))
        return
    typer.echo("streams and consumers: up to date")
    for service, names in applied.items():
        typer.echo(f"schema {service}: {', '.join(names) if names else 'up to date'}")


def main() -> None:
    """Run the command line; a CommandError is one clear message and exit status 2."""
    load_dotenv(".env")
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal's code page may lack a letter of what a file or a catalogue says.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        take_files(os.environ)
        app()
    except (CommandError, SettingsError) as error:
        line = f"[bold red]docwatch:[/] {escape(str(error))}"
        Console(stderr=True).print(line, highlight=False, soft_wrap=True)
        raise SystemExit(CANNOT_START) from None


if __name__ == "__main__":
    main()
