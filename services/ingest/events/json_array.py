"""A JSON array taken apart into the bytes of its items, without looking into them.

An item may be broken inside and leaves the others alone. Each step looks at a bounded stretch, and the loop
gets its turn between them: an array of any content holds nobody up.
"""

import asyncio
import re

from services.ingest.web.problems import ProblemError

_STRETCH = 16 * 1024
_SPACE = re.compile(rb"[ \t\n\r]*+")
_WORD = re.compile(rb"[^\[\]{}\",: \t\n\r]++")
# What holds no bracket: other characters and whole strings, as many as are looked at in one step.
_PLAIN = re.compile(rb'(?:[^"\[\]{}]++|"[^"\\]*+(?:\\.[^"\\]*+){0,100}+"){0,100}+', re.DOTALL)
_IN_STRING = re.compile(rb"[^\"\\]*+(?:\\.[^\"\\]*+){0,1000}+", re.DOTALL)
_OPENING, _CLOSING, _QUOTE = frozenset(b"[{"), frozenset(b"]}"), ord('"')


async def split_array(body: bytes, *, most: int, largest: int) -> list[bytes]:
    """Return the items in order; ProblemError 400 where it is no array, 413 where it is too large."""
    scanner = _Scanner(body, largest)
    items: list[bytes] = []
    scanner.skip_space()
    if not scanner.takes(b"["):
        raise ProblemError(400, "a batch is a JSON array")
    scanner.skip_space()
    more = not scanner.takes(b"]")
    while more:
        if len(items) == most:
            raise ProblemError(413, f"at most {most} events at once")
        items.append(await scanner.item())
        scanner.skip_space()
        more = scanner.takes(b",")
        if not more and not scanner.takes(b"]"):
            raise scanner.broken()
        scanner.skip_space()
    if scanner.at != len(body):
        raise scanner.broken()
    return items


class _Scanner:
    """A place in the body; `at` is the first byte that was not looked at."""

    def __init__(self, body: bytes, largest: int) -> None:
        self.at = 0
        self._body = body
        self._largest = largest
        self._turn = _STRETCH

    def skip_space(self) -> None:
        self._skip(_SPACE)

    def takes(self, sign: bytes) -> bool:
        taken = self._body.startswith(sign, self.at)
        self.at += taken
        return taken

    def broken(self) -> ProblemError:
        return ProblemError(400, f"Invalid JSON: not an array of events at byte {self.at}")

    async def item(self) -> bytes:
        """Take the next item, whatever it is, up to the end of its outermost bracket."""
        start, depth = self.at, 0
        while True:
            await self._breathe()
            if depth:
                self._skip(_PLAIN)
            sign = self._sign()
            if sign in _OPENING:
                depth += 1
                self.at += 1
            elif sign in _CLOSING and depth:
                depth -= 1
                self.at += 1
            elif sign == _QUOTE:
                await self._string()
            elif not depth:
                self._skip(_WORD)
            if self.at - start > self._largest:
                raise ProblemError(413, f"at most {self._largest} bytes an event")
            if not depth:
                if self.at == start:
                    raise self.broken()
                return self._body[start : self.at]

    async def _string(self) -> None:
        self.at += 1
        while True:
            await self._breathe()
            before = self.at
            self._skip(_IN_STRING)
            if self._sign() == _QUOTE:
                self.at += 1
                return
            if self.at == before:
                raise self.broken()

    def _skip(self, pattern: re.Pattern[bytes]) -> None:
        match = pattern.match(self._body, self.at)
        self.at = self.at if match is None else match.end()

    def _sign(self) -> int:
        if self.at >= len(self._body):
            raise self.broken()
        return self._body[self.at]

    async def _breathe(self) -> None:
        if self.at >= self._turn:
            self._turn = self.at + _STRETCH
            await asyncio.sleep(0)
