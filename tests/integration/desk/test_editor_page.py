"""The editor's page over real HTTP: misses become answers, nothing is released unseen, four eyes."""

import re
from collections.abc import AsyncIterator, Mapping
from html import unescape

import pytest
from nats.aio.client import Client

from contracts.messages.desk.question import QuestionKind
from runtime.clock import SystemClock
from runtime.database.postgres import Pool
from services.desk.knowledge.answers import Answers
from tests.conftest import Databases
from tests.integration.desk.conftest import question
from tests.integration.desk.pages_bench import Browser, DeskPages, desk_pages
from tests.integration.desk.test_questions import _questions

DOGS: Mapping[str, str] = {
    "deed": "write",
    "known": "",
    "id": "dogs",
    "topic": "visit",
    "questions.uk": "чи можна до вас із собакою",
    "questions.ru": "можно ли к вам с собакой",
    "questions.en": "may I bring my dog along",
    "text.uk": "Лише собаки-поводирі.",
    "text.ru": "Только собаки-поводыри.",
    "text.en": "Guide dogs only.",
}
FEW = ("proxy",)
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


@pytest.fixture
async def desk(pool: Pool, databases: Databases) -> AsyncIterator[DeskPages]:
    async with desk_pages(pool, databases.url("desk"), None, answers=FEW) as found:
        yield found


@pytest.fixture
async def editor(desk: DeskPages) -> AsyncIterator[Browser]:
    async with desk.browser(await desk.staff("Olena", "editor")) as found:
        yield found


def release_form(text: str) -> dict[str, str]:
    """Return what the form posts that releases what a page shows."""
    form = text.partition('action="/knowledge/release"')[2].partition("</form>")[0]
    return {name: unescape(value) for name, value in HIDDEN.findall(form) if name != "csrf"}


async def released(editor: Browser, **changes: str) -> str:
    """Have a change shown and release it as it was shown; return the page that follows."""
    shown = await editor.post("/knowledge/preview", **{**DOGS, **changes})
    return (await editor.post("/knowledge/release", **release_form(shown.text))).text


async def standing(pool: Pool) -> dict[str, tuple[int, str]]:
    """Return the versions of the staff's answers and who made them."""
    looked = await Answers(pool, SystemClock()).look()
    return {id_: (one.version, one.changed_by) for id_, one in looked.standing.items()}


async def test_a_miss_becomes_an_answer(editor: Browser, pool: Pool, nats_client: Client) -> None:
    """The most frequent miss stands first; once its answer is released it is gone from the list."""
    for text, count in (("dog along please", 3), ("bicycle storage", 5)):
        missed = [question(QuestionKind.MISSED, language="en", text=text) for _ in range(count)]
        await _questions(pool, nats_client).take(missed)
    before = (await editor.get("/knowledge")).text
    begun = await editor.post("/knowledge/new", words="dog along please", language="en")
    shown = await editor.post(
        "/knowledge/preview", **{**DOGS, "questions.en": "may I bring my dog along\ndog along please"}
    )
    after = await editor.post("/knowledge/release", **release_form(shown.text))
    left = (await editor.get("/knowledge")).text
    tried = (await editor.post("/knowledge/try", question="may i bring my dog along?")).text

    assert before.index("bicycle storage") < before.index("dog along please")
    assert 'lang="en">dog along please</textarea>' in begun.text
    assert "would find dogs" in shown.text
    assert "missed 3 times" in shown.text
    assert "Released: whoever asks now is told it." in after.text
    assert {"dogs": (1, "Olena")} == await standing(pool)
    assert "dog along please" not in left
    assert "bicycle storage" in left
    assert "One answer stands out" in tried
    assert 'href="/knowledge/answers/dogs"' in tried
    assert ["answer released"] == [
        row["what"] for row in await pool.fetch("SELECT what FROM staff_audit ORDER BY number")
    ]


async def test_nothing_is_released_that_was_not_seen(editor: Browser, pool: Pool) -> None:
    """What was changed meanwhile, or was never shown, is shown once more and not released."""
    shown = release_form((await editor.post("/knowledge/preview", **DOGS)).text)
    cats = {"uk": "чи можна з котом", "ru": "можно ли с котом", "en": "is my cat welcome"}
    await released(editor, id="cats", **{f"questions.{code}": text for code, text in cats.items()})
    late = await editor.post("/knowledge/release", **shown)
    unseen = await editor.post("/knowledge/release", **DOGS)

    assert "It was not released: this differs from what you saw" in late.text
    assert "It was not released: this differs from what you saw" in unseen.text
    assert {"cats": (1, "Olena")} == await standing(pool)


async def test_mistakes_are_told_at_their_fields(editor: Browser, pool: Pool) -> None:
    """A missing language, a foreign brace, words that stop: each is told, and nothing can be released."""
    shown = await editor.post(
        "/knowledge/preview",
        **{**DOGS, "text.ru": "", "text.en": "See {gate}.", "id": "proxy"},
    )
    stops = await editor.post("/knowledge/preview", **{**DOGS, "questions.en": "stop writing to me"})
    forced = await editor.post("/knowledge/release", **{**DOGS, "text.ru": ""})

    assert (422, 422) == (shown.status_code, stops.status_code)
    assert "This must not be empty." in shown.text
    assert "Braces stand around these words alone" in shown.text
    assert "what people say who want to stop" in stops.text
    assert 'action="/knowledge/release"' not in shown.text + stops.text + forced.text
    assert {} == await standing(pool)


async def test_what_is_taken_from_another_answer_is_shown(editor: Browser) -> None:
    """A change by which a known question finds another answer says so before it may be released."""
    await released(editor, **{"questions.en": "may I bring my dog along, in the yard"})
    shown = await editor.post(
        "/knowledge/preview",
        **{**DOGS, "id": "yard", "questions.en": "may I bring my dog along, in the yard!"},
    )

    assert 422 == shown.status_code
    assert "finds other answers too: dogs" in shown.text


async def test_history_and_undo(editor: Browser, pool: Pool) -> None:
    """An earlier version comes back, an answer is told no more, and the agency's own holds again."""
    await released(editor)
    await released(editor, known="dogs", **{"text.en": "No dogs."})
    shown = await editor.post("/knowledge/version", id="dogs", version="1")
    back = await editor.post("/knowledge/release", **release_form(shown.text))
    own = {"known": "proxy", "id": "proxy"}
    withdraw = await editor.post("/knowledge/preview", deed="withdraw", **own)
    await editor.post("/knowledge/release", **release_form(withdraw.text))
    gone = (await editor.get("/knowledge/answers/proxy")).text
    undo = await editor.post("/knowledge/preview", deed="undo", **own)
    await editor.post("/knowledge/release", **release_form(undo.text))
    again = (await editor.get("/knowledge/answers/proxy")).text
    history = await Answers(pool, SystemClock()).history("dogs")

    assert "Version 3" in back.text
    assert ["Guide dogs only.", "No dogs.", "Guide dogs only."] == [
        one.answer.text["en"] for one in history if one.answer is not None
    ]
    assert "This answer is told no more." in gone
    assert "This answer is told no more." not in again


async def test_two_editors_at_once(desk: DeskPages, editor: Browser, pool: Pool) -> None:
    """Of two who release at once one wins, and the other sees it before anything of theirs is released."""
    async with desk.browser(await desk.staff("Taras", "editor")) as other:
        mine = release_form((await editor.post("/knowledge/preview", **DOGS)).text)
        theirs = release_form((await other.post("/knowledge/preview", **{**DOGS, "id": "pets"})).text)
        await editor.post("/knowledge/release", **mine)
        late = await other.post("/knowledge/release", **theirs)

    assert "finds other answers too: dogs" in late.text
    assert {"dogs": (1, "Olena")} == await standing(pool)


async def test_four_eyes(pool: Pool, databases: Databases) -> None:
    """Who wrote a change cannot release it; a colleague can, as it was written; both are in the history."""
    async with (
        desk_pages(pool, databases.url("desk"), None, four_eyes=True, answers=FEW) as desk,
        desk.browser(await desk.staff("Olena", "editor")) as author,
        desk.browser(await desk.staff("Taras", "editor")) as colleague,
    ):
        asked = await author.post(
            "/knowledge/release", **release_form((await author.post("/knowledge/preview", **DOGS)).text)
        )
        nothing = await standing(pool)
        path = re.findall(r'href="(/knowledge/proposals/[^"]+)"', asked.text)[0]
        own = await author.get(path)
        forced = await author.post("/knowledge/release", **release_form(own.text))
        still = await standing(pool)
        seen = release_form((await colleague.get(path)).text)
        done = await colleague.post("/knowledge/release", **{**seen, "text.en": "Lions only."})
        twice = await colleague.post("/knowledge/release", **seen)

    found = (await Answers(pool, SystemClock()).look()).above["dogs"]
    assert "Your change waits for a colleague to release it." in asked.text
    assert "You wrote this change; a colleague releases it." in own.text
    assert "You wrote this change; a colleague releases it." in forced.text
    assert ({}, {}) == (nothing, still)
    assert "Released" in done.text
    assert 409 == twice.status_code
    assert {"dogs": (1, "Olena / Taras")} == await standing(pool)
    assert "Guide dogs only." == found.text["en"]


async def test_a_suggestion_waits_for_an_editor(desk: DeskPages, editor: Browser, pool: Pool) -> None:
    """Who answers people suggests, numbers are left out, and an editor completes and releases it."""
    async with desk.browser(await desk.staff("Taras", "operator")) as operator:
        offered = await operator.post(
            "/knowledge/suggest", language="en", question="My number is 12345, dogs?", text="Guide dogs only."
        )
        once = re.findall(r'name="once" value="([^"]+)"', offered.text)[0]
        given = {"once": once, "language": "en", "question": "are dogs welcome", "text": "Guide dogs only."}
        await operator.post("/knowledge/suggested", **given)
        await operator.post("/knowledge/suggested", **given)
        hidden = await operator.get("/knowledge")
    listed = await editor.get("/knowledge")
    paths = re.findall(r'href="(/knowledge/proposals/[^"]+)"', listed.text)
    begun = await editor.get(paths[0])
    done = await released(editor, proposal=paths[0].rpartition("/")[2])
    left = await editor.get("/knowledge")

    assert "12345" not in offered.text
    assert "my number is dogs" in offered.text
    assert 404 == hidden.status_code
    assert 1 == len(paths)
    assert "are dogs welcome" in begun.text
    assert "Released" in done
    assert "Changes that wait" not in left.text
    assert {"dogs": (1, "Olena")} == await standing(pool)
