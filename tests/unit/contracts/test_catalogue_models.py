from datetime import date, time
from pathlib import Path

import pytest
from pydantic import ValidationError

from contracts.catalogue import Catalogue, QuietHours, load_catalogue
from sandbox.agency import CATALOGUE


@pytest.fixture(scope="module")
def sample() -> Catalogue:
    return load_catalogue(CATALOGUE)


def test_sample_has_four_documents_and_nine_stages(sample: Catalogue) -> None:
    """The sample agency has the documents and stages that the design names."""
    documents = {"foreign_passport", "id_card", "temporary_residence", "permanent_residence"}
    main_way = ["accepted", "verification", "printing", "shipped", "arrived", "issued"]

    assert documents == set(sample.documents)
    assert {*main_way, "correction_needed", "returned", "rejected"} == set(sample.stages)
    assert main_way == list(sample.steps("id_card"))
    assert {"correction_needed", "returned"} == {
        code for code, stage in sample.stages.items() if stage.detour
    }
    assert {"issued", "rejected"} == {code for code, stage in sample.stages.items() if stage.terminal}
    assert sample.stages["arrived"].actionable


def test_rejection_ranks_above_all_but_the_issue(sample: Catalogue) -> None:
    """A rejection moves any application that has not been handed over, whatever its stage."""
    others = set(sample.stages) - {"rejected", "issued"}

    assert all(sample.rank(other) < sample.rank("rejected") for other in others)
    assert sample.rank("rejected") < sample.rank("issued")


def test_step_counts_only_the_main_way(sample: Catalogue) -> None:
    """A detour, a rejection and anything unknown are no step."""
    assert (1, 6) == sample.step_of("id_card", "accepted")
    assert (5, 6) == sample.step_of("id_card", "arrived")
    assert sample.step_of("id_card", "correction_needed") is None
    assert sample.step_of("id_card", "lost") is None
    assert sample.step_of("driving_licence", "accepted") is None


def test_knows_needs_both_the_document_and_its_stage(sample: Catalogue) -> None:
    """A stage is known only together with a document type that can be at it."""
    assert sample.knows("id_card", "issued")
    assert sample.knows("id_card", "returned")
    assert not sample.knows("id_card", "lost")
    assert not sample.knows("driving_licence", "issued")


def test_override_changes_only_what_it_names(sample: Catalogue) -> None:
    """A document type's own words replace the stage's, and the rest stays."""
    plain = sample.stages["verification"]

    own = sample.stage_of("permanent_residence", "verification")

    assert 15 == own.expected_days
    assert plain.text == own.text
    assert plain == sample.stage_of("id_card", "verification")


def test_text_falls_back_to_the_default_language(sample: Catalogue) -> None:
    """A language that the agency does not speak is answered in its first one."""
    name = sample.documents["id_card"].name

    assert "National identity card" == sample.text(name, "en")
    assert name["uk"] == sample.text(name, "de") == sample.text(name, None)


def test_catalogue_is_frozen(sample: Catalogue) -> None:
    """Nobody changes a catalogue that others read."""
    with pytest.raises(ValidationError, match="frozen"):
        sample.agency.code = "other"  # type: ignore[misc]  # the assignment is what is tested


def test_content_hash_follows_the_meaning(sample: Catalogue, tmp_path: Path) -> None:
    """Layout and comments leave the hash alone; any other text changes it."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(CATALOGUE.glob("*.yaml")))
    one_file, other = tmp_path / "whole.yaml", tmp_path / "other.yaml"
    one_file.write_text(f"# moved\n{text}", encoding="utf-8")
    other.write_text(text.replace("Document Service", "Papers Service"), encoding="utf-8")

    assert sample.content_hash == load_catalogue(one_file).content_hash
    assert sample.content_hash != load_catalogue(other).content_hash


def test_words_of_yaml_stay_words(tmp_path: Path) -> None:
    """Hours, dates and codes mean what they look like, quoted or not: `21:00` is an hour, `no` a language."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(CATALOGUE.glob("*.yaml")))
    hours = "  quiet_hours: {start: 21:00, end: 08:00}\n"
    whole = text.replace("  consent_version:", f"{hours}  consent_version:").replace(" en:", " no:")
    path = tmp_path / "whole.yaml"
    path.write_text(whole.replace("[uk, ru, en]", "[uk, ru, no]"), encoding="utf-8")

    agency = load_catalogue(path).agency

    assert QuietHours(start=time(21), end=time(8)) == agency.quiet_hours
    assert ("uk", "ru", "no") == agency.languages
    assert (date(2026, 12, 31),) == agency.holidays.dates
