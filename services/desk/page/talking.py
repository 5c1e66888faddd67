"""One conversation: what was said, its document, suggested answers, and the boxes to write into."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from contracts.messages.desk.talk import LONGEST_TEXT
from runtime.process.forms import RefusedError
from services.desk.conversations.views import Conversation, Lost, Unseen
from services.desk.domain.trying import Suggestion, gaps, suggested
from services.desk.door.rendering import goes, render
from services.desk.door.routes import Asked
from services.desk.page.drafts import BOXES, Box, Draft
from services.desk.page.listing import Listing
from services.desk.page.parts import PageParts, identity, number, which
from services.desk.page.showing import Words

TOLD = frozenset({"sent", "noted", "lost", "over", "unseen", "empty", "long", "gaps", "suggested"})


class Talking:
    """The pages of one conversation."""

    def __init__(self, parts: PageParts, listing: Listing) -> None:
        self._parts = parts
        self._listing = listing

    async def page(self, asked: Asked) -> Response:
        """Show a conversation."""
        await self._parts.conversations.present(asked.viewer)
        told = asked.request.query_params.get("told", "")
        lists = {**await self._listing.rows(asked), "open_id": which(asked)}
        values = await self._values(asked, await self._read(asked))
        return render(asked, "page/conversation.html", **lists, **values, told=told if told in TOLD else "")

    async def part(self, asked: Asked) -> Response:
        """Return what was said alone, for a page that is open."""
        one = await self._read(asked)
        return render(asked, "page/talk.html", **await self._values(asked, one))

    async def answer(self, asked: Asked) -> Response:
        """Answer the citizen, and close where that was asked for."""
        draft = Draft(identity(asked.form, "draft"), _written(asked))
        if why := _unfit(draft.text):
            return await self._kept(asked, "answer", draft, why)
        seen, conversation_id = number(asked.form, "seen"), which(asked)
        given = await self._parts.conversations.answer(
            asked.viewer, conversation_id, draft.text, draft.draft_id, seen
        )
        if isinstance(given, Lost):
            return await self._kept(asked, "answer", draft, "over" if given.closed else "lost")
        await self._parts.drafts.drop(asked.viewer.staff_id, conversation_id, "answer", draft.draft_id)
        if asked.form.get("then") == "close":
            return await self.close(asked)
        return self._back(asked, "sent")

    async def note(self, asked: Asked) -> Response:
        """Note something for colleagues."""
        draft = Draft(identity(asked.form, "draft"), _written(asked))
        if why := _unfit(draft.text, template=False):
            return await self._kept(asked, "note", draft, why)
        done = await self._parts.conversations.note(asked.viewer, which(asked), draft.text, draft.draft_id)
        if isinstance(done, Lost):
            return await self._kept(asked, "note", draft, "over")
        await self._parts.drafts.drop(asked.viewer.staff_id, which(asked), "note", draft.draft_id)
        return self._back(asked, "noted")

    async def pass_on(self, asked: Asked) -> Response:
        """Pass it on to who knows a topic."""
        topic, text = asked.form.get("topic", ""), _written(asked)
        draft_id = identity(asked.form, "draft")
        if topic not in self._parts.conversations.topics or len(text) > LONGEST_TEXT:
            raise RefusedError(HTTPStatus.BAD_REQUEST)
        done = await self._parts.conversations.pass_on(asked.viewer, which(asked), topic, text, draft_id)
        return self._back(asked, "lost") if isinstance(done, Lost) else _to_list(asked, "passed")

    async def close(self, asked: Asked) -> Response:
        """End it."""
        seen = number(asked.form, "seen")
        done = await self._parts.conversations.close(asked.viewer, which(asked), seen)
        if isinstance(done, Lost):
            return self._back(asked, "over" if done.closed else "lost")
        return self._back(asked, "unseen") if isinstance(done, Unseen) else _to_list(asked, "closed")

    async def give_back(self, asked: Asked) -> Response:
        """Let go of it."""
        done = await self._parts.conversations.give_back(asked.viewer, which(asked))
        return self._back(asked, "lost") if isinstance(done, Lost) else _to_list(asked, "back")

    async def sign(self, asked: Asked) -> Response:
        """Take a sign of life."""
        held = await self._parts.conversations.sign(asked.viewer, which(asked))
        if _by_script(asked):
            return Response(status_code=HTTPStatus.NO_CONTENT if held else HTTPStatus.CONFLICT)
        return self._back(asked, "" if held else "lost")

    async def draft(self, asked: Asked) -> Response:
        """Keep what is in a box."""
        box = next((one for one in BOXES if one == asked.form.get("box")), None)
        text = _lines(asked.form.get("text", ""))
        if box is None or len(text) > LONGEST_TEXT:
            raise RefusedError(HTTPStatus.BAD_REQUEST)
        draft = Draft(identity(asked.form, "draft"), text)
        await self._parts.drafts.keep(asked.viewer.staff_id, which(asked), box, draft)
        return Response(status_code=HTTPStatus.NO_CONTENT) if _by_script(asked) else self._back(asked, "")

    async def suggest(self, asked: Asked) -> Response:
        """Put a suggested answer into the box, under what stands there; it is not sent."""
        one = await self._read(asked)
        found = [each for each in await self._suggestions(one) if each.answer == asked.form.get("answer")]
        if not found:
            return self._back(asked, "")
        staff_id, drafts = asked.viewer.staff_id, self._parts.drafts
        draft = (await drafts.of(staff_id, which(asked)))["answer"]
        text = "\n\n".join(filter(None, (draft.text.strip(), found[0].text)))[:LONGEST_TEXT]
        await drafts.keep(staff_id, which(asked), "answer", replace(draft, text=text))
        return self._back(asked, "suggested")

    async def _read(self, asked: Asked) -> Conversation:
        one = await self._parts.conversations.read(asked.viewer, which(asked))
        if one is None:
            raise RefusedError(HTTPStatus.NOT_FOUND)
        return one

    async def _values(self, asked: Asked, one: Conversation) -> Mapping[str, Any]:
        words = Words.of(self._parts, asked.language)
        return {
            "one": one,
            "id": one.about.conversation_id,
            "timeline": words.timeline(one),
            "document": words.document(one.about),
            "writes": words.named(one.about.language),
            "channel": words.channel(one.about),
            "until": words.moment(one.held_until),
            "due": words.moment(one.due),
            "opened": words.moment(one.opened_at),
            "drafts": await self._parts.drafts.of(asked.viewer.staff_id, one.about.conversation_id),
            "suggestions": await self._suggestions(one),
            "topics": [(code, words.topic(code)) for code in self._parts.conversations.topics],
            "longest": LONGEST_TEXT,
            "question": last_question(one),
        }

    async def _suggestions(self, one: Conversation) -> Sequence[Suggestion]:
        text, about = last_question(one), one.about
        if not text or one.closed is not None:
            return ()
        ready = await self._parts.shelf.ready()
        theirs = Words.of(self._parts, about.language)
        found = theirs.document(about)
        values: dict[str, str] = {}
        if found is not None:
            values |= {"document": found.title, "stage": found.stage}
            if found.office is not None:
                values |= {"office": found.office.name, "address": found.office.address}
        return suggested(
            ready.knowledge,
            text,
            about.language,
            self._parts.today,
            document=about.document,
            stage=about.stage,
            values={name: value for name, value in values.items() if value},
        )

    async def _kept(self, asked: Asked, box: Box, draft: Draft, why: str) -> Response:
        """Keep what could not be sent, and say why."""
        kept = replace(draft, text=draft.text[:LONGEST_TEXT])
        await self._parts.drafts.keep(asked.viewer.staff_id, which(asked), box, kept)
        return self._back(asked, why)

    def _back(self, asked: Asked, told: str) -> Response:
        path = f"/conversations/{which(asked)}"
        return goes(asked, f"{path}?told={told}" if told else path)


def last_question(one: Conversation) -> str:
    """Return what the citizen said last; nothing where nothing of it can be read."""
    said = [each.text for each in one.utterances if each.by == "citizen" and each.text and not each.file]
    return said[-1] if said else ""


def _written(asked: Asked) -> str:
    """Return the text of a form, with the ends of lines that everybody but forms has."""
    return _lines(asked.form.get("text", "")).strip()


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n")


def _to_list(asked: Asked, told: str) -> Response:
    return goes(asked, f"/conversations?told={told}")


def _unfit(text: str, *, template: bool = True) -> str:
    """Return why a text cannot be sent; nothing where it can."""
    if not text:
        return "empty"
    if len(text) > LONGEST_TEXT:
        return "long"
    return "gaps" if template and gaps(text) else ""


def _by_script(asked: Asked) -> bool:
    return asked.request.headers.get("accept", "") == "application/json"
