"""The guide for back offices says what the code says."""

from cli.publish.header import NEEDED, OPTIONAL
from services.ingest.domain.events import CloudEvent, StageData
from services.ingest.web.problem_kinds import KINDS
from tests.guide import GUIDE, rows


def test_the_guide_names_every_problem_with_its_cause_and_cure() -> None:
    """The catalogue of errors in the guide is the one that the service answers with."""
    wanted = [
        [f"`{kind.type}`", str(kind.status), kind.cause, kind.cure, "yes" if kind.again else "no"]
        for kind in KINDS
    ]

    assert wanted == rows("`/problems/")


def test_the_guide_names_every_field_of_an_event() -> None:
    """No field of the envelope or of the data is missing from the table, and none is invented."""
    envelope = set(CloudEvent.model_fields) - {"specversion", "type", "data"}
    wanted = envelope | {f"data.{name}" for name in StageData.model_fields}
    named = [cells[0] for first in ("`id`", "`source`", "`time`", "`data.") for cells in rows(first)]

    assert wanted == {one.strip("`") for cell in named for one in cell.split(", ")}


def test_the_guide_names_every_column_of_a_file() -> None:
    """What `docwatch publish` reads is told."""
    text = " ".join(GUIDE.read_text("utf-8").split())

    assert f"`{', '.join(NEEDED)}`" in text
    assert f"`{', '.join(OPTIONAL)}`" in text
