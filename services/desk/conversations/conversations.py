"""What staff do with conversations: the one way for pages to them.

Every method that changes something decides in one statement or under the row's lock, so that of two who do
the same at once one wins. Live pages listen to `CHANNEL`: the payload is the id of what changed.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from services.desk.conversations.queue import Queue
from services.desk.conversations.reading import Reading
from services.desk.conversations.replying import Draft, Replying
from services.desk.conversations.views import (
    Already,
    Answered,
    Conversation,
    Cursor,
    Done,
    Found,
    Held,
    Lost,
    SentFile,
    Taken,
    Unseen,
    Waiting,
    Wall,
)
from services.desk.conversations.watching import Watching
from services.desk.domain.viewers import Viewer

CHANNEL = "docwatch_desk_conversations"
"""Where the database tells of every change that a page shows; a lease that goes on is none."""


class Conversations:
    """The conversations in the database, as one of the staff sees them."""

    def __init__(
        self, queue: Queue, reading: Reading, replying: Replying, watching: Watching, topics: Iterable[str]
    ) -> None:
        self._queue = queue
        self._reading = reading
        self._replying = replying
        self._watching = watching
        self._topics = tuple(sorted(set(topics)))

    async def present(self, viewer: Viewer) -> None:
        """Note that somebody is there; pages call it every 30 s, and whoever did not for 90 s is not."""
        await self._queue.present(viewer)

    async def left(self, viewer: Viewer) -> None:
        """Note that somebody goes; what they hold goes back to the queue at once."""
        await self._queue.left(viewer)

    async def waiting(self, viewer: Viewer, limit: int, after: Cursor | None = None) -> Sequence[Waiting]:
        """Return who waits: first what fits the viewer's languages and topics, urgent first, then oldest.

        `limit` is at most 200.
        """
        return await self._queue.waiting(viewer, limit, after)

    async def mine(self, viewer: Viewer) -> Sequence[Held]:
        """Return what the viewer holds, those in which the citizen waits first, then the oldest."""
        return await self._queue.mine(viewer)

    async def take(self, viewer: Viewer, conversation_id: UUID | None) -> Held | Taken | None:
        """Hold a conversation for five minutes; None: the first that fits. Return None where nothing waits.

        One that waits for the citizen may be taken too. Whoever holds it already gets it anew.
        """
        return await self._queue.take(viewer, conversation_id)

    async def sign(self, viewer: Viewer, conversation_id: UUID) -> bool:
        """Give a sign of life: five minutes from now on. False: the lease is lost."""
        return await self._queue.sign(viewer, conversation_id)

    async def give_back(self, viewer: Viewer, conversation_id: UUID) -> Done | Lost:
        """Let go: it stands in the queue again where it stood."""
        return await self._queue.give_back(viewer, conversation_id)

    async def read(self, viewer: Viewer, conversation_id: UUID) -> Conversation | None:
        """Return a conversation with its texts opened, and enter that in the audit. None: there is none."""
        return await self._reading.read(viewer, conversation_id)

    async def look_at_file(
        self, viewer: Viewer, conversation_id: UUID, file_id: UUID, now: datetime
    ) -> SentFile | None:
        """Return what is known of a file of a conversation, and enter the look in the audit.

        None: the conversation has no such file, or it is kept no more at `now`.
        """
        return await self._reading.look_at_file(viewer, conversation_id, file_id, now)

    async def answer(
        self, viewer: Viewer, conversation_id: UUID, text: str, draft_id: UUID, seen: int | None = None
    ) -> Answered | Already | Lost:
        """Answer a conversation that the viewer holds; it stays theirs, the citizen's turn is next.

        Args:
            viewer: who answers.
            conversation_id: which.
            text: 1 to `LONGEST_TEXT` characters; ValueError for another.
            draft_id: the same one twice is one answer.
            seen: `Conversation.said` as the viewer saw it: what was said after that still waits. None: all.
        """
        return await self._replying.answer(Draft(viewer, conversation_id, draft_id, text), seen)

    async def note(self, viewer: Viewer, conversation_id: UUID, text: str, draft_id: UUID) -> Done | Lost:
        """Add a note for colleagues, 1 to `LONGEST_TEXT` characters; any of the staff may, holder or not.

        The same draft twice is one note. Lost: the conversation is unknown or was erased.
        """
        return await self._replying.note(Draft(viewer, conversation_id, draft_id, text))

    async def pass_on(
        self, viewer: Viewer, conversation_id: UUID, topic: str, note: str, draft_id: UUID
    ) -> Done | Lost:
        """Pass a conversation that the viewer holds on to who knows a topic, with a note (may be empty).

        It keeps its place in the queue; the citizen is told that a specialist was asked. ValueError for a
        topic that is none of `topics`.
        """
        if topic not in self._topics:
            raise ValueError(f"{topic!r} is no topic")
        return await self._replying.pass_on(Draft(viewer, conversation_id, draft_id, note), topic)

    async def close(
        self, viewer: Viewer, conversation_id: UUID, seen: int | None = None
    ) -> Done | Lost | Unseen:
        """End a conversation that the viewer holds; the citizen is asked how it was where it was answered.

        Unseen: the citizen said something after `seen`. None: nothing may wait for an answer.
        """
        return await self._replying.close(viewer, conversation_id, seen)

    async def search(self, viewer: Viewer, words: str, limit: int = 50) -> Found:
        """Return conversations whose utterances have all of the words, in any of their forms; audited."""
        return await self._reading.search(viewer, words, limit)

    async def wall(self) -> Wall:
        """Return what a supervisor looks at."""
        return await self._watching.wall()

    @property
    def topics(self) -> Sequence[str]:
        """The topics to which a conversation may be passed on."""
        return self._topics
