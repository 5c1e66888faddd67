"""Whether somebody is still to be called."""

from hypothesis import given
from hypothesis import strategies as st

from services.tracker.domain.calls import Standing, settled

FINAL = frozenset({"issued"})
STANDINGS = st.builds(
    Standing,
    known=st.booleans(),
    called=st.booleans(),
    arrived=st.booleans(),
    stopped=st.booleans(),
    withdrawn=st.booleans(),
    current=st.booleans(),
    stage=st.sampled_from(["arrived", "issued", None]),
)


@given(STANDINGS)
def test_only_true_news_that_nobody_has_heard_is_worth_a_call(standing: Standing) -> None:
    """Somebody is called exactly while they follow, were not told, and what they are told is true now."""
    gone = standing.called or standing.arrived or standing.stopped or standing.withdrawn

    assert (standing.known and not gone and standing.current) == (settled(standing, FINAL) is None)


@given(STANDINGS)
def test_who_left_is_said_to_have_left(standing: Standing) -> None:
    """Whatever else holds, of somebody who wants to hear nothing no more is told than that."""
    if standing.known and standing.stopped:
        assert settled(standing, FINAL) == "stopped"
