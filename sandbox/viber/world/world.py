"""The world: what citizens do in the app, and what the bot does to their chats.

Errors of a citizen's own doing are WorldErrors, those of the bot RefusalErrors.
"""

from dataclasses import replace
from datetime import timedelta

from runtime.clock import Clock
from sandbox.deeds import BadDeedError, NotPossibleError, UnknownThingError
from sandbox.viber.world import buttons
from sandbox.viber.world.accounts import Accounts
from sandbox.viber.world.billing import NOT_BILLED, session_after
from sandbox.viber.world.callbacks import Callbacks
from sandbox.viber.world.chats import Chats
from sandbox.viber.world.links import LinkError, context_of
from sandbox.viber.world.model import Account, Content, EventName, Json, Message
from sandbox.viber.world.rates import Rates
from sandbox.viber.world.wire import event_json, message_event

LONGEST_TEXT = 7000


class World:
    """Everything that happens between citizens and the bot."""

    def __init__(
        self, accounts: Accounts, chats: Chats, rates: Rates, callbacks: Callbacks, clock: Clock
    ) -> None:
        self.accounts = accounts
        self.chats = chats
        self._rates = rates
        self._callbacks = callbacks
        self._clock = clock

    def reset(self) -> None:
        """Forget everybody and everything; the store is wiped by whoever calls this."""
        self.accounts.reset()
        self.chats.reset()
        self._rates.reset()
        self._callbacks.reset()

    def opens(self, citizen_id: int, link: str) -> Account:
        """Let a citizen open a deep link; a blocked bot is let in by it.

        Raise BadDeedError where the link is not one of this bot's.
        """
        try:
            context = context_of(link, self.accounts.bot.uri)
        except LinkError as error:
            raise BadDeedError(str(error)) from None
        account = self.accounts.change(self._actor(citizen_id), met=True, blocked=False)
        more: Json = {"type": "open", "user": self.accounts.user_json(account)}
        if context:
            more["context"] = context
        self._tell("conversation_started", account, **more, subscribed=account.subscribed)
        return account

    def subscribes(self, citizen_id: int) -> Account:
        """Let a citizen ask for messages; nothing happens where they already do."""
        account = self._actor(citizen_id)
        if account.subscribed:
            return account
        account = self.accounts.change(account, subscribed=True, blocked=False, met=True)
        self._tell("subscribed", account, user=self.accounts.user_json(account))
        return account

    def blocks(self, citizen_id: int) -> Account:
        """Let a citizen turn the bot's messages off; nothing happens where they are."""
        account = self._actor(citizen_id)
        left = self.accounts.change(account, subscribed=False, blocked=True)
        if account.subscribed:
            self._tell("unsubscribed", left, user_id=left.user_id)
        return left

    def says(self, citizen_id: int, text: str) -> Message:
        """Let a citizen write; raise WorldError where the text is empty or too long."""
        text = text.strip()
        if not text:
            raise BadDeedError("the message is empty")
        if len(text) > LONGEST_TEXT:
            raise BadDeedError(f"the message is longer than {LONGEST_TEXT} characters")
        return self.sends(citizen_id, {"type": "text", "text": text})

    def presses(self, citizen_id: int, message_id: int, action_body: str) -> Message:
        """Let a citizen press a button that their phone shows; a silent one's reply is not shown."""
        account = self._actor(citizen_id)
        message = self.chats.message(citizen_id, message_id)
        if message is None:
            raise UnknownThingError(f"there is no message {message_id}")
        keyboards = [message.content.body.get("rich_media")]
        if account.keyboard_of == message_id:
            keyboards.append(message.content.keyboard)
        button = buttons.find(keyboards, action_body)
        if button is None:
            raise NotPossibleError("the phone does not show such a button")
        reply = buttons.reply(button, self.accounts.person(citizen_id).name)
        if reply is None:
            raise NotPossibleError("this button does nothing")
        silent = bool(button.get("Silent"))
        return self.sends(citizen_id, reply, message.content.tracking_data, silent=silent)

    def sends(self, citizen_id: int, body: Json, tracking_data: str = "", *, silent: bool = False) -> Message:
        """Let a citizen send anything; it subscribes them without a word and may open a session."""
        account = self._actor(citizen_id)
        began = session_after(account.session_from, self._clock.now())
        account = self.accounts.change(account, session_from=began, subscribed=True, blocked=False, met=True)
        self._rates.answered(citizen_id)
        made = self.chats.made(citizen_id, "citizen", Content(body, tracking_data=tracking_data))
        message = self.chats.put(replace(made, delivered=not silent))
        event = message_event(message, self.accounts.user_json(account), silent=silent)
        self._callbacks.add("message", citizen_id, event)
        self._tell("delivered", account, message.token, user_id=account.user_id)
        return message

    def reads(self, citizen_id: int) -> Account:
        """Let a citizen look at the chat: nothing is unread any more, and the bot is told."""
        account = self._actor(citizen_id)
        if account.unread == 0:
            return account
        for message in self.chats.shown(citizen_id):
            if message.sender == "bot" and not message.seen:
                self.chats.put(replace(message, seen=True))
                self._tell("seen", account, message.token, user_id=account.user_id)
        return self.accounts.change(account, unread=0)

    def changes(self, citizen_id: int, **changed: object) -> Account:
        """Change the phone or its account; what waited comes when it is online again."""
        account = self.accounts.change(self.accounts.of(citizen_id), **changed)
        if account.online and account.devices:
            for message in self.chats.on_the_way(citizen_id):
                self._arrives(message)
        return self.accounts.of(citizen_id)

    def ages(self, citizen_id: int, by: timedelta) -> Account:
        """Let time pass for one chat: its session and its unanswered messages grow older."""
        account = self.accounts.of(citizen_id)
        self._rates.ages(citizen_id, by)
        began = account.session_from
        return self.accounts.change(account, session_from=None if began is None else began - by)

    def bot_sends(self, account: Account, content: Content, fails: str | None = None) -> Message:
        """Take the bot's message, which comes at once or when the phone is online; raise RefusalError (12).

        One that `fails` never comes, and a callback says why.
        """
        now = self._clock.now()
        self._rates.admit(account.citizen_id, now)
        billing = self._rates.bill(account.session_from, now)
        made = self.chats.made(account.citizen_id, "bot", content, billing=billing, failed=fails)
        message = self.chats.put(made)
        if fails is not None:
            self._tell("failed", account, message.token, user_id=account.user_id, desc=fails)
        elif account.online:
            self._arrives(message)
        return message

    def welcomes(self, citizen_id: int, token: int, content: Content) -> None:
        """Show the welcome message that the webhook answered a begun conversation with; it is free."""
        self._arrives(self.chats.made(citizen_id, "bot", content, token=token, billing=NOT_BILLED))

    def _arrives(self, message: Message) -> None:
        account = self.accounts.of(message.citizen_id)
        self.chats.put(replace(message, delivered=True))
        shows = message.message_id if message.content.keyboard else account.keyboard_of
        self.accounts.change(account, unread=account.unread + 1, keyboard_of=shows)
        for _ in range(account.devices):
            self._tell("delivered", account, message.token, user_id=account.user_id)

    def _actor(self, citizen_id: int) -> Account:
        account = self.accounts.of(citizen_id)
        if not account.registered:
            raise NotPossibleError("the citizen is not registered with this messenger")
        if not account.online:
            raise NotPossibleError("the phone is offline")
        return account

    def _tell(self, event: EventName, account: Account, token: int | None = None, **more: object) -> None:
        token = token or self.chats.tokens.new()
        self._callbacks.add(event, account.citizen_id, event_json(event, self._clock.now(), token, **more))
