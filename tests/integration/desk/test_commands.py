"""`docwatch knowledge` on a command line, against a real database and a catalogue of its own."""

import asyncio
import json
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from nats.aio.client import Client
from typer.testing import CliRunner

from cli.main import app
from cli.operators.knowledge import desk
from contracts.knowledge import Answer
from contracts.messages.desk.question import QuestionKind
from runtime.clock import SystemClock
from runtime.database.postgres import Pool
from sandbox.agency import CATALOGUE
from services.desk.knowledge.answers import Answers
from tests.conftest import Databases
from tests.integration.desk.conftest import question
from tests.integration.desk.test_questions import _questions

QUESTIONS = """\
answers:
  passport_fee:
    topic: fees
    questions:
      uk: [скільки коштує закордонний паспорт, ціна закордонного паспорта]
      ru: [сколько стоит загранпаспорт, цена загранпаспорта]
      en: [how much is a foreign passport, price of a foreign passport]
    text: {uk: Сто гривень., ru: Сто гривен., en: A hundred hryvnias.}
    documents: [foreign_passport]
  parking:
    topic: offices
    questions:
      uk: [де припаркувати машину]
      ru: [где припарковать машину]
      en: [where do I park my car]
    text: {uk: У дворі., ru: Во дворе., en: In the yard.}
    valid_until: 2026-01-31
"""
MORE = """\
answers:
  bicycle:
    topic: offices
    questions:
      uk: [де поставити велосипед]
      ru: [где поставить велосипед]
      en: [where do I put my bicycle]
    text: {uk: Біля входу., ru: У входа., en: By the entrance.}
"""
Run = Callable[..., Awaitable[tuple[int, Any]]]
pytestmark = pytest.mark.usefixtures("folder")


@pytest.fixture
def folder(tmp_path: Path, databases: Databases, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The agency's catalogue, whose answers are the two above alone."""
    catalogue = Path(shutil.copytree(CATALOGUE, tmp_path / "catalogue"))
    (catalogue / "questions.yaml").write_text(QUESTIONS, "utf-8")
    monkeypatch.setenv("DOCWATCH_DATABASE_URL", databases.url("desk"))
    monkeypatch.setenv("DOCWATCH_CATALOGUE", str(catalogue))
    desk.in_use.cache_clear()
    return tmp_path


@pytest.fixture
def run() -> Run:
    """Run a command of the knowledge base for machines; return its exit status and what it said."""

    async def command(*words: str, plain: bool = False) -> tuple[int, Any]:
        given = ["knowledge", *words, *([] if plain else ["--json"])]
        result = await asyncio.to_thread(CliRunner().invoke, app, given)
        said = str(result.exception) if result.exception is not None else ""
        if result.stdout and not plain:
            return result.exit_code, json.loads(result.stdout)
        return result.exit_code, result.stdout or said

    return command


def _file(folder: Path, text: str) -> str:
    path = folder / "file.yaml"
    path.write_text(text, "utf-8")
    return str(path)


async def test_an_import_is_released_shown_and_undone(run: Run, folder: Path, pool: Pool) -> None:
    """A file's answers are released with their author, an earlier version comes back by export and import."""
    first = await run("import", _file(folder, MORE))
    again = await run("import", _file(folder, MORE))
    changed = await run("import", _file(folder, MORE.replace("By the entrance", "In the hall")))
    _, listed = await run("list")
    _, shown = await run("show", "bicycle")
    _, old = await run("export", "bicycle", "--version", "1", plain=True)
    back = await run("import", _file(folder, old))
    history = await Answers(pool, SystemClock()).history("bicycle")

    assert (0, {"released": True, "versions": {"bicycle": 1}, "moved": []}) == first
    assert (0, {"released": True, "versions": {}, "moved": []}) == again
    assert (0, {"bicycle": 2}) == (changed[0], changed[1]["versions"])
    assert [("bicycle", "staff"), ("parking", "agency"), ("passport_fee", "agency")] == [
        (row["id"], row["whose"]) for row in listed
    ]
    assert "In the hall." == shown["answer"]["text"]["en"]
    assert [2, 1] == [one["version"] for one in shown["history"]]
    assert (0, {"bicycle": 3}) == (back[0], back[1]["versions"])
    assert ["By the entrance.", "In the hall.", "By the entrance."] == [
        one.answer.text["en"] for one in history if one.answer is not None
    ]


async def test_what_would_take_a_question_away_must_be_seen(run: Run, folder: Path, pool: Pool) -> None:
    """A change by which a known question finds another answer is refused until somebody says yes."""
    taken = MORE.replace("[where do I put my bicycle]", "[where do I put my bicycle, in the old yard]")
    await run("import", _file(folder, taken))
    moved = taken.replace(", in the old yard]", "]") + (
        "  yard:\n    topic: offices\n    questions:\n      uk: [старий двір]\n      ru: [старый двор]\n"
        "      en: [in the old yard]\n    text: {uk: Там., ru: Там., en: There.}\n"
    )
    refused = await run("import", _file(folder, moved))
    unchanged = await Answers(pool, SystemClock()).revision()
    released = await run("import", _file(folder, moved), "--yes")

    wanted = {
        "question": "in the old yard",
        "language": "en",
        "missed": 0,
        "effect": "other",
        "before": "bicycle",
        "after": "yard",
    }
    assert (1, False, {}, [wanted]) == (
        refused[0],
        refused[1]["released"],
        refused[1]["versions"],
        refused[1]["moved"],
    )
    assert 1 == unchanged
    assert (0, {"bicycle": 2, "yard": 1}) == (released[0], released[1]["versions"])


async def test_a_miss_that_is_answered_is_told_and_needs_no_yes(
    run: Run, folder: Path, pool: Pool, nats_client: Client
) -> None:
    """A missed question is listed with how often and what is nearest, until an answer is found for it."""
    text = "bicycle storage please"
    missed = [question(QuestionKind.MISSED, language="en", text=text) for _ in range(3)]
    await _questions(pool, nats_client).take(missed)
    _, before = await run("misses")
    more = MORE.replace("my bicycle]", "my bicycle, bicycle storage]")
    _, imported = await run("import", _file(folder, more))
    _, after = await run("misses")
    _, every = await run("misses", "--all")
    forgotten = await run("misses", "--forget", text)

    assert [(text, "en", 3, False)] == [
        (one["words"], one["language"], one["count"], one["found"]) for one in before
    ]
    assert [("gained", "bicycle", 3)] == [
        (one["effect"], one["after"], one["missed"]) for one in imported["moved"]
    ]
    assert [] == after
    assert [("bicycle", True)] == [(one["nearest"], one["found"]) for one in every]
    assert (0, {"forgotten": text, "languages": ["en"]}) == forgotten
    assert (0, []) == await run("misses", "--all")


async def test_the_agencys_own_answer_is_withdrawn_and_comes_back(run: Run, pool: Pool) -> None:
    """A dropped answer is told no more, the agency's own too; its changes alone can be undone."""
    dropped = await run("drop", "parking")
    _, listed = await run("list")
    above = (await Answers(pool, SystemClock()).look()).above
    undone = await run("drop", "parking", "--changes-only")
    _, again = await run("list")
    nothing = await run("drop", "parking", "--changes-only")
    unknown = await run("drop", "nobody")

    assert (0, {"parking": 1}) == (dropped[0], dropped[1]["versions"])
    assert "withdrawn" == next(row["whose"] for row in listed if row["id"] == "parking")
    assert above["parking"].withdrawn
    assert (0, {"parking": 2}) == (undone[0], undone[1]["versions"])
    assert "agency" == next(row["whose"] for row in again if row["id"] == "parking")
    assert (1, "staff changed nothing of parking") == nothing
    assert (1, "nobody is told nobody") == unknown


async def test_mistakes_in_a_file_are_told_with_their_lines(run: Run, folder: Path, pool: Pool) -> None:
    """Nothing of a file with a mistake is released: languages, codes, placeholders, what finds another."""
    text = MORE.replace("en: By the entrance.", "en: 'By {gate}.'").replace(
        "      ru: [где поставить велосипед]\n", ""
    )
    languages = await run("import", _file(folder, text))
    twice = await run(
        "import", _file(folder, MORE.replace("де поставити велосипед", "Де припаркувати машину!"))
    )
    leaving = await run(
        "import", _file(folder, MORE.replace("where do I put my bicycle", "stop writing to me"))
    )
    missing = await run("import", str(folder / "nowhere.yaml"))

    assert 1 == languages[0]
    assert "file.yaml:7: answers.bicycle.text.en: {gate} is no placeholder" in languages[1]
    assert "file.yaml:4: answers.bicycle.questions.ru: has no question in 'ru'" in languages[1]
    assert 1 == twice[0]
    assert "file.yaml:5: answers.bicycle.questions.uk.0: 'Де припаркувати машину!' finds parking" in twice[1]
    assert "what people say who want to stop" in leaving[1]
    assert "cannot be read" in missing[1]
    assert 0 == await Answers(pool, SystemClock()).revision()


async def test_an_export_is_imported_as_the_same(run: Run, folder: Path) -> None:
    """All that holds is written in the form of questions.yaml, and nothing differs when it is read again."""
    await run("import", _file(folder, MORE))
    path = folder / "all.yaml"
    written = await run("export", "--output", str(path), plain=True)
    again = await run("import", str(path))
    _, changed = await run("export", "--changed", plain=True)

    assert 0 == written[0]
    assert (0, {}) == (again[0], again[1]["versions"])
    assert changed.startswith("answers:\n  bicycle:\n    topic: offices\n    questions:\n")
    assert "parking" not in changed


async def test_a_check_warns_and_finds_faults(run: Run, pool: Pool) -> None:
    """An overdue answer is worth a look; one that another hides is a fault, and the exit status says so."""
    fit = await run("check")
    hidden = Answer.model_validate(
        {
            "id": "hidden",
            "topic": "offices",
            "questions": {"uk": ["де припаркувати машину"], "ru": ["x"], "en": ["where do I park my car"]},
            "text": {"uk": "а", "ru": "б", "en": "c"},
        }
    )
    await Answers(pool, SystemClock()).change({"hidden": hidden}, 0, "careless")
    unfit = await run("check")

    assert (0, []) == (fit[0], fit[1]["faults"])
    assert "parking.valid_until" in [one["at"] for one in fit[1]["remarks"]]
    assert 1 == unfit[0]
    assert {"hidden.questions.uk.0", "hidden.questions.en.0"} <= {one["at"] for one in unfit[1]["faults"]}


async def test_the_report_says_how_questions_fared(run: Run, pool: Pool, nats_client: Client) -> None:
    """Counts and shares by language, topic and answer, of the days that are asked for."""
    now = SystemClock().now()
    kinds = [QuestionKind.UNDERSTOOD] * 3 + [QuestionKind.NEAR, QuestionKind.MISSED, QuestionKind.CONFIRMED]
    await _questions(pool, nats_client).take(
        [
            question(kind, found=None if kind is QuestionKind.MISSED else "hours", language="en", at=now)
            for kind in kinds
        ]
    )
    await _questions(pool, nats_client).take([question(found="hours", language="en")])
    status, found = await run("report", "--days", "7")
    plain = await run("report", plain=True)

    assert 0 == status
    assert {"asked": 5, "understood": 0.6, "near": 0.2, "missed": 0.2, "confirmed": 1.0} == {
        "asked": found["all"]["all"]["asked"],
        **found["all"]["all"]["shares"],
    }
    assert {"visit": 4, "": 1} == {name: one["asked"] for name, one in found["topic"].items()}
    assert (0.75, 0.25) == tuple(found["topic"]["visit"]["shares"][kind] for kind in ("understood", "near"))
    assert "75%" in plain[1]


@pytest.mark.parametrize(
    "words", [["list"], ["show", "parking"], ["misses"], ["check"], ["export"], ["report"]]
)
async def test_every_view_can_be_read_by_people(run: Run, words: list[str]) -> None:
    """On a terminal each view says something, without an error."""
    status, said = await run(*words, plain=True)

    assert 0 == status
    assert said.strip()
