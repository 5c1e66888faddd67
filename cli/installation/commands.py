"""`docwatch run` and `docwatch provision`: one service in the foreground, and the step before all of them."""

import asyncio
import importlib
import json
import os
from typing import Annotated

import typer

from cli.installation.environments import not_needed
from cli.installation.local import running
from cli.installation.provisioning import provision_database, provision_streams
from cli.settings import SAMPLE_CATALOGUE, local_settings
from contracts.services import SERVICES, ServiceName

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


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
    passwords = {
        service: value
        for service in SERVICES
        if (value := os.environ.get(f"DOCWATCH_{service.upper()}_PASSWORD"))
    }

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
