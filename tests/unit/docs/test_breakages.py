"""The list of breakages, and its page, name what there is."""

import pytest

from tests.faults.mutate import PAGE, ROOT, Breakage, breakages, page, written

BREAKAGES = [pytest.param(one, id=one.name) for one in breakages()]


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_a_breakage_finds_its_place(breakage: Breakage) -> None:
    """Its text stands once in its file, and the tests that must fail then exist."""
    text = (ROOT / breakage.file).read_text(encoding="utf-8")

    assert 1 == text.count(breakage.old)
    for test in breakage.tests:
        file, _, name = test.partition("::")
        assert f"{name}(" in (ROOT / file).read_text(encoding="utf-8") if name else (ROOT / file).exists()


def test_the_page_names_the_files_of_the_list() -> None:
    """What the page says of a breakage is about the file where it is now."""
    assert page(written()) == PAGE.read_text(encoding="utf-8")
