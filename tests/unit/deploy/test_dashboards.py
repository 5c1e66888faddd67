"""The dashboards in the tree are what the code makes, whole and readable."""

import json

import pytest

from deploy.grafana.boards import BOARDS
from deploy.grafana.generate import FOLDER, render
from deploy.grafana.model import Board

EACH = pytest.mark.parametrize("board", BOARDS, ids=lambda one: str(one.uid))


@EACH
def test_the_files_are_what_the_code_makes(board: Board) -> None:
    """A board that was changed in one place alone is found."""
    assert render(board) == (FOLDER / f"{board.uid}.json").read_text("utf-8")


def test_there_is_no_other_dashboard() -> None:
    """Nothing is provisioned that no code stands behind."""
    assert {f"{board.uid}.json" for board in BOARDS} == {path.name for path in FOLDER.glob("*.json")}


@EACH
def test_panels_can_be_told_apart(board: Board) -> None:
    """Ids and places are unique, and each panel says what it shows."""
    panels = json.loads(render(board))["panels"]

    assert len(panels) == len({one["id"] for one in panels})
    assert len(panels) == len({(one["gridPos"]["x"], one["gridPos"]["y"]) for one in panels})
    assert all(one["description"] and one["targets"] for one in panels)
