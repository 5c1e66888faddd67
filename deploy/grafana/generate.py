"""Writes `dashboards/*.json` from `boards`; with `--check` only says whether they are up to date."""

import sys
from pathlib import Path

from grafana_foundation_sdk.builders import dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import DataSourceRef, GridPos, Threshold, ThresholdsMode

from deploy.generated import kept
from deploy.grafana.boards import BOARDS
from deploy.grafana.model import Board, Panel

FOLDER = Path(__file__).parent / "dashboards"
SOURCE = DataSourceRef(type_val="prometheus", uid="docwatch-prometheus")
WIDTH, HEIGHT, COLUMNS = 12, 8, 2


def render(board: Board) -> str:
    """Return a dashboard as Grafana's JSON, the same for the same board."""
    made = (
        dashboard.Dashboard(board.title)
        .uid(board.uid)
        .description(board.description)
        .tags(["docwatch"])
        .refresh("30s")
        .time("now-6h", "now")
        .timezone("browser")
        .readonly()
    )
    for number, panel in enumerate(board.panels):
        made = made.with_panel(_panel(panel, number))
    return JSONEncoder(sort_keys=True, indent=2).encode(made.build()) + "\n"


def _panel(panel: Panel, number: int) -> stat.Panel | timeseries.Panel:
    place = GridPos(h=HEIGHT, w=WIDTH, x=number % COLUMNS * WIDTH, y=number // COLUMNS * HEIGHT)
    made = stat.Panel() if panel.kind == "number" else timeseries.Panel()
    made = (
        made.id(number + 1)
        .title(panel.title)
        .description(panel.description)
        .unit(panel.unit)
        .datasource(SOURCE)
        .grid_pos(place)
        .thresholds(_thresholds(panel.alarm))
    )
    for position, query in enumerate(panel.queries):
        made = made.with_target(
            prometheus.Dataquery()
            .ref_id(chr(ord("A") + position))
            .expr(query.expr)
            .legend_format(query.legend)
        )
    return made


def _thresholds(alarm: float | None) -> dashboard.ThresholdsConfig:
    steps = [Threshold(value=None, color="green")]
    if alarm is not None:
        steps.append(Threshold(value=alarm, color="red"))
    return dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)


def main() -> int:
    """Write the dashboards, or compare them; return the exit status."""
    wanted = {FOLDER / f"{board.uid}.json": render(board) for board in BOARDS}
    return kept(wanted, "deploy.grafana.generate", [*FOLDER.glob("*.json")])


if __name__ == "__main__":
    sys.exit(main())
