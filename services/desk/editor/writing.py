"""What an editor does: writes an answer, sees what that would do, releases it or has a colleague do so."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, get_args
from uuid import UUID, uuid4

from starlette.responses import Response

from contracts.knowledge import MIXED, PLACEHOLDERS, Answer
from runtime.database.postgres import Connection
from runtime.process.forms import RefusedError
from services.desk.domain.answer_forms import Fields, fields_of, only_ours
from services.desk.domain.misses import kept_words
from services.desk.door.rendering import goes, render
from services.desk.door.routes import Asked
from services.desk.editor.changing import Change, change_of
from services.desk.editor.looking import language_names
from services.desk.editor.parts import EditorParts
from services.desk.editor.proposals import Deed, EndedMeanwhileError, Waiting
from services.desk.knowledge.answers import ChangedMeanwhileError

SHOWN = 50
"""Known questions that are shown of those that a change would move."""
TOLD = frozenset({"released", "nothing"})
_LONGEST_ID = 40


class Writing:
    """The pages of one answer."""

    def __init__(self, parts: EditorParts) -> None:
        self._parts = parts

    async def answer(self, asked: Asked) -> Response:
        """Show an answer with its history, to be changed."""
        id_ = str(asked.request.path_params["id"])
        found = await self._found(id_)
        history = await self._parts.editor.history(id_)
        if found is None and not history:
            raise RefusedError(HTTPStatus.NOT_FOUND)
        last = found or next((one.answer for one in history if one.answer is not None), None)
        fields = {"id": id_} if last is None else fields_of(last)
        told = asked.request.query_params.get("told", "")
        return await self._page(
            asked, Change("write", fields), known=id_, told=told if told in TOLD else "", shown=found
        )

    async def new(self, asked: Asked) -> Response:
        """Begin an answer, where there is one with the missed question that it is for."""
        language, words = asked.form.get("language", ""), asked.form.get("words", "")
        known = language in self._parts.catalogue.agency.languages
        fields = {f"questions.{language if known else MIXED}": words} if words else {}
        if into := asked.form.get("into"):
            found = await self._found(into)
            if found is None:
                raise RefusedError(HTTPStatus.NOT_FOUND)
            has = dict(fields_of(found))
            for name, value in fields.items():
                has[name] = "\n".join(filter(None, (has.get(name, ""), value)))
            return await self._page(asked, Change("write", has), known=into)
        return await self._page(asked, Change("write", fields), known="")

    async def preview(self, asked: Asked) -> Response:
        """Show what a change would do."""
        change, known = await self._change(asked)
        return await self._page(asked, change, known=known, tried=True, waiting=await self._waiting(asked))

    async def version(self, asked: Asked) -> Response:
        """Show what it would do to bring back an earlier version."""
        id_, number = asked.form.get("id", ""), asked.form.get("version", "")
        history = await self._parts.editor.history(id_)
        found = next((one.answer for one in history if str(one.version) == number), None)
        if found is None:
            raise RefusedError(HTTPStatus.NOT_FOUND)
        change = await change_of(self._parts, "write", fields_of(found), new=False)
        return await self._page(asked, change, known=id_, tried=True)

    async def release(self, asked: Asked) -> Response:
        """Release a change that was seen as it is, or have a colleague look at it."""
        waiting = await self._waiting(asked)
        if waiting is not None and waiting.deed != "suggest":
            return await self._confirm(asked, waiting)
        change, known = await self._change(asked)
        if not change.fit or change.nothing or change.seen != asked.form.get("seen"):
            return await self._page(asked, change, known=known, tried=True, anew=change.fit, waiting=waiting)
        instead_of = None if waiting is None else waiting.id
        if self._parts.four_eyes:
            made = await self._make(asked, change.deed, change.fields, instead_of)
            return goes(asked, "/knowledge?told=" + ("asked" if made else "full"))
        return await self._released(asked, change, known, waiting, asked.viewer.name)

    async def proposal(self, asked: Asked) -> Response:
        """Show a change that waits: one to be finished, or one to be released as it is."""
        waiting = await self._parts.proposals.one(asked.request.path_params["id"])
        if waiting is None:
            return goes(asked, "/knowledge?told=ended")
        if waiting.deed == "suggest":
            return await self._page(asked, Change("write", waiting.fields), known="", waiting=waiting)
        change = await change_of(self._parts, waiting.deed, waiting.fields, new=False)
        return await self._page(asked, change, known=waiting.answer, tried=True, waiting=waiting)

    async def refuse(self, asked: Asked) -> Response:
        """Decide against a change that waits."""
        await self._parts.proposals.refuse(asked.viewer, asked.request.path_params["id"])
        return goes(asked, "/knowledge?told=refused")

    async def suggest(self, asked: Asked) -> Response:
        """Show what somebody who answers people would have in the base: no words are kept unseen."""
        form, languages = asked.form, self._parts.catalogue.agency.languages
        language = one if (one := form.get("language", "")) in languages else languages[0]
        question = kept_words(form.get("question", "")) or ""
        return render(
            asked,
            "editor/suggest.html",
            spoken=language,
            names=language_names(self._parts, asked),
            question=question,
            text=form.get("text", ""),
            document=form.get("document", ""),
            once=uuid4(),
        )

    async def suggested(self, asked: Asked) -> Response:
        """Keep a suggestion for the editors."""
        form, languages = asked.form, self._parts.catalogue.agency.languages
        language, document = form.get("language", ""), form.get("document", "")
        if language not in languages:
            raise RefusedError(HTTPStatus.BAD_REQUEST)
        fields = {f"questions.{language}": form.get("question", ""), f"text.{language}": form.get("text", "")}
        if document in self._parts.catalogue.documents:
            fields[f"document.{document}"] = "on"
        made = await self._make(asked, "suggest", only_ours(fields), None)
        editor = "editor" in asked.viewer.roles
        told = "suggested" if made else "full"
        return goes(asked, f"/knowledge?told={told}") if editor else goes(asked, "/conversations")

    async def _confirm(self, asked: Asked, waiting: Waiting) -> Response:
        """Release what a colleague proposed, as they wrote it."""
        change = await change_of(self._parts, waiting.deed, waiting.fields, new=False)
        fit = change.fit and not change.nothing and change.seen == asked.form.get("seen")
        if not fit or not waiting.may_release(asked.viewer):
            return await self._page(
                asked, change, known=waiting.answer, tried=True, anew=change.fit, waiting=waiting
            )
        author = f"{waiting.made_by_name} / {asked.viewer.name}"
        return await self._released(asked, change, waiting.answer, waiting, author)

    async def _released(
        self, asked: Asked, change: Change, known: str, waiting: Waiting | None, author: str
    ) -> Response:
        async def also(connection: Connection) -> None:
            ended = None if waiting is None else waiting.id
            await self._parts.proposals.release(connection, asked.viewer, ended)

        if change.proposal is None:
            raise RefusedError(HTTPStatus.BAD_REQUEST)
        try:
            await self._parts.editor.signed(author).release(change.proposal, also)
        except ChangedMeanwhileError:
            anew = await change_of(self._parts, change.deed, change.fields, new=not known)
            return await self._page(asked, anew, known=known, tried=True, anew=True, waiting=waiting)
        except EndedMeanwhileError:
            return goes(asked, "/knowledge?told=ended")
        return goes(asked, f"/knowledge/answers/{change.fields['id']}?told=released")

    async def _change(self, asked: Asked) -> tuple[Change, str]:
        """Return the change of a posted form, and the answer that it is about, empty for a new one."""
        deed, known = asked.form.get("deed", "write"), asked.form.get("known", "")[:_LONGEST_ID]
        if deed not in get_args(Deed) or deed == "suggest":
            raise RefusedError(HTTPStatus.BAD_REQUEST)
        fields = {**asked.form, "id": known or asked.form.get("id", "")}
        return await change_of(self._parts, deed, fields, new=not known), known  # type: ignore[arg-type]  # one of its values

    async def _waiting(self, asked: Asked) -> Waiting | None:
        """Return the change that a form is about, None for none; RefusedError where it is decided on."""
        written = asked.form.get("proposal", "")
        if not written:
            return None
        try:
            found = await self._parts.proposals.one(UUID(written))
        except ValueError:
            found = None
        if found is None:
            raise RefusedError(HTTPStatus.CONFLICT)
        return found

    async def _make(self, asked: Asked, deed: Deed, fields: Fields, instead_of: UUID | None) -> bool:
        try:
            once = UUID(asked.form.get("once", ""))
        except ValueError:
            raise RefusedError(HTTPStatus.BAD_REQUEST) from None
        four_eyes = self._parts.four_eyes and deed != "suggest"
        return await self._parts.proposals.make(
            asked.viewer, once, deed, fields, four_eyes=four_eyes, instead_of=instead_of
        )

    async def _found(self, id_: str) -> Answer | None:
        looked = (await self._parts.shelf.ready()).looked
        return {**self._parts.catalogue.answers, **looked.above}.get(id_)

    async def _page(
        self,
        asked: Asked,
        change: Change,
        *,
        known: str,
        tried: bool = False,
        anew: bool = False,
        told: str = "",
        waiting: Waiting | None = None,
        shown: Answer | None = None,
    ) -> Response:
        history = await self._parts.editor.history(known) if known else []
        moved = () if change.proposal is None else change.proposal.moved
        wrong = bool(change.faults or change.details)
        values: Mapping[str, Any] = {
            "change": change,
            "fields": change.fields,
            "known": known,
            "tried": tried,
            "anew": anew,
            "told": told,
            "waiting": waiting,
            "may_release": waiting is None or waiting.may_release(asked.viewer),
            "four_eyes": self._parts.four_eyes,
            "moved": moved[:SHOWN],
            "more": max(0, len(moved) - SHOWN),
            "taken": 0 if change.proposal is None else len(change.proposal.taken),
            "history": [(one, self._parts.moment(one.at)) for one in history],
            "own": known in self._parts.catalogue.answers,
            "above": any(one.answer is not None for one in history[:1]),
            "withdrawn": shown is not None and shown.withdrawn,
            "names": language_names(self._parts, asked),
            "mixed": MIXED,
            "placeholders": PLACEHOLDERS,
            "documents": self._named(asked, self._parts.catalogue.documents),
            "stages": self._named(asked, self._parts.catalogue.stages),
            "about_some": any(name.startswith(("document.", "stage.")) for name in change.fields),
            "once": uuid4(),
        }
        status = HTTPStatus.UNPROCESSABLE_ENTITY if tried and wrong else HTTPStatus.OK
        return render(asked, "editor/answer.html", status=status, **values)

    def _named(self, asked: Asked, entries: Mapping[str, Any]) -> Mapping[str, str]:
        return {
            code: self._parts.catalogue.text(entry.name, asked.language) for code, entry in entries.items()
        }
