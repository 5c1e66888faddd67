"""`docwatch understand`: what the bot takes a text for, and why."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from cli.errors import CommandError
from cli.settings import local_settings
from contracts.catalogue import CatalogueError, load_catalogue

if TYPE_CHECKING:
    from language import Near
    from services.notifier.conversation.intents import Understanding

_VERDICTS = {
    "clear": "one meaning stands out",
    "near": "one meaning is nearest, but another is close behind or little is alike",
    "none": "nothing in the base is near enough",
}
_ASKED_FIRST = frozenset({"stop", "forget"})


def understand(
    text: Annotated[str, typer.Argument(help="What somebody writes.")],
    *,
    path: Annotated[Path | None, typer.Option("--catalogue", help="Unset: the one in use.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
) -> None:
    """Say what the bot takes a text for, and why; nothing is sent or stored."""
    from services.notifier.conversation.intents import Intents  # noqa: PLC0415 - no other command waits for it

    try:
        catalogue = load_catalogue(path or local_settings().catalogue)
    except CatalogueError as error:
        raise CommandError(str(error)) from None
    understanding = Intents.of(catalogue, catalogue.answers).explained(text)
    if as_json:
        typer.echo(json.dumps(_as_json(understanding), ensure_ascii=False))
        return
    console = Console()
    for line in _lines(understanding):
        console.print(escape(line), highlight=False, soft_wrap=True)


def _lines(understanding: "Understanding") -> list[str]:
    said = ", ".join(
        word.said if word.read_as is None else f"{word.said} (a slip, read as {word.read_as})"
        for word in understanding.found.words
    )
    lines = [_does(understanding)]
    if understanding.alternatives:
        offered = ", ".join(understanding.alternatives)
        lines.append(f"Below its answer it offers {offered}, in case one of these was meant.")
    lines += [f"Words that count: {said or 'none'}"]
    if understanding.rule:
        lines.append(
            "A rule says so: the words are plain. Stopping and forgetting are never done by likeness."
        )
    verdict = understanding.found.verdict
    lines.append(f"Likeness to the phrasings of the base: {verdict}, {_VERDICTS[verdict]}")
    lines += [f"  {near.score:.2f} {near.label}: {_why(near)}" for near in understanding.found.candidates]
    return lines


def _does(understanding: "Understanding") -> str:
    if understanding.intent in _ASKED_FIRST:
        return (
            f"The bot takes it for: {understanding.intent}, and asks whether that is meant"
            " before it does anything."
        )
    if understanding.intent is not None:
        return f"The bot takes it for: {understanding.intent}, and acts on it."
    if len(understanding.answers) == 1:
        return f"The bot tells the answer {understanding.answers[0]}, and asks whether that was it."
    if understanding.answers:
        return f"The bot is not sure, and offers {', '.join(understanding.answers)}."
    if understanding.label is None:
        return "The bot answers that it did not understand."
    lacks = (
        "but it gives something away and is not clear enough"
        if understanding.withheld
        else "which it has no answer to"
    )
    return f"The bot takes it for: {understanding.label}, {lacks}; it says that it did not understand."


def _why(near: "Near") -> str:
    alike = "; ".join(shared.replace("+", " with ") for shared in near.shared)
    return f"nearest is {near.phrase.text!r} ({near.phrase.language}); " + (
        f"both say {alike}" if alike else "only pieces of words are alike"
    )


def _as_json(understanding: "Understanding") -> dict[str, object]:
    return {
        "intent": understanding.intent,
        "label": understanding.label,
        "rule": understanding.rule,
        "answers": list(understanding.answers),
        "alternatives": list(understanding.alternatives),
        "verdict": understanding.found.verdict,
        "words": [
            {"said": word.said, "read_as": word.read_as, "meanings": sorted(word.meanings)}
            for word in understanding.found.words
        ],
        "candidates": [
            {
                "label": near.label,
                "score": round(near.score, 4),
                "phrase": near.phrase.text,
                "language": near.phrase.language,
                "shared": list(near.shared),
            }
            for near in understanding.found.candidates
        ],
    }
