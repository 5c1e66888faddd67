"""What an editor looks at: the answers, one of them with its history, what was missed, how questions fare."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from cli.errors import CommandError
from cli.operators.knowledge.desk import editing, in_use, on_records
from cli.operators.session import AsJson
from contracts.knowledge import Answer
from contracts.messages.desk.question import QuestionKind
from runtime.clock import SystemClock
from services.desk.domain.finding import Knowledge
from services.desk.domain.quality import Quality, by, together
from services.desk.knowledge.answers import Looked, Standing, Version
from services.desk.knowledge.records import Miss
from services.desk.operators.editing import Editor

MOST = 10_000
Language = Annotated[str | None, typer.Option(help="Only this one; unset: all.")]


def list_(
    *,
    topic: Annotated[str | None, typer.Option(help="Only this one.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the answers: whose each is, how people ask for it, until when it holds."""

    async def work(editor: Editor) -> tuple[Looked, Mapping[str, Answer]]:
        looked = await editor.look()
        return looked, editor.held(looked)

    looked, held = editing(work)
    shown = {**in_use().answers, **looked.above}
    rows = [
        _row(answer, looked.standing.get(id_), told=id_ in held)
        for id_, answer in sorted(shown.items())
        if topic in (None, answer.topic)
    ]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    table = Table("answer", "topic", "whose", "version", "variants", "documents", "until", "changed")
    for row in rows:
        about = ", ".join(map(str, row["documents"])) if isinstance(row["documents"], list) else ""
        values = ("id", "topic", "whose", "version", "variants")
        changed = "-" if row["changed_by"] is None else f"{row['changed_by']}, {str(row['changed_at'])[:16]}"
        table.add_row(
            *(Text(str(row[name])) for name in values),
            Text(about or "any"),
            Text(str(row["valid_until"] or "-")),
            Text(changed),
        )
    Console().print(table)


def _row(answer: Answer, standing: Standing | None, *, told: bool) -> dict[str, object]:
    changed = standing is not None and standing.content is not None
    whose = (
        "agency" if not changed else "staff, above the agency's" if answer.id in in_use().answers else "staff"
    )
    return {
        "id": answer.id,
        "topic": answer.topic,
        "whose": whose if told else "withdrawn",
        "version": answer.version,
        "variants": sum(map(len, answer.questions.values())),
        "documents": list(answer.documents),
        "stages": list(answer.stages),
        "valid_from": None if answer.valid_from is None else answer.valid_from.isoformat(),
        "valid_until": None if answer.valid_until is None else answer.valid_until.isoformat(),
        "changed_by": standing.changed_by if standing is not None and changed else None,
        "changed_at": standing.changed_at.isoformat() if standing is not None and changed else None,
    }


def show(answer: Annotated[str, typer.Argument(help="Which.")], *, as_json: AsJson = False) -> None:
    """Show an answer in all languages, how people ask for it, and its history."""

    async def work(editor: Editor) -> tuple[Answer | None, Sequence[Version]]:
        looked = await editor.look()
        current = {**in_use().answers, **looked.above}.get(answer)
        return current, await editor.history(answer)

    current, history = editing(work)
    if current is None and not history:
        raise CommandError(f"there is no answer {answer!r}; docwatch knowledge list names them")
    if as_json:
        said = None if current is None else current.model_dump(mode="json")
        typer.echo(
            json.dumps(
                {"answer": said, "history": [_past(version) for version in history]}, ensure_ascii=False
            )
        )
        return
    console = Console()
    for line in [*_lines(answer, current), *(f"  {_told(version)}" for version in history)]:
        console.print(escape(line), highlight=False, soft_wrap=True)
    if not history:
        console.print("  the agency's own, as questions.yaml has it")


def _lines(id_: str, answer: Answer | None) -> list[str]:
    if answer is None:
        return [f"{id_}: dropped", "history:"]
    lines = [f"{answer.id}, topic {answer.topic}" + (", withdrawn" if answer.withdrawn else "")]
    if answer.documents or answer.stages:
        lines.append(f"about {', '.join((*answer.documents, *answer.stages))}")
    if answer.valid_from or answer.valid_until:
        lines.append(
            f"holds from {answer.valid_from or 'ever'} until {answer.valid_until or 'further notice'}"
        )
    for language, text in answer.text.items():
        lines += [f"{language}:", *(f"  {line}" for line in text.splitlines())]
        lines += [f"  ? {variant}" for variant in answer.questions.get(language, ())]
    lines += [f"? {variant}" for variant in answer.questions.get("mixed", ())]
    return [*lines, "history:"]


def _told(one: Version) -> str:
    return f"version {one.version}, {one.at:%Y-%m-%d %H:%M}, {one.author}: {one.action}"


def _past(one: Version) -> dict[str, object]:
    return {
        "version": one.version,
        "at": one.at.isoformat(),
        "author": one.author,
        "action": one.action,
        "answer": None if one.answer is None else one.answer.model_dump(mode="json"),
    }


def misses(
    *,
    language: Language = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="At most so many.")] = 50,
    all_: Annotated[bool, typer.Option("--all", help="Those too that find an answer by now.")] = False,
    forget: Annotated[
        str | None, typer.Option(metavar="WORDS", help="Remove this one, as it is listed, for good.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List what people asked and nobody could answer, the most frequent first, with what is nearest."""
    if forget is not None:
        _forget(forget, as_json=as_json)
        return

    async def work(editor: Editor) -> tuple[Knowledge, Sequence[Miss]]:
        held = editor.held(await editor.look())
        return editor.ready(held.values()), await editor.missed(language, MOST if not all_ else limit)

    knowledge, misses = editing(work)
    rows = [_miss(miss, knowledge) for miss in misses]
    rows = [row for row in rows if all_ or not row["found"]][:limit]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    table = Table("asked", "language", "times", "first", "last", "nearest answer")
    for row in rows:
        nearest = f"{row['nearest']} ({row['likeness']})" if row["nearest"] else "-"
        days = (str(row["first_seen"])[:10], str(row["last_seen"])[:10])
        cells = (str(row["words"]), str(row["language"]), str(row["count"]), *days)
        table.add_row(*map(Text, cells), Text(f"found: {row['nearest']}" if row["found"] else nearest))
    Console().print(table)


def _miss(one: Miss, knowledge: Knowledge) -> dict[str, object]:
    found = knowledge.base.look_up(one.words, most=1)
    nearest = found.candidates[0] if found.candidates else None
    return {
        "words": one.words,
        "language": one.language,
        "count": one.count,
        "first_seen": one.first_seen.isoformat(),
        "last_seen": one.last_seen.isoformat(),
        "nearest": None if nearest is None else nearest.label,
        "likeness": None if nearest is None else round(nearest.score, 2),
        "found": found.verdict == "clear",
    }


def _forget(words: str, *, as_json: bool) -> None:
    languages = editing(lambda editor: editor.forget(words))
    if not languages:
        raise CommandError(f"{words!r} is not among the misses; docwatch knowledge misses --all lists them")
    said = f"forgotten: {words}"
    typer.echo(json.dumps({"forgotten": words, "languages": list(languages)}) if as_json else said)


def report(
    *,
    days: Annotated[int, typer.Option(min=1, max=3650, help="Of the last so many days.")] = 30,
    as_json: AsJson = False,
) -> None:
    """Say how questions fared: understood, near, missed, and was it the answer; by language and topic."""
    today = SystemClock().now().astimezone(ZoneInfo(in_use().agency.time_zone)).date()
    since = today - timedelta(days=days - 1)
    counted = on_records(lambda records: records.counted(since))
    parts = {"all": {"all": together(counted)}} | {
        what: by(counted, what) for what in ("language", "topic", "answer")
    }
    if as_json:
        rows = {what: {name: _figures(one) for name, one in found.items()} for what, found in parts.items()}
        typer.echo(json.dumps({"since": since.isoformat(), **rows}, ensure_ascii=False))
        return
    console = Console()
    console.print(f"since {since}", highlight=False)
    for what, found in parts.items():
        table = Table(what, "asked", "understood", "near", "missed", "was it: yes", "no", "share of yes")
        for name, one in found.items():
            table.add_row(*map(Text, (name or "-", *_cells(one))))
        console.print(table)


def _cells(one: Quality) -> list[str]:
    def counted(kind: QuestionKind, share: float | None = None) -> str:
        return f"{one.count(kind):,}" + ("" if share is None else f" ({share:.0%})")

    return [
        f"{one.asked:,}",
        counted(QuestionKind.UNDERSTOOD, one.understood),
        counted(QuestionKind.NEAR, one.near),
        counted(QuestionKind.MISSED, one.missed),
        counted(QuestionKind.CONFIRMED),
        counted(QuestionKind.DENIED),
        "-" if one.confirmed is None else f"{one.confirmed:.0%}",
    ]


def _figures(one: Quality) -> dict[str, object]:
    shares = {
        "understood": one.understood,
        "near": one.near,
        "missed": one.missed,
        "confirmed": one.confirmed,
    }
    return {
        "asked": one.asked,
        "counts": {kind.value: one.count(kind) for kind in QuestionKind},
        "shares": {name: None if share is None else round(share, 4) for name, share in shares.items()},
    }
