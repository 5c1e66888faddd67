"""The world: who there is, what they do on their phones, and what the bot does to their chats.

Errors of a citizen's own doing are WorldErrors, those of the bot ApiErrors.
"""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

from runtime.clock import Clock
from sandbox.deeds import BadDeedError, NotPossibleError, UnknownThingError
from sandbox.telegram.world import errors
from sandbox.telegram.world.links import LinkError, start_payload
from sandbox.telegram.world.model import (
    Attachment,
    Citizen,
    CitizenChanged,
    CitizenId,
    Content,
    Event,
    Language,
    Message,
    MessageShown,
    QueryId,
    Receipt,
    ReceiptChanged,
    Sender,
    Toast,
    Typing,
    UpdateKind,
)
from sandbox.telegram.world.store import Store
from sandbox.telegram.world.text import cleaned, trimmed, utf16_length, with_found
from sandbox.telegram.world.updates import UpdateQueue
from sandbox.telegram.world.wire import BotIdentity, callback_json, membership_json, message_json, original_id

FIRST_CITIZEN = 700_000_001
LONGEST_TEXT = 4096
LONGEST_CAPTION = 1024


@dataclass(frozen=True, slots=True)
class WorldSettings:
    """What can be told about a world: who the bot is, how long a tap may wait for its answer."""

    bot: BotIdentity
    tap_lives: timedelta = timedelta(seconds=150)


class World:
    """The state of everything, in memory where it is small, written through to the store."""

    def __init__(
        self,
        settings: WorldSettings,
        store: Store,
        updates: UpdateQueue,
        clock: Clock,
        publish: Callable[[Event], None],
    ) -> None:
        self._settings = settings
        self._store = store
        self._updates = updates
        self._clock = clock
        self._publish = publish
        self._citizens = {citizen.citizen_id: citizen for citizen in store.citizens()}
        self._receipts = {receipt.receipt_id: receipt for receipt in store.receipts()}

    @property
    def bot(self) -> BotIdentity:
        """Return who the bot is."""
        return self._settings.bot

    def reset(self) -> None:
        """Forget everybody and everything."""
        self._updates.clear()
        self._store.wipe()
        self._citizens.clear()
        self._receipts.clear()

    def citizens(self) -> Iterable[Citizen]:
        """Return everybody, in the order in which they came."""
        return self._citizens.values()

    def receipts(self) -> Iterable[Receipt]:
        """Return every receipt, in the order in which they came."""
        return self._receipts.values()

    def citizen(self, citizen_id: int) -> Citizen:
        """Return a citizen; raise UnknownThingError."""
        citizen = self._citizens.get(CitizenId(citizen_id))
        if citizen is None:
            raise UnknownThingError(f"there is no citizen {citizen_id}")
        return citizen

    def messages_of(self, citizen_id: int, after: int = 0) -> list[Message]:
        """Return a chat, oldest first; raise UnknownThingError."""
        return self._store.messages_of(self.citizen(citizen_id).citizen_id, after)

    def all_messages(self) -> list[Message]:
        """Return what all phones show, in the order of storing."""
        return self._store.all_messages()

    def create_citizen(self, name: str, language: Language) -> Citizen:
        """Give somebody a phone; the bot does not know them yet."""
        citizen_id = CitizenId(max(self._citizens, default=FIRST_CITIZEN - 1) + 1)
        return self._keep(Citizen(citizen_id, name, language))

    def meet(self, citizen: Citizen) -> None:
        """Let somebody who has a phone write to this bot as well; nothing where they can already."""
        if citizen.citizen_id not in self._citizens:
            self._keep(Citizen(citizen.citizen_id, citizen.name, citizen.language))

    def says(self, citizen_id: int, text: str) -> Message:
        """Let a citizen write to the bot; raise WorldError where the text is empty or the bot is blocked."""
        content = _typed(text, LONGEST_TEXT)
        if not content.text:
            raise BadDeedError("the message is empty")
        return self._sends(citizen_id, content)

    def shares(self, citizen_id: int, attachment: Attachment, caption: str = "") -> Message:
        """Let a citizen send a picture, a file, a place ...; raise WorldError where the bot is blocked."""
        return self._sends(citizen_id, replace(_typed(caption, LONGEST_CAPTION), attachment=attachment))

    def edits(self, citizen_id: int, message_id: int, text: str) -> Message:
        """Let a citizen change what they wrote; raise WorldError where there is no such text of theirs."""
        message = self._message(self._writer(citizen_id), message_id)
        if message.sender != "citizen" or message.content.attachment is not None:
            raise NotPossibleError("only one's own texts can be edited")
        content = _typed(text, LONGEST_TEXT)
        if not content.text:
            raise BadDeedError("the message is empty")
        edited = self._edit(message, content)
        self._tell("edited_message", edited)
        return edited

    def _sends(self, citizen_id: int, content: Content) -> Message:
        message = self._show(replace(self._writer(citizen_id), started=True), "citizen", content)
        self._tell("message", message)
        return message

    def _writer(self, citizen_id: int) -> Citizen:
        citizen = self.citizen(citizen_id)
        if citizen.blocked:
            raise NotPossibleError("the bot is blocked: unblock it first")
        return citizen

    def _message(self, citizen: Citizen, message_id: int) -> Message:
        message = self._store.message(citizen.citizen_id, message_id)
        if message is None:
            raise UnknownThingError(f"there is no message {message_id}")
        return message

    def _tell(self, kind: UpdateKind, message: Message) -> None:
        citizen = self.citizen(message.citizen_id)
        self._updates.add(kind, f"chat:{citizen.citizen_id}", message_json(message, citizen, self.bot))

    def opens(self, citizen_id: int, link: str) -> Message:
        """Let a citizen open a deep link and press Start; a blocked bot is unblocked by it.

        Raise BadDeedError where the link is not one of this bot's.
        """
        try:
            payload = start_payload(link, self.bot.username)
        except LinkError as error:
            raise BadDeedError(str(error)) from None
        if self.citizen(citizen_id).blocked:
            self.blocks(citizen_id, blocked=False)
        message = self.says(citizen_id, f"/start {payload}".rstrip())
        if payload:
            self.scans(citizen_id, link.strip())
        return message

    def scans(self, citizen_id: int, link: str) -> None:
        """Note on every receipt with this link, of whichever messenger, that a citizen scanned it."""
        for receipt in list(self._receipts.values()):
            if link in {receipt.link, *receipt.links.values()}:
                self._scanned(receipt, CitizenId(citizen_id))

    def taps(self, citizen_id: int, message_id: int, data: str) -> QueryId:
        """Let a citizen tap an inline button; raise WorldError where there is no such button."""
        message = self._message(self.citizen(citizen_id), message_id)
        if all(button.data != data for row in message.content.keyboard for button in row):
            raise NotPossibleError("the message has no such button")
        citizen = self._writer(citizen_id)
        query_id = QueryId(str(secrets.randbits(62)))
        self._store.put_tap(query_id, citizen.citizen_id, self._clock.now())
        self._updates.add(
            "callback_query",
            f"user:{citizen_id}",
            callback_json(query_id, data, message, citizen, self.bot),
        )
        return query_id

    def blocks(self, citizen_id: int, *, blocked: bool) -> Citizen:
        """Let a citizen block or unblock the bot; nothing happens where it already is so."""
        citizen = self.citizen(citizen_id)
        if citizen.blocked == blocked:
            return citizen
        citizen = self._keep(replace(citizen, blocked=blocked))
        body = membership_json(citizen, self.bot, int(self._clock.now().timestamp()))
        self._updates.add("my_chat_member", f"member:{citizen_id}", body)
        return citizen

    def reads(self, citizen_id: int) -> Citizen:
        """Let a citizen look at the chat: nothing is unread any more."""
        citizen = self.citizen(citizen_id)
        return citizen if citizen.unread == 0 else self._keep(replace(citizen, unread=0))

    def put_receipt(self, receipt: Receipt) -> Receipt:
        """Lay a receipt out to be scanned; the same id again replaces it and keeps who scanned it."""
        known = self._receipts.get(receipt.receipt_id)
        if known is not None:
            receipt = replace(receipt, scanned_by=known.scanned_by)
        return self._keep_receipt(receipt)

    def chat(self, chat_id: int) -> Citizen:
        """Return whose chat this is; raise ApiError where the bot may not write to it."""
        citizen = self._citizens.get(CitizenId(original_id(chat_id)))
        if citizen is None:
            raise errors.chat_not_found()
        if citizen.blocked:
            raise errors.blocked()
        if not citizen.started:
            raise errors.never_started()
        return citizen

    def bot_sends(self, citizen: Citizen, content: Content) -> Message:
        """Show the bot's message on a citizen's phone."""
        return self._show(replace(citizen, unread=citizen.unread + 1), "bot", content)

    def bot_message(self, citizen: Citizen, message_id: int) -> Message:
        """Return a message that the bot may edit; raise ApiError where there is none."""
        message = self._store.message(citizen.citizen_id, message_id)
        if message is None:
            raise errors.bad_request("message to edit not found")
        if message.sender != "bot":
            raise errors.bad_request("message can't be edited")
        return message

    def bot_edits(self, message: Message, content: Content) -> Message:
        """Show a message anew; raise ApiError where nothing changes."""
        content = replace(content, protected=message.content.protected)
        if content == message.content:
            raise errors.not_modified()
        return self._edit(message, content)

    def bot_answers(self, query_id: str, text: str) -> None:
        """Show the answer to a tap; raise ApiError where it comes too late, or a second time."""
        tap = self._store.take_tap(query_id)
        if tap is None or self._clock.now() - tap[1] > self._settings.tap_lives:
            raise errors.query_too_old()
        self._publish(Toast(tap[0], text))

    def bot_types(self, citizen: Citizen, action: str) -> None:
        """Show that the bot is busy."""
        self._publish(Typing(citizen.citizen_id, action))

    def _show(self, citizen: Citizen, sender: Sender, content: Content) -> Message:
        message = Message(citizen.citizen_id, citizen.next_message_id, sender, content, self._clock.now())
        self._store.put_message(message)
        self._publish(MessageShown(message))
        self._keep(replace(citizen, last=message))
        return message

    def _edit(self, message: Message, content: Content) -> Message:
        edited = replace(message, content=content, edited_at=self._clock.now())
        self._store.edit_message(edited)
        self._publish(MessageShown(edited))
        citizen = self._citizens[message.citizen_id]
        if citizen.last is not None and citizen.last.message_id == edited.message_id:
            self._keep(replace(citizen, last=edited))
        return edited

    def _keep(self, citizen: Citizen) -> Citizen:
        self._citizens[citizen.citizen_id] = citizen
        self._store.put_citizen(citizen)
        self._publish(CitizenChanged(citizen))
        return citizen

    def _keep_receipt(self, receipt: Receipt) -> Receipt:
        self._receipts[receipt.receipt_id] = receipt
        self._store.put_receipt(receipt)
        self._publish(ReceiptChanged(receipt))
        return receipt

    def _scanned(self, receipt: Receipt, citizen_id: CitizenId) -> None:
        if citizen_id not in receipt.scanned_by:
            self._keep_receipt(replace(receipt, scanned_by=(*receipt.scanned_by, citizen_id)))


def _typed(text: str, longest: int) -> Content:
    said, _ = trimmed(cleaned(text), ())
    if utf16_length(said) > longest:
        raise BadDeedError(f"the message is longer than {longest} characters")
    return Content(said, with_found(said, ()))
