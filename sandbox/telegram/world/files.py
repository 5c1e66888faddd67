"""Files in chats: kept under an id that the Bot API names and a path that the bot downloads."""

import mimetypes
import secrets

from sandbox.telegram.world.model import StoredFile
from sandbox.telegram.world.store import Store


class Files:
    """The files of all chats."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def keep(self, folder: str, name: str, mime: str, data: bytes) -> StoredFile:
        """Keep a file; `folder` is the first part of its path."""
        ending = mimetypes.guess_extension(mime) or ""
        file = StoredFile(
            file_id=f"AgACAgIAAxk{secrets.token_urlsafe(48)}",
            unique_id=f"AQAD{secrets.token_urlsafe(9)}",
            path=f"{folder}/file_{self._store.count_files()}{ending}",
            name=name,
            mime=mime,
            data=data,
        )
        self._store.put_file(file)
        return file

    def find(self, file_id: str) -> StoredFile | None:
        """Return the file of that id."""
        return self._store.file(file_id)

    def at(self, path: str) -> StoredFile | None:
        """Return the file that is downloaded from that path."""
        return self._store.file_at(path)
