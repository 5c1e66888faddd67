"""Messages as files that were read through by eye; `UPDATE_GOLDEN=1 pytest` writes them anew."""

import os
from pathlib import Path

from services.notifier.channels.telegram.html import html_of
from services.notifier.domain.messages import Message

GOLDEN = Path(__file__).parent / "golden"


def as_file(message: Message) -> str:
    """A message as its golden file holds it: the text with its emphasis, then each row of buttons."""
    rows = ["  ".join(f"[{button.text}]{button.url or ''}" for button in row) for row in message.buttons]
    file = (
        [] if message.attachment is None else [f"--- {message.attachment.name}", message.attachment.content]
    )
    return "\n".join([html_of(message.text), "---", *rows, *file]) + "\n"


def compare(path: Path, text: str) -> None:
    """Hold a text against its file."""
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert path.read_text() == text
