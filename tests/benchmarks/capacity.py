"""What more cores and machines carry, by a model of measured figures: `python -m tests.benchmarks.capacity`.

Each part is a station with so many servers, each of which takes so long an event; the figures are those that
`python -m tests.benchmarks.scaling --keep` has measured. What a station can do at most is its servers divided
by that time, and the least of all stations is what the whole can do. A simulation (simpy; events come by
chance, every service takes a time by chance) says how late events are at four fifths of that. What the model
does not know: locks and caches that get worse with more cores.
"""

import argparse
import json
import random
import statistics
from collections.abc import Generator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import simpy

MEASURED = Path(__file__).parent / "measured.json"
NATION = 304.0
"""Events a second at a nation's peak, of docs/capacity.md."""
SECONDS_A_YEAR = 365 * 86400
MEAN = NATION / 100
DISK_BYTES = 200e6
"""Bytes a second that a plain SSD writes in order."""
FLUSH_SECONDS = 0.001
"""What a plain SSD takes until what it was given is safe."""
EVENTS = 20_000


@dataclass(frozen=True)
class Measured:
    """What an event took: CPU microseconds by part, bytes and commits of PostgreSQL, bytes kept, and when.

    `streamed` are messages a second that one stream of three copies took, `stored` bytes an event by schema.
    """

    version: str
    on: str
    cpu: Mapping[str, float]
    log: float
    commits: float
    streamed: float
    stored: Mapping[str, float]

    def keep(self, path: Path = MEASURED) -> None:
        """Keep the figures."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", "utf-8")


def read(path: Path = MEASURED) -> Measured:
    """Return the figures that were kept."""
    return Measured(**json.loads(path.read_text("utf-8")))


@dataclass(frozen=True)
class Layout:
    """How many processes of each service there are, and cores for PostgreSQL and for NATS."""

    name: str
    each: int
    postgres: int
    nats: int


LAYOUTS = (
    Layout("one machine of 8 cores, one of each", 1, 3, 2),
    Layout("three machines of 8 cores, two of each", 2, 8, 4),
    Layout("four of each, PostgreSQL on 16 cores", 4, 16, 8),
    Layout("eight of each, PostgreSQL on 32 cores", 8, 32, 8),
)


@dataclass(frozen=True)
class Station:
    """A part that every event passes: `servers` work side by side, each for `seconds` an event."""

    name: str
    servers: int
    seconds: float

    @property
    def limit(self) -> float:
        """Events a second, at most."""
        return self.servers / self.seconds


def stations(figures: Measured, layout: Layout) -> list[Station]:
    """Return what an event passes in this layout; of notifiers one sends for an account, and half do."""
    cpu = {part: micros / 1e6 for part, micros in figures.cpu.items()}
    committing = 2 * layout.each
    return [
        Station("ingest", layout.each, cpu["ingest"]),
        Station("the stream STAGES", 1, 1 / figures.streamed),
        Station("tracker", layout.each, cpu["tracker"]),
        Station("notifier", max(1, layout.each // 2), cpu["notifier"]),
        Station("NATS' cores", layout.nats, cpu["nats"]),
        Station("PostgreSQL's cores", layout.postgres, cpu["postgres"]),
        Station("PostgreSQL's log, flushes", committing, figures.commits * FLUSH_SECONDS),
        Station("PostgreSQL's log, bytes", 1, figures.log / DISK_BYTES),
    ]


def simulate(passed: Sequence[Station], rate: float, seed: int = 1) -> list[float]:
    """Return how long each of many events took, in seconds, when so many come a second."""
    env, chance = simpy.Environment(), random.Random(seed)  # noqa: S311 - a simulation
    places = [(simpy.Resource(env, one.servers), one.seconds) for one in passed]
    took: list[float] = []

    def pass_through() -> Generator[simpy.Event, None, None]:
        began = env.now
        for place, seconds in places:
            with place.request() as turn:
                yield turn
                yield env.timeout(chance.expovariate(1 / seconds))
        took.append(env.now - began)

    def come() -> Generator[simpy.Event, None, None]:
        for _ in range(EVENTS):
            env.process(pass_through())
            yield env.timeout(chance.expovariate(rate))

    env.process(come())
    env.run()
    return took[EVENTS // 5 :]


def layouts(figures: Measured) -> list[str]:
    """Return a table of what each layout carries and what stops it."""
    lines = [
        "| layout | events/s at most | a nation's peaks | what stops it | then | p50 at 4/5, ms | p99, ms |",
        "|---|---|---|---|---|---|---|",
    ]
    for layout in LAYOUTS:
        passed = stations(figures, layout)
        first, second = sorted(passed, key=lambda one: one.limit)[:2]
        took = simulate(passed, 0.8 * first.limit)
        hundredths = [1000 * one for one in statistics.quantiles(took, n=100)]
        lines.append(
            f"| {layout.name} | {first.limit:,.0f} | {first.limit / NATION:.0f} | {first.name}"
            f" | {second.name}, {second.limit:,.0f} | {hundredths[49]:.1f} | {hundredths[98]:.1f} |"
        )
    return lines


def costs(figures: Measured) -> list[str]:
    """Return a table of what each part costs at a nation's peak and at ten nations'."""
    lines = ["| part | a nation's peak, 304/s | ten nations', 3,040/s |", "|---|---|---|"]
    for part, micros in figures.cpu.items():
        cores = [micros / 1e6 * NATION * count for count in (1, 10)]
        lines.append(f"| {part}, cores | {cores[0]:.2f} | {cores[1]:.1f} |")
    rows = {
        "PostgreSQL's log, MB/s": figures.log * NATION / 1e6,
        "the stream STAGES, share of what it takes": NATION / figures.streamed,
        "NATS between three nodes, Mbit/s": figures.stored["streams"] * NATION * 2 * 8 / 1e6,
        "PostgreSQL to each standby, Mbit/s": figures.log * NATION * 8 / 1e6,
        "PostgreSQL, kept a year, GB": sum(
            figures.stored[one] * MEAN * SECONDS_A_YEAR / 1e9 for one in ("tracker", "ingest")
        ),
        "PostgreSQL, deliveries of 31 days, GB": figures.stored["notifier"] * MEAN * 31 * 86400 / 1e9,
        "streams of 30 days, each copy, GB": figures.stored["streams"] * MEAN * 30 * 86400 / 1e9,
        "archived log a day, GB": figures.log * MEAN * 86400 / 1e9,
    }
    lines += [f"| {name} | {value:,.2f} | {10 * value:,.1f} |" for name, value in rows.items()]
    return lines


def main() -> None:
    """Read the figures, simulate, print."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    figures = read()
    print(f"By the figures of {figures.on}, version {figures.version}:\n")
    print("\n".join([*costs(figures), "", *layouts(figures)]))


if __name__ == "__main__":
    main()
