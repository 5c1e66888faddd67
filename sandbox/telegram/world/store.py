"""The world on disk: one SQLite file, written through at every change, so a killed process loses nothing.

`synchronous=OFF` leaves the flushing to the operating system: only a power cut could lose the last writes,
which is fine for a simulator and keeps a write at some tens of microseconds. One connection, one thread.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from sandbox.telegram.world.model import (
    Attachment,
    Button,
    Citizen,
    CitizenId,
    Content,
    Entity,
    Json,
    Keyboard,
    Message,
    MessageId,
    QueryId,
    Receipt,
    StoredFile,
    Update,
    UpdateKind,
)
from sandbox.worlds import WorldStore


class Store(WorldStore):
    """Reads and writes the world; opened at construction, closed by `close`."""

    def __init__(self, path: Path | None) -> None:
        """Open the file, or a world in memory where there is none."""
        super().__init__(path, "sandbox.telegram.world")

    def put_citizen(self, citizen: Citizen) -> None:
        """Write a citizen."""
        self._run(
            "put_citizen",
            citizen.citizen_id,
            citizen.name,
            citizen.language,
            citizen.started,
            citizen.blocked,
            citizen.unread,
        )

    def citizens(self) -> Iterator[Citizen]:
        """Yield every citizen with their newest message."""
        last = {row[0]: _message(row) for row in self._run("last_messages")}
        for citizen_id, name, language, started, blocked, unread in self._run("citizens"):
            yield Citizen(
                citizen_id=CitizenId(citizen_id),
                name=name,
                language=language,
                started=bool(started),
                blocked=bool(blocked),
                unread=unread,
                last=last.get(citizen_id),
            )

    def put_message(self, message: Message) -> None:
        """Write a new message."""
        self._run(
            "put_message",
            message.citizen_id,
            message.message_id,
            message.sender,
            *_content_columns(message.content),
            message.at.isoformat(),
            None if message.edited_at is None else message.edited_at.isoformat(),
        )
        attached = message.content.attachment
        if attached is not None:
            body = json.dumps(attached.body)
            where = (message.citizen_id, message.message_id)
            self._run("put_attachment", *where, attached.kind, body, attached.forwarded_from)

    def edit_message(self, message: Message) -> None:
        """Write what an existing message says now."""
        self._run(
            "edit_message",
            *_content_columns(message.content),
            None if message.edited_at is None else message.edited_at.isoformat(),
            message.citizen_id,
            message.message_id,
        )

    def message(self, citizen_id: CitizenId, message_id: int) -> Message | None:
        """Return one message."""
        row = self._run("message", citizen_id, message_id).fetchone()
        return None if row is None else _message(row)

    def messages_of(self, citizen_id: CitizenId, after: int = 0) -> list[Message]:
        """Return a chat, oldest first."""
        return [_message(row) for row in self._run("messages_of", citizen_id, after)]

    def all_messages(self) -> list[Message]:
        """Return every message in the order of storing."""
        return [_message(row) for row in self._run("all_messages")]

    def put_file(self, file: StoredFile) -> None:
        """Write a file."""
        self._run("put_file", file.file_id, file.unique_id, file.path, file.name, file.mime, file.data)

    def file(self, file_id: str) -> StoredFile | None:
        """Return a file by its id."""
        row = self._run("file", file_id).fetchone()
        return None if row is None else StoredFile(*row)

    def file_at(self, path: str) -> StoredFile | None:
        """Return a file by where the bot downloads it."""
        row = self._run("file_at", path).fetchone()
        return None if row is None else StoredFile(*row)

    def count_files(self) -> int:
        """Return how many files there are."""
        count: int = self._run("count_files").fetchone()[0]
        return count

    def put_update(self, kind: UpdateKind, queue: str, at: datetime, body: Json) -> Update:
        """Write an update and return it with its id."""
        done = self._run("put_update", kind, queue, at.isoformat(), json.dumps(body))
        return Update(done.lastrowid or 0, kind, queue, at, body)

    def drop_update(self, update_id: int) -> None:
        """Forget an update."""
        self._run("drop_update", update_id)

    def updates(self) -> Iterator[Update]:
        """Yield what waits, in order."""
        for update_id, kind, queue, at, body in self._run("updates"):
            yield Update(update_id, kind, queue, datetime.fromisoformat(at), json.loads(body))

    def put_tap(self, query_id: QueryId, citizen_id: CitizenId, at: datetime) -> None:
        """Write a tapped button."""
        self._run("put_tap", query_id, citizen_id, at.isoformat())

    def take_tap(self, query_id: str) -> tuple[CitizenId, datetime] | None:
        """Remove a tapped button; return whose it was and when, or None."""
        # All rows are fetched: a statement left half-read would hold its transaction open.
        rows = self._run("take_tap", query_id).fetchall()
        return (CitizenId(rows[0][0]), datetime.fromisoformat(rows[0][1])) if rows else None

    def put_receipt(self, receipt: Receipt) -> None:
        """Write a receipt."""
        self._run(
            "put_receipt",
            receipt.receipt_id,
            receipt.document,
            receipt.holder,
            receipt.code,
            receipt.link,
            json.dumps(receipt.scanned_by),
        )
        self._run("put_receipt_links", receipt.receipt_id, json.dumps(dict(receipt.links)))

    def receipts(self) -> Iterator[Receipt]:
        """Yield every receipt."""
        for receipt_id, document, holder, code, link, scanned_by, links in self._run("receipts"):
            scanners = tuple(CitizenId(scanner) for scanner in json.loads(scanned_by))
            yield Receipt(receipt_id, document, holder, code, link, scanners, json.loads(links))

    def put_profile(self, key: str, value: Any) -> None:  # noqa: ANN401  # any JSON value
        """Write one setting of the bot."""
        self._run("put_profile", key, json.dumps(value))

    def profile(self) -> dict[str, Any]:
        """Return every setting of the bot."""
        return {key: json.loads(value) for key, value in self._run("profile")}


def _content_columns(content: Content) -> tuple[str, str, str, bool]:
    return (
        content.text,
        json.dumps([entity.as_json() for entity in content.entities]),
        json.dumps([[(button.text, button.data, button.url) for button in row] for row in content.keyboard]),
        content.protected,
    )


def _keyboard(text: str) -> Keyboard:
    return tuple(tuple(Button(*button) for button in row) for row in json.loads(text))


def _message(row: tuple[Any, ...]) -> Message:
    citizen_id, message_id, sender, text, entities, keyboard, protected, at, edited_at = row[:9]
    kind, body, forwarded_from = row[9:]
    return Message(
        citizen_id=CitizenId(citizen_id),
        message_id=MessageId(message_id),
        sender=sender,
        content=Content(
            text=text,
            entities=tuple(Entity(**entity) for entity in json.loads(entities)),
            keyboard=_keyboard(keyboard),
            protected=bool(protected),
            attachment=None if kind is None else Attachment(kind, json.loads(body), forwarded_from),
        ),
        at=datetime.fromisoformat(at),
        edited_at=None if edited_at is None else datetime.fromisoformat(edited_at),
    )
