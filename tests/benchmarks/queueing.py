"""How late people are told at a messenger's rate, by simulation: `python -m tests.benchmarks.queueing`.

One account sends at most so many messages a second. A batch of ordinary notices comes at once; urgent ones
and answers keep coming meanwhile (Poisson). Simulated with simpy: first come first served; strict classes;
and what the sender does: some of what has waited for 15 minutes, a share of the rate, goes with the urgent.
"""

import argparse
import heapq
import random
import statistics
from collections import deque
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from itertools import count

import simpy

from services.notifier.delivery.sending.queue import LIFTED_SHARE

ANSWER, URGENT, OTHER = 0, 1, 2
LONG, LOOK = 15 * 60.0, 10.0
"""Seconds after which what waits may be lifted, and between two looks (the sender's own)."""
RULES = {"first come, first served": None, "classes alone": 0.0, "classes, all lifted": 1e9}
OURS = "classes, a share lifted"


@dataclass(frozen=True)
class Load:
    """What comes: the batch at once, the others so many a second while it lasts; `rate` is the account's."""

    batch: int
    rate: float
    urgent: float
    answers: float


@dataclass
class Account:
    """A messenger account: who waits, and how long those who were served had waited, by kind.

    `lifted` is the share of the rate that goes to what has waited for long; None: there are no classes.
    """

    env: simpy.Environment
    load: Load
    lifted: float | None
    waits: tuple[list[float], list[float], list[float]] = field(default_factory=lambda: ([], [], []))
    first: list[tuple[int, int, int, float]] = field(default_factory=list)
    others: deque[tuple[int, int, int, float]] = field(default_factory=deque)
    numbers: Iterator[int] = field(default_factory=count)

    @property
    def open(self) -> bool:
        """Tell whether somebody of the batch still waits."""
        return len(self.waits[OTHER]) < self.load.batch

    def arrive(self, kind: int) -> None:
        """Put one message in line."""
        one = (0 if self.lifted is None else kind, next(self.numbers), kind, self.env.now)
        if self.lifted is not None and kind == OTHER:
            self.others.append(one)
        else:
            heapq.heappush(self.first, one)

    def come(self, kind: int, rate: float, chance: random.Random) -> Generator[simpy.Event, None, None]:
        """Let messages of a kind come while the batch lasts."""
        while self.open and rate:
            yield self.env.timeout(chance.expovariate(rate))
            self.arrive(kind)

    def lift(self) -> Generator[simpy.Event, None, None]:
        """Move the oldest of what has waited for long to the urgent, again and again."""
        while self.open and self.lifted:
            yield self.env.timeout(LOOK)
            for _ in range(min(len(self.others), int(self.load.rate * LOOK * self.lifted))):
                _, number, kind, since = self.others[0]
                if self.env.now - since < LONG:
                    break
                self.others.popleft()
                heapq.heappush(self.first, (URGENT, number, kind, since))

    def send(self) -> Generator[simpy.Event, None, None]:
        """Send one message after the other, each as soon as the rate allows, until nobody waits."""
        while self.open or self.first or self.others:
            if self.first or self.others:
                _, _, kind, since = heapq.heappop(self.first) if self.first else self.others.popleft()
                self.waits[kind].append(self.env.now - since)
            yield self.env.timeout(1 / self.load.rate)


def simulate(load: Load, lifted: float | None, seed: int = 1) -> Account:
    """Run until the last of the batch is told."""
    env = simpy.Environment()
    account, chance = Account(env, load, lifted), random.Random(seed)  # noqa: S311 - a simulation
    for _ in range(load.batch):
        account.arrive(OTHER)
    env.process(account.come(URGENT, load.urgent, chance))
    env.process(account.come(ANSWER, load.answers, chance))
    env.process(account.lift())
    env.process(account.send())
    env.run()
    return account


def spelled(seconds: float) -> str:
    """Return a time as people say it."""
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds / 60:.1f} min"


def row(name: str, account: Account) -> str:
    """Return one row of the table."""
    cells = []
    for waits in account.waits[:OTHER]:
        cells += [spelled(statistics.median(waits)), spelled(sorted(waits)[int(len(waits) * 0.99)])]
    batch = account.waits[OTHER]
    return f"| {name} | {' | '.join(cells)} | {spelled(statistics.median(batch))} | {spelled(max(batch))} |"


def main() -> None:
    """Read the arguments, simulate, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=100_000)
    parser.add_argument("--rate", type=float, default=30.0, help="messages a second of the account")
    parser.add_argument("--urgent", type=float, default=2.0, help="urgent notices a second")
    parser.add_argument("--answers", type=float, default=1.0, help="answers a second")
    chosen = parser.parse_args()
    load = Load(chosen.batch, chosen.rate, chosen.urgent, chosen.answers)
    beside = f"{load.urgent:g} urgent notices and {load.answers:g} answers a second come meanwhile"
    print(f"A batch of {load.batch:,} at {load.rate:g}/s; {beside}:\n")
    print("| rule | answers, p50 | p99 | urgent, p50 | p99 | the batch, p50 | its last |")
    print(f"{'|---' * 7}|")
    for name, lifted in (*RULES.items(), (OURS, LIFTED_SHARE)):
        print(row(name, simulate(load, lifted)))


if __name__ == "__main__":
    main()
