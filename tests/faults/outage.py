"""NATS away for minutes, then PostgreSQL, while events go on being offered: who grows, burns or falls silent?

`python -m tests.faults.outage --minutes 10 --rate 1000` runs each outage for so long and prints a table.
"""

import argparse
import asyncio
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass

import asyncpg
import pytest

from runtime.clock import SystemClock
from runtime.embedded import EmbeddedNats, EmbeddedPostgres, NatsUser
from runtime.embedded.server import EmbeddedServer
from tests.faults.harness import Harness, harness, prepared
from tests.faults.offered import PUBLISHER, Offer, offering
from tests.faults.use import Use, observe
from tests.waiting import until

CLOCK = SystemClock()
TAKEN = "SELECT count(*) FROM tracker.event WHERE publisher = $1"
USUAL_SECONDS = 20.0
RETURN_SECONDS = 60.0


@dataclass(frozen=True)
class Outage:
    """What was seen while one server was away; the answers are those to the offers made meanwhile."""

    server: str
    seconds: float
    uses: Mapping[str, Use]
    answers: Mapping[int, int]
    slowest: float

    def problems(self) -> list[str]:
        """Return a sentence for each bound that was broken."""
        found = [sentence for name, use in self.uses.items() for sentence in use.problems(name)]
        return [f"{self.server} away: {sentence}" for sentence in found]

    def lines(self) -> list[str]:
        """Return a line for each process, and one for the answers."""
        counts = ", ".join(f"{count} times {status}" for status, count in sorted(self.answers.items()))
        return [
            f"{self.server} away for {self.seconds:.0f} s; {counts}; the slowest took {self.slowest:.1f} s",
            *(f"  {name:9} {use}" for name, use in self.uses.items()),
        ]


async def withstand(seconds: float, rate: int, pace: float) -> tuple[list[Outage], list[str]]:
    """Run an installation, take NATS and then PostgreSQL away; return what was seen, and what is wrong.

    Args:
        seconds: the length of each outage.
        rate: events offered a second.
        pace: requests a second that bring them.
    """
    with pytest.MonkeyPatch.context() as patch, prepared(patch) as home:
        user = NatsUser("all", secrets.token_hex(8))
        nats = EmbeddedNats(home / "nats", users=[user])
        postgres = EmbeddedPostgres(home / "postgres", password=secrets.token_hex(8))
        async with nats, postgres:
            patch.setenv("DOCWATCH_NATS_URL", nats.url(user.name))
            patch.setenv("DOCWATCH_DATABASE_URL", postgres.url())
            async with harness(applications=30, citizens=20) as stack:
                await stack.play()
                url = stack.running.addresses.ingest
                async with offering(url, postgres.url(), rate, pace) as offer:
                    await CLOCK.sleep(USUAL_SECONDS)
                    seen = [
                        await _away(stack, offer, name, server, seconds)
                        for name, server in {"NATS": nats, "PostgreSQL": postgres}.items()
                    ]
                wrong = await _wrong(stack, offer)
    return seen, [*wrong, *(problem for one in seen for problem in one.problems())]


async def _away(stack: Harness, offer: Offer, name: str, server: EmbeddedServer, seconds: float) -> Outage:
    """Stop a server, watch for so long, start it, and return once offers are accepted again."""
    answers, offer.slowest = offer.statuses.copy(), 0.0
    await server.stop()
    uses = await observe(stack, seconds)
    found = Outage(name, seconds, uses, offer.statuses - answers, offer.slowest)
    await server.start()
    settled = offer.settled

    async def accepted() -> bool:
        return not offer.waiting and offer.settled > settled

    await until(accepted, within=RETURN_SECONDS + seconds, every=0.1)
    return found


async def _wrong(stack: Harness, offer: Offer) -> list[str]:
    """Return what does not add up once everything has come to its end."""
    books = await stack.books()
    connection = await asyncpg.connect(stack.running.servers.admin)
    try:
        taken = await connection.fetchval(TAKEN, PUBLISHER)
    finally:
        await connection.close()
    lost = [] if taken == offer.settled else [f"{offer.settled} offers were accepted, {taken} have an effect"]
    return [*books.problems(), *stack.ended(), *lost]


async def _main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="length of each outage")
    parser.add_argument("--rate", type=int, default=1000, help="events offered a second")
    parser.add_argument("--pace", type=float, default=20.0, help="requests a second that bring them")
    given = parser.parse_args()
    seen, wrong = await withstand(given.minutes * 60, given.rate, given.pace)
    told = [line for one in seen for line in one.lines()]
    sys.stdout.write("\n".join([*told, *(wrong or ["every bound held"])]) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(_main()))
