"""What is shown to a person, whichever the messenger: runs of text, buttons, a file."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Run:
    """A run of text with one emphasis."""

    text: str
    bold: bool = False
    italic: bool = False


Text = tuple[Run, ...]
"""What one reads, run after run; empty where there is nothing to read."""


@dataclass(frozen=True)
class Button:
    """One tap under a message: `data` is 1 to 64 bytes and comes back when tapped, for months.

    Where there is a `url` the tap opens that instead, and nothing comes back.
    """

    text: str
    data: str = ""
    url: str | None = None


@dataclass(frozen=True)
class Attachment:
    """A file to read, sent along with a message: its name, media type and text.

    One that is `extra` is left out where there are no files; the text of any other is told instead.
    """

    name: str
    media_type: str
    content: str
    extra: bool = False


@dataclass(frozen=True)
class Glance:
    """What of a message may stand where others look, such as a locked screen: as much as its reader chose.

    `thread` is an opaque name; a newer glance of the same thread takes the place of an older one. `urgent`:
    there is something that its reader must do. After `until` it is not worth a look.
    """

    title: str
    body: str
    thread: str
    language: str
    urgent: bool
    until: datetime


@dataclass(frozen=True)
class Message:
    """What to show: a text and rows of buttons.

    `replaces` names the messenger's message to edit, where the channel can; else this one is sent anew. A
    `private` message is kept from being passed on where the messenger can do that. A `plain` one goes out
    without any markup. One with an `attachment` is always new.

    Where people are only told, or others may read it, there are three more: a plain `subject`, which tells no
    more than its reader chose; the `thread` of one document, an opaque name; and `unsubscribe`, the link that
    ends the address with one click. `language` is what it is written in, where that is told, `glance` is
    there for channels that show one.
    """

    text: Text
    buttons: tuple[tuple[Button, ...], ...] = ()
    replaces: str | None = None
    private: bool = False
    plain: bool = False
    attachment: Attachment | None = None
    subject: str | None = None
    thread: str | None = None
    unsubscribe: str | None = None
    language: str | None = None
    glance: Glance | None = None

    @property
    def shown(self) -> str:
        """Return what a reader sees of the text, without its emphasis."""
        return shown(self.text)


def shown(text: Text) -> str:
    """Return what a reader sees of a text, without its emphasis."""
    return text[0].text if len(text) == 1 else "".join([run.text for run in text])


def utf16_length(text: str) -> int:
    """Return the length in UTF-16 units, as messengers count it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def joined(texts: Iterable[Text | None], between: Run | None = None) -> Text:
    """Return the texts that are there as one, with a run between each two."""
    runs: list[Run] = []
    for text in texts:
        if text:
            if between is not None and runs:
                runs.append(between)
            runs += text
    return tuple(runs)


def merged(text: Text) -> Text:
    """Return the same with as few runs as there can be: worth it for what is kept."""
    emphases = itertools.groupby(text, lambda run: (run.bold, run.italic))
    return tuple(Run("".join([run.text for run in runs]), *emphasis) for emphasis, runs in emphases)
