"""`docwatch keys rotate-encryption`: all that is sealed, sealed anew under the current key."""

import asyncio
import json
import os
from typing import Annotated

import typer

from cli.errors import CommandError
from cli.installation.local import database_url, ensure_secrets
from cli.settings import local_settings
from runtime.database.postgres import UNUSABLE, open_pool
from runtime.keyring import KeyRing, KeyRingError, parse_keys
from services.notifier.recipients.addresses import PURPOSE
from services.notifier.recipients.rotation import Rotation, rotate

SETTING = "DOCWATCH_ENCRYPTION_KEYS"


def rotate_encryption(
    *, as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False
) -> None:
    """Seal addresses, choices and waiting answers under the first of DOCWATCH_ENCRYPTION_KEYS.

    Notifiers may run meanwhile.
    Put the new key first, leave the old one behind it, restart the notifiers, run this, take the old one out.
    """
    keys = os.environ.get(SETTING) or ensure_secrets(local_settings().folder)[SETTING]
    try:
        ring = KeyRing(parse_keys(keys), PURPOSE)
    except KeyRingError as error:
        raise CommandError(f"{SETTING}: {error}") from None
    url = database_url("notifier")

    async def work() -> Rotation:
        async with open_pool(url, "notifier", size=2) as pool:
            return await rotate(pool, ring)

    try:
        done = asyncio.run(work())
    except UNUSABLE as error:
        raise CommandError(
            f"the notifier's database cannot be used: {str(error) or type(error).__name__}"
        ) from None
    if as_json:
        typer.echo(json.dumps({"resealed": done.resealed, "unreadable": done.unreadable, "left": done.left}))
        return
    typer.echo(f"{done.resealed} values sealed anew under key {ring.current}")
    if done.unreadable:
        typer.echo(f"{done.unreadable} values are opened by none of the keys")
    old = {key: count for key, count in done.left.items() if key != ring.current}
    typer.echo(f"still under other keys: {old}" if old else "all other keys can be taken out")
