"""Viber's world on disk, in the file of the simulated phones, through a connection of its own.

Values are written as JSON and read through their types; only what is searched for is a column.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter

from sandbox.viber.world.model import Account, Callback, Message, Webhook
from sandbox.worlds import WorldStore

T = TypeVar("T")
_ACCOUNT = TypeAdapter(Account)
_MESSAGE = TypeAdapter(Message)
_CALLBACK = TypeAdapter(Callback)
_WEBHOOK = TypeAdapter(Webhook | None)


@dataclass(frozen=True, slots=True)
class File:
    """A file that somebody sent; `name` is what its address ends with, `shown_as` what people see."""

    name: str
    shown_as: str
    mime: str
    data: bytes = field(repr=False)


class Store(WorldStore):
    """Reads and writes the world; opened at construction, closed by `close`."""

    def __init__(self, path: Path | None) -> None:
        """Open the file, or a world in memory where there is none."""
        super().__init__(path, "sandbox.viber.world")

    def put_account(self, account: Account) -> None:
        """Write an account."""
        self._run("put_account", account.citizen_id, _ACCOUNT.dump_json(account).decode())

    def accounts(self) -> Iterator[Account]:
        """Yield every account."""
        return self._all(_ACCOUNT, "accounts")

    def put_message(self, message: Message) -> None:
        """Write a message, new or as it is now."""
        body = _MESSAGE.dump_json(message).decode()
        self._run("put_message", message.token, message.citizen_id, message.message_id, body)

    def message(self, citizen_id: int, message_id: int) -> Message | None:
        """Return one message."""
        return next(self._all(_MESSAGE, "message", citizen_id, message_id), None)

    def messages_of(self, citizen_id: int, after: int = 0) -> Iterator[Message]:
        """Yield a chat, oldest first."""
        return self._all(_MESSAGE, "messages_of", citizen_id, after)

    def all_messages(self) -> Iterator[Message]:
        """Yield every message in the order of storing."""
        return self._all(_MESSAGE, "all_messages")

    def put_callback(self, callback: Callback) -> None:
        """Write a callback that waits."""
        self._run("put_callback", callback.n, _CALLBACK.dump_json(callback).decode())

    def drop_callback(self, n: int) -> None:
        """Forget a callback."""
        self._run("drop_callback", n)

    def callbacks(self) -> Iterator[Callback]:
        """Yield what waits, in order."""
        return self._all(_CALLBACK, "callbacks")

    def put_file(self, file: File) -> None:
        """Write a file."""
        self._run("put_file", file.name, file.shown_as, file.mime, file.data)

    def file(self, name: str) -> File | None:
        """Return a file."""
        row = self._run("file", name).fetchone()
        return None if row is None else File(name, *row)

    @property
    def webhook(self) -> Webhook | None:
        """Return where callbacks go."""
        row = self._run("setting", "webhook").fetchone()
        return None if row is None else _WEBHOOK.validate_json(row[0])

    @webhook.setter
    def webhook(self, hook: Webhook | None) -> None:
        self._run("put_setting", "webhook", _WEBHOOK.dump_json(hook).decode())
