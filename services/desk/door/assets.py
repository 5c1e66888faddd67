"""Static files of all rooms, each below its own digest, so that a browser may keep it for ever."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import PurePosixPath

STATIC_PATH = "/static"
MEDIA_TYPES: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
_DIGEST = 16


@dataclass(frozen=True)
class Asset:
    """One static file."""

    content: bytes
    media_type: str
    digest: str


def load_assets(rooms: Mapping[str, str]) -> Mapping[str, Asset]:
    """Read the static files of rooms, packages by name; each is named `room/file`."""
    found = {}
    for room, package in rooms.items():
        folder = files(package).joinpath("static")
        for entry in folder.iterdir() if folder.is_dir() else ():
            media_type = MEDIA_TYPES.get(PurePosixPath(entry.name).suffix)
            if media_type is not None:
                content = entry.read_bytes()
                digest = hashlib.sha256(content).hexdigest()[:_DIGEST]
                found[f"{room}/{entry.name}"] = Asset(content, media_type, digest)
    return found
