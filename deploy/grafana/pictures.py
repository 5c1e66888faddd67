"""Draws each dashboard's panels from the dashboards' own queries, as a Prometheus answers them."""

import argparse
import json
import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypedDict
from urllib.parse import urlencode
from urllib.request import urlopen

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from deploy.grafana.boards import BOARDS
from deploy.grafana.model import Board, Panel, Query

COLUMNS = 3
NUMBER_INCHES, GRAPH_INCHES = 1.3, 3.2
STEPS = 240
MINUTE, HOUR = 60.0, 3600.0
RED, GREEN = "#c4162a", "#19730e"


class Line(TypedDict):
    """One series as Prometheus answers: its labels and (Unix time, value) pairs."""

    metric: Mapping[str, str]
    values: Sequence[tuple[float, str]]


def draw(board: Board, prometheus: str, start: float, end: float, path: Path) -> None:
    """Draw one dashboard over a span of Unix time into a PNG file."""
    numbers = [panel for panel in board.panels if panel.kind == "number"]
    graphs = [panel for panel in board.panels if panel.kind == "graph"]
    rows = math.ceil(len(graphs) / COLUMNS)
    strip = NUMBER_INCHES if numbers else 0.01
    figure = Figure(figsize=(16, 0.5 + strip + GRAPH_INCHES * rows), dpi=80, layout="constrained")
    figure.suptitle(f"{board.title}: {board.description}", fontsize=14)
    parts = figure.subfigures(2, 1, squeeze=False, height_ratios=(strip, GRAPH_INCHES * rows))
    above, below = parts[:, 0]
    for number, panel in enumerate(numbers, start=1):
        found = [line for query in panel.queries for line in ask(prometheus, query.expr, start, end)]
        _number(above.add_subplot(1, len(numbers), number), panel, found)
    for number, panel in enumerate(graphs, start=1):
        lines = [(query, line) for query in panel.queries for line in ask(prometheus, query.expr, start, end)]
        _graph(below.add_subplot(rows, COLUMNS, number), panel, lines, start)
    figure.savefig(path)


def ask(prometheus: str, expr: str, start: float, end: float) -> list[Line]:
    """Return the series of a query over a span of Unix time."""
    span = {"query": expr, "start": start, "end": end, "step": max(1.0, (end - start) / STEPS)}
    with urlopen(f"{prometheus}/api/v1/query_range?{urlencode(span)}", timeout=30) as answer:  # noqa: S310 - a Prometheus that the operator names
        found: list[Line] = json.load(answer)["data"]["result"]
    return found


def _number(axes: Axes, panel: Panel, lines: Sequence[Line]) -> None:
    worst = max((float(line["values"][-1][1]) for line in lines), default=math.nan)
    alarmed = panel.alarm is not None and worst >= panel.alarm
    axes.set_title(panel.title, fontsize=11)
    axes.set_axis_off()
    axes.text(0.5, 0.3, _said(worst, panel.unit), fontsize=32, ha="center", color=RED if alarmed else GREEN)


def _graph(axes: Axes, panel: Panel, lines: Sequence[tuple[Query, Line]], start: float) -> None:
    axes.set_title(panel.title, fontsize=11, loc="left")
    for query, line in lines:
        times = [(float(at) - start) / MINUTE for at, _ in line["values"]]
        axes.plot(times, [float(value) for _, value in line["values"]], label=_legend(query, line["metric"]))
    if panel.alarm is not None:
        top = max(axes.get_ylim()[1], panel.alarm / 10)
        if panel.alarm <= top * 2:
            axes.axhline(panel.alarm, color=RED, linewidth=0.8, linestyle="--")
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(lambda value, _: _said(value, panel.unit))
    axes.set_xlabel("minutes", fontsize=8)
    axes.tick_params(labelsize=8)
    axes.grid(alpha=0.3)
    if any(text for text in axes.get_legend_handles_labels()[1]):
        axes.legend(fontsize=7, loc="upper left", ncols=2 if len(lines) > COLUMNS else 1)


def _legend(query: Query, labels: Mapping[str, str]) -> str:
    text = query.legend
    for name in text.split("{{")[1:]:
        label = name.partition("}}")[0]
        text = text.replace(f"{{{{{label}}}}}", labels.get(label, ""))
    return text


def _said(value: float, unit: str) -> str:
    match unit:
        case "s" if 0 < abs(value) < 1:
            return f"{value * 1000:.3g} ms"
        case "s" if value >= HOUR:
            return f"{value / HOUR:.3g} h"
        case "s":
            return f"{value:.3g} s"
        case "percentunit":
            return f"{value * 100:.4g} %"
        case "ops":
            return f"{value:.3g}/s"
        case _:
            return f"{value:.4g}"


def main() -> None:
    """Draw all dashboards as they stand on a Prometheus."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prometheus", default="http://127.0.0.1:9090", help="its address")
    parser.add_argument("--minutes", type=float, default=60.0, help="how far back")
    parser.add_argument("--folder", type=Path, default=Path("docs/pictures"), help="where the files go")
    given = parser.parse_args()
    now = time.time()
    for board in BOARDS:
        path = given.folder / f"{board.uid}.png"
        draw(board, given.prometheus, now - given.minutes * MINUTE, now, path)
        print(path)  # noqa: T201 - a command says what it made


if __name__ == "__main__":
    main()
