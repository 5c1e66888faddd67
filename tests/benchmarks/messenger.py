"""The leanest thing that answers like the Bot API: `python -m tests.benchmarks.messenger PORT`.

It takes every message, keeps the chat and the instant (`time.monotonic`, the same for all processes of a
machine), and costs as little as a server in Python can.
`GET /arrivals?from=N` returns `[[chat, seconds], ...]` from the N-th message on.
"""

import asyncio
import json
import re
import sys
import time
from urllib.parse import parse_qs, urlsplit

HOLD_SECONDS = 5.0
"""How long a request for updates is held: nobody writes here."""
_CHAT = re.compile(rb'chat_id(?:=|": ?"?)(\d+)')
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
_ME = b'{"ok":true,"result":{"id":1,"is_bot":true,"first_name":"Bench","username":"bench_bot"}}'
_SENT = (
    b'{"ok":true,"result":{"message_id":%d,"date":1700000000,"chat":{"id":%b,"type":"private"},"text":"-"}}'
)


class Messenger(asyncio.Protocol):
    """One kept-alive connection."""

    def __init__(self, arrivals: list[tuple[int, float]]) -> None:
        self._arrivals = arrivals
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            start = head.find(b"content-length:")
            length = 0 if start < 0 else int(head[start + 15 :].split(b"\r\n", 1)[0])
            if len(self._buffer) < end + 4 + length:
                return
            target = self._buffer[:end].split(b" ", 2)[1].decode()
            body = self._buffer[end + 4 : end + 4 + length]
            self._buffer = self._buffer[end + 4 + length :]
            self._answer(target, body)

    def _answer(self, target: str, body: bytes) -> None:
        method = urlsplit(target).path.rsplit("/", 1)[-1].lower()
        if method == "sendmessage":
            found = _CHAT.search(body)
            chat = b"0" if found is None else found[1]
            self._arrivals.append((int(chat), time.monotonic()))
            self._write(_SENT % (len(self._arrivals), chat))
        elif method == "getupdates":
            asyncio.get_running_loop().call_later(HOLD_SECONDS, self._write, b'{"ok":true,"result":[]}')
        elif method == "arrivals":
            first = int(parse_qs(urlsplit(target).query).get("from", ["0"])[0])
            self._write(json.dumps(self._arrivals[first:]).encode())
        elif method == "count":
            self._write(str(len(self._arrivals)).encode())
        else:
            self._write(_ME if method == "getme" else b'{"ok":true,"result":true}')

    def _write(self, body: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(_HEAD % (len(body), body))


async def serve(port: int) -> None:
    """Answer until killed."""
    arrivals: list[tuple[int, float]] = []
    server = await asyncio.get_running_loop().create_server(lambda: Messenger(arrivals), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
