"""A form with a file, as browsers post it: bounded in bytes, parts and time."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

from python_multipart import MultipartParser
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import parse_options_header
from starlette.requests import ClientDisconnect, Request

from runtime.process.forms import RefusedError

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

FORM_WITH_FILE = b"multipart/form-data"
UPLOAD_SECONDS = 60.0
MOST_PARTS = 12
_LONGEST_FIELD, _LONGEST_HEAD, _MOST_HEADS = 1024, 4096, 8
_BESIDE = 16 * 1024
"""What stands beside the file in all: other fields, the heads of parts, what is between them."""
_LONGEST_BOUNDARY = 100


@dataclass(frozen=True)
class Uploaded:
    """The fields of a form, without NUL, and the content of its file; its name is not kept."""

    fields: Mapping[str, str]
    file: bytes


async def upload_of(request: Request, file: str, longest: int, seconds: float = UPLOAD_SECONDS) -> Uploaded:
    """Return a posted form whose file is called `file` and has at most `longest` bytes.

    Raises RefusedError where it is too long, takes longer than `seconds`, or is no such form.
    """
    boundary = _boundary(request)
    if _told(request) > longest + _BESIDE:
        raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    form, came = _Form(file, longest), 0
    parser = MultipartParser(
        boundary, form.callbacks(), max_header_count=_MOST_HEADS, max_header_size=_LONGEST_HEAD
    )
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                came += len(chunk)
                if came > longest + _BESIDE:
                    raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
                parser.write(chunk)
        parser.finalize()
    except TimeoutError:
        raise RefusedError(HTTPStatus.REQUEST_TIMEOUT) from None
    except (ClientDisconnect, MultipartParseError):
        raise RefusedError(HTTPStatus.BAD_REQUEST) from None
    return form.uploaded()


def _boundary(request: Request) -> bytes:
    media_type, options = parse_options_header(request.headers.get("content-type", ""))
    if media_type != FORM_WITH_FILE:
        raise RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    boundary = options.get(b"boundary", b"")
    if not 0 < len(boundary) <= _LONGEST_BOUNDARY:
        raise RefusedError(HTTPStatus.BAD_REQUEST)
    return boundary


def _told(request: Request) -> int:
    told = request.headers.get("content-length", "")
    return int(told) if told.isdecimal() and len(told) < len(str(2**63)) else 0


@dataclass
class _Form:
    """The parts as they come."""

    file: str
    longest: int
    _parts: dict[str, bytearray] = field(default_factory=dict)
    _count: int = 0
    _ended: bool = False
    _name: str = ""
    _field: bytearray = field(default_factory=bytearray)
    _value: bytearray = field(default_factory=bytearray)

    def callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._head_name,
            "on_header_value": self._head_value,
            "on_header_end": self._head_end,
            "on_headers_finished": self._heads_end,
            "on_part_data": self._data,
            "on_end": self._end,
        }

    def uploaded(self) -> Uploaded:
        if not self._ended:
            raise RefusedError(HTTPStatus.BAD_REQUEST)
        content = bytes(self._parts.pop(self.file, b""))
        try:
            fields = {name: value.decode().replace("\x00", "") for name, value in self._parts.items()}
        except UnicodeDecodeError:
            raise RefusedError(HTTPStatus.BAD_REQUEST) from None
        return Uploaded(fields, content)

    def _begin(self) -> None:
        self._count += 1
        self._name = ""
        if self._count > MOST_PARTS:
            raise RefusedError(HTTPStatus.BAD_REQUEST)

    def _head_name(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _head_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _head_end(self) -> None:
        if bytes(self._field).lower() == b"content-disposition":
            _, options = parse_options_header(bytes(self._value))
            self._name = options.get(b"name", b"").decode("ascii", "replace")
        self._field.clear()
        self._value.clear()

    def _heads_end(self) -> None:
        # The same name twice, or none at all, is nothing that a page of ours sends.
        if not self._name or self._name in self._parts:
            raise RefusedError(HTTPStatus.BAD_REQUEST)
        self._parts[self._name] = bytearray()

    def _data(self, data: bytes, start: int, end: int) -> None:
        part = self._parts[self._name]
        if len(part) + end - start > (self.longest if self._name == self.file else _LONGEST_FIELD):
            raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        part += data[start:end]

    def _end(self) -> None:
        self._ended = True
