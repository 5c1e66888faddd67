"""Whether many messages are better published as an atomic batch, and from how many on.

Where each message waits for the disk, a batch, which waits once, soon takes less time. Where none does it
never takes less, for the server has more work with it. How long single messages take shows which holds.
"""

import math
import sys
from collections import defaultdict, deque
from collections.abc import Sequence

BATCH_SECONDS = 0.01
"""What a batch costs by itself: the server makes a directory for it; 6 to 8 ms were measured without load."""
FREE_SECONDS = 0.00012
"""A single message that takes less waits for no disk: 0.05 to 0.08 ms were measured without, 0.28 with it."""
FEWEST_MEASURED = 50
"""Fewer say more about the way there and back than about the disk."""
MEASUREMENTS = 8
"""Of so many the shortest is believed: a busy machine makes one longer, nothing makes one much shorter."""
EXPLORED = 100
"""Each time after so many batches messages go singly, lest the server be judged by what it was once."""
NEVER = sys.maxsize
MOST_IN_BATCH = 1000
"""What a server takes, unless it is told otherwise."""


class BatchThreshold:
    """Learns from single messages whether they should have been a batch; none is one until that is known.

    `fewest`: from how many messages on they are one, never outside of `least` and `most` where it is at all.
    """

    def __init__(self, *, least: int = 16, most: int = 200) -> None:
        self.fewest = NEVER
        self._least = least
        self._most = most
        self._each: deque[float] = deque(maxlen=MEASUREMENTS)
        self._batches = 0

    def as_batch(self, count: int) -> bool:
        """Tell whether so many messages are to go as a batch now."""
        if count < self.fewest:
            return False
        self._batches += 1
        return self._batches % EXPLORED != 0

    def note(self, count: int, seconds: float) -> None:
        """Take down how long so many single messages took, from the first one sent to the last one stored."""
        if count < FEWEST_MEASURED:
            return
        self._each.append(max(seconds / count, 1e-6))
        if len(self._each) < MEASUREMENTS:
            return
        each = min(self._each)
        waits = each > FREE_SECONDS
        self.fewest = max(self._least, min(self._most, math.ceil(BATCH_SECONDS / each))) if waits else NEVER


def parted(subjects: Sequence[str], fewest: int) -> tuple[list[list[int]], list[int]]:
    """Return the places of messages that go as batches, each of one subject, and of those that do not."""
    of: dict[str, list[int]] = defaultdict(list)
    for index, subject in enumerate(subjects):
        of[subject].append(index)
    cuts = ((some, at) for some in of.values() for at in range(0, len(some), MOST_IN_BATCH))
    parts = [some[at : at + MOST_IN_BATCH] for some, at in cuts]
    batches = [part for part in parts if len(part) >= fewest]
    return batches, sorted(one for part in parts if len(part) < fewest for one in part)
