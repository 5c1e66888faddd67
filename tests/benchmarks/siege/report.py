"""The bars of a siege, whether each is met, and the table for people."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from tests.benchmarks.siege.honest import Waits

NOTHING = "none"
SECONDS_BAR, MIB_BAR = 1.0, 150.0
WIDTH = 200
COLUMNS = (
    *("attack", "what came back", "health, longest", "post p50 / p99 / longest", "/help p50 / p99 / longest"),
    *("right code", "memory", "balanced after", "met"),
)


def p99(waits: Sequence[float]) -> float:
    """Return what 99 of 100 did not exceed."""
    return sorted(waits)[int(len(waits) * 0.99)] if waits else 0.0


@dataclass(frozen=True)
class Found:
    """One attack: what was measured beside it, what it got, and how it was afterwards."""

    name: str
    waits: Waits
    answers: Mapping[str, int]
    settled: float
    after: Waits
    problems: Sequence[str]

    @property
    def grown(self) -> Mapping[str, float]:
        """MiB at most above before, by service."""
        return {name: most - self.waits.before[name] for name, most in self.waits.most.items()}

    @property
    def missed(self) -> list[str]:
        """A phrase for each bar that is not met."""
        found = [
            f"{name}'s health {max(seconds):.2f} s"
            for name, seconds in self.waits.health.items()
            if max(seconds) > SECONDS_BAR
        ]
        for what, waits in (
            ("post", self.waits.posts),
            ("/help", self.waits.helps),
            ("right code", self.waits.codes),
            ("post afterwards", self.after.posts),
            ("/help afterwards", self.after.helps),
        ):
            if p99(waits) > SECONDS_BAR:
                found.append(f"{what} {p99(waits):.2f} s")
        found += [f"{name} {by:+.0f} MiB" for name, by in self.grown.items() if by > MIB_BAR]
        return [*found, *self.problems]

    @property
    def met(self) -> bool:
        """Whether every bar is met."""
        return not self.missed

    def row(self) -> list[str]:
        """Return the cells of its row."""
        waits = self.waits
        return [
            self.name,
            ", ".join(f"{count:,} x {what}" for what, count in sorted(self.answers.items())) or "-",
            ", ".join(f"{name} {max(seconds) * 1000:.0f}" for name, seconds in waits.health.items()),
            _three(waits.posts) + (f" ({waits.refused} refused)" if waits.refused else ""),
            _three(waits.helps),
            f"{max(waits.codes) * 1000:.0f}",
            ", ".join(f"{name} {waits.before[name]:.0f}{by:+.0f}" for name, by in self.grown.items()),
            f"{self.settled:.1f} s",
            "yes" if self.met else "no: " + "; ".join(self.missed),
        ]

    def __str__(self) -> str:
        return " | ".join(self.row())


def _three(waits: Sequence[float]) -> str:
    return " / ".join(f"{one * 1000:.0f}" for one in (statistics.median(waits), p99(waits), max(waits)))


def as_table(found: Sequence[Found]) -> None:
    """Print it."""
    table = Table(*COLUMNS, title=f"ms and MiB; bars: {SECONDS_BAR:g} s, {MIB_BAR:+.0f} MiB", show_lines=True)
    for one in found:
        table.add_row(*one.row())
    Console(width=WIDTH).print(table)


def as_markdown(found: Sequence[Found], seconds: float) -> str:
    """Return it for the documentation."""
    rows = [COLUMNS, ["---"] * len(COLUMNS), *(one.row() for one in found)]
    command = f"`python -m tests.benchmarks.siege --seconds {seconds:g}`"
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"{command}, milliseconds and MiB above before:\n\n{table}"
