"""Room: how many bytes of bodies a process holds at once, altogether and for one publisher.

What comes from outside is held until it is judged. Without a bound those who send slowly, or much at once,
take the memory of all others.
"""

from contextlib import AbstractContextManager
from types import TracebackType

from contracts.messages.ids import Publisher
from services.ingest.web.problems import ProblemError, unavailable

MOST = 128 * 1024 * 1024
MOST_EACH = 32 * 1024 * 1024
# The rest of the body is not read.
_CLOSE = {"Connection": "close"}


class Room:
    """Counts the bytes of bodies that are being read or worked on."""

    def __init__(self, most: int = MOST, most_each: int = MOST_EACH) -> None:
        self._most = most
        self._most_each = most_each
        self._held = 0
        self._of: dict[Publisher, int] = {}

    def hold(self, publisher: Publisher) -> "Hold":
        """Return what makes room for one request of a publisher and gives it back at the end."""
        return Hold(self, publisher)

    def change(self, publisher: Publisher, by: int) -> None:
        """Take so many bytes more, or give them back; ProblemError 429 or 503 where there is no room."""
        of = self._of.get(publisher, 0) + by
        if by > 0 and of > self._most_each:
            raise ProblemError(429, "this publisher has too many bytes in work", headers=_CLOSE)
        if by > 0 and self._held + by > self._most:
            problem = unavailable("too many bytes are in work")
            problem.headers = _CLOSE
            raise problem
        self._held += by
        if of:
            self._of[publisher] = of
        else:
            self._of.pop(publisher, None)


class Hold(AbstractContextManager["Hold"]):
    """The bytes that one request holds; made by `Room.hold`."""

    __slots__ = ("_publisher", "_room", "_size")

    def __init__(self, room: Room, publisher: Publisher) -> None:
        self._room = room
        self._publisher = publisher
        self._size = 0

    def now(self, size: int) -> None:
        """Hold so many bytes from now on; ProblemError 429 or 503 where there is no room for them."""
        self._room.change(self._publisher, size - self._size)
        self._size = size

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the room back."""
        if self._size:
            self.now(0)
