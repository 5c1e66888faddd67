"""What is shown to a person, whichever the messenger: text with little markup, buttons, a file."""

from dataclasses import dataclass


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
    """A file to read, sent along with a message: its name, media type and text."""

    name: str
    media_type: str
    content: str


@dataclass(frozen=True)
class Message:
    """What to show: text in the subset `<b> <i>` of HTML with every value escaped, and rows of buttons.

    `replaces` names the messenger's message to edit in place of sending a new one. A `private` message is
    kept from being passed on where the messenger can do that. A `plain` one has no markup: its text is shown
    as it stands. One with an `attachment` is always new and at most 1024 UTF-16 units long.
    """

    html: str
    buttons: tuple[tuple[Button, ...], ...] = ()
    replaces: str | None = None
    private: bool = False
    plain: bool = False
    attachment: Attachment | None = None
