"""What an editor changes: answers from a file, answers that are told no more; and files of answers."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from cli.errors import CommandError
from cli.operators.knowledge.desk import editing, in_use
from cli.operators.session import AsJson
from contracts.catalogue import CatalogueError, read_answers, written
from contracts.knowledge import Answer
from services.desk.domain.finding import Place
from services.desk.domain.release import Moved
from services.desk.knowledge.answers import ChangedMeanwhileError
from services.desk.operators.editing import Editor, Proposal

_SHOWN = 50
_EFFECTS = {
    "other": "would find {after} rather than {before}",
    "lost": "would not find {before} clearly any more",
    "gained": "would find {after}, and finds nothing now",
}
Yes = Annotated[bool, typer.Option("--yes", help="Release it although known questions would fare otherwise.")]
Ids = Annotated[list[str], typer.Argument(metavar="ANSWER...", help="Which.")]
Explained = Callable[[Place, str], str]


def import_(
    file: Annotated[Path, typer.Argument(help="YAML in the form of questions.yaml: the section `answers`.")],
    *,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Release the answers of a file, all or none; others stay. What it would do is shown before."""
    try:
        loaded = read_answers(file, in_use())
    except CatalogueError as error:
        raise CommandError(str(error)) from None

    def explained(place: Place, detail: str) -> str:
        return str(loaded.problem(("answers", *place), detail))

    _change(lambda editor: editor.importing(loaded.answers.values()), explained, yes=yes, as_json=as_json)


def drop(
    ids: Ids,
    *,
    changes_only: Annotated[
        bool, typer.Option(help="Undo what staff changed alone: the agency's own answers hold again.")
    ] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Tell answers no more, the agency's own too, until they are imported again; the history stays."""

    async def propose(editor: Editor) -> Proposal:
        try:
            return await editor.dropping(ids, to_own=changes_only)
        except KeyError as error:
            why = "staff changed nothing of" if changes_only else "nobody is told"
            raise CommandError(f"{why} {', '.join(map(str, error.args))}") from None

    _change(propose, lambda place, detail: f"{'.'.join(map(str, place))}: {detail}", yes=yes, as_json=as_json)


def export(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ANSWER...]", help="Which; unset: all that hold.")
    ] = None,
    *,
    changed: Annotated[bool, typer.Option(help="Only what staff made or changed.")] = False,
    version: Annotated[
        int | None, typer.Option(min=1, help="This version of it, to look at or to import again.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Into this file; unset: printed.")] = None,
) -> None:
    """Write answers as YAML in the form of questions.yaml, which `import` takes."""
    text = written(editing(lambda editor: _chosen(editor, ids, version, changed=changed)))
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        output.write_text(text, "utf-8")
    except OSError as error:
        raise CommandError(f"{output} cannot be written: {error.strerror}") from None


async def _chosen(
    editor: Editor, ids: Sequence[str] | None, version: int | None, *, changed: bool
) -> Sequence[Answer]:
    if version is not None:
        if ids is None or len(ids) != 1:
            raise CommandError("--version is of one answer: name it")
        past = {edit.version: edit.answer for edit in await editor.history(ids[0])}
        if (answer := past.get(version)) is None:
            raise CommandError(f"{ids[0]} has no version {version} that says anything")
        return [answer]
    looked = await editor.look()
    held = editor.held(looked)
    known = {id_: answer for id_, answer in held.items() if not changed or id_ in looked.above}
    if unknown := [id_ for id_ in ids or () if id_ not in known]:
        raise CommandError(f"nobody is told {', '.join(unknown)}; docwatch knowledge list names the answers")
    return [known[id_] for id_ in ids or known]


def _change(
    propose: Callable[[Editor], Awaitable[Proposal]], explained: Explained, *, yes: bool, as_json: bool
) -> None:
    async def work(editor: Editor) -> tuple[Proposal, Mapping[str, int] | None]:
        proposal = await propose(editor)
        if proposal.faults or (proposal.taken and not yes):
            return proposal, None
        try:
            return proposal, await editor.release(proposal)
        except ChangedMeanwhileError:
            raise CommandError("somebody else changed the knowledge base meanwhile; run this again") from None

    proposal, versions = editing(work)
    if proposal.faults:
        raise CommandError("\n".join(explained(*fault) for fault in proposal.faults))
    if as_json:
        typer.echo(json.dumps(_as_json(proposal, versions), ensure_ascii=False))
    else:
        _print(proposal, versions)
    raise typer.Exit(0 if versions is not None else 1)


def _print(proposal: Proposal, versions: Mapping[str, int] | None) -> None:
    console = Console()

    def say(line: str) -> None:
        console.print(escape(line), highlight=False, soft_wrap=True)

    for moved in proposal.moved[:_SHOWN]:
        say(_sentence(moved))
    if len(proposal.moved) > _SHOWN:
        say(f"... and {len(proposal.moved) - _SHOWN} more; --json shows all")
    if versions is None:
        say(
            f"Nothing was changed: {len(proposal.taken)} known questions would fare otherwise. "
            "Run it again with --yes where that is meant."
        )
    elif not versions:
        say("Nothing differs from what holds.")
    else:
        for id_, version in versions.items():
            change = proposal.changes[id_]
            done = "dropped" if change is None else "withdrawn" if change.withdrawn else "released"
            say(f"{done}: {id_}, version {version}")


def _sentence(moved: Moved) -> str:
    times = f" (missed {moved.question.count} times)" if moved.question.count else ""
    return f"{moved.question.text!r}{times} " + _EFFECTS[moved.effect].format(
        before=moved.before, after=moved.after
    )


def _as_json(proposal: Proposal, versions: Mapping[str, int] | None) -> dict[str, object]:
    return {
        "released": versions is not None,
        "versions": dict(versions or {}),
        "moved": [
            {
                "question": moved.question.text,
                "language": moved.question.language,
                "missed": moved.question.count,
                "effect": moved.effect,
                "before": moved.before,
                "after": moved.after,
            }
            for moved in proposal.moved
        ],
    }
