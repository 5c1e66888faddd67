"""A dashboard as plain values: one panel a question that somebody asks."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Query:
    """One PromQL expression and the name of its lines."""

    expr: str
    legend: str = ""


@dataclass(frozen=True)
class Panel:
    """One picture: `unit` as Grafana names it; `alarm` is the value from which it is red."""

    title: str
    description: str
    queries: tuple[Query, ...]
    unit: str = "short"
    kind: Literal["graph", "number"] = "graph"
    alarm: float | None = None


@dataclass(frozen=True)
class Board:
    """One dashboard; `uid` is its file name and its address."""

    uid: str
    title: str
    description: str
    panels: tuple[Panel, ...]


def quantiles(metric: str, label: str | None = None) -> tuple[Query, ...]:
    """Return the median and the 99th percentile of a histogram, apart for each value of a label."""
    by, prefix = ("le", "") if label is None else (f"{label}, le", f"{{{{{label}}}}} ")
    rates = f"sum by ({by}) (rate({metric}_bucket[5m]))"
    return tuple(
        Query(f"histogram_quantile({share}, {rates})", f"{prefix}{name}")
        for share, name in ((0.5, "p50"), (0.99, "p99"))
    )
