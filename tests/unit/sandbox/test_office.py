"""The clerk's desk: which stages may be stamped next."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from contracts.catalogue import load_catalogue
from sandbox.office.model import Application, next_stages, shown

CATALOGUE = load_catalogue(Path(__file__).parents[3] / "sandbox" / "agency" / "catalogue")
WAY = CATALOGUE.documents["id_card"].stages


def application(*stamped: str) -> Application:
    return Application("r", "AB-123456789", "id_card", "Олена", "", "c", "l", stamped)


def test_the_usual_next_stage_comes_first() -> None:
    """On the main way the first choice is the next step; the first of all is the only one at the start."""
    firsts = [next_stages(CATALOGUE, application(*WAY[:reached]))[:1] for reached in range(len(WAY) + 1)]

    assert [*((stage,) for stage in WAY), ()] == firsts
    assert WAY[:1] == next_stages(CATALOGUE, application())


def test_a_detour_leads_back() -> None:
    """From a detour the way goes on where it was left, or a step further."""
    returned = next_stages(CATALOGUE, application(*WAY[:5], "returned"))

    assert ("arrived", "issued") == returned[:2]


def test_a_stage_that_ends_the_way_is_the_last() -> None:
    """Nothing can be stamped on what was refused or handed over."""
    assert () == next_stages(CATALOGUE, application(WAY[0], "rejected"))
    assert () == next_stages(CATALOGUE, application(*WAY))


@given(st.lists(st.integers(min_value=0, max_value=9), max_size=12))
def test_every_choice_is_a_stage_of_the_document_that_moves_it(choices: list[int]) -> None:
    """However a clerk stamps, each choice is known, is not where the document is, and is offered once."""
    one = application()
    for choice in choices:
        offered = next_stages(CATALOGUE, one)
        assert len(set(offered)) == len(offered)
        assert one.stage not in offered
        assert all(CATALOGUE.knows("id_card", stage) for stage in offered)
        assert offered == tuple(stage["code"] for stage in shown(CATALOGUE, one)["next"])
        if not offered:
            return
        one = application(*one.stamped, offered[choice % len(offered)])
