"""Every message as it was read through by eye; `UPDATE_GOLDEN=1 pytest` writes the files anew."""

from collections.abc import Mapping

import pytest

from contracts.messages.notice import NoticeKind
from services.notifier.domain.preferences import Reader
from services.notifier.wording.i18n import Voice
from services.notifier.wording.notices import render_notice
from tests.unit.notifier.conftest import MakeNotice
from tests.unit.notifier.golden_files import GOLDEN, as_file, compare

LANGUAGES = ("uk", "ru", "en")
STAGES = (
    "accepted",
    "verification",
    "correction_needed",
    "printing",
    "shipped",
    "arrived",
    "returned",
    "rejected",
    "issued",
)
DETAILS: Mapping[str, Mapping[str, object]] = {
    "correction_needed": {"missing": ("photograph", "fee_receipt"), "note": "papers_incomplete"},
    "printing": {"note": "high_demand"},
    "returned": {"note": "defect_found", "expected_at": None},
    "rejected": {"note": "grounds_insufficient", "expected_at": None},
    "issued": {"expected_at": None},
}


def test_every_stage_has_golden_files(voice: Voice) -> None:
    """No stage of the sample agency is left out below."""
    assert set(STAGES) == voice.catalogue.stages.keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_may_come_twice_says_so(voice: Voice, notice_of: MakeNotice, language: str) -> None:
    """A notice that may have been told at another address reads as it was approved, in each language."""
    message = render_notice(notice_of(stage="arrived"), Reader(language), voice, may_repeat=True)

    compare(GOLDEN / language / "arrived.twice.txt", as_file(message))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", NoticeKind)
@pytest.mark.parametrize("stage", STAGES)
def test_notices(voice: Voice, notice_of: MakeNotice, stage: str, kind: NoticeKind, language: str) -> None:
    """A notice of each stage and kind reads as it was approved."""
    notice = notice_of(stage=stage, kind=kind, **DETAILS.get(stage, {}))

    compare(
        GOLDEN / language / f"{stage}.{kind}.txt", as_file(render_notice(notice, Reader(language), voice))
    )
