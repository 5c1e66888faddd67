"""`docwatch bounce`: hands mail that comes back over to the notifier, for the agency's server of mail."""

import asyncio
import os
import sys
from http import HTTPStatus
from typing import Annotated, BinaryIO

import aiohttp
import typer

from runtime.errors import SettingsError
from runtime.settings import take_files
from services.notifier.channels.email.dsn import LONGEST
from services.notifier.channels.email.webhook import PATH

TRY_LATER = 75
"""The exit status by which servers of mail keep a mail and try again (EX_TEMPFAIL)."""
ANSWER_SECONDS = 20.0
_PIECE = 64 * 1024
_SECRET = "DOCWATCH_BOUNCE_SECRET"  # noqa: S105 - the name of a setting


def bounce(
    public_url: Annotated[
        str, typer.Option("--to", help="The notifier's public address.", envvar="DOCWATCH_PUBLIC_URL")
    ],
) -> None:
    """Take one mail from standard input: a report on a letter of ours is noted, any other passed over.

    DOCWATCH_BOUNCE_SECRET (or DOCWATCH_BOUNCE_SECRET_FILE) is the secret that the notifier has, too. Ends
    with 75 where the mail is to be handed over again later.
    """
    try:
        take_files(os.environ)
    except SettingsError as error:
        _later(str(error))
    secret = os.environ.get(_SECRET, "").strip()
    if not secret:
        _later(f"{_SECRET} is not set")
    mail = begin_of(sys.stdin.buffer)
    if why := asyncio.run(_handed_over(f"{public_url.rstrip('/')}{PATH}", secret, mail)):
        _later(why)


def begin_of(stream: BinaryIO, most: int = LONGEST) -> bytes:
    """Return at most so many bytes of a mail; the rest is read and forgotten, for somebody writes it."""
    data = stream.read(most)
    while stream.read(_PIECE):
        pass
    return data


async def _handed_over(url: str, secret: str, mail: bytes) -> str | None:
    """Post a mail; return why it was not taken."""
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "message/rfc822"}
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(ANSWER_SECONDS)) as client,
            client.post(url, data=mail, headers=headers, allow_redirects=False) as answer,
        ):
            taken = answer.status in {HTTPStatus.OK, HTTPStatus.BAD_REQUEST}
            return None if taken else f"the notifier answers {answer.status}"
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        return f"the notifier does not answer: {type(error).__name__}"


def _later(why: str) -> None:
    typer.echo(f"docwatch bounce: {why}; try again later", err=True)
    raise typer.Exit(TRY_LATER)
