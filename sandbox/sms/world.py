"""The provider's world: whose number is whose, texts both ways, and what is told of them afterwards."""

import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

from runtime.clock import Clock
from sandbox.deeds import BadDeedError, UnknownThingError
from sandbox.sms.model import (
    Account,
    AccountChanged,
    Event,
    Json,
    Message,
    MessageChanged,
    Sender,
    citizen_of,
)
from sandbox.sms.store import Store

LONGEST_TEXT = 1600


class RefusalError(Exception):
    """The gateway refuses a text; the message is its code, `http` the status."""

    def __init__(self, http: int, code: str) -> None:
        super().__init__(code)
        self.http = http


class World:
    """All numbers and texts, in memory as far as needed and written through to the store.

    `people` raises UnknownThingError for who is no citizen; `post` tells the customer.
    """

    def __init__(
        self,
        store: Store,
        people: Callable[[int], object],
        post: Callable[[Json], None],
        publish: Callable[[Event], None],
        clock: Clock,
    ) -> None:
        self._store = store
        self._people = people
        self._post = post
        self._publish = publish
        self._clock = clock
        self.reset()

    def reset(self) -> None:
        """Take what the store has."""
        self._accounts = {account.citizen_id: account for account in self._store.accounts()}
        self._last: dict[int, Message] = {}
        self._newest = Counter[int]()
        for message in self._store.all_messages():
            self._newest[message.citizen_id] = max(self._newest[message.citizen_id], message.message_id)
            if message.shown:
                self._last[message.citizen_id] = message

    def __iter__(self) -> Iterator[Account]:
        return iter(self._accounts.values())

    def of(self, citizen_id: int) -> Account:
        """Return a citizen's account; raise UnknownThingError."""
        found = self._accounts.get(citizen_id)
        if found is None:
            self._people(citizen_id)
            found = self._keep(Account(citizen_id))
        return found

    def shown(self, citizen_id: int, after: int = 0) -> Iterator[Message]:
        """Yield what a phone shows, oldest first."""
        return (message for message in self._store.messages_of(citizen_id, after) if message.shown)

    def last(self, citizen_id: int) -> Message | None:
        """Return the newest text that a phone shows."""
        return self._last.get(citizen_id)

    def takes(
        self, number: str, name: str, text: str, parts: int, *, fails: bool = False, receipts: int = 1
    ) -> Message:
        """Take a text of the customer's for a number; raise RefusalError.

        One that `fails` never arrives; `receipts` is how often it is told what became of it.
        """
        if not text or len(text) > LONGEST_TEXT:
            raise RefusalError(400, "bad_text")
        account = self._called(number)
        if account.blocked:
            raise RefusalError(400, "barred_by_subscriber")
        message = self._put(self._made(account, "bot", name, text, parts))
        if fails:
            message = self._put(replace(message, status="UNDELIV"))
            self._told(message, receipts)
        elif account.online:
            message = self._arrives(message, receipts)
        return message

    def says(self, citizen_id: int, text: str) -> Message:
        """Let a citizen write to the sender; raise WorldError."""
        if not text.strip() or len(text) > LONGEST_TEXT:
            raise BadDeedError("a text of 1 to 1600 characters")
        account = self.of(citizen_id)
        message = self._put(self._made(account, "citizen", "", text, 1))
        self._post({"texts": [{"id": message.reference, "from": account.number, "text": text}]})
        return message

    def blocks(self, citizen_id: int, *, blocked: bool) -> Account:
        """Let a citizen bar the sender at their operator, or let it in again."""
        return self._keep(replace(self.of(citizen_id), blocked=blocked))

    def switches(self, citizen_id: int, *, online: bool) -> Account:
        """Let a phone go off, or on: then it takes what waited."""
        account = self._keep(replace(self.of(citizen_id), online=online))
        if online:
            for message in list(self._store.messages_of(citizen_id)):
                if message.status == "ACCEPTED" and message.sender == "bot":
                    self._arrives(message)
        return self.of(account.citizen_id)

    def reads(self, citizen_id: int) -> Account:
        """Let a citizen look at the chat."""
        return self._keep(replace(self.of(citizen_id), unread=0))

    def all(self) -> Iterator[Message]:
        """Yield every text, those that no phone shows, too."""
        return self._store.all_messages()

    def _called(self, number: str) -> Account:
        citizen_id = citizen_of(number)
        if citizen_id is None:
            raise RefusalError(400, "unknown_subscriber")
        try:
            return self.of(citizen_id)
        except UnknownThingError:
            raise RefusalError(400, "unknown_subscriber") from None

    def _made(self, account: Account, sender: Sender, name: str, text: str, parts: int) -> Message:
        self._newest[account.citizen_id] += 1
        return Message(
            citizen_id=account.citizen_id,
            message_id=self._newest[account.citizen_id],
            reference=secrets.token_hex(8),
            sender=sender,
            name=name,
            text=text,
            parts=parts,
            at=self._clock.now(),
        )

    def _arrives(self, message: Message, receipts: int = 1) -> Message:
        account = self.of(message.citizen_id)
        self._keep(replace(account, unread=account.unread + 1))
        message = self._put(replace(message, status="DELIVRD"))
        self._told(message, receipts)
        return message

    def _told(self, message: Message, times: int) -> None:
        account = self.of(message.citizen_id)
        told = {"id": message.reference, "to": account.number.removeprefix("+"), "status": message.status}
        for _ in range(times):
            self._post({"receipts": [told]})

    def _put(self, message: Message) -> Message:
        self._store.put_message(message)
        if message.shown:
            self._last[message.citizen_id] = message
            self._publish(MessageChanged(message))
        return message

    def _keep(self, account: Account) -> Account:
        self._accounts[account.citizen_id] = account
        self._store.put_account(account)
        self._publish(AccountChanged(account))
        return account
