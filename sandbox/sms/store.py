"""The provider's world on disk, in the file of the simulated phones, through a connection of its own."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter

from runtime.database.sql import load
from sandbox.sms.model import Account, Message

T = TypeVar("T")
_ACCOUNT = TypeAdapter(Account)
_MESSAGE = TypeAdapter(Message)


class Store:
    """Reads and writes the world; opened at construction, closed by `close`."""

    def __init__(self, path: Path | None) -> None:
        """Open the file, or a world in memory where there is none."""
        self._sql = load("sandbox.sms")
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(":memory:" if path is None else path, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=OFF", "busy_timeout=2000"):
            self._database.execute("PRAGMA " + pragma)
        self._database.executescript(self._sql["schema"])

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def wipe(self) -> None:
        """Forget everything."""
        self._database.executescript(self._sql["wipe"])

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

    def _all(self, adapter: TypeAdapter[T], query: str, *values: object) -> Iterator[T]:
        # All rows are fetched: a statement left half-read would hold its transaction open.
        return (adapter.validate_json(row[0]) for row in self._run(query, *values).fetchall())

    def _run(self, query: str, *values: object) -> sqlite3.Cursor:
        return self._database.execute(self._sql[query], values)
