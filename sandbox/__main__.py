"""The sandbox as a process: `python -m sandbox --port N --data FILE.sqlite`; SIGTERM and SIGINT stop it.

The key with which the clerk of the page publishes comes by the environment, so that no list of processes
shows it.
"""

import argparse
import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path

from sandbox.app import run_sandbox
from sandbox.settings import (
    OFFICE_KEY,
    BotSettings,
    BrowserSettings,
    EmailSettings,
    OfficeSettings,
    SandboxSettings,
    SmsSettings,
    ViberSettings,
)
from sandbox.telegram.world.limits import limit_settings

PORT_TAKEN = 3


def parse(arguments: list[str] | None = None) -> SandboxSettings:
    """Read the command line."""
    default = SandboxSettings()
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        description="A simulated Telegram, Viber, provider of mail and of SMS with their phones.",
    )
    parser.add_argument("--host", default=default.host)
    parser.add_argument("--port", type=int, default=default.port, help="0 takes a free one")
    parser.add_argument("--data", type=Path, help="SQLite file; without it the world is in memory")
    parser.add_argument("--global-rate", type=float, default=30.0, help="messages a second, 0: unlimited")
    parser.add_argument("--chat-rate", type=float, default=1.0, help="the same for one chat")
    parser.add_argument("--chat-burst", type=float, default=None, help="messages that a chat takes at once")
    parser.add_argument("--bot-token", default=default.bot_token)
    parser.add_argument("--bot-username", default=default.bot_username)
    parser.add_argument("--bot-name", default=default.bot_name)
    viber = ViberSettings()
    parser.add_argument("--viber-token", default=viber.token)
    parser.add_argument("--viber-uri", default=viber.uri)
    parser.add_argument("--viber-name", default=viber.name)
    parser.add_argument("--smtp-port", type=int, default=0, help="where letters are taken; 0: a free one")
    parser.add_argument("--sms-name", default=SmsSettings().name)
    parser.add_argument(
        "--further-bot",
        nargs=2,
        action="append",
        default=[],
        metavar=("TOKEN", "USERNAME"),
        help="one more bot",
    )
    parser.add_argument("--ingest-url", help=f"opens the office; its key to ingest is in {OFFICE_KEY}")
    parser.add_argument("--catalogue", type=Path, help="the agency's directory, needed by the office")
    parser.add_argument("--staff", type=Path, help="file that says how the sample member of staff signs in")
    parser.add_argument("--public-url", help="where the citizens' page is; with it phones have it as an app")
    given = parser.parse_args(arguments)
    settings = SandboxSettings(
        host=given.host,
        port=given.port,
        data=given.data,
        bot_token=given.bot_token,
        bot_username=given.bot_username,
        bot_name=given.bot_name,
        further=tuple(BotSettings(token, username, username) for token, username in given.further_bot),
        limits=limit_settings(given.global_rate, given.chat_rate, chat_burst=given.chat_burst),
        sms=SmsSettings(name=given.sms_name),
        viber=ViberSettings(given.viber_token, given.viber_uri, given.viber_name),
        email=EmailSettings(given.smtp_port),
        staff=given.staff,
        browser=None if given.public_url is None else BrowserSettings(given.public_url.rstrip("/")),
        office=_office(given.ingest_url, given.catalogue, os.environ.get(OFFICE_KEY)),
    )
    try:
        _ = [bot.identity for bot in settings.bots]
    except ValueError as error:
        parser.error(str(error))
    return settings


def _office(ingest_url: str | None, catalogue: Path | None, key: str | None) -> OfficeSettings | None:
    if ingest_url is None or catalogue is None or key is None:
        return None
    return OfficeSettings(ingest_url.rstrip("/"), key, catalogue)


async def serve(settings: SandboxSettings) -> None:
    """Serve until a signal comes; one line on standard output says where."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with run_sandbox(settings) as address:
        bots = f"Bot API {address}/bot<token>/ Viber {address}/viber/pa/"
        sys.stdout.write(f"sandbox: phone {address}/ {bots}\n")
        sys.stdout.flush()
        await stop.wait()


def main() -> int:
    """Run the process; return its exit status."""
    settings = parse()
    with contextlib.suppress(KeyboardInterrupt):
        try:
            asyncio.run(serve(settings))
        except OSError as error:
            sys.stderr.write(f"sandbox: {error}; choose another port with --port\n")
            return PORT_TAKEN
    return 0


if __name__ == "__main__":
    sys.exit(main())
