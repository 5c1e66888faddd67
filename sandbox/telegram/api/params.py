"""The parameters of a Bot API call, whichever way they came: query, form, multipart or JSON."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from sandbox.telegram.world.errors import ApiError, bad_request, chat_not_found, too_large
from sandbox.telegram.world.model import Json

_TRUE = frozenset({"true", "1", "yes", "y"})
_TOO_LARGE = 2**63


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a call."""

    name: str
    mime: str
    data: bytes = field(repr=False)


class Params:
    """Values by name; forms bring text, JSON brings values, and each reader takes both."""

    def __init__(self, values: Mapping[str, Any], uploads: Mapping[str, Upload] | None = None) -> None:
        self._values = {name: value for name, value in values.items() if value is not None}
        self._uploads = uploads or {}

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def text(self, name: str, default: str = "") -> str:
        """Return a text; numbers and truth values are written out."""
        value = self._values.get(name, default)
        text = value if isinstance(value, str) else json.dumps(value)
        return sound(text)

    def integer(self, name: str, default: int = 0) -> int:
        """Return an integer; what is not one counts as the default, as the real server has it."""
        try:
            number = int(self._values.get(name, default))
        except (TypeError, ValueError, OverflowError):
            return default
        return number if abs(number) < _TOO_LARGE else default

    def flag(self, name: str) -> bool:
        """Return a truth value."""
        return self.text(name).strip('"').lower() in _TRUE

    def value(self, name: str, refusal: str) -> Any:  # noqa: ANN401  # any JSON value
        """Return a JSON value, or None where the parameter is absent or empty; raise a 400 with `refusal`."""
        value = self._values.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise bad_request(refusal) from None

    def upload(self, name: str) -> Upload | None:
        """Return the file of a part of a multipart body."""
        return self._uploads.get(name)

    @property
    def chat_id(self) -> int:
        """Return the chat id; raise a 400 where it is missing or not a number (there are no channels)."""
        value = self.text("chat_id").strip()
        if not value:
            raise bad_request("chat_id is empty")
        try:
            return int(value)
        except ValueError:
            raise chat_not_found() from None

    @property
    def chat_id_if_any(self) -> int | None:
        """Return the chat id for the record, None where there is no good one."""
        try:
            return self.chat_id
        except ApiError:
            return None


def sound(text: str) -> str:
    """Return a text that can be written as UTF-8; raise a 400 for half a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise bad_request("strings must be encoded in UTF-8") from None
    return text


async def read_params(request: web.Request) -> Params:
    """Read the parameters of a request; the body wins over the query; raise a 400 on garbage."""
    values: dict[str, Any] = dict(request.query)
    uploads: dict[str, Upload] = {}
    try:
        if request.content_type == "application/json":
            values |= _object(await request.text())
        elif request.content_type in {"application/x-www-form-urlencoded", "multipart/form-data"}:
            for name, part in (await request.post()).items():
                if isinstance(part, web.FileField):
                    uploads[name] = Upload(part.filename, part.content_type, part.file.read())
                else:
                    values[name] = part
    except UnicodeDecodeError:
        raise bad_request("strings must be encoded in UTF-8") from None
    except web.HTTPRequestEntityTooLarge:
        raise too_large() from None
    return Params(values, uploads)


def _object(body: str) -> Json:
    if not body.strip():
        return {}
    try:
        parsed = json.loads(body)
    except ValueError:
        raise bad_request("can't parse JSON object") from None
    if not isinstance(parsed, dict):
        raise bad_request("can't parse JSON object: expected an Object")
    return parsed
