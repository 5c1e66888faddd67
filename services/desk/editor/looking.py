"""What an editor looks at: what was missed, what waits, all answers, and what a question finds."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from babel.core import Locale
from starlette.responses import Response

from services.desk.domain.finding import Knowledge
from services.desk.domain.trying import LONGEST_TRIED, tried
from services.desk.door.rendering import goes, render
from services.desk.door.routes import Asked
from services.desk.editor.parts import EditorParts
from services.desk.knowledge.records import Miss

LOOKED_AT, SHOWN = 500, 100
"""Missed questions that are held against what holds now, and those that are shown of them."""
TOLD = frozenset({"forgotten", "asked", "refused", "suggested", "ended", "full"})


@dataclass(frozen=True, slots=True)
class Missed:
    """A missed question with the answer that is nearest to it now, which may be none."""

    miss: Miss
    nearest: str | None
    first: str
    last: str


class Looking:
    """The pages that change nothing."""

    def __init__(self, parts: EditorParts) -> None:
        self._parts = parts

    async def misses(self, asked: Asked) -> Response:
        """Show what was missed, the most frequent first, and the changes that wait."""
        query, languages = asked.request.query_params, self._parts.catalogue.agency.languages
        language = one if (one := query.get("language", "")) in languages else None
        ready = await self._parts.shelf.ready()
        found = await self._parts.editor.missed(language, LOOKED_AT)
        missed = await asyncio.to_thread(self._unanswered, ready.knowledge, found)
        waiting = await self._parts.proposals.open()
        told = query.get("told", "")
        return render(
            asked,
            "editor/misses.html",
            misses=missed[:SHOWN],
            more=len(missed) > SHOWN or len(found) == LOOKED_AT,
            chosen=language,
            names=language_names(self._parts, asked),
            waiting=[(one, self._parts.moment(one.made_at)) for one in waiting],
            told=told if told in TOLD else "",
        )

    async def forget(self, asked: Asked) -> Response:
        """Remove a missed question for good."""
        await self._parts.editor.signed(asked.viewer.name).forget(asked.form.get("words", ""))
        return goes(asked, "/knowledge?told=forgotten")

    async def answers(self, asked: Asked) -> Response:
        """Show all answers, or those that have some words."""
        looked = (await self._parts.shelf.ready()).looked
        shown = {**self._parts.catalogue.answers, **looked.above}
        query = asked.request.query_params
        words, topic = query.get("words", "").casefold().split()[:10], query.get("topic", "")
        rows = []
        for id_, answer in sorted(shown.items(), key=lambda item: (item[1].topic, item[0])):
            text = self._parts.catalogue.text(answer.text, asked.language)
            lines = [line for some in answer.questions.values() for line in some]
            hay = " ".join((id_, *answer.text.values(), *lines)).casefold()
            if topic in {"", answer.topic} and all(word in hay for word in words):
                whose = "agency" if id_ not in looked.above else "staff"
                over = answer.valid_until is not None and answer.valid_until < self._parts.today
                rows.append((answer, text, len(lines), "withdrawn" if answer.withdrawn else whose, over))
        return render(
            asked,
            "editor/answers.html",
            rows=rows,
            words=" ".join(query.get("words", "").split())[:100],
            topic=topic,
            topics=sorted({answer.topic for answer in shown.values()}),
        )

    async def ask(self, asked: Asked) -> Response:
        """Ask for a question to try; show what it finds, and why."""
        text = " ".join(asked.form.get("question", "").split())[:LONGEST_TRIED]
        trial = None
        if text:
            ready = await self._parts.shelf.ready()
            trial = tried(ready.knowledge, text, self._parts.rule, self._parts.today)
        names = language_names(self._parts, asked)
        return render(
            asked, "editor/try.html", question=text, trial=trial, longest=LONGEST_TRIED, names=names
        )

    def _unanswered(self, knowledge: Knowledge, missed: Sequence[Miss]) -> Sequence[Missed]:
        rows = []
        for one in missed:
            found = knowledge.base.look_up(one.words, most=1)
            if found.verdict == "clear":
                continue
            near = None if found.verdict == "none" else found.candidates[0].label
            nearest = near if near in knowledge.answers else None
            rows.append(Missed(one, nearest, f"{one.first_seen:%Y-%m-%d}", f"{one.last_seen:%Y-%m-%d}"))
        return rows


def language_names(parts: EditorParts, asked: Asked) -> Mapping[str, Any]:
    """Return the agency's languages by code, named in the language of who looks."""
    return {
        code: Locale.parse(code).get_language_name(asked.language) or code
        for code in parts.catalogue.agency.languages
    }
