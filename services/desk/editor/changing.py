"""A change as a form says it: read, held against what holds, and what it would do."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contracts.catalogue import named_in
from contracts.catalogue.answers.checks import check_answers
from services.desk.domain.answer_forms import Fault, Fields, faults_of, only_ours, read
from services.desk.editor.parts import EditorParts
from services.desk.editor.proposals import Deed
from services.desk.operators.editing import Proposal


@dataclass(frozen=True)
class Change:
    """What an editor is about to do: the form, what is wrong with it, and else what it would do.

    Attributes:
        deed: whether an answer is written, told no more, or the agency's own is to hold again.
        fields: the form.
        faults: what is wrong, by field.
        details: what else is wrong, in the words of the check of files.
        proposal: what it would do; None where something is wrong with the form itself.
    """

    deed: Deed
    fields: Fields
    faults: Sequence[Fault] = ()
    details: Sequence[str] = ()
    proposal: Proposal | None = None

    @property
    def fit(self) -> bool:
        """Tell whether it may be released."""
        return self.proposal is not None and not self.faults and not self.details

    @property
    def nothing(self) -> bool:
        """Tell whether it says what holds already."""
        return self.proposal is not None and not self.proposal.changes

    @property
    def seen(self) -> str:
        """Return what stands for all that it would do to known questions: another one where that differs."""
        if self.proposal is None:
            return ""
        told = [
            (one.question.language, one.question.text, one.effect, one.after) for one in self.proposal.taken
        ]
        written = json.dumps([self.proposal.revision, sorted(told, key=str)], ensure_ascii=False)
        return hashlib.sha256(written.encode()).hexdigest()[:_SEEN]


async def change_of(parts: EditorParts, deed: Deed, given: Mapping[str, str], *, new: bool) -> Change:
    """Return the change that a form says; `new`: the answer must not be there yet."""
    fields = only_ours(given)
    if deed in {"withdraw", "undo"}:
        return await _dropped(parts, deed, fields)
    found = read(fields, parts.catalogue)
    if found.answer is None:
        return Change(deed, fields, found.faults)
    if new and found.answer.id in await _known(parts):
        return Change(deed, fields, [Fault("id", "taken", (found.answer.id,))])
    details: list[str] = []
    check_answers(
        {found.answer.id: found.answer}, named_in(parts.catalogue), lambda _, detail: details.append(detail)
    )
    proposal = await parts.editor.importing([found.answer])
    return Change(deed, fields, faults_of(proposal.wrong), details, proposal)


async def _known(parts: EditorParts) -> frozenset[str]:
    looked = await parts.editor.look()
    return frozenset({**parts.catalogue.answers, **looked.above})


async def _dropped(parts: EditorParts, deed: Deed, fields: Fields) -> Change:
    try:
        proposal = await parts.editor.dropping([fields.get("id", "")], to_own=deed == "undo")
    except KeyError:
        return Change(deed, fields, [Fault("id", "missing")])
    return Change(deed, fields, proposal=proposal)


_SEEN = 24
