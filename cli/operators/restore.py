"""`docwatch restore`: after a restored backup, database and streams are brought to one and the same state.

Where the streams are newer, what was accepted, who was told and how it ended after the backup stands in them
and is taken in again. Where the database is, what was on its way between services is published again. Nobody
is told twice.
"""

import asyncio
from typing import Annotated

import typer

from cli.errors import CommandError
from cli.operators.replay import restored
from cli.operators.session import moment
from cli.settings import local_settings
from runtime.errors import SettingsError
from runtime.settings import load_settings
from services.tracker.settings import TrackerSettings


def restore(
    backup: Annotated[str, typer.Option("--since", help="When the backup was made, with its offset.")],
    silent_until: Annotated[
        str | None, typer.Option(help="Send nothing that was made up to then and has no known end.")
    ] = None,
) -> None:
    """Bring a restored database and its streams to one state; the services must be stopped."""
    settings = local_settings()
    nats_url, admin = settings.nats_url, settings.provision_database_url
    made, quiet = moment(backup), moment(silent_until)
    if nats_url is None or admin is None or made is None:
        raise CommandError("set DOCWATCH_NATS_URL and DOCWATCH_PROVISION_DATABASE_URL")
    try:
        tracker = load_settings(TrackerSettings)
    except SettingsError as error:
        raise CommandError(str(error)) from None
    # One login that may do everything stands in for the services' own.
    given = tracker.model_copy(update={"nats_url": nats_url, "database_url": admin})
    taken = asyncio.run(restored(given, made, quiet))
    typer.echo(
        f"taken in again: {taken.notices} notices, {taken.ends} ends of them, {taken.forgotten} wishes to be"
        f" forgotten; not sent any more: {taken.silenced} notices; lost on their way and sent again:"
        f" {taken.told_again} notices, {taken.reported_again} ends. Start the services."
    )
