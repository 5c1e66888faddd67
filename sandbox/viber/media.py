"""Files that citizens send, at addresses that the bot can fetch.

The address begins as the bot itself addresses the simulator, which may be another name than a phone's.
"""

import mimetypes
import secrets
from collections.abc import Callable

from sandbox.viber.world.model import Json
from sandbox.viber.world.store import File, Store


class Media:
    """Keeps files and makes messages of them."""

    def __init__(self, store: Store, origin: Callable[[], str | None]) -> None:
        """Take the store, and who tells where the bot finds the simulator, None where it never came."""
        self._store = store
        self._origin = origin

    def picture(self, data: bytes, thumbnail: bytes, caption: str, phone: str) -> Json:
        """Return the message of a JPEG picture; `phone` is where the phone finds the simulator."""
        body: Json = {
            "type": "picture",
            "media": self._kept("photo.jpg", "image/jpeg", data, phone),
            "thumbnail": self._kept("thumbnail.jpg", "image/jpeg", thumbnail, phone),
            "file_name": "photo.jpg",
            "size": len(data),
        }
        return body | ({"text": caption} if caption else {})

    def file(self, name: str, mime: str, data: bytes, phone: str) -> Json:
        """Return the message of a file."""
        address = self._kept(name, mime, data, phone)
        return {"type": "file", "media": address, "file_name": name, "size": len(data)}

    def _kept(self, shown_as: str, mime: str, data: bytes, phone: str) -> str:
        name = secrets.token_urlsafe(24) + (mimetypes.guess_extension(mime) or "")
        self._store.put_file(File(name, shown_as, mime, data))
        return f"{self._origin() or phone}/viber/media/{name}"
