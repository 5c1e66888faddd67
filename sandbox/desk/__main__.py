"""Simulated staff as a process: `python -m sandbox.desk URL`; SIGTERM and SIGINT stop them.

Who they are comes by the environment, `login:code` each (the code of the first sign-in), so that no list of
processes shows it.
"""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack

import aiohttp

from runtime.clock import SystemClock
from runtime.logs import configure
from sandbox.desk.browser import Browser
from sandbox.desk.member import Member, Pace
from sandbox.desk.settings import STAFF


async def work(url: str, staff: Sequence[tuple[str, str]], pace: Pace, stop: asyncio.Event) -> None:
    """Have all of them at work until told to stop."""
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
        for seed, (login, code) in enumerate(staff):
            # Addresses of this machine are no names, and the jar keeps no cookies of them by itself.
            jar = aiohttp.CookieJar(unsafe=True)
            http = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar))
            member = Member(Browser(url, login, code, http), SystemClock(), pace, seed)
            group.create_task(member.run(stop))


def staff_of(text: str) -> Sequence[tuple[str, str]]:
    """Read `login:code login:code`."""
    return [(login, code) for login, _, code in (one.partition(":") for one in text.split()) if code]


async def serve(url: str, patience: float) -> None:
    """Work until a signal comes."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await work(url, staff_of(os.environ.get(STAFF, "")), Pace(patience=patience), stop)


def main() -> int:
    """Run the process; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.desk", description="Simulated staff of a desk.")
    parser.add_argument("url", help="where the desk's page is")
    parser.add_argument("--patience", type=float, default=Pace().patience, help="seconds before one is taken")
    given = parser.parse_args()
    configure("INFO", "staff")
    asyncio.run(serve(given.url.rstrip("/"), given.patience))
    return 0


if __name__ == "__main__":
    sys.exit(main())
