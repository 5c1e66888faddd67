"""Uploads that are made to hurt: slow, endless, broken, two things at once, small and unpacked large."""

import asyncio
import struct
import tracemalloc
import zlib
from collections.abc import Mapping

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from runtime.process.forms import RefusedError
from runtime.process.uploads import MOST_PARTS, Uploaded, upload_of
from services.notifier.files import png
from services.notifier.files.content import Content, cleaned
from tests.attacks.heartbeat import Heartbeat
from tests.attacks.wire import HEAD, asked, listening, wire
from tests.pictures import PDF, photo

LONGEST = 1024 * 1024
LONGEST_HOLD = 0.25
PATIENCE = 0.2
FORM = b"Content-Type: multipart/form-data; boundary=b\r\n"
END = b"\r\n--b--\r\n"
HTML = b"<html><script>alert(document.cookie)</script></html>"


class Taking:
    """Takes uploads and notes them; a refusal is answered with its status."""

    def __init__(self, seconds: float = 10.0) -> None:
        self.seconds = seconds
        self.taken: list[Uploaded] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            self.taken.append(await upload_of(Request(scope, receive), "file", LONGEST, self.seconds))
            answer = PlainTextResponse("taken", 200)
        except RefusedError as refused:
            answer = PlainTextResponse("no", refused.status)
        await answer(scope, receive, send)


def part(name: bytes, content: bytes, **more: bytes) -> bytes:
    """One part of a form."""
    options = b"".join(b"; %s=%s" % (key.encode(), value) for key, value in more.items())
    head = b'--b\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n' % (name, options)
    return head + content + b"\r\n"


def whole(body: bytes, head: bytes = FORM) -> bytes:
    """A request with its body."""
    return HEAD + head + b"Content-Length: %d\r\n\r\n" % len(body) + body


async def test_an_upload_that_does_not_come_ends() -> None:
    """Whoever sends a part and then nothing is answered 408 when the time is over."""
    app = Taking(PATIENCE)
    async with listening(app) as listener, wire(listener.port) as one:
        await one.send(HEAD + FORM + b"Content-Length: 1000\r\n\r\n" + part(b"file", b"x")[:-2])

        assert 408 == await one.status()
        assert await one.ended()
    assert [] == app.taken


async def test_an_upload_that_says_it_is_too_long_is_not_read() -> None:
    """Its length refuses it before a byte of it is taken."""
    async with listening(Taking()) as listener:
        head = HEAD + FORM + b"Content-Length: 1000000000\r\n\r\n"
        assert 413 == await asked(listener.port, head)


async def test_an_upload_without_an_end_is_given_up() -> None:
    """One that tells no length is refused as soon as it is too long, and takes no more memory than that."""
    app = Taking()
    piece = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    async with listening(app) as listener, wire(listener.port) as one:
        tracemalloc.start()
        start = part(b"file", b"")[:-2]
        await one.send(HEAD + FORM + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n" % (len(start), start))
        for _ in range(64):
            await one.send(piece)
        status = await one.status()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert 413 == status
    assert peak < 8 * LONGEST
    assert [] == app.taken


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (part(b"file", b"x" * (LONGEST + 1)) + b"--b--\r\n", 413),
        (part(b"note", b"x" * 2000) + b"--b--\r\n", 413),
        (part(b"a", b"1") + part(b"a", b"2") + b"--b--\r\n", 400),
        (b"".join(part(b"f%d" % n, b"") for n in range(MOST_PARTS + 1)) + b"--b--\r\n", 400),
        (part(b"", b"x") + b"--b--\r\n", 400),
        (part(b"file", b"x"), 400),
        (b"--c\r\n\r\nx" + END, 400),
        (b"--b\r\nX: " + b"y" * 10_000 + b"\r\n\r\nx" + END, 400),
        (b"--b\r\n" + b"X: y\r\n" * 100 + b"\r\nx" + END, 400),
        (part(b"a", b"\xff\xfe") + b"--b--\r\n", 400),
        (b"", 400),
        (b"\x00" * 1000, 400),
    ],
)
async def test_a_form_that_no_page_of_ours_sends_is_refused(body: bytes, status: int) -> None:
    """Too many parts, names twice or not at all, heads and fields without measure, no end: refused."""
    app = Taking()
    async with listening(app) as listener:
        assert status == await asked(listener.port, whole(body))
    assert [] == app.taken


@pytest.mark.parametrize(
    "head", [b"", b"Content-Type: text/plain\r\n", b"Content-Type: multipart/form-data; boundary=\r\n"]
)
async def test_what_is_no_form_is_refused(head: bytes) -> None:
    """Without the type of a form with a file, or its boundary, nothing is looked at."""
    async with listening(Taking()) as listener:
        assert await asked(listener.port, whole(part(b"file", b"x"), head)) in {400, 415}


@pytest.mark.parametrize("filler", [b"\r\n--", b"\r\n-", b"\r", b"--b\r", b"\r\n--a"])
async def test_a_body_of_half_boundaries_holds_up_nobody(filler: bytes) -> None:
    """What looks like the end of a part again and again is taken in as fast as anything."""
    app, content = Taking(), filler * (LONGEST // len(filler))
    async with listening(app) as listener, Heartbeat() as heart:
        assert 200 == await asked(listener.port, whole(part(b"file", content) + b"--b--\r\n"))

    assert content == app.taken[0].file
    assert heart.longest < LONGEST_HOLD


@pytest.mark.parametrize(
    "name", [b'"../../etc/passwd"', b'"a\\"b.jpg"', b"\"x.html\"; filename*=UTF-8''%0d%0aX-Evil:1", b'"\xff"']
)
async def test_the_name_of_a_file_goes_nowhere(name: bytes) -> None:
    """However a file is called, nothing of that is kept."""
    app = Taking()
    async with listening(app) as listener:
        body = part(b"file", b"content", filename=name) + b"--b--\r\n"
        assert 200 == await asked(listener.port, whole(body))

    fields: Mapping[str, str] = {}
    assert [Uploaded(fields, b"content")] == app.taken


def test_a_file_that_is_two_things_stays_one() -> None:
    """A page behind, within or before a picture is gone or refused; one in a document stays a document."""
    inside = bytearray(photo())
    inside[2:2] = b"\xff\xfe" + (len(HTML) + 2).to_bytes(2, "big") + HTML

    for sent in (photo() + HTML, bytes(inside), photo("PNG") + HTML, photo("WEBP") + HTML):
        found = cleaned(sent)
        assert isinstance(found, Content)
        assert b"<script" not in found.data
    assert "type" == cleaned(HTML + photo())
    assert "type" == cleaned(b"GIF89a=0;/*" + HTML)
    document = cleaned(PDF + HTML)
    assert isinstance(document, Content)
    assert "pdf" == document.type


def _many_dots() -> bytes:
    """A PNG of 60000 dots each way in some kilobytes."""
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(LONGEST))), (b"IEND", b""))
    chunks = [
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        for name, content in parts
    ]
    return png.MAGIC + b"".join(chunks)


async def test_a_picture_that_unpacks_into_much_is_refused_packed() -> None:
    """A small file of very many dots is judged by its head: no memory is taken for them, and no time."""
    tracemalloc.start()
    async with Heartbeat() as heart:
        judged = await asyncio.to_thread(cleaned, _many_dots())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert "dots" == judged
    assert peak < 8 * LONGEST
    assert heart.longest < LONGEST_HOLD
