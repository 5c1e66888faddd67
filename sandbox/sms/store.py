"""The provider's world on disk, in the file of the simulated phones, through a connection of its own."""

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter

from sandbox.sms.model import Account, Message
from sandbox.worlds import WorldStore

T = TypeVar("T")
_ACCOUNT = TypeAdapter(Account)
_MESSAGE = TypeAdapter(Message)


class Store(WorldStore):
    """Reads and writes the world; opened at construction, closed by `close`."""

    def __init__(self, path: Path | None) -> None:
        """Open the file, or a world in memory where there is none."""
        super().__init__(path, "sandbox.sms")

    def put_account(self, account: Account) -> None:
        """Write an account."""
        self._run("put_account", account.citizen_id, _ACCOUNT.dump_json(account).decode())

    def accounts(self) -> Iterator[Account]:
        """Yield every account."""
        return self._all(_ACCOUNT, "accounts")

    def put_message(self, message: Message) -> None:
        """Write a text, new or as it is now."""
        body = _MESSAGE.dump_json(message).decode()
        self._run("put_message", message.citizen_id, message.message_id, body)

    def messages_of(self, citizen_id: int, after: int = 0) -> Iterator[Message]:
        """Yield a chat, oldest first."""
        return self._all(_MESSAGE, "messages_of", citizen_id, after)

    def all_messages(self) -> Iterator[Message]:
        """Yield every text in the order of storing."""
        return self._all(_MESSAGE, "all_messages")

    @property
    def door(self) -> str | None:
        """Return where the customer wants receipts and texts."""
        row = self._run("setting", "door").fetchone()
        return None if row is None else str(row[0])

    @door.setter
    def door(self, url: str) -> None:
        self._run("put_setting", "door", url)
