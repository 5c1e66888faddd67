"""How long a peer may keep us waiting: a bucket of seconds that its progress fills again."""

from enum import StrEnum

LEAST_RATE = 4096
"""Bytes a second that a peer must send of a body, or take of an answer, on the average."""


class For(StrEnum):
    """What we wait for; idle connections that wait for a next request are not meant."""

    NOTHING = "nothing"
    HEAD = "head"
    BODY = "body"
    ANSWER = "answer"
    END = "end"


SECONDS = {For.HEAD: 10, For.BODY: 15, For.ANSWER: 15, For.END: 3}
"""For how long each may stand still."""


class Waiting:
    """The patience with one peer, looked at once a second."""

    def __init__(self) -> None:
        self.left = float(SECONDS[For.HEAD])
        self._what = For.HEAD, 0
        self._progress = 0

    def lasts(self, what: For, number: int, progress: int) -> bool:
        """Tell whether it lasts too long.

        Args:
            what: what we wait for.
            number: which of a connection's requests it is about; a new one is new patience.
            progress: bytes so far; where they cannot grow, the whole must be there in time.
        """
        if what is For.NOTHING or self._what != (what, number):
            self._what, self._progress = (what, number), progress
            self.left = float(SECONDS.get(what, SECONDS[For.BODY]))
            return False
        earned = (progress - self._progress) / LEAST_RATE
        self._progress = progress
        self.left = min(float(SECONDS[what]), self.left + earned) - 1
        return self.left < 0
