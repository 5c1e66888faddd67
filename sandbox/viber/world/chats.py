"""The chats of all citizens with the bot: messages made, kept, shown."""

from collections import Counter
from collections.abc import Callable, Iterator

from runtime.clock import Clock
from sandbox.viber.world.model import Content, Event, Message, MessageChanged, Sender
from sandbox.viber.world.rates import Tokens
from sandbox.viber.world.store import Store


class Chats:
    """The messages, written through to the store; the newest that a phone shows are in memory."""

    def __init__(self, store: Store, clock: Clock, publish: Callable[[Event], None]) -> None:
        self._store = store
        self._clock = clock
        self._publish = publish
        self.tokens = Tokens(clock)
        self._last: dict[int, Message] = {}
        self._newest: Counter[int] = Counter()
        for message in store.all_messages():
            newest = self._newest[message.citizen_id]
            self._newest[message.citizen_id] = max(newest, message.message_id)
            if is_shown(message):
                self._last[message.citizen_id] = message

    def reset(self) -> None:
        """Forget everything; the store is wiped by whoever calls this."""
        self._last.clear()
        self._newest.clear()

    def made(
        self,
        citizen_id: int,
        sender: Sender,
        content: Content,
        *,
        token: int | None = None,
        billing: int | None = None,
        failed: str | None = None,
    ) -> Message:
        """Return a new message, which is not kept yet."""
        self._newest[citizen_id] += 1
        return Message(
            citizen_id=citizen_id,
            message_id=self._newest[citizen_id],
            token=token or self.tokens.new(),
            sender=sender,
            content=content,
            at=self._clock.now(),
            billing=billing,
            failed=failed,
        )

    def put(self, message: Message) -> Message:
        """Keep a message as it is now, and show it where the phone does."""
        self._store.put_message(message)
        if is_shown(message):
            last = self._last.get(message.citizen_id)
            if last is None or last.message_id <= message.message_id:
                self._last[message.citizen_id] = message
            self._publish(MessageChanged(message))
        return message

    def message(self, citizen_id: int, message_id: int) -> Message | None:
        """Return a message that a phone shows."""
        message = self._store.message(citizen_id, message_id)
        return message if message is not None and is_shown(message) else None

    def last(self, citizen_id: int) -> Message | None:
        """Return the newest message that a phone shows."""
        return self._last.get(citizen_id)

    def shown(self, citizen_id: int, after: int = 0) -> Iterator[Message]:
        """Yield what a phone shows, oldest first: neither failed nor on its way."""
        return filter(is_shown, self._store.messages_of(citizen_id, after))

    def on_the_way(self, citizen_id: int) -> list[Message]:
        """Return the bot's messages that wait for the phone."""
        stored = self._store.messages_of(citizen_id)
        return [one for one in stored if one.sender == "bot" and not one.delivered and one.failed is None]

    def all(self) -> Iterator[Message]:
        """Yield every message in the order of storing, failed and undelivered ones, too."""
        return self._store.all_messages()


def is_shown(message: Message) -> bool:
    """Tell whether a phone shows a message."""
    return message.delivered and message.failed is None
