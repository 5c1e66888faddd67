"""What requests share: places, so that no key gets them all."""

import asyncio
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.web.places import REFUSED_SECONDS, Held, Places, Shares
from services.ingest.web.problems import ProblemError

WHOLE = 512


def taken(shares: Shares, key: UUID | None) -> list[Held]:
    """Take all that a key can get, one by one."""
    found: list[Held] = []
    while True:
        try:
            found.append(shares.hold(key))
        except ProblemError:
            return found


@given(st.integers(1, 8))
def test_keys_that_take_all_they_can_get_leave_some(greedy: int) -> None:
    """Whoever comes newly finds a place, however many keys took all they could, one after the other."""
    shares = Shares(WHOLE, "places")
    got = [len(taken(shares, uuid4())) for _ in range(greedy)]

    assert WHOLE // 2 == got[0]
    assert all(later <= earlier for earlier, later in pairwise(got))
    assert 1 <= len(taken(shares, None))


@given(st.lists(st.integers(0, 3), max_size=600))
def test_what_is_given_back_is_there_again(wanted: list[int]) -> None:
    """Whatever was held by whom, in the end as many can be held as in the beginning."""
    shares, keys = Shares(WHOLE, "places"), [uuid4() for _ in range(4)]
    held = []
    for key in wanted:
        try:
            held.append(shares.hold(keys[key]))
        except ProblemError:
            continue
    for one in held:
        with one:
            pass

    assert WHOLE // 2 == len(taken(shares, None))


async def test_who_has_too_many_bodies_on_their_way_waits_for_the_refusal() -> None:
    """A key over its share is refused after a while and not at once; another one is let in meanwhile."""
    places, key = Places(WHOLE), uuid4()
    taken(places.bodies, key)
    before = asyncio.get_running_loop().time()
    refused = asyncio.ensure_future(places.for_body(key))
    with await places.for_body(uuid4()):
        assert not refused.done()
    with pytest.raises(ProblemError):
        await refused

    assert asyncio.get_running_loop().time() - before >= REFUSED_SECONDS
