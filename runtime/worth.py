"""From how many messages on an atomic batch is worth what it costs the server by itself.

Where each message waits for the disk that is soon, where none does it is late, and which of both holds shows
in how long single messages take.
"""

import math

BATCH_SECONDS = 0.01
"""What a batch costs by itself: the server makes a directory for it; 6 to 8 ms were measured without load."""
FEWEST_MEASURED = 32
"""Fewer say more about the way there and back than about the disk."""
MEASUREMENTS = 8
"""So many before the shortest is believed: a busy machine makes one longer, and nothing makes one shorter."""


class Worth:
    """Learns from single messages how many of them should have been a batch; `most` until it knows better."""

    def __init__(self, *, least: int = 16, most: int = 200) -> None:
        self.fewest = most
        self._least = least
        self._most = most
        self._measured = 0
        self._shortest = math.inf

    def note(self, count: int, seconds: float) -> None:
        """Take down how long so many took that were published together and alone, all acknowledgements in."""
        if count < FEWEST_MEASURED:
            return
        self._measured += 1
        self._shortest = min(self._shortest, max(seconds / count, 1e-6))
        if self._measured >= MEASUREMENTS:
            self.fewest = max(self._least, min(self._most, math.ceil(BATCH_SECONDS / self._shortest)))
