"""Draws what benchmarks kept: `python -m tests.benchmarks.plots`.

A benchmark that is told to `--keep` writes `docs/pictures/NAME.json`: axes and named series of points.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.benchmarks.kit import ROOT

FOLDER = ROOT / "docs" / "pictures"
Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Plot:
    """What is drawn: a title, the two axes (x is logarithmic) and points by the name of their line."""

    title: str
    x: str
    y: str
    lines: Mapping[str, Points]


def keep(name: str, plot: Plot, folder: Path = FOLDER) -> None:
    """Keep what is to be drawn."""
    (folder / f"bench-{name}.json").write_text(json.dumps(asdict(plot), indent=1) + "\n")


def draw(folder: Path = FOLDER) -> None:
    """Draw everything that was kept, as SVG beside it."""
    # Imported here: it takes a second, and nobody else needs it.
    from matplotlib.backends.backend_svg import FigureCanvasSVG  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    for file in sorted(folder.glob("bench-*.json")):
        plot = Plot(**json.loads(file.read_text()))
        figure = Figure(figsize=(6, 3.4), layout="constrained")
        axes = figure.add_subplot()
        for label, points in plot.lines.items():
            axes.plot([x for x, _ in points], [y for _, y in points], marker="o", label=label)
        axes.set(title=plot.title, xlabel=plot.x, ylabel=plot.y, xscale="log")
        axes.set_ylim(0, 1.1 * max(y for points in plot.lines.values() for _, y in points))
        axes.grid(visible=True, alpha=0.3)
        axes.legend()
        # Neither dates nor random ids: the same numbers give the same file.
        canvas = FigureCanvasSVG(figure)
        canvas.print_svg(file.with_suffix(".svg"), metadata={"Date": None})  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    draw()
