"""What a message becomes where a messenger can do less: several texts, choices by number, no attachment.

Whoever knows a messenger's capabilities can have a message fitted; one that fits stays as it is.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import regex

from services.notifier.channels.base import Capabilities
from services.notifier.domain.messages import Button, Message, Run, Text, shown, utf16_length
from services.notifier.wording.markup import PARAGRAPH, lines, literal, paragraphs

_ENDS = (PARAGRAPH, "\n", " ")
"""Where a text is cut, the best first."""
_LETTERS = regex.compile(r"\X")


@dataclass(frozen=True)
class Fitted:
    """The messages that are sent for one, and what its numbered choices mean: the data of each, in order."""

    messages: tuple[Message, ...]
    choices: tuple[str, ...] = ()


def fitted(message: Message, able: Capabilities, first: int = 1) -> Fitted:
    """Return a message as a messenger can show it; its choices are numbered from `first` on."""
    if _fits(message, able):
        return Fitted((message,))
    choices: tuple[str, ...] = ()
    if message.attachment is not None and message.attachment.extra and not able.caption:
        message = replace(message, attachment=None)
    if not able.buttons:
        buttons = [button for row in message.buttons for button in row]
        kept = tuple((button,) for button in buttons if able.links and button.url is not None)
        told, choices = _numbered([button for button in buttons if (button,) not in kept], able, first)
        message = replace(message, text=paragraphs((message.text, told)), buttons=kept)
    if not able.edits:
        message = replace(message, replaces=None)
    return Fitted(tuple(_parts(message, able)), choices)


def _fits(message: Message, able: Capabilities) -> bool:
    longest = able.longest if message.attachment is None else able.caption
    if not able.buttons and not (able.links and _only_links(message)) and message.buttons:
        return False
    if message.replaces is not None and not able.edits:
        return False
    if message.attachment is not None and not able.caption:
        return False
    # No character takes more than two units: mostly there is nothing to count.
    if 2 * sum([len(run.text) for run in message.text]) <= longest:
        return True
    return utf16_length(shown(message.text)) <= longest


def _only_links(message: Message) -> bool:
    return all(button.url is not None for row in message.buttons for button in row)


def _numbered(buttons: list[Button], able: Capabilities, first: int) -> tuple[Text, tuple[str, ...]]:
    """Return lines that stand for buttons: links as they are, choices by number where one can answer."""
    links = [literal(f"{button.text}: {button.url}") for button in buttons if button.url is not None]
    choices = [button for button in buttons if button.url is None] if able.converses else []
    numbered = [literal(f"{number} - {button.text}") for number, button in enumerate(choices, first)]
    return lines(*links, *numbered), tuple(button.data for button in choices)


def _parts(message: Message, able: Capabilities) -> Iterator[Message]:
    """Yield a message in parts: the first replaces, the last bears what there is beside the text."""
    file, texts = message.attachment, list(cut(message.text, able.longest))
    if file is not None and not able.caption:
        texts += cut(literal(file.content.strip()), able.longest)
        file = None
    elif file is not None and utf16_length(message.shown) > able.caption:
        texts.append(())
    *before, last = texts or [()]
    if before:
        for number, text in enumerate(before):
            yield replace(
                message, text=text, buttons=(), attachment=None, replaces=None if number else message.replaces
            )
        message = replace(message, replaces=None)
    yield replace(message, text=last, attachment=file)


def cut(text: Text, longest: int) -> Iterator[Text]:
    """Yield a text in pieces of at most so many UTF-16 units.

    It is cut between paragraphs, where one is too long between lines, then words, then letters.
    """
    whole = shown(text)
    start = 0
    while utf16_length(rest := whole[start:]) > longest:
        room = len(rest.encode("utf-16-le", "surrogatepass")[: 2 * longest].decode("utf-16-le", "ignore"))
        length, gap = _end(rest, max(1, room))
        yield _slice(text, start, start + length)
        start += length + gap
    if start < len(whole):
        yield _slice(text, start, len(whole))


def _end(text: str, room: int) -> tuple[int, int]:
    """Return the characters before the last good end within the room, and how many to pass over there."""
    for end in _ENDS:
        place = text.rfind(end, 1, room + len(end))
        if 0 < place <= room:
            return place, len(end)
    *_, last = _LETTERS.finditer(text[: room + 1])
    return last.start() or room, 0


def _slice(text: Text, start: int, end: int) -> Text:
    runs: list[Run] = []
    place = 0
    for run in text:
        piece = run.text[max(0, start - place) : max(0, end - place)]
        if piece:
            runs.append(replace(run, text=piece))
        place += len(run.text)
    return tuple(runs)
