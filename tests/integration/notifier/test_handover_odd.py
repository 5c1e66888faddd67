"""A hand-over where something is odd: an update that comes twice, nobody who answers, a seal of another's."""

from dataclasses import replace
from uuid import uuid4

import pytest

from contracts.messages.desk.talk import Opened
from runtime.keyring import KeyRing
from services.notifier.domain.incoming import Said, Tapped
from services.notifier.handover.replies import Taken
from tests.integration.notifier.staffed import Staffed, answered, data, staffed
from tests.integration.notifier.world import World


@pytest.fixture
def desk(world: World) -> Staffed:
    """A notifier with people behind it."""
    return staffed(world)


async def test_an_update_that_comes_again_asks_once(desk: Staffed) -> None:
    """A messenger that posts the question again makes no second conversation."""
    await desk.world.person("7")
    await desk.does(Tapped("hp:a", None, "q"), Tapped("ho:a", None, "q"))
    number = next(desk.updates)
    for _ in range(2):
        await replace(desk, updates=iter([number])).does(Said("When?"))

    assert 1 == len(await desk.told(Opened))


async def test_without_people_a_person_is_answered_as_before(world: World) -> None:
    """Nothing of it is there where nobody answers: neither in words nor by a button of another time."""
    plain = Staffed(world)
    await world.person("7")

    answers = await plain.does(Said("a person, please"), Said("/person"), Tapped("hp:a", None, "q"))

    assert ["Sorry, we did not understand that. An automatic service answers here."] * 3 == [
        one.shown.splitlines()[0] for one in answers
    ]
    assert [] == [one for one in data(answers) if one.startswith("hp")]


async def test_an_answer_that_another_ring_sealed_is_not_told(desk: Staffed) -> None:
    """What does not open raises, and nothing of it is kept."""
    await desk.world.person("7")
    conversation = await desk.asks()
    other = KeyRing([("c1", bytes(32))], "other")
    sealed = other.seal(b"x", b"y")
    reply = answered(conversation, 1, "yes")
    wrong = reply.model_copy(
        update={"text": reply.text.model_copy(update={"box": sealed.box}), "reply_id": uuid4()}
    )

    with pytest.raises(Exception, match="does not open"):
        await desk.says(wrong)
    assert Taken(1) == await desk.says(reply)
