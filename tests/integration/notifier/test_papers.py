"""What papers somebody needs: asked and told on every messenger, with the tracker away, and nothing kept."""

import pytest

from services.notifier.domain.incoming import Said, Tapped
from services.notifier.domain.messages import Message
from tests.integration.notifier.test_capabilities import CHOICE, TALKING, Chat, text
from tests.integration.notifier.world import World

WAY = ("National identity card", "Yes", "14 to 17", "It is the first passport", "I don’t know", "No")


@pytest.fixture(params=TALKING)
def chat(request: pytest.FixtureRequest, world: World) -> Chat:
    world.tracker.away = True
    return Chat(world, TALKING[request.param])


async def test_a_consultation_from_end_to_end(chat: Chat) -> None:
    """Questions, a step back, the list, its file, an office: by button or number, as the messenger can."""
    shown = await chat.does(Said("/papers"))
    for label in (*WAY[:3], "Back", *WAY[2:]):
        shown = await chat.chooses(label, shown)
    listed = shown
    file = await chat.chooses("Send it as a file", listed)
    again = await chat.chooses("Start again", file)
    offices = await chat.chooses("Offices and hours", await _listed(chat))
    hours = await chat.chooses("Lviv, office", offices)

    sent = text(file) + " ".join(one.attachment.content for one in file if one.attachment)
    assert "up to 20 business days, free of charge" in text(listed)
    assert "The office will look it up." in text(listed)
    assert "• The birth certificate" in sent
    assert "3 Stara Lypova Street" in sent
    assert "Is the document for a citizen of Ukraine?" in text(again)
    assert "3 Stara Lypova Street" in text(hours)
    assert bool(chat.able.caption) == any(one.attachment for one in file)
    assert (None if not chat.able.edits or not chat.able.buttons else "55") == listed[0].replaces


async def _listed(chat: Chat) -> list[Message]:
    shown = await chat.does(Said("/papers"))
    for label in WAY:
        shown = await chat.chooses(label, shown)
    return shown


async def test_nothing_is_kept(world: World) -> None:
    """A stranger who was told what to bring has left no row behind; months later the button still answers."""
    chat = Chat(world, TALKING["everything"])
    listed = await _listed(chat)
    back = next(button for row in listed[-1].buttons for button in row if button.text == "Back")

    counts = [await world.count(table) for table in ("recipient", "delivery", "attempt")]
    asked = await chat.does(Tapped(back.data, "55", "q"))

    assert [0, 0, 0] == counts
    assert "Are you an internally displaced person?" in text(asked)
    assert not CHOICE.findall(text(asked))
